"""Changes in LDIF (RFC 2849): records that add, modify, delete or rename entries, and their execution."""

from collections.abc import Iterator
from itertools import chain

import msgspec

from homeport.world.directory.change_requests import ADD, DELETE, INCREMENT, REPLACE, Modification, Who
from homeport.world.directory.changes import Changes
from homeport.world.directory.ldif import Given, LdifProblem, read_records
from homeport.world.directory.names import NameProblem, parse_rdn
from homeport.world.directory.results import Code, DirectoryError

Line = tuple[int, str, bytes]
"""Number of a line, its attribute description, its value."""
OPERATIONS = {"add": ADD, "delete": DELETE, "replace": REPLACE, "increment": INCREMENT}
YES = {b"0": False, b"1": True}


class Added(msgspec.Struct, frozen=True):
    """A new entry: a record of content, or one of the change type `add`."""

    line: int
    dn: str
    attributes: Given

    def apply(self, changes: Changes, who: Who) -> str:
        changes.add(who, self.dn, self.attributes)
        return "added"


class Modified(msgspec.Struct, frozen=True):
    """A change of an entry."""

    line: int
    dn: str
    changes: tuple[Modification, ...]

    def apply(self, changes: Changes, who: Who) -> str:
        changes.modify(who, self.dn, self.changes)
        return "modified"


class Deleted(msgspec.Struct, frozen=True):
    """The removal of an entry."""

    line: int
    dn: str

    def apply(self, changes: Changes, who: Who) -> str:
        changes.delete(who, self.dn)
        return "deleted"


class Renamed(msgspec.Struct, frozen=True):
    """A new name, or a new place, of an entry."""

    line: int
    dn: str
    new_rdn: str
    delete_old: bool
    superior: str | None

    def apply(self, changes: Changes, who: Who) -> str:
        try:
            rdn = parse_rdn(self.new_rdn)
        except NameProblem as problem:
            raise DirectoryError(Code.INVALID_DN_SYNTAX, f"newrdn: {problem}") from None
        changes.rename(who, self.dn, rdn, delete_old=self.delete_old, superior=self.superior)
        return "renamed"


Record = Added | Modified | Deleted | Renamed
"""A record. line: number of its first line. `apply` carries it out and returns what it did: `added`, ...; it raises
DirectoryError and StoreError."""


def read_changes(text: str) -> Iterator[Record]:
    """Yield the records of a text: entries, and changes. Raises: LdifProblem."""
    for number, lines in enumerate(read_records(text)):
        if not number and lines[0][1].lower() == "version":
            if lines[0][2] != b"1":
                raise LdifProblem(f"line {lines[0][0]}: the version of LDIF is 1")
            del lines[0]
            if not lines:
                continue
        yield _record(lines)


def _record(lines: list[Line]) -> Record:
    number, first, _name = lines[0]
    if first.lower() != "dn":
        raise LdifProblem(f"line {number}: a record begins with dn:")
    dn, rest = _text(lines[0], "the name"), lines[1:]
    while rest and rest[0][1].lower() == "control":
        if b" true" in rest[0][2].lower():
            raise LdifProblem(f"line {rest[0][0]}: critical controls are not supported here")
        rest = rest[1:]
    if not rest or rest[0][1].lower() != "changetype":
        return Added(number, dn, _attributes(rest))
    kind, rest = rest[0][2].lower(), rest[1:]
    if kind == b"add":
        return Added(number, dn, _attributes(rest))
    if kind == b"modify":
        return Modified(number, dn, tuple(_modifications(rest)))
    if kind in (b"modrdn", b"moddn"):
        return _renamed(number, dn, rest)
    if kind != b"delete":
        text = f"line {lines[1][0]}: the change type is add, modify, delete, modrdn or moddn"
        raise LdifProblem(text)
    if rest:
        raise LdifProblem(f"line {rest[0][0]}: a deletion has no attributes")
    return Deleted(number, dn)


def _attributes(lines: list[Line]) -> Given:
    held: dict[str, list[bytes]] = {}
    for number, name, value in lines:
        if name == "-" or name.lower() in ("changetype", "control"):
            raise LdifProblem(f"line {number}: this belongs to a change, not to an entry")
        held.setdefault(name, []).append(value)
    return [(name, tuple(values)) for name, values in held.items()]


def _modifications(lines: list[Line]) -> Iterator[Modification]:
    begun: tuple[int, str, list[bytes]] | None = None
    for number, name, value in chain(lines, ((0, "-", b""),)):
        if begun is None:
            if name == "-" and not number:
                return
            if name.lower() not in OPERATIONS:
                text = f"line {number}: a modification begins with add:, delete:, replace: or increment:"
                raise LdifProblem(text)
            begun = OPERATIONS[name.lower()], _text((number, name, value), "the attribute"), []
        elif name == "-":
            yield Modification(begun[0], begun[1], tuple(begun[2]))
            begun = None
        elif name.lower() == begun[1].lower():
            begun[2].append(value)
        else:
            raise LdifProblem(f"line {number}: {name} is not {begun[1]}, which this modification is about")


def _renamed(number: int, dn: str, lines: list[Line]) -> Renamed:
    fields = {line[1].lower(): line for line in lines}
    if unknown := set(fields) - {"newrdn", "deleteoldrdn", "newsuperior"}:
        raise LdifProblem(f"line {fields[min(unknown)][0]}: {min(unknown)} is no part of a rename")
    if "newrdn" not in fields or fields.get("deleteoldrdn", (0, "", b""))[2] not in YES:
        raise LdifProblem(f"line {number}: a rename has newrdn: and deleteoldrdn: with 0 or 1")
    superior = fields.get("newsuperior")
    return Renamed(
        number,
        dn,
        _text(fields["newrdn"], "the new name"),
        YES[fields["deleteoldrdn"][2]],
        None if superior is None else _text(superior, "the new superior"),
    )


def _text(line: Line, what: str) -> str:
    try:
        return line[2].decode("utf-8")
    except UnicodeDecodeError:
        raise LdifProblem(f"line {line[0]}: {what} is no UTF-8") from None
