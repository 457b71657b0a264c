"""What can be chosen of Finger, and what its clients are held to."""

import re
from typing import Annotated, Literal

from msgspec import Meta, field

from homeport.protocol.query import QueryOptions
from homeport.protocol.rules import UNEXPECTED_TLS, Rule
from homeport.protocol.service import Port

QUERY_LIMIT = 512
"""Octets of a query; RFC 1288 sets no limit."""

Item = Literal["terminal", "idle", "origin", "office", "phone", "directory", "shell", "mail"]
ITEMS: tuple[Item, ...] = ("terminal", "idle", "origin", "office", "phone", "directory", "shell", "mail")

HOST = re.compile(r"^(?:\[([0-9A-Fa-f:.]+)\]|([^\s@:\[\]]+))(?::(\d{1,5}))?$")
"""A host and perhaps a port: the groups are an IPv6 address, a name or IPv4 address, and the port."""


class FingerOptions(QueryOptions, frozen=True, kw_only=True):
    """[finger]"""

    port: Port = 10079
    list_users: Annotated[bool, Meta(description="answer who is on; false: refuse to (RFC 1288 3.2.2)")] = True
    ambiguous: Annotated[
        Literal["all", "refuse"],
        Meta(description="what a name gets that means several people: all of them, or a refusal (RFC 1288 2.5.3)"),
    ] = "all"
    plan: Annotated[bool, Meta(description="show people's project and plan (RFC 1288 2.5.2)")] = True
    show: Annotated[
        list[Item], Meta(description="what is shown besides login, full name and login time (RFC 1288 3.2.3)")
    ] = field(default_factory=lambda: list(ITEMS))
    forward_to: Annotated[
        list[Annotated[str, Meta(pattern=HOST.pattern)]],
        Meta(description='hosts that queries may be forwarded to, "host" or "host:port"; no others (RFC 1288 3.2.1)'),
    ] = field(default_factory=list)
    texts: Annotated[
        dict[str, str],
        Meta(description='texts by name, as vending machines answer (RFC 1288 2.5.5); "" answers an empty query'),
    ] = field(default_factory=dict)


RULES = (
    Rule("bare-lf", "must", "RFC 1288 2.2", "ended the query with LF alone"),
    Rule("no-crlf", "must", "RFC 1288 2.3", "ended its input without a line end"),
    Rule("line-too-long", "advice", "RFC 1288 3.1", f"sent a query of more than {QUERY_LIMIT} octets"),
    Rule("control-characters", "advice", "RFC 1288 3.1", "sent control characters in the query"),
    Rule("not-ascii", "advice", "RFC 1288 2.2", "sent octets over 127 in the query, whose character set nothing tells"),
    Rule("data-after-query", "should", "RFC 1288 2.1", "went on sending after the query"),
    Rule("early-close", "advice", "RFC 1288 2.1", "was gone before it had its answer"),
    UNEXPECTED_TLS,
)
