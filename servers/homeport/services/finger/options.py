"""Options of Finger, and the rules for its clients."""

import re
from typing import Annotated, Literal

from msgspec import Meta, field

from homeport.protocol.query import QueryOptions
from homeport.protocol.rules import UNEXPECTED_TLS, Rule
from homeport.protocol.service import Port

MAX_QUERY_BYTES = 512
"""Limit of a query in bytes; RFC 1288 sets none."""

Item = Literal["terminal", "idle", "origin", "office", "phone", "directory", "shell", "mail"]
ITEMS: tuple[Item, ...] = ("terminal", "idle", "origin", "office", "phone", "directory", "shell", "mail")

HOST = re.compile(r"^(?:\[([0-9A-Fa-f:.]+)\]|([^\s@:\[\]]+))(?::(\d{1,5}))?$")
"""A host with an optional port: the groups are an IPv6 address, a name or IPv4 address, and the port."""


class FingerOptions(QueryOptions, frozen=True, kw_only=True):
    """[finger]"""

    port: Port = 10079
    list_users: Annotated[bool, Meta(description="list the logged-in users; false: refuse (RFC 1288 3.2.2)")] = True
    ambiguous: Annotated[
        Literal["all", "refuse"],
        Meta(description="answer to a name that matches several people: all of them, or a refusal (RFC 1288 2.5.3)"),
    ] = "all"
    plan: Annotated[bool, Meta(description="show people's project and plan (RFC 1288 2.5.2)")] = True
    show: Annotated[
        list[Item], Meta(description="items shown in addition to login, full name and login time (RFC 1288 3.2.3)")
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
    Rule("line-too-long", "advice", "RFC 1288 3.1", f"sent a query of more than {MAX_QUERY_BYTES} bytes"),
    Rule("control-characters", "advice", "RFC 1288 3.1", "sent control characters in the query"),
    Rule("not-ascii", "advice", "RFC 1288 2.2", "sent bytes over 127 in the query, whose character set is unknown"),
    Rule("data-after-query", "should", "RFC 1288 2.1", "sent more input after the query"),
    Rule("early-close", "advice", "RFC 1288 2.1", "closed the connection before it had its answer"),
    UNEXPECTED_TLS,
)
