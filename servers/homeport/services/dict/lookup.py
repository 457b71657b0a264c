"""DEFINE and MATCH, and the databases that a client sees (RFC 2229 3.2, 3.3, 3.4)."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any

from homeport.protocol.commands import command
from homeport.protocol.dialogue import Reply
from homeport.protocol.effects import AwaitFlush, Call
from homeport.protocol.fault_names import find_fault_name
from homeport.protocol.waiting import Steps
from homeport.services.dict.databases import Database, Unreadable, Views, Words
from homeport.services.dict.dialogue import DictDialogue
from homeport.services.dict.lines import OpenQuote, quote, split_words
from homeport.services.dict.options import DatabaseTable
from homeport.services.dict.regex import BadPattern, TooCostly
from homeport.services.dict.replies import END, MIME_HEADER, OK, Refused, listing, serialize_text, status, text_lines
from homeport.services.dict.strategies import SCANS, Matcher, split_nprefix
from homeport.world.dictionary import Headword

log = logging.getLogger("homeport")

ALL, FIRST = "*", "!"
PIECE_BYTES = 1 << 16
"""Bytes of an answer that are sent at once."""
SCANNED = 1000
"""Headwords in memory that are looked at in one turn."""
SCANNED_IN_THREAD = 1 << 13
"""Headwords of a file that are looked at in one call to the thread pool."""
READ_AT_ONCE = 16
"""Definitions of a file that are read in one call."""


def split_argument(argument: str) -> list[str]:
    """Return the words of an argument. Raises: Refused."""
    try:
        return split_words(argument)
    except OpenQuote:
        text = "a quoted string is not closed, or the line ends in a backslash (RFC 2229 2.2)"
        raise Refused(501, text, "open-quote") from None


def words_of(argument: str, count: int, syntax: str) -> list[str]:
    """Return the words of an argument. Raises: Refused unless there are `count`."""
    words = split_argument(argument)
    if len(words) > count:
        blanks = count and syntax.endswith("word")
        finding = "unquoted-blanks" if blanks else "syntax"
        hint = ": put a word with blanks into quotes (RFC 2229 2.2)" if blanks else " (RFC 2229 2.3)"
        raise Refused(501, f"too many parameters; write {syntax}{hint}", finding)
    if len(words) < count:
        raise Refused(501, f"missing parameters; write {syntax} (RFC 2229 2.3)", "syntax")
    return words


class Lookup:
    """Look-ups of the client: its databases, DEFINE and MATCH."""

    __slots__ = ("_dialogue", "introduced")

    def __init__(self, dialogue: DictDialogue) -> None:
        self._dialogue = dialogue
        self.introduced = False
        """True after CLIENT, or once its absence was reported."""

    # The databases.

    def databases(self) -> Steps:
        """Return the databases that the client may see, in order. Files are opened in the thread pool."""
        dialogue = self._dialogue
        world, options = dialogue.context.world, dialogue.options
        views = world.of_service("dict", Views)
        found: list[Database] = [views.built_in(world, name) for name in options.built_in]
        for table in options.database:
            if table.restricted and not dialogue.login:
                continue
            if not table.path:
                found.append(views.words(world, table))
                continue
            database = yield from self._opened(table)
            if database is not None:
                found.append(database)
        return found

    def _opened(self, table: DatabaseTable) -> Steps:
        from homeport.services.dict.dictd import FILES  # most farms have no database in files

        try:
            return (yield Call(partial(FILES.open, table)))
        except (Unreadable, OSError) as problem:
            log.error("[dict] database %s: %s", table.name, problem)  # noqa: TRY400 - the reason says all
            return None

    def chosen(self, name: str) -> Steps:
        """Return the databases that a name in a command stands for. Raises: Refused."""
        databases: list[Database] = yield from self.databases()
        if not databases:
            raise Refused(554)
        if name in (ALL, FIRST):
            return databases
        found = [one for one in databases if one.name == name]
        if found:
            return found
        table = next((one for one in self._dialogue.options.database if one.name == name), None)
        if table is None:
            raise Refused(550, finding="unknown-database")
        if table.restricted and not self._dialogue.login:
            raise Refused(530, f"access denied: log in to see the database {name} (RFC 2229 3.11)")
        raise Refused(420, f"the files of the database {name} cannot be read now")

    def _run(self, database: Database, work: Callable[[], Any]) -> Steps:
        """Return the result of work on a database. Raises: Refused if its files cannot be read."""
        try:
            return (yield Call(work)) if database.blocks else work()
        except (Unreadable, OSError) as problem:
            log.error("[dict] database %s: %s", database.name, problem)  # noqa: TRY400 - the reason says all
            raise Refused(420, f"the database {database.name} cannot be read now") from None
        except TooCostly:
            text = "that pattern costs too much work here: make it simpler"
            raise Refused(503, text) from None

    # Commands.

    @command("DEFINE", "Look up a word.", syntax="database word", reference="RFC 2229 3.2")
    def define(self, argument: str) -> Steps:
        name, word = self._parsed(argument, 2, "DEFINE database word")
        asked = self._asked_entry(word)
        databases = [asked] if asked is not None else (yield from self.chosen(name))
        left, count = self._dialogue.options.max_definitions, 0
        found: list[tuple[Database, list[int]]] = []
        for database in databases:
            entries = yield from self._run(database, partial(database.find, word, whole=True, limit=left - count))
            if entries:
                found.append((database, entries))
                count += len(entries)
            if (entries and name == FIRST) or count >= left:
                break
        if not found:
            raise Refused(552)
        return (yield from self._send_definitions(argument, count, found))

    @command("MATCH", "Look up headwords by a strategy.", syntax="database strategy word", reference="RFC 2229 3.3")
    def match(self, argument: str) -> Steps:
        name, strategy, word = self._parsed(argument, 3, "MATCH database strategy word")
        options = self._dialogue.options
        strategy = (options.default_strategy if strategy == "." else strategy).lower()
        if strategy not in options.strategies:
            raise Refused(551, finding="unknown-strategy")
        asked = self._asked_entry(word)
        databases = [asked] if asked is not None else (yield from self.chosen(name))
        found: dict[tuple[str, str], None] = {}
        for database in databases:
            words = yield from self._matches(database, strategy, word, options.max_matches - len(found))
            found |= dict.fromkeys((database.name, one) for one in words)
            if (words and name == FIRST) or len(found) >= options.max_matches:
                break
        if not found:
            raise Refused(552)
        return (yield from self._send_matches(argument, list(found)))

    def _parsed(self, argument: str, count: int, syntax: str) -> list[str]:
        if not self.introduced:
            self.introduced = True
            self._dialogue.report("no-client")
        words = words_of(argument, count, syntax)
        if not words[-1].strip():
            raise Refused(501, "the word is empty: name one", "empty-word")
        return words

    def _asked_entry(self, word: str) -> Database | None:
        """Return a database of one entry for the name of a fault, if clients may ask for faults; else None."""
        if not self._dialogue.context.world.faults.by_client or find_fault_name([word]) is None:
            return None
        text = f"You have asked for this fault, and get it with this answer.\n\n.  {word}"
        return Words("faults", "Faults that clients ask for", "", [Headword(word=word[:255], definitions=(text,))])

    # MATCH.

    def _matches(self, database: Database, strategy: str, word: str, limit: int) -> Steps:
        """Return the headwords that match, each once."""
        try:
            if strategy not in SCANS:
                skip, count, word = split_nprefix(word) if strategy == "nprefix" else (0, -1, word)
                most = limit if count < 0 else min(count, limit)
                whole = strategy == "exact"
                work = partial(self._found_words, database, word, whole=whole, skip=skip, limit=most)
                return (yield from self._run(database, work))
            matcher = SCANS[strategy](word)
        except BadPattern as problem:
            raise Refused(501, f"{problem} (IEEE 1003.2)", "syntax") from None
        found: dict[str, None] = {}
        step = SCANNED_IN_THREAD if database.blocks else SCANNED
        for begin in range(0, len(database), step):
            work = partial(_scan, database, matcher, begin, min(begin + step, len(database)))
            found |= dict.fromkeys((yield from self._run(database, work)))
            if len(found) >= limit:
                break
            if not database.blocks and begin + step < len(database):
                yield AwaitFlush()
        return list(islice(found, limit))

    @staticmethod
    def _found_words(database: Database, word: str, *, whole: bool, skip: int, limit: int) -> list[str]:
        entries = database.find(word, whole=whole, skip=skip, limit=limit)
        return list(dict.fromkeys(database.headwords(one, one + 1)[0] for one in entries))

    # Answers.

    def _send_matches(self, argument: str, found: Sequence[tuple[str, str]]) -> Steps:
        dialogue = self._dialogue
        text = f"{len(found)} matches found"
        lines = (f"{database} {quote(word)}" for database, word in found)
        if len(found) <= SCANNED or dialogue.faults:
            return listing(152, text, lines, mime=dialogue.mime)
        dialogue.begin_reply("MATCH", argument, "152", status(152, text) + (MIME_HEADER if dialogue.mime else b""))
        while piece := list(islice(lines, SCANNED)):
            dialogue.say(serialize_text(piece).removesuffix(END))
            yield AwaitFlush()
        dialogue.say(END + OK)
        return None

    def _send_definitions(self, argument: str, count: int, found: Sequence[tuple[Database, list[int]]]) -> Steps:
        """Send definitions; once they are many bytes, in pieces, the next when the client has taken the last."""
        dialogue = self._dialogue
        held, begun = status(150, f"{count} definitions retrieved"), False
        for database, entries in found:
            for at in range(0, len(entries), READ_AT_ONCE):
                part = entries[at : at + READ_AT_ONCE]
                held += yield from self._run(database, partial(_definitions, database, part, mime=dialogue.mime))
                if len(held) < PIECE_BYTES or dialogue.faults:
                    continue
                if begun:
                    dialogue.say(held)
                else:
                    dialogue.begin_reply("DEFINE", argument, "150", held)
                held, begun = b"", True
                yield AwaitFlush()
        if not begun:
            return Reply("150", held + OK)
        dialogue.say(held + OK)
        return None


def _scan(database: Database, matcher: Matcher, begin: int, end: int) -> list[str]:
    """Return the headwords that match among consecutive entries. Raises: Unreadable, TooCostly."""
    return [one for one in database.headwords(begin, end) if matcher(one)]


def _definitions(database: Database, entries: Sequence[int], *, mime: bool) -> bytes:
    """Serialize definitions, each with its status line (RFC 2229 3.2)."""
    pieces = []
    for entry in entries:
        (word,) = database.headwords(entry, entry + 1)
        try:
            text = database.definition(entry)
        except Unreadable as problem:
            log.error("[dict] database %s: %s: %s", database.name, word, problem)  # noqa: TRY400 - the reason says all
            text = "(This definition cannot be read: its file is damaged.)"
        head = status(151, f"{quote(word)} {database.name} {quote(database.title)} - text follows")
        pieces.append(head + serialize_text(text_lines(text), mime=mime))
    return b"".join(pieces)
