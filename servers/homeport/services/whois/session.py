"""The session of Whois: a query, its answer, and the close; with -k, several queries."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from homeport.protocol.effects import Close, Effect, Log, Send, SetTimer, under_faults
from homeport.protocol.events import Closed, Data, Event, TimerFired
from homeport.protocol.plaintext import safe, wire
from homeport.protocol.query import QuerySession
from homeport.protocol.rules import Rule
from homeport.protocol.session import Context
from homeport.services.whois.layouts import find_layout
from homeport.services.whois.options import MAX_QUERY_BYTES, RULES
from homeport.services.whois.query import BAD_KEY, Query, QueryError, parse
from homeport.services.whois.search import Record, Search, find, referral

INTERPRET_AS_COMMAND = 255
NEGOTIATIONS = range(251, 255)  # WILL, WON'T, DO, DON'T (RFC 854)
ERROR_NUMBERS = {"line-too-long": 107, "": 305}
"""RIPE's error numbers by finding; any other finding is an invalid character in the query."""
BAD_CHARACTER = 108
NO_KEY = 106
STANDSTILL_S = 0.05
"""Seconds after which a search looks again whether the registry has caught up with the clock."""


class Whois(QuerySession):
    """One query and its answer; several if the client asks for it."""

    __slots__ = ("_asked", "_later", "_layout", "_persistent", "_search")

    limit = MAX_QUERY_BYTES
    rules: ClassVar[dict[str, Rule]] = {rule.id: rule for rule in RULES}

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._layout = find_layout(context.options, context.world, server_name(context.local[0]))
        self._persistent = False
        self._search: Search | None = None  # that of the current query
        self._asked = (Query(), "")  # the current query, and its text
        self._later = b""  # queries that came meanwhile, with -k

    def handle(self, event: Event) -> Sequence[Effect]:
        if self._persistent and type(event) is Closed:
            return ()  # with -k a client may leave at any time
        if type(event) is TimerFired and event.name == "search":
            return self._go_on()
        return super().handle(event)

    def _after(self, data: bytes) -> Sequence[Effect]:
        if self._search is not None and self._persistent:
            self._later += data
            return ()
        return super()._after(data)

    def _go_on(self) -> Sequence[Effect]:
        """Look at the next records; answer when all have been seen."""
        if self._search is None or self.state != "waiting":
            return ()
        if self.context.world.standstill.is_on:
            return (SetTimer("search", STANDSTILL_S),)
        effects = self._look()
        if self._search is None and self._persistent:
            self.state = "query"
            later, self._later = self._later, b""
            return [*under_faults(self._faults, effects), *(super().handle(Data(later)) if later else ())]
        if type(effects[-1]) is Close:
            self.state = "answered"
        return under_faults(self._faults, effects) if self._search is None else effects

    def refusal(self, finding: str, reason: str) -> bytes:
        return self._wire(self._layout.error(ERROR_NUMBERS.get(finding, BAD_CHARACTER), reason))

    def inspect(self, query: bytes) -> Iterable[str]:
        yield from super().inspect(query)
        at = query.find(INTERPRET_AS_COMMAND)
        if 0 <= at < len(query) - 1 and query[at + 1] in NEGOTIATIONS:
            yield "telnet-negotiation"

    def answer(self, query: bytes) -> list[Effect]:
        text = " ".join(decode(query).split())
        verb = "query"
        try:
            asked = parse(text, flags=self._layout.flags)
            self._asked = (asked, text)
            verb = asked.kind
            ends = self._persistent and not asked.key
            self._persistent = (self._persistent or asked.flags.keep) and not ends
            code, lines = ("ended", []) if ends else self._without_search(asked)
            if not code:
                self._search = find(self.context.world, asked)
                return self._look()
        except QueryError as error:
            code, lines = "error", self._layout.error(error.number, str(error))
        return self._answered(verb, text, code, lines)

    def _look(self) -> list[Effect]:
        """Run a slice of the search: the answer, or the timer of the next slice."""
        asked, text = self._asked
        try:
            next(self._search)  # type: ignore[arg-type]  # there is one
        except StopIteration as end:
            self._search = None
            try:
                code, lines = self._about(asked, text, end.value)
            except QueryError as error:
                code, lines = "error", self._layout.error(error.number, str(error))
            return self._answered(asked.kind, text, code, lines)
        self.state = "waiting"
        return [SetTimer("search", 0.0)]

    def _answered(self, verb: str, text: str, code: str, lines: list[str]) -> list[Effect]:
        effects: list[Effect] = [Log("command", {"verb": verb, "argument": safe(text), "code": code})]
        if self._persistent:
            lines = [*lines, "", ""]
        if lines:
            effects.append(Send(self._wire(lines)))
        if not self._persistent:
            effects.append(Close())
        return effects

    def _without_search(self, asked: Query) -> tuple[str, list[str]]:
        """Return the kind of an answer, `referred`, `help` or `kept`, and its lines; empty where it needs a search."""
        context, layout = self.context, self._layout
        if asked.kind == "help":
            return "help", layout.help()
        if not asked.key:
            if asked.flags.keep:
                return "kept", layout.remarks(["The connection stays open until -k alone or an empty line."])
            raise QueryError(NO_KEY, "no search key: send a domain, a host, an address or a name, or help")
        if elsewhere := referral(context.options.refer, asked):
            return "referred", layout.referral(*elsewhere)
        return "", []

    def _about(self, asked: Query, text: str, found: Sequence[Record]) -> tuple[str, list[str]]:
        """Return the kind of an answer, `found`, `several` or `none`, and its lines."""
        layout = self._layout
        found = layout.relevant(found)
        if not found and asked.wrong and layout.flags:
            raise QueryError(BAD_KEY, f"invalid search key: {asked.wrong}")
        if not found:
            return "none", layout.framed(found, layout.none(text, self.context.options.no_match))
        return "found" if len(found) == 1 else "several", layout.framed(found, layout.answer(asked, found))

    def _wire(self, lines: Sequence[str]) -> bytes:
        return wire(lines, self._asked[0].flags.encoding or self.context.options.encoding)


def server_name(address: str) -> str:
    """Return a name for the address that the client has connected to, so that it can follow a referral to it."""
    return "localhost" if address in ("127.0.0.1", "::1") else address


def decode(query: bytes) -> str:
    """Decode the query as UTF-8, else as Latin-1: RFC 3912 4 does not say which it is."""
    try:
        return query.decode("utf-8")
    except UnicodeDecodeError:
        return query.decode("latin-1")


def refusal(reason: str) -> bytes:
    """Return a refusal before a layout is known."""
    return wire([f"Error: {reason}"])
