"""A test client for the DICT session, and databases in dictd's format."""

import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import cuts, make_world
from services.line_client import LineClient

from homeport.services.dict import SERVICE
from homeport.services.dict.lines import quote
from homeport.world.world import World

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Client(LineClient):
    """One connection to DICT; it has introduced itself unless `client` is False."""

    def __init__(self, world: World | None = None, *, client: bool = True, **options: Any) -> None:
        super().__init__(SERVICE, world, listener="tcp", **options)
        if client:
            assert self.say("CLIENT test") == "250 ok"

    @property
    def stamp(self) -> str:
        """The banner's msg-id."""
        return self.greeting.split()[-1]

    def text(self, line: str, code: str) -> list[str]:
        """Send a command with one text in its answer; return its lines, unstuffed."""
        first, *lines = self.say(line).split("\r\n")
        assert first.startswith(code), first
        assert lines.pop() == "250 ok"
        assert lines.pop() == "."
        return [one.removeprefix(".") for one in lines]

    def definitions(self, database: str, word: str) -> list[str]:
        """Return the texts that DEFINE has."""
        first, *lines = self.say(f"DEFINE {database} {quote(word)}").split("\r\n")
        assert first.startswith("150 "), first
        assert lines.pop() == "250 ok"
        found, text = [], []
        for line in lines:
            if line == ".":
                found.append("\n".join(text[1:]))
                text = []
            else:
                text.append(line.removeprefix("."))
        assert int(first.split()[1]) == len(found)
        return found

    def matches(self, strategy: str, word: str, database: str = "*") -> list[str]:
        """Return the headwords that MATCH finds, without quotes; empty if there are none."""
        answer = self.say(f"MATCH {database} {strategy} {quote(word)}")
        if answer == "552 no match":
            return []
        first, *lines = answer.split("\r\n")
        assert lines[-2:] == [".", "250 ok"]
        assert first == f"152 {len(lines) - 2} matches found"
        return [line.partition(" ")[2].strip('"') for line in lines[:-2]]


@pytest.fixture
def client() -> Callable[..., Client]:
    """Open a connection: `client(world, **options)`."""
    return Client


@pytest.fixture
def every_way() -> Callable[..., Client]:
    """Feed bytes whole, one by one, and cut anywhere: all results must be equal."""

    def run(data: bytes, **options: Any) -> Client:
        outcomes = []
        for way in cuts(data):
            one = Client(make_world(), client=False, **options)
            for piece in way:
                one.send(piece)
            outcomes.append((way, one))
        first = outcomes[0][1]
        for way, other in outcomes[1:]:
            assert other.talk == first.talk, f"cut as {way} it went otherwise"
        return first

    return run


def base64_number(value: int) -> str:
    """Return a number as dictd's indexes have it."""
    digits = DIGITS[value % 64]
    while value := value // 64:
        digits = DIGITS[value % 64] + digits
    return digits


def dictzip(text: bytes, chunk_size: int = 100) -> bytes:
    """Compress a text as dictzip does."""
    chunks = []
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    for at in range(0, len(text), chunk_size):
        chunks.append(packer.compress(text[at : at + chunk_size]) + packer.flush(zlib.Z_FULL_FLUSH))
    table = struct.pack("<HHH", 1, chunk_size, len(chunks)) + b"".join(struct.pack("<H", len(one)) for one in chunks)
    extra = b"RA" + struct.pack("<H", len(table)) + table
    head = b"\x1f\x8b\x08\x0c" + bytes(5) + b"\x03" + struct.pack("<H", len(extra)) + extra + b"name\0"
    return head + b"".join(chunks) + packer.flush() + struct.pack("<II", zlib.crc32(text), len(text))


def write_database(folder: Path, entries: Sequence[tuple[str, str]], *, zipped: bool = False, name: str = "db") -> str:
    """Write the files of a database, whose index has the entries in this order; return its path."""
    text, index = b"", ""
    for word, definition in entries:
        raw = definition.encode()
        index += f"{word}\t{base64_number(len(text))}\t{base64_number(len(raw))}\n"
        text += raw
    (folder / f"{name}.index").write_text(index)
    (folder / (f"{name}.dict.dz" if zipped else f"{name}.dict")).write_bytes(dictzip(text) if zipped else text)
    return str(folder / name)
