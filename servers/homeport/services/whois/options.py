"""What can be chosen of Whois, and what its clients are held to."""

from typing import Annotated, Literal

from msgspec import Meta, field

from homeport.protocol.plaintext import Encoding
from homeport.protocol.query import QueryOptions
from homeport.protocol.rules import UNEXPECTED_TLS, Rule
from homeport.protocol.service import Port

QUERY_LIMIT = 1024
"""Octets of a query; RFC 3912 sets no limit."""

LayoutName = Literal["icann", "ripe", "plain"]


class WhoisOptions(QueryOptions, frozen=True, kw_only=True):
    """[whois]"""

    port: Port = 10043
    layout: Annotated[
        LayoutName,
        Meta(description="how records look: as ICANN has registries show them, as RIPE does, with its flags, or plain"),
    ] = "icann"
    encoding: Annotated[
        Encoding, Meta(description="encoding of answers (RFC 3912 4 leaves it open); what it lacks becomes ?")
    ] = "utf-8"
    no_match: Annotated[
        str, Meta(description="what is said when nothing matches; {query} is the query; empty: the layout's own words")
    ] = ""
    refer: Annotated[
        dict[str, str],
        Meta(
            description="whois servers by domain: queries for names under it are referred there; the longest one wins"
        ),
    ] = field(default_factory=dict)


RULES = (
    Rule("bare-lf", "must", "RFC 3912 2", "ended the query with LF alone"),
    Rule("no-crlf", "must", "RFC 3912 2", "ended its input without a line end"),
    Rule("line-too-long", "advice", "RFC 3912 2", f"sent a query of more than {QUERY_LIMIT} octets"),
    Rule("control-characters", "advice", "RFC 3912 2", "sent control characters in the query"),
    Rule("not-ascii", "advice", "RFC 3912 4", "sent octets over 127 in the query, whose character set nothing tells"),
    Rule("telnet-negotiation", "advice", "RFC 3912 2", "negotiated Telnet options where no Telnet is spoken"),
    Rule("data-after-query", "should", "RFC 3912 2", "went on sending after the query"),
    Rule("early-close", "advice", "RFC 3912 2", "was gone before it had its answer"),
    UNEXPECTED_TLS,
)
