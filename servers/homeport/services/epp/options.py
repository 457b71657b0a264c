"""Options of EPP. The policy of each top-level domain is configured in `[[registry.tld]]`."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration, Size
from homeport.protocol.service import LimitOverrides, Port, TlsOptions
from homeport.services.epp.login_policy import LoginPolicy
from homeport.world.registry.disclosure import Element, Lasting


class EppOptions(TlsOptions, frozen=True, kw_only=True):
    """[epp]"""

    port: Port = 10700
    plain: Annotated[bool, Meta(description="listen without TLS, too, on `plain_port`, for debugging")] = False
    plain_port: Port = 10701
    client_certificates: Annotated[
        Literal["no", "ask", "require"],
        Meta(
            description="client certificates in the TLS handshake; ask: they are requested, and each registrar's "
            "`certificate` decides at its login"
        ),
    ] = "ask"
    limits: Annotated[
        LimitOverrides,
        Meta(description="limits of this service; keys as in [limits]. EPP sends no reply for idle and session"),
    ] = LimitOverrides(idle=Duration(600), session=Duration(86400))
    server_id: Annotated[
        str, Meta(min_length=3, max_length=64, description="the server's name in its greeting (svID, RFC 5730 2.4)")
    ] = "Homeport EPP"
    services: Annotated[
        tuple[str, ...],
        Meta(
            description="objURIs that the greeting announces besides domain-1.0, contact-1.0 and host-1.0: URIs, or "
            '"-contact" to leave one out; the elements of an unknown URI are ignored'
        ),
    ] = ()
    extensions: Annotated[
        tuple[str, ...],
        Meta(
            description="extURIs that the greeting announces besides the default ones: URIs or names such as "
            '"namestoreExt"; "-launch" leaves one out, "-*" all; the elements of an unknown URI are ignored'
        ),
    ] = ()
    unknown_uri: Annotated[
        Literal["refuse", "take"],
        Meta(
            description="a login that lists a URI which the greeting does not announce is refused (2307, 2103), or "
            "taken: elements of that namespace are ignored"
        ),
    ] = "refuse"
    products: Annotated[
        Literal["optional", "required"],
        Meta(description="namestoreExt, where it is announced, names the TLD of a command, or must do so"),
    ] = "optional"
    answers: Annotated[
        dict[str, str],
        Meta(
            description="elements that are added to answers, by command: 'domain:info' or 'foreign:create' (a command "
            "on objects of an unknown namespace); `{object}` in them is the object's name",
            examples=[{"domain:info": "<x:infData xmlns:x='urn:example:x'>{object}</x:infData>"}],
        ),
    ] = msgspec.field(default_factory=dict)
    max_frame: Annotated[
        int, Meta(ge=1024, le=1 << 20, description="maximum size of a frame in bytes, with its four bytes of length")
    ] = 1 << 16
    frame_timeout: Annotated[
        Duration,
        Meta(description="timeout of a frame from its first byte to its end, in real time; 0: none"),
    ] = Duration(30)
    max_checks: Annotated[
        int, Meta(ge=1, description="maximum number of objects in one check; more are refused with 2306 (RFC 5730 3)")
    ] = 256
    kept_per_connection: Annotated[
        Size,
        Meta(
            description="bytes that the journal keeps of one connection, in place of the key of that "
            "name in [journal]: sessions are long, and frames are"
        ),
    ] = Size(128 << 10)
    login_failures: Annotated[
        int,
        Meta(
            ge=1,
            description="maximum number of failed logins per connection; the last one is answered 2501 and closes it",
        ),
    ] = 3
    login_security: Annotated[
        LoginPolicy, Meta(description="what new passwords must be, and which events a login reports (RFC 8807)")
    ] = LoginPolicy()
    sessions_per_registrar: Annotated[
        int,
        Meta(
            ge=0,
            description="maximum number of concurrent sessions of a registrar; one more is answered 2502; 0: no limit",
        ),
    ] = 0
    not_disclosed: Annotated[
        tuple[Element, ...],
        Meta(
            description="elements of contacts that Whois, RDAP and info for other registrars show only where the "
            "contact discloses them (RFC 5733 2.9), as registries of gTLDs do"
        ),
    ] = ()
    contact_ids: Annotated[
        Literal["client", "server"],
        Meta(
            description="contacts have the identifiers that clients choose; server: those that the registry assigns, "
            "which the answer to create has"
        ),
    ] = "client"
    always_disclosed: Annotated[
        tuple[Lasting, ...],
        Meta(
            description="elements of contacts that cannot be hidden: hiding them is refused with 2308 (RFC 5733 2.9); "
            "province and country stay in an address that is hidden"
        ),
    ] = ()
