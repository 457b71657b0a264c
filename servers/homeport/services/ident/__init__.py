"""Ident (RFC 1413): who owns a connection between the asking host and this one.

    6193, 23                            the query: our port, the asker's port
    6193, 23 : USERID : UNIX :alice     the answer, or
    6193, 23 : ERROR : NO-USER

The connections are those of the world's services, on either side: those that the asker has to them, and those that they
have to the asker, such as FTP's data connections and forwarded Finger queries. Their owner is the person who is logged
in; without a login it is the name in `daemon`. `owners` names owners by our port, whether there is a connection or not,
for tests of servers that ask back: then the farm plays the host of their client.

The server closes after one query, as section 2 allows. Not implemented: tokens that are encrypted, of which the RFC
warns in section 6.

`syntax = "lenient"` also accepts a query that ends with LF alone or without a line end, with a finding.
"""

import re
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, field

from homeport.protocol.effects import CLOSE, Effect, Log, ReportFinding, Send
from homeport.protocol.query import SHOWN, VERBS, QueryOptions, QuerySession
from homeport.protocol.rules import Rule
from homeport.protocol.service import Listener, Port, Service
from homeport.world.presence import login_on

MAX_QUERY_BYTES = 1000
"""The RFC does not limit queries; section 6 lets a client give up on an answer after 1000 characters."""
MAX_USER_BYTES = 512
"""RFC 1413 6."""
PAIR = re.compile(rb"[ \t]*(\d{1,5})[ \t]*,[ \t]*(\d{1,5})[ \t]*", re.ASCII)
"""<port-on-server> , <port-on-client>, with white space anywhere but within a token (section 6)."""
UNSENDABLE = str.maketrans("", "", "\0\r\n")

RULES = (
    Rule("bare-lf", "must", "RFC 1413 6", "ended the query with LF alone"),
    Rule("no-crlf", "must", "RFC 1413 6", "ended its input without a line end"),
    Rule("line-too-long", "advice", "RFC 1413 6", f"sent a query of more than {MAX_QUERY_BYTES} octets"),
    Rule("control-characters", "must", "RFC 1413 6", "sent control characters in the query"),
    Rule("not-ascii", "must", "RFC 1413 6", "sent octets over 127 in the query"),
    Rule("no-pair", "must", "RFC 1413 3", "sent a query that is not two numbers with a comma between them"),
    Rule("bad-port", "must", "RFC 1413 5", "asked for a port that is not 1 to 65535"),
    Rule("no-connection", "advice", "RFC 1413 4", "asked about ports between which there is no connection"),
    Rule("data-after-query", "advice", "RFC 1413 2", "went on sending after the query"),
    Rule("early-close", "advice", "RFC 1413 2", "disconnected before it had its answer"),
)


class IdentOptions(QueryOptions, frozen=True, kw_only=True):
    """[ident]"""

    port: Port = 10113
    system: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9-]{1,40}$",
            description="the operating system in answers; OTHER: owners are no names of its users (RFC 1413 4)",
        ),
    ] = "UNIX"
    charset: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_.:-]{0,40}$", description="charset of owners in answers; empty: US-ASCII")
    ] = ""
    daemon: Annotated[
        str, Meta(max_length=64, description="owner of the farm's connections without a login; empty: NO-USER")
    ] = "homeport"
    owners: Annotated[
        dict[str, Annotated[str, Meta(max_length=64)]],
        Meta(description='owners by our port, also of connections that the farm does not have; "": NO-USER'),
    ] = field(default_factory=dict)
    others: Annotated[
        str,
        Meta(max_length=64, description="owner of all other connections, which the farm does not have; empty: NO-USER"),
    ] = ""
    hidden: Annotated[
        list[Annotated[str, Meta(max_length=64)]],
        Meta(description='owners who are not told to anybody (HIDDEN-USER); "*": all', examples=[["alice"]]),
    ] = field(default_factory=list)
    errors: Annotated[
        Literal["as-they-are", "unknown"],
        Meta(description="error codes in refusals; unknown: always UNKNOWN-ERROR (RFC 1413 4)"),
    ] = "as-they-are"


class Ident(QuerySession):
    """A session: answer one pair of ports and close."""

    __slots__ = ()

    limit = MAX_QUERY_BYTES
    rules: ClassVar[dict[str, Rule]] = {rule.id: rule for rule in RULES}

    def answer(self, query: bytes) -> list[Effect]:
        pair = PAIR.fullmatch(query)
        if pair is None:
            return [ReportFinding("no-pair", query[:SHOWN]), *self._refuse_ports("0, 0")]
        ours, theirs = int(pair[1]), int(pair[2])
        asked = f"{ours}, {theirs}"
        if not all(0 < port < 1 << 16 for port in (ours, theirs)):
            return [ReportFinding("bad-port", query[:SHOWN]), *self._refuse_ports(asked)]
        owner, connected = self._owner(ours, theirs)
        findings: list[Effect] = [] if connected else [ReportFinding("no-connection", query[:SHOWN])]
        return [*findings, *self._name(asked, owner)]

    def refusal(self, finding: str, reason: str) -> bytes:  # noqa: ARG002 - the protocol has no room for reasons
        """Answer a query that cannot be parsed: an unknown error (section 4), without ports."""
        return b"0, 0 : ERROR : UNKNOWN-ERROR\r\n"

    def _owner(self, ours: int, theirs: int) -> tuple[str, bool]:
        """Return the owner, empty for none, and False if there is neither a connection nor a configured owner."""
        options, world = self.context.options, self.context.world
        if (named := options.owners.get(str(ours))) is not None:
            return named, True
        connection = world.find_connection(ours, (self.context.peer[0], theirs))
        if connection is None:
            return options.others, bool(options.others)
        return login_on(world.presence, connection.conn) or options.daemon, True

    def _name(self, asked: str, owner: str) -> list[Effect]:
        """Answer with the owner."""
        options = self.context.options
        if not owner:
            return self._error(asked, "NO-USER")
        if owner in options.hidden or "*" in options.hidden:
            return self._error(asked, "HIDDEN-USER")
        charset = options.charset or ("" if owner.isascii() else "UTF-8")
        system = f"{options.system} , {charset}" if charset else options.system
        # Everything after the last colon belongs to the name, white space too (section 6).
        name = owner.translate(UNSENDABLE).encode()[:MAX_USER_BYTES]
        return self._reply(asked, "USERID", f"{asked} : USERID : {system} :".encode() + name)

    def _refuse_ports(self, asked: str) -> list[Effect]:
        return self._error(asked, "INVALID-PORT")

    def _error(self, asked: str, code: str) -> list[Effect]:
        code = "UNKNOWN-ERROR" if self.context.options.errors == "unknown" else code
        return self._reply(asked, code, f"{asked} : ERROR : {code}".encode())

    def _reply(self, asked: str, code: str, line: bytes) -> list[Effect]:
        return [Log("command", {"verb": "query", "argument": asked, "code": code}), Send(line + b"\r\n"), *CLOSE]


def refusal(_reason: str) -> bytes:
    """Serialize the refusal of a connection."""
    return b"0, 0 : ERROR : UNKNOWN-ERROR\r\n"


SERVICE = Service(
    name="ident",
    title="Ident",
    rfcs=("1413",),
    listeners=(Listener("tcp", "tcp", 113),),
    options=IdentOptions,
    session=Ident,
    rules=RULES,
    refusal=refusal,
    faults=frozenset({"answer", "command"}),
    verbs=VERBS,
    asked_by_line=True,
    example="printf '10079, 40000\\r\\n' | nc {host} {port}",
)
