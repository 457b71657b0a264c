"""Ident (RFC 1413): a client sends a pair of ports, and one line says who owns that connection; the server closes.

    6193, 23                              the query: our port, the client's port
    6193, 23 : USERID : UNIX : alice      the answer, or
    6193, 23 : ERROR : NO-USER

A farm has no connections of users to look up, so every connection belongs to the person who logged in first, unless
`owners` names another for our port. Not implemented: further queries on a connection (section 2 lets a server close
after one).
"""

import re
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, field

from homeport.protocol.effects import CLOSE, Effect, Log, ReportFinding, Send
from homeport.protocol.query import SHOWN, QueryOptions, QuerySession
from homeport.protocol.rules import Rule
from homeport.protocol.service import Listener, Port, Service

MAX_QUERY_BYTES = 1000
"""The RFC does not limit queries; section 6 lets a client give up on an answer after 1000 characters."""
PAIR = re.compile(rb"[ \t]*(\d{1,5})[ \t]*,[ \t]*(\d{1,5})[ \t]*", re.ASCII)
"""<port-on-server> , <port-on-client>, with white space anywhere but within a token (section 6)."""

RULES = (
    Rule("bare-lf", "must", "RFC 1413 6", "ended the query with LF alone"),
    Rule("no-crlf", "must", "RFC 1413 6", "ended its input without a line end"),
    Rule("line-too-long", "advice", "RFC 1413 6", f"sent a query of more than {MAX_QUERY_BYTES} octets"),
    Rule("control-characters", "must", "RFC 1413 6", "sent control characters in the query"),
    Rule("not-ascii", "must", "RFC 1413 6", "sent octets over 127 in the query"),
    Rule("no-pair", "must", "RFC 1413 3", "sent a query that is not two numbers with a comma between them"),
    Rule("bad-port", "must", "RFC 1413 5", "asked for a port that is not 1 to 65535"),
    Rule("data-after-query", "advice", "RFC 1413 2", "went on sending after the query"),
    Rule("early-close", "advice", "RFC 1413 2", "disconnected before it had its answer"),
)


class IdentOptions(QueryOptions, frozen=True, kw_only=True):
    """[ident]"""

    port: Port = 10113
    system: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9-]{1,64}$", description="the operating system in answers, or OTHER"),
    ] = "UNIX"
    owners: Annotated[dict[str, str], Meta(description='owners of connections, by our port; "" is none (NO-USER)')] = (
        field(default_factory=dict)
    )
    errors: Annotated[
        Literal["as-they-are", "unknown"],
        Meta(description="error codes in refusals; unknown: always UNKNOWN-ERROR (RFC 1413 5)"),
    ] = "as-they-are"


class Ident(QuerySession):
    """A session: answer one pair of ports and close."""

    __slots__ = ()

    limit = MAX_QUERY_BYTES
    rules: ClassVar[dict[str, Rule]] = {rule.id: rule for rule in RULES}

    def answer(self, query: bytes) -> list[Effect]:
        pair = PAIR.fullmatch(query)
        if pair is None:
            return [ReportFinding("no-pair", query[:SHOWN]), *self._reply("0, 0", "ERROR : UNKNOWN-ERROR")]
        ours, theirs = int(pair[1]), int(pair[2])
        asked = f"{ours}, {theirs}"
        if not all(0 < port < 65536 for port in (ours, theirs)):
            return [ReportFinding("bad-port", query[:SHOWN]), *self._reply(asked, self._error("INVALID-PORT"))]
        owner = self._owner(ours)
        named = f"USERID : {self.context.options.system} : {owner}"
        return self._reply(asked, named if owner else self._error("NO-USER"))

    def refusal(self, finding: str, reason: str) -> bytes:  # noqa: ARG002 - the protocol has no room for reasons
        """Answer a query that cannot be parsed: an unknown error (section 5), without ports."""
        return b"0, 0 : ERROR : UNKNOWN-ERROR\r\n"

    def _owner(self, port: int) -> str:
        named = self.context.options.owners.get(str(port))
        return next((one.login for one in self.context.world.presence), "") if named is None else named

    def _error(self, code: str) -> str:
        return f"ERROR : {'UNKNOWN-ERROR' if self.context.options.errors == 'unknown' else code}"

    def _reply(self, asked: str, answer: str) -> list[Effect]:
        code = answer.removeprefix("ERROR : ").partition(" : ")[0]
        command = Log("command", {"verb": "query", "argument": asked, "code": code})
        return [command, Send(f"{asked} : {answer}\r\n".encode()), *CLOSE]


SERVICE = Service(
    name="ident",
    title="Ident",
    rfcs=("1413",),
    listeners=(Listener("tcp", "tcp", 113),),
    options=IdentOptions,
    session=Ident,
    rules=RULES,
    faults=frozenset({"answer", "command"}),
    asked_by_line=True,
    example="printf '6193, 23\\r\\n' | nc {host} {port}",
)
