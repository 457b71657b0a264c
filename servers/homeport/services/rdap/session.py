"""A connection of RDAP over HTTPS: requests are answered in order; a search looks at some objects in each turn.

The base of the URLs is `/rdap/`; bootstrap files are beside it and below it (`/dns.json`). Pages of any origin may read
all of it (RFC 7480 5.6): it is as public as Whois, and takes no log-in.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

import msgspec

from homeport.protocol.effects import CLOSE, Close, Effect, Log, ReportFinding, Send, SetTimer, under_faults
from homeport.protocol.events import Data, Eof, Event, LimitReached, Stopping, TimerFired
from homeport.protocol.faults import Reply
from homeport.protocol.http.http1 import Http1
from homeport.protocol.http.http2 import PREFACE, Http2
from homeport.protocol.http.messages import HttpAnswer, HttpConnection, HttpError, HttpRequest
from homeport.protocol.plaintext import safe
from homeport.protocol.session import Context, Session
from homeport.services.rdap import notices, queries
from homeport.services.rdap.objects import Site
from homeport.services.rdap.planned import VERBS

if TYPE_CHECKING:
    from homeport.world.faults import Fault

DECIDES = 3
"""First bytes that tell HTTP/2 from the methods of HTTP/1.1."""
TURN_BYTES = 1024
"""Input of one turn: a request may look at many objects."""
BASE = "/rdap"
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
ACCEPTED = ("application/rdap+json", "application/json", "application/*", "*/*")
BOOTSTRAP = re.compile(r"(?:/rdap)?/((?:dns|ipv4|ipv6|asn|object-tags)\.json)")
PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"*"),
    (b"access-control-max-age", b"86400"),
)
"""Headers of the answer to a browser that asks first (CORS)."""
RETRY_AFTER = ((b"retry-after", b"1"),)
STANDSTILL_S = 0.05
"""Seconds after which a search looks again whether the registry has caught up with the clock."""
SHOWN = 200
"""Limit of the request that a finding shows, in bytes."""


class RdapSession(Session):
    """Reads requests and answers each; while a search lasts, the next request waits."""

    __slots__ = ("_asked", "_ended", "_first", "_http", "_work")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._first = b""
        self._ended = False  # the client sends no more
        self._http: HttpConnection | None = None
        self._work: queries.Work | None = None
        self._asked: tuple[HttpRequest, str, Sequence[Fault]] | None = None  # while a search lasts

    @property
    def turn_bytes(self) -> int:
        return TURN_BYTES

    def handle(self, event: Event) -> Sequence[Effect]:
        if isinstance(event, Data):
            return self._receive(event.data)
        if isinstance(event, TimerFired):
            return self._go_on()
        if isinstance(event, Eof):
            self._ended = True
            return () if self._work is not None else CLOSE
        if isinstance(event, LimitReached | Stopping):
            return self._end()
        return ()

    def _receive(self, data: bytes) -> Sequence[Effect]:
        if self._http is None:
            self._first += data
            data = self._first
            if len(data) < DECIDES and PREFACE.startswith(data):
                return ()
            self._http = Http2() if data[:DECIDES] == PREFACE[:DECIDES] else Http1()
            self._first = b""
        effects: list[Effect] = []
        if self._http.over:
            return effects
        try:
            self._http.receive(data)
        except HttpError as error:
            return self._broken(self._http, effects, error)
        return self._converse(self._http, effects)

    def _converse(self, http: HttpConnection, effects: list[Effect]) -> Sequence[Effect]:
        """Answer the requests that are complete, up to a search that takes longer."""
        try:
            while self._work is None and (request := http.next_request()) is not None:
                self._ask(http, request, effects)
        except HttpError as error:
            return self._broken(http, effects, error)
        if out := http.wire():
            effects.append(Send(out))
        if self._work is not None:
            effects.append(SetTimer("search", 0.0))
        elif http.over or self._ended:
            effects.append(Close())
        return effects

    def _broken(self, http: HttpConnection, effects: list[Effect], error: HttpError) -> Sequence[Effect]:
        effects.append(ReportFinding("not-http", str(error).encode()))
        if out := http.wire():
            effects.append(Send(out))
        return [*effects, Close()]

    def _ask(self, http: HttpConnection, request: HttpRequest, effects: list[Effect]) -> None:
        """Answer a request, or begin its search."""
        target, _mark, query = request.target.decode("ascii", "backslashreplace").partition("?")
        path = unquote(target)
        argument = safe(path.removeprefix(f"{BASE}/") + (f"?{query}" if query else ""))
        effects += [ReportFinding(rule, _start_of(request)) for rule in _broken_rules(request)]
        faults = self.context.world.faults.at_command(self.context, _verb_of(argument), argument)
        planned = planned_answer(faults)
        answer = planned or self._answer(request, path, query)
        if isinstance(answer, HttpAnswer):
            self._respond(http, request, answer, argument, faults, effects)
        elif isinstance(answer, queries.Reply):
            if answer.status == HTTPStatus.BAD_REQUEST and (rule := _rule_of(path)):
                effects.append(ReportFinding(rule, _start_of(request)))
            self._respond(http, request, shown(answer), argument, faults, effects)
        else:
            self._work, self._asked = answer, (request, argument, faults)
            self._step(http, effects)

    def _answer(self, request: HttpRequest, path: str, query: str) -> HttpAnswer | queries.Reply | queries.Work:
        if request.method == b"OPTIONS":
            return HttpAnswer(HTTPStatus.OK, b"", notices.MEDIA_TYPE.encode(), PREFLIGHT, cross_origin=True)
        if request.method not in (b"GET", b"HEAD"):
            refusal = shown(queries.error(HTTPStatus.METHOD_NOT_ALLOWED, "RDAP takes GET and HEAD (RFC 7480 4.1)"))
            return msgspec.structs.replace(refusal, headers=((b"allow", b"GET, HEAD"),))
        desk = queries.Desk(self.context.world, self._site(request))
        if found := BOOTSTRAP.fullmatch(path):
            return desk.bootstrap_file(found[1])
        if not path.startswith(f"{BASE}/"):
            return queries.error(404, f"there is nothing at {path!r}: queries begin with {BASE}/, such as {BASE}/help")
        pairs = parse_qsl(query, keep_blank_values=True)
        given = dict(reversed(pairs))
        return desk.answer(path.removeprefix(f"{BASE}/"), given)

    def _site(self, request: HttpRequest) -> Site:
        host = (request.headers.get(b":authority") or request.headers.get(b"host") or b"").decode("ascii", "replace")
        address, port = self.context.local[:2]
        if not HOST.fullmatch(host):
            host = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        world = self.context.world
        whois = world.endpoints.get("whois.tcp")
        name = "localhost" if address in ("127.0.0.1", "::1") else address
        return Site(
            base=f"https://{host}{BASE}",
            url=f"https://{host}{request.target.decode('ascii', 'backslashreplace')}",
            whois_server=name if whois else "",
            terms=self.context.options.terms,
        )

    def _go_on(self) -> Sequence[Effect]:
        """Take the next step of a search."""
        if self._work is None or self._http is None:
            return ()
        if self.context.world.standstill.is_on:
            return (SetTimer("search", STANDSTILL_S),)
        effects: list[Effect] = []
        self._step(self._http, effects)
        return self._converse(self._http, effects)

    def _step(self, http: HttpConnection, effects: list[Effect]) -> None:
        if self._work is None or self._asked is None:
            return
        try:
            next(self._work)
        except StopIteration as end:
            request, argument, faults = self._asked
            self._work = self._asked = None
            self._respond(http, request, shown(end.value), argument, faults, effects)

    def _respond(
        self,
        http: HttpConnection,
        request: HttpRequest,
        answer: HttpAnswer,
        argument: str,
        faults: "Sequence[Fault]",
        effects: list[Effect],
    ) -> None:
        effects.append(
            Log("command", {"verb": _verb_of(argument), "argument": argument, "code": str(int(answer.status))})
        )
        acting = [fault for fault in faults if fault.plan.do.kind != "reply"]
        if acting and (before := http.wire()):
            effects.append(Send(before))
        http.respond(request, answer)
        if acting:
            effects += under_faults(acting, (Send(http.wire()),))

    def _end(self) -> Sequence[Effect]:
        self._work = self._asked = None
        if self._http is None:
            return CLOSE
        self._http.end()
        out = self._http.wire()
        return (Send(out), Close()) if out else CLOSE


def planned_answer(faults: "Sequence[Fault]") -> HttpAnswer | None:
    """Return the planned answer; None without one."""
    for fault in faults:
        reply = fault.plan.do.reply
        if isinstance(reply, Reply) and isinstance(reply.code, int):
            refusal = shown(queries.error(reply.code, reply.text or HTTPStatus(reply.code).phrase))
            waits = reply.code in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
            return msgspec.structs.replace(refusal, headers=RETRY_AFTER if waits else ())
    return None


def shown(reply: queries.Reply) -> HttpAnswer:
    """Return an answer as HTTP has it."""
    return HttpAnswer(reply.status, reply.encode(), reply.media_type.encode(), cross_origin=True)


def _broken_rules(request: HttpRequest) -> list[str]:
    """Return the rules that a request breaks by itself."""
    if request.method == b"OPTIONS":
        return []
    if request.method not in (b"GET", b"HEAD"):
        return ["method"]
    types = request.headers.get(b"accept", b"").decode("ascii", "replace").split(",")
    accepted = {one.partition(";")[0].strip().lower() for one in types}
    return [] if accepted.intersection(ACCEPTED) else ["accept"]


def _rule_of(path: str) -> str:
    """Return the rule that a query with the answer 400 breaks; empty for a malformed name or number."""
    kind, _slash, rest = path.removeprefix(f"{BASE}/").partition("/")
    if kind in ("domains", "nameservers", "entities") and not rest:
        return "search-parameters"
    return "" if kind in VERBS else "unknown-query"


def _verb_of(argument: str) -> str:
    """Return the verb by which faults match a query."""
    first = argument.partition("?")[0].partition("/")[0]
    return first if first in VERBS else "other"


def _start_of(request: HttpRequest) -> bytes:
    return (request.method + b" " + request.target)[:SHOWN]
