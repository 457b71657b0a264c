"""LDIF (RFC 2849): entries from text and to text."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator

from homeport.world.directory.entry import Values

SAFE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x1f\x21-\x39\x3b\x3d-\x7f][\x01-\x09\x0b\x0c\x0e-\x7f]*(?<! )")
WIDTH = 76
Given = list[tuple[str, Values]]


class LdifProblem(ValueError):
    """Raised for text that is no LDIF. The message names the line."""


def read_records(text: str) -> Iterator[list[tuple[int, str, bytes]]]:
    """Yield the records of a text: the number of each line, its attribute description, its value.

    Raises: LdifProblem.
    """
    record: list[tuple[int, str, bytes]] = []
    for number, line in _logical_lines(text):
        if not line:
            if record:
                yield record
                record = []
        elif not line.startswith("#"):
            record.append((number, *_read_line(number, line)))
    if record:
        yield record


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with those joined that go on with a blank, and their numbers."""
    begun, at = "", 0
    for number, line in enumerate([*text.replace("\r\n", "\n").split("\n"), ""], 1):
        if line.startswith(" "):
            begun += line[1:]
            continue
        if at:
            yield at, begun
        begun, at = line, number
    yield at, begun


def _read_line(number: int, line: str) -> tuple[str, bytes]:
    name, mark, value = line.partition(":")
    if line == "-":
        return "-", b""
    if not mark or not name:
        raise LdifProblem(f"line {number}: {line[:40]!r} has no attribute and colon")
    if value.startswith(":"):
        try:
            return name, b64decode(value[1:].strip(), validate=True)
        except Base64Error:
            raise LdifProblem(f"line {number}: the value is no base64") from None
    if value.startswith("<"):
        raise LdifProblem(f"line {number}: values by URL are not read: write the value in base64 after two colons")
    return name, value.lstrip(" ").encode("utf-8", "surrogateescape")


def read_entries(text: str) -> Iterator[tuple[str, Given]]:
    """Yield the entries of a text: name, attributes with values. Raises: LdifProblem, for change records too."""
    for record in read_records(text):
        if record[0][1].lower() == "version":
            if record[0][2] != b"1":
                raise LdifProblem(f"line {record[0][0]}: the version of LDIF is 1")
            record = record[1:]
            if not record:
                continue
        number, first, dn = record[0]
        if first.lower() != "dn":
            raise LdifProblem(f"line {number}: a record begins with dn:")
        held: dict[str, list[bytes]] = {}
        for number, name, value in record[1:]:
            if name.lower() in ("changetype", "control"):
                raise LdifProblem(f"line {number}: this is a change record; entries are expected")
            held.setdefault(name, []).append(value)
        try:
            yield dn.decode("utf-8"), [(name, tuple(values)) for name, values in held.items()]
        except UnicodeDecodeError:
            raise LdifProblem(f"line {number}: the name is no UTF-8") from None


def write_entry(dn: str, attributes: Iterable[tuple[str, Iterable[bytes]]]) -> str:
    """Return an entry as LDIF, with an empty line after it."""
    lines = [_line("dn", dn.encode("utf-8", "surrogateescape"))]
    lines += [_line(name, value) for name, values in attributes for value in values]
    return "\n".join(lines) + "\n\n"


def _line(name: str, value: bytes) -> str:
    if not value:
        return f"{name}:"
    safe = SAFE.fullmatch(value) is not None
    line = f"{name}: {value.decode('ascii')}" if safe else f"{name}:: {b64encode(value).decode()}"
    first, rest = line[:WIDTH], line[WIDTH:]
    return "\n".join([first, *(f" {rest[at : at + WIDTH - 1]}" for at in range(0, len(rest), WIDTH - 1))])
