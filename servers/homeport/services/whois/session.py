"""The session of Whois: a query, its answer, and the close; or, with -k, query after query."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from homeport.protocol.effects import Close, Effect, Log, Send
from homeport.protocol.events import Closed, Event
from homeport.protocol.plaintext import safe, wire
from homeport.protocol.query import QuerySession
from homeport.protocol.rules import Rule
from homeport.protocol.session import Context
from homeport.services.whois.layouts import find_layout
from homeport.services.whois.options import QUERY_LIMIT, RULES
from homeport.services.whois.query import Query, QueryError, parse
from homeport.services.whois.search import find, referral

INTERPRET_AS_COMMAND = 255
NEGOTIATIONS = range(251, 255)  # WILL, WON'T, DO, DON'T (RFC 854)
ERROR_NUMBERS = {"line-too-long": 107, "": 305}
"""RIPE's numbers of refusals, by finding; any other finding is a bad character in the query."""
BAD_CHARACTER = 108
NO_KEY = 106


class Whois(QuerySession):
    """One query and its answer; several where the client asks for it."""

    __slots__ = ("_layout", "_persistent")

    limit = QUERY_LIMIT
    rules: ClassVar[dict[str, Rule]] = {rule.id: rule for rule in RULES}

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._layout = find_layout(context.options.layout, context.world)
        self._persistent = False

    def handle(self, event: Event) -> Sequence[Effect]:
        if self._persistent and type(event) is Closed:
            return ()  # whoever keeps the connection may leave at any time
        return super().handle(event)

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
            verb = asked.kind
            ends = self._persistent and not asked.key
            self._persistent = (self._persistent or asked.flags.keep) and not ends
            code, lines = ("ended", []) if ends else self._about(asked, text)
        except QueryError as error:
            code, lines = "error", self._layout.error(error.number, str(error))
        effects: list[Effect] = [Log("command", {"verb": verb, "argument": safe(text), "code": code})]
        if self._persistent:
            lines = [*lines, "", ""]
        if lines:
            effects.append(Send(self._wire(lines)))
        if not self._persistent:
            effects.append(Close())
        return effects

    def _about(self, asked: Query, text: str) -> tuple[str, list[str]]:
        """What is said to a query, and how it went: `found`, `several`, `none`, `referred`, `help`, `kept`."""
        context, layout = self.context, self._layout
        if asked.kind == "help":
            return "help", layout.help()
        if not asked.key:
            if asked.flags.keep:
                return "kept", layout.remarks(["The connection stays until -k alone or an empty line."])
            raise QueryError(NO_KEY, "no search key: ask for a domain, a host, an address or a name, or for help")
        if elsewhere := referral(context.options.refer, asked):
            return "referred", layout.referral(*elsewhere)
        found = find(context.world, asked)
        if not found:
            return "none", layout.none(text, context.options.no_match)
        return "found" if len(found) == 1 else "several", layout.answer(asked, found)

    def _wire(self, lines: Sequence[str]) -> bytes:
        return wire(lines, self.context.options.encoding)


def decode(query: bytes) -> str:
    """The query as text: UTF-8 if it can be, else Latin-1, since nothing tells (RFC 3912 4)."""
    try:
        return query.decode("utf-8")
    except UnicodeDecodeError:
        return query.decode("latin-1")


def refusal(reason: str) -> bytes:
    """A refusal at the door, where no layout is known yet."""
    return wire([f"Error: {reason}"])
