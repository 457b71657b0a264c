"""What can be chosen of EPP. What a top-level domain does by itself is chosen in `[[registry.tld]]`."""

from typing import Annotated, Literal

from msgspec import Meta

from homeport.config.quantities import Duration, Size
from homeport.protocol.service import LimitOverrides, Port, TlsOptions


class EppOptions(TlsOptions, frozen=True, kw_only=True):
    """[epp]"""

    port: Port = 10700
    plain: Annotated[bool, Meta(description="listen without TLS, too, on `plain_port`: for debugging")] = False
    plain_port: Port = 10701
    client_certificates: Annotated[
        Literal["no", "ask", "require"],
        Meta(
            description="whether clients are asked for a certificate in the TLS handshake; ask: each registrar's "
            "`certificate` decides at its login"
        ),
    ] = "ask"
    limits: Annotated[
        LimitOverrides,
        Meta(description="limits of this service alone; keys as in [limits]. Over idle and session EPP says nothing"),
    ] = LimitOverrides(idle=Duration(600), session=Duration(86400))
    server_id: Annotated[
        str, Meta(min_length=3, max_length=64, description="the server's name in its greeting (svID, RFC 5730 2.4)")
    ] = "Homeport EPP"
    max_frame: Annotated[
        int, Meta(ge=1024, le=1 << 20, description="octets of a frame, with the four that hold its length")
    ] = 1 << 20
    kept_per_connection: Annotated[
        Size,
        Meta(
            description="octets that the journal keeps of what one connection says, in the place of the key of that "
            "name in [journal]: sessions are long, and frames are"
        ),
    ] = Size(128 << 10)
    login_failures: Annotated[
        int, Meta(ge=1, description="failed logins of a connection; the last one is answered 2501, and closes it")
    ] = 3
    sessions_per_registrar: Annotated[
        int, Meta(ge=0, description="sessions that a registrar may have at a time, 2502 beyond them; 0: any number")
    ] = 0
    always_disclosed: Annotated[
        tuple[Literal["name", "org", "addr", "voice", "fax", "email"], ...],
        Meta(description="what of contacts cannot be hidden: a wish to hide it is refused with 2308 (RFC 5733 2.9)"),
    ] = ()
