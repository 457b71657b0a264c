"""Databases in dictd's files: `NAME.index`, and `NAME.dict` or `NAME.dict.dz`.

A line of the index has a headword, the offset of its text and the size, both in base 64, and perhaps the headword as it
is to be shown, separated by tabs. Offsets of the lines are kept, 4 bytes each, and their order if the file has another
than ours; everything else is read when it is asked for. Files are read by `os.pread`, not mapped: a file that is cut
while it is used gives an error, and no signal.
"""

import heapq
import logging
import os
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from weakref import finalize

from homeport.services.dict.databases import Database, Unreadable
from homeport.services.dict.dictzip import Dictzip
from homeport.services.dict.options import DatabaseTable
from homeport.world.dictionary import key

log = logging.getLogger("homeport")

DIGITS = {code: value for value, code in enumerate(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
MAX_DIGITS = 8
MAX_LINE = 4096
"""Bytes of a line of an index; longer ones are skipped."""
MAX_INDEX = 256 << 20
MAX_DEFINITION = 1 << 20
"""Bytes of a definition; longer ones are cut."""
BLOCK = 1 << 18
RUN = 1 << 13
"""Lines that are sorted at once: a few milliseconds."""
MAX_OPEN = 64
"""Databases that are kept open."""
SHORT = ("00databaseshort", "00-database-short")
INFO = ("00databaseinfo", "00-database-info")


def number(digits: bytes) -> int:
    """Return a number in base 64, most significant digit first. Raises: ValueError."""
    if not 0 < len(digits) <= MAX_DIGITS:
        raise ValueError("no number in base 64")
    value = 0
    for digit in digits:
        if digit not in DIGITS:
            raise ValueError("no number in base 64")
        value = value << 6 | DIGITS[digit]
    return value


def decode(raw: bytes) -> str:
    """Return a text of a file: UTF-8, or else ISO 8859-1, which dictd's older files have."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("iso-8859-1")


class PlainText:
    """A `.dict` file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes of the text. Raises: Unreadable."""
        data = os.pread(self._descriptor, size, offset)
        if len(data) < size:
            raise Unreadable("it ends before its index says so")
        return data


def files_of(path: str) -> tuple[Path, Path]:
    """Return the index and the text of a path. Raises: Unreadable if one is missing."""
    index = Path(f"{path}.index")
    if not index.is_file():
        raise Unreadable(f"{index} is missing")
    for ending in (".dict.dz", ".dict"):
        text = Path(path + ending)
        if text.is_file():
            return index, text
    raise Unreadable(f"neither {path}.dict.dz nor {path}.dict is there")


def open_text(file: Path) -> tuple[int, Dictzip | PlainText]:
    """Open a text; return its descriptor too. Raises: Unreadable, OSError."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return descriptor, Dictzip(descriptor) if file.suffix == ".dz" else PlainText(descriptor)
    except BaseException:
        os.close(descriptor)
        raise


def check_files(path: str) -> str:
    """Return the problem of the files of a path; empty for none. The index is not read."""
    try:
        _index, text = files_of(path)
        os.close(open_text(text)[0])
    except Unreadable as problem:
        return str(problem)
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    return ""


class DictdFile(Database):
    """A database in files. All methods read them.

    Raises: Unreadable, OSError.
    """

    blocks = True

    def __init__(self, table: DatabaseTable, index: Path, text: Path) -> None:
        super().__init__(table.name, table.title, table.info, restricted=table.restricted)
        self._text_file = text
        text_descriptor, self._text = open_text(text)
        finalize(self, os.close, text_descriptor)
        self._index = os.open(index, os.O_RDONLY | os.O_CLOEXEC)
        finalize(self, os.close, self._index)
        self._lines = array("I")  # offset of each line
        self._order: array[int] | None = None  # entries in the order of their keys, if it is not that of the file
        self._end = 0  # offset after the last line
        self._skipped = 0  # lines that are no entries
        self._load(index)
        self.title = table.title or self._about(SHORT) or table.name
        self.info = table.info or self._about(INFO)

    def __len__(self) -> int:
        return len(self._lines)

    def key_at(self, position: int) -> str:
        return key(self._fields(self.entry_at(position))[0])

    def entry_at(self, position: int) -> int:
        return position if self._order is None else self._order[position]

    def headwords(self, begin: int, end: int) -> Sequence[str]:
        if begin >= end:
            return []
        start = self._lines[begin]
        stop = self._lines[end] if end < len(self._lines) else self._end
        block = os.pread(self._index, stop - start, start)
        if self._skipped:
            ends = (block.find(b"\n", self._lines[entry] - start) for entry in range(begin, end))
            places = zip(self._lines[begin:end], ends, strict=True)
            return [_headword(block[at - start : finish if finish >= 0 else None]) for at, finish in places]
        return [_headword(line) for line in block.removesuffix(b"\n").split(b"\n")]

    def definition(self, entry: int) -> str:
        _word, offset, size = self._fields(entry)
        try:
            raw = self._text.read(offset, min(size, MAX_DEFINITION))
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from None
        return decode(raw)

    def _fields(self, entry: int) -> tuple[str, int, int]:
        """Return headword, offset and size of an entry. Raises: Unreadable."""
        line = os.pread(self._index, MAX_LINE, self._lines[entry]).partition(b"\n")[0]
        fields = line.split(b"\t")
        try:
            return decode(fields[0]), number(fields[1]), number(fields[2])
        except (IndexError, ValueError):
            raise Unreadable("its index has changed") from None

    def _about(self, names: Sequence[str]) -> str:
        """Return the text of an entry about the database, without its headword; empty if there is none."""
        for name in names:
            for entry in self.find(name, whole=True, limit=1):
                try:
                    lines = self.definition(entry).strip("\n").split("\n")
                except Unreadable:
                    return ""
                if lines[0].strip().lower() == self.headwords(entry, entry + 1)[0].lower():
                    del lines[0]
                text = "\n".join(lines).strip()
                return " ".join(text.split())[:200] if names is SHORT else text
        return ""

    def _load(self, index: Path) -> None:
        """Read the index once: the offset of each valid line, and the order of their keys."""
        if os.fstat(self._index).st_size > MAX_INDEX:
            raise Unreadable(f"{index} has more than {MAX_INDEX >> 20} MiB")
        runs: list[list[tuple[str, int]]] = []
        run: list[tuple[str, int]] = []
        last, in_order = "", True
        for offset, line in self._read_lines():
            try:
                word, begin, size = line.split(b"\t")[:3]
                fits = number(begin) + number(size) <= self._text.size
            except ValueError:
                fits = False
            if not fits:
                self._skipped += 1
                continue
            known = key(decode(word))
            in_order = in_order and known >= last
            last = known
            run.append((known, len(self._lines)))
            self._lines.append(offset)
            self._end = offset + len(line) + 1
            if len(run) == RUN:
                run.sort()
                runs.append(run)
                run = []
        if self._skipped:
            problem = "%s: %d lines are no entries, or point outside of %s"
            log.warning(problem, index, self._skipped, self._text_file)
        if not self._lines:
            raise Unreadable(f"{index} has no entry")
        if not in_order:
            run.sort()
            self._order = array("I", (entry for _key, entry in heapq.merge(*runs, run)))

    def _read_lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield offset and content of each line of the index."""
        begin, held = 0, b""
        while block := os.pread(self._index, BLOCK, begin + len(held)):
            held += block
            lines = held.split(b"\n")
            held = lines.pop()
            for line in lines:
                yield begin, line
                begin += len(line) + 1
            if len(held) > BLOCK:
                raise Unreadable("its index is no text of lines")
        if held:
            yield begin, held


def _headword(line: bytes) -> str:
    """Return the headword of a line as it is to be shown: its fourth field, or the first."""
    fields = line.split(b"\t", 3)
    return decode(fields[3] if len(fields) > 3 and fields[3] else fields[0])


class Files:
    """The databases in files that are open. All worlds of a farm share them."""

    def __init__(self) -> None:
        self._open: OrderedDict[DatabaseTable, tuple[list[tuple[int, ...]], DictdFile]] = OrderedDict()
        self._lock = Lock()

    def open(self, table: DatabaseTable) -> DictdFile:
        """Return the database of a table; a file that was replaced is read again. Raises: Unreadable, OSError."""
        index, text = files_of(table.path)
        with self._lock:
            found_now = (index.stat(), text.stat())
            state: list[tuple[int, ...]] = [(one.st_ino, one.st_size, one.st_mtime_ns) for one in found_now]
            before, found = self._open.get(table, ([], None))
            if found is None or before != state:
                found = DictdFile(table, index, text)
            self._open[table] = (state, found)
            self._open.move_to_end(table)
            while len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)
        return found


FILES = Files()
