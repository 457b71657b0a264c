"""Options of RDAP, and the rules that its clients must keep."""

from typing import Annotated

from msgspec import Meta

from homeport.protocol.rules import Rule
from homeport.protocol.service import Port, TlsOptions


class RdapOptions(TlsOptions, frozen=True, kw_only=True):
    """[rdap]"""

    port: Port = 18444
    terms: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[!-~]+)?$",
            description="URL of the terms of service in answers; empty: that of the help",
        ),
    ] = ""


RULES = (
    Rule("not-http", "must", "RFC 9112 2, RFC 9113 4", "sent what is neither HTTP/1.1 nor HTTP/2"),
    Rule("method", "must", "RFC 7480 4.1", "used another method than GET and HEAD"),
    Rule("accept", "should", "RFC 7480 4.2", "did not ask for application/rdap+json or JSON in its Accept header"),
    Rule("unknown-query", "advice", "RFC 9082 3", "asked for a path that is no query of RDAP"),
    Rule("search-parameters", "must", "RFC 9082 3.2", "searched without exactly one parameter of the search"),
)
