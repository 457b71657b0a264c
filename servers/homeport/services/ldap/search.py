"""Search (RFC 4511 4.5): entries in pieces, between which other operations and connections are served."""

from collections.abc import Iterable

from homeport.services.ldap.dialogue import LdapDialogue
from homeport.services.ldap.messages import Result, SearchRequest, write_entry
from homeport.services.ldap.operation import PAUSE, Operation, Steps, opened
from homeport.services.ldap.root_dse import root_dse, subschema
from homeport.world.directory.checks import checked_dn
from homeport.world.directory.directory import BASE, PASSWORD, SUBSCHEMA, Directory, require
from homeport.world.directory.entry import Entry, describe
from homeport.world.directory.evaluation import compile_filter
from homeport.world.directory.results import Code
from homeport.world.directory.schema.schema import Schema

PIECE = 50
"""Entries that are sent before the next turn."""
ALL_USER, ALL_OPERATIONAL, NONE = "*", "+", "1.1"
Attributes = list[tuple[str, tuple[bytes, ...]]]


def search(operation: Operation) -> Steps:
    """Answer a search request."""
    dialogue, request = operation.dialogue, operation.request
    yield from opened(dialogue)
    directory = dialogue.context.world.directory
    selection = Selection(directory, request, dialogue)
    if special := _special(dialogue, request):
        name, attributes = special
        made = Entry(name, (), {each.lower(): values for each, values in attributes})
        if compile_filter(request.filter, directory.schema)(made):
            operation.send(write_entry(name, selection.of_special(attributes)))
        return Result()
    base = directory.schema.fold_name(checked_dn(request.base))
    require(directory.find(base), directory, base)
    test = compile_filter(request.filter, directory.schema, operational=directory.operational, hidden=selection.hidden)
    limit = request.size_limit
    sent = 0
    for entry in directory.search(base, request.scope, request.filter):
        if entry is None:
            yield PAUSE
        elif test(entry):
            if limit and sent >= limit:
                return Result(Code.SIZE_LIMIT_EXCEEDED, "", f"there are more than {limit} entries")
            operation.send(write_entry(entry.dn, selection.of(entry)))
            sent += 1
            if sent % PIECE == 0:
                yield PAUSE
    return Result()


def _special(dialogue: LdapDialogue, request: SearchRequest) -> tuple[str, Attributes] | None:
    """Return name and attributes of the root DSE, or of the subschema, if the search asks for it."""
    if request.scope == BASE and not request.base:
        return "", root_dse(dialogue)
    if request.base.replace(" ", "").lower() == SUBSCHEMA:
        return SUBSCHEMA, subschema(dialogue.context.world.directory.schema)
    return None


class Selection:
    """Which attributes of an entry a search returns (RFC 4511 4.5.1.8), to whom."""

    def __init__(self, directory: Directory, request: SearchRequest, dialogue: LdapDialogue) -> None:
        self._directory = directory
        self._schema: Schema = directory.schema
        self._types_only = request.types_only
        self._dialogue = dialogue
        asked = request.attributes or (ALL_USER,)
        self._all = ALL_USER in asked
        self._all_operational = ALL_OPERATIONAL in asked
        self._asked = [one for one in asked if one not in (ALL_USER, ALL_OPERATIONAL, NONE)]
        self._wanted = [describe(self._schema, one) for one in self._asked]
        self.hidden: frozenset[str] = frozenset() if dialogue.bound.admin else frozenset((PASSWORD,))
        """Attributes that no filter of this client can ask about."""

    def of(self, entry: Entry) -> Attributes:
        """Return the attributes of an entry."""
        own = bool(self.hidden) and self._dialogue.bound.dn == entry.dn
        found: dict[str, tuple[bytes, ...]] = {}
        for name, values in entry.attributes.items():
            if (name not in self.hidden or own) and self._selects(name):
                found[self._shown(name)] = values
        for name in self._operational():
            if values := self._directory.operational(entry, name):
                found[self._shown(name)] = values
        return [(name, () if self._types_only else values) for name, values in found.items()]

    def of_special(self, attributes: Iterable[tuple[str, tuple[bytes, ...]]]) -> Attributes:
        """Return the attributes of the root DSE or the subschema: operational ones, but for objectClass and cn."""
        chosen = []
        for name, values in attributes:
            kind = self._schema.attribute(name)
            operational = kind is not None and kind.is_operational
            wanted = self._all_operational if operational else self._all
            if wanted or name.lower() in self._wanted:
                chosen.append((name, () if self._types_only else values))
        return chosen

    def _selects(self, name: str) -> bool:
        """Return True if an attribute that the entry holds was asked for."""
        kind = self._schema.attribute(name.partition(";")[0])
        if kind is not None and kind.is_operational:
            if self._all_operational:
                return True
        elif self._all:
            return True
        return any(self._covers(one, name) for one in self._wanted)

    def _covers(self, wanted: str, name: str) -> bool:
        """Return True if a description covers another: the same type or a subtype, with these options or more."""
        if wanted == name:
            return True
        wanted_type, _, wanted_options = wanted.partition(";")
        held_type, _, options = name.partition(";")
        kind, held = self._schema.attribute(wanted_type), self._schema.attribute(held_type)
        if kind is None or held is None or not held.is_a(kind):
            return False
        return not wanted_options or {*wanted_options.split(";")} <= {*options.split(";")}

    def _operational(self) -> Iterable[str]:
        from homeport.world.directory.directory import OPERATIONAL

        if self._all_operational:
            return OPERATIONAL
        return [one for one in self._wanted if one in OPERATIONAL]

    def _shown(self, name: str) -> str:
        """Return a description as the schema writes it."""
        kind = self._schema.attribute(name.partition(";")[0])
        _, mark, options = name.partition(";")
        return name if kind is None else f"{kind.name}{mark}{options}"
