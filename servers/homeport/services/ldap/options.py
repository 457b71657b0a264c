"""The options of LDAP."""

from typing import Annotated, Literal

from msgspec import Meta

from homeport.config.quantities import Duration, Size
from homeport.protocol.proxy_protocol import ProxyProtocol
from homeport.protocol.service import Port, TlsOptions


class LdapOptions(TlsOptions, frozen=True, kw_only=True):
    """[ldap]"""

    port: Port = 10389
    tls_port: Port = 10636
    proxy_protocol: ProxyProtocol = False
    host_name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="the server's name, for SASL")] = (
        "ldap.homeport.test"
    )
    max_message: Annotated[Size, Meta(description="maximum bytes of a request")] = Size(1 << 20)
    timeout: Annotated[
        Duration, Meta(description="timeout for the next request, in real time; 0: none, as RFC 4511 has none")
    ] = Duration(0)
    clear_passwords: Annotated[
        bool,
        Meta(
            description="accept passwords without TLS; false: such binds are refused with confidentialityRequired, and "
            "mechanisms that send the password in the clear are not listed (RFC 4513 6.3.1)"
        ),
    ] = True
    unauthenticated: Annotated[
        bool,
        Meta(
            description="accept a bind with a name and an empty password, which makes the client anonymous (RFC 4513 "
            "5.1.2): what lets any user in where an application takes its success for a login"
        ),
    ] = False
    netscape_controls: Annotated[
        bool,
        Meta(
            description="send, unasked, the older controls that say that a password is expired "
            "(2.16.840.1.113730.3.4.4) or expires soon (2.16.840.1.113730.3.4.5)"
        ),
    ] = False
    behaviour: Annotated[
        Literal["rfc", "active-directory", "openldap", "389ds"],
        Meta(description="whose schema, root DSE, attributes, result codes and texts it has; personas choose it"),
    ] = "rfc"
    max_entries: Annotated[
        int, Meta(ge=0, description="maximum entries of a search, or of a page (see `docs/ldap.md`); 0: no limit")
    ] = 0
    max_values: Annotated[
        int,
        Meta(ge=0, description="maximum values of an attribute in a response, for `active-directory`; 0: no limit"),
    ] = 0
    anonymous_search: Annotated[bool, Meta(description="let anonymous clients search more than the root DSE")] = True
