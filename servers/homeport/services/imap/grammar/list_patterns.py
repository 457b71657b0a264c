"""The arguments of LIST and LSUB (RFC 9051 6.3.9, RFC 5258), and matching of names.

All patterns of a command are matched together, by the states that they can be in, as bits of one number: the work is
the length of the name times the length of all patterns.
"""

import re
from collections.abc import Iterable

import msgspec

from homeport.services.imap.grammar.metadata_arguments import parse_entry
from homeport.services.imap.grammar.status_items import parse_status_items
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem
from homeport.world.mail.mailbox_names import INBOX, SEPARATOR

SELECTION = {
    "SUBSCRIBED": "LIST-EXTENDED",
    "REMOTE": "LIST-EXTENDED",
    "RECURSIVEMATCH": "LIST-EXTENDED",
    "SPECIAL-USE": "SPECIAL-USE",
}
"""Options before the reference, each with the extension that it needs."""
RETURN = {
    "SUBSCRIBED": "LIST-EXTENDED",
    "CHILDREN": "LIST-EXTENDED",
    "SPECIAL-USE": "SPECIAL-USE",
    "MYRIGHTS": "LIST-MYRIGHTS",
    "STATUS": "LIST-STATUS",
    "METADATA": "LIST-METADATA",
}
"""Options after RETURN."""
MAX_PATTERNS = 100
"""Patterns of one command."""
MAX_PATTERNS_SIZE = 4096
"""Their characters together."""
WILDCARDS = re.compile(r"[%*]+")
LIST = "RFC 9051 6.3.9"


class ListRequest(msgspec.Struct, frozen=True):
    """The arguments of LIST or LSUB."""

    reference: str
    patterns: tuple[str, ...]
    """Decoded, without the reference."""
    selection: frozenset[str] = frozenset()
    """Options that select mailboxes."""
    returned: frozenset[str] = frozenset()
    """Options that add to the response."""
    status: tuple[str, ...] = ()
    """Items of RETURN (STATUS ...)."""
    metadata: tuple[str, ...] = ()
    """Entries of RETURN (METADATA ...)."""
    extended: bool = False
    """True if the command has the syntax of LIST-EXTENDED: several patterns, or options."""

    def matcher(self) -> "Patterns":
        """Return the patterns, each after the reference, ready to match."""
        return Patterns(self.reference + pattern for pattern in self.patterns)


class Patterns:
    """Patterns of names: `%` matches anything but the separator, `*` anything.

    A name may be read level by level: `states = patterns.read(patterns.start, "Work")`. 0 is no state: neither the name
    nor any below it matches.
    """

    __slots__ = ("_ends", "_finals", "_inbox", "_level", "_masks", "_star", "_wild", "size", "start")

    def __init__(self, texts: Iterable[str]) -> None:
        self._masks: dict[str, int] = {}
        self._star = self._level = self._ends = self._finals = self.start = 0
        self._inbox: bool | None = None
        self.size = 0
        """Number of states: the cost of a character grows with it."""
        for text in dict.fromkeys(map(_normalized, texts)):
            self._add(text)
        self._wild = self._star | self._level
        self.start |= (self.start & self._wild) << 1

    def _add(self, text: str) -> None:
        self.start |= 1 << self.size
        for place, character in enumerate(text, self.size):
            if character == "*":
                self._star |= 1 << place
            elif character == "%":
                self._level |= 1 << place
            else:
                self._masks[character] = self._masks.get(character, 0) | 1 << place
        self.size += len(text)
        self._ends |= 1 << self.size
        if text.endswith("*"):
            self._finals |= 1 << self.size - 1
        self.size += 1

    def matches(self, name: str) -> bool:
        """Return True if a pattern matches a name as a whole."""
        return self.accepts(self.read(self.start, name), name)

    def accepts(self, states: int, name: str) -> bool:
        """Return True if a pattern matches a name that was read as a whole. states: those after it."""
        if states & self._ends:
            return True
        if name != INBOX:
            return False
        if self._inbox is None:
            self._inbox = bool(self._read(self.start, INBOX, self._without_case()) & self._ends)
        return self._inbox

    def read(self, states: int, text: str) -> int:
        """Return the states after more characters of a name."""
        return self._read(states, text, self._masks)

    def _without_case(self) -> dict[str, int]:
        masks: dict[str, int] = {}
        for character, mask in self._masks.items():
            masks[character.upper()] = masks.get(character.upper(), 0) | mask
        return masks

    def _read(self, states: int, text: str, masks: dict[str, int]) -> int:
        if states & self._finals:  # a pattern ends in `*`, and only that is left of it
            return states
        star, wild = self._star, self._wild
        for character in text:
            stays = states & (star if character == SEPARATOR else wild)
            states = (states & masks.get(character, 0)) << 1 | stays
            states |= (states & wild) << 1
            if not states:
                return 0
        return states


def _normalized(text: str) -> str:
    first, separator, rest = text.partition(SEPARATOR)
    if first.upper() == INBOX:  # RFC 9051 5.1: in any case
        text = INBOX + separator + rest
    return WILDCARDS.sub(lambda run: "*" if "*" in run[0] else "%", text)


def parse_list(cursor: Cursor, *, lsub: bool = False) -> ListRequest:
    """Parse the arguments. lsub: True for LSUB, which has no options."""
    selection: frozenset[str] = frozenset()
    extended = False
    if not lsub and cursor.next_is(b"("):
        selection, extended = _parse_selection(cursor), True
        cursor.space()
    reference = cursor.mailbox()
    cursor.space()
    if not lsub and cursor.next_is(b"("):
        cursor.need("LIST-EXTENDED")
        at, patterns = cursor.at, cursor.list_of(cursor.list_mailbox)
        extended = True
        if len(patterns) > MAX_PATTERNS:
            raise SyntaxProblem(f"LIST takes at most {MAX_PATTERNS} patterns", LIST, at)
        if sum(map(len, patterns)) > MAX_PATTERNS_SIZE:
            raise SyntaxProblem(f"LIST takes patterns of at most {MAX_PATTERNS_SIZE} characters together", LIST, at)
    else:
        patterns = [cursor.list_mailbox()]
    returned: dict[str, tuple[str, ...]] = {}
    if not lsub and not cursor.at_end:
        cursor.space()
        returned, extended = _parse_return(cursor), True
    cursor.end()
    return ListRequest(
        reference,
        tuple(patterns),
        selection,
        frozenset(returned),
        returned.get("STATUS", ()),
        returned.get("METADATA", ()),
        extended,
    )


def _parse_selection(cursor: Cursor) -> frozenset[str]:
    at = cursor.at
    found: set[str] = set()

    def read() -> None:
        at, word = cursor.at, cursor.word()
        if (capability := SELECTION.get(word)) is None:
            raise SyntaxProblem(f"unknown selection option of LIST: {word}", "RFC 9051 6.3.9.1", at)
        cursor.needs.setdefault(capability, at)
        found.add(word)

    if not cursor.list_of(read, empty=True):
        cursor.needs.setdefault("LIST-EXTENDED", at)
    if "RECURSIVEMATCH" in found and not found & {"SUBSCRIBED", "SPECIAL-USE"}:
        raise SyntaxProblem("RECURSIVEMATCH needs another option, such as SUBSCRIBED", "RFC 9051 6.3.9.1", at)
    return frozenset(found)


def _parse_return(cursor: Cursor) -> dict[str, tuple[str, ...]]:
    """Parse RETURN (...); return the options with their arguments."""
    found: dict[str, tuple[str, ...]] = {}

    def read() -> None:
        at, word = cursor.at, cursor.word()
        if (capability := RETURN.get(word)) is None:
            raise SyntaxProblem(f"unknown return option of LIST: {word}", "RFC 9051 6.3.9.2", at)
        cursor.needs.setdefault(capability, at)
        found[word] = ()
        if word == "STATUS":
            cursor.space()
            found[word] = parse_status_items(cursor)
        elif word == "METADATA":
            cursor.space()
            at, entries = cursor.at, cursor.list_of(lambda: parse_entry(cursor))
            if len(entries) > MAX_PATTERNS:
                raise SyntaxProblem(f"LIST returns at most {MAX_PATTERNS} entries", "RFC 9590 3", at)
            found[word] = tuple(dict.fromkeys(entries))

    at = cursor.at
    if not cursor.take_word(b"RETURN"):
        cursor.fail("RETURN and options", "RFC 9051 6.3.9.2")
    cursor.space()
    if not cursor.list_of(read, empty=True):
        cursor.needs.setdefault("LIST-EXTENDED", at)
    return found
