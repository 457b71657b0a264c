"""Options of Whois, and the rules that its clients must keep."""

from typing import Annotated, Literal

from msgspec import Meta, field

from homeport.protocol.plaintext import Encoding
from homeport.protocol.query import QueryOptions
from homeport.protocol.rules import UNEXPECTED_TLS, Rule
from homeport.protocol.service import Port

MAX_QUERY_BYTES = 1024
"""Maximum size of a query in bytes; RFC 3912 sets no limit."""

LayoutName = Literal["icann", "ripe", "plain"]


class WhoisOptions(QueryOptions, frozen=True, kw_only=True):
    """[whois]"""

    port: Port = 10043
    layout: Annotated[
        LayoutName,
        Meta(description="layout of records: ICANN's for registries, RIPE's (with its flags), or a plain one"),
    ] = "icann"
    encoding: Annotated[
        Encoding, Meta(description="encoding of answers (RFC 3912 4 defines none); characters that it lacks become ?")
    ] = "utf-8"
    no_match: Annotated[
        str, Meta(description="answer when nothing matches; {query} is replaced by the query; empty: the layout's text")
    ] = ""
    notice: Annotated[
        str, Meta(description="text before each answer, such as a notice of rate limits; none before configured texts")
    ] = ""
    disclaimer: Annotated[str, Meta(description="text after each answer, such as the terms of use")] = ""
    empty_keys: Annotated[
        bool, Meta(description="show keys without a value too, as many registries do; false: they are left out")
    ] = False
    refer: Annotated[
        dict[str, str],
        Meta(
            description="whois servers by domain, network or AS numbers, for referrals below it; the longest match wins"
        ),
    ] = field(default_factory=dict)


RULES = (
    Rule("bare-lf", "must", "RFC 3912 2", "ended the query with LF alone"),
    Rule("no-crlf", "must", "RFC 3912 2", "ended its input without a line end"),
    Rule("line-too-long", "advice", "RFC 3912 2", f"sent a query of more than {MAX_QUERY_BYTES} bytes"),
    Rule("control-characters", "advice", "RFC 3912 2", "sent control characters in the query"),
    Rule(
        "not-ascii",
        "advice",
        "RFC 3912 4",
        "sent bytes over 127 in the query, whose character set RFC 3912 does not define",
    ),
    Rule("telnet-negotiation", "advice", "RFC 3912 2", "sent Telnet negotiation, which Whois does not have"),
    Rule("data-after-query", "should", "RFC 3912 2", "sent more data after the query"),
    Rule("early-close", "advice", "RFC 3912 2", "disconnected before the answer was sent"),
    UNEXPECTED_TLS,
)
