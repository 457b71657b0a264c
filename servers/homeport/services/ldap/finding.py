"""The results of a search: entries and references, as they are sent."""

from collections.abc import Iterator
from typing import Any

import msgspec

from homeport.services.ldap.controls.requests import ASSERTION, MANAGE_DSA_IT, MATCHED_VALUES
from homeport.services.ldap.limits import step_of
from homeport.services.ldap.operation import Operation
from homeport.services.ldap.responses import write_entry, write_reference
from homeport.services.ldap.selection import Selection
from homeport.world.directory.directory import BASE, ONE, SUBTREE, Directory, in_scope
from homeport.world.directory.entry import OBJECT_CLASS, Entry
from homeport.world.directory.evaluation import Test, compile_filter
from homeport.world.directory.names import Folded
from homeport.world.directory.results import Code, DirectoryError

MAX_ALIASES = 16
"""Aliases that are followed one after another."""
Attributes = list[tuple[str, tuple[bytes, ...]]]


class Found(msgspec.Struct, frozen=True):
    """An entry of a search's result."""

    dn: str
    attributes: Attributes
    entry: Entry | None = None

    @property
    def wire(self) -> bytes:
        """The response without its envelope."""
        return write_entry(self.dn, self.attributes)


class Referred(msgspec.Struct, frozen=True):
    """A reference to other servers."""

    urls: tuple[str, ...]

    @property
    def wire(self) -> bytes:
        """The response without its envelope."""
        return write_reference(self.urls)


Item = Found | Referred | None
"""None: a step without a result."""


class Finder:
    """One search: its base, its filter, what it returns of entries. Raises: DirectoryError if the base is not there."""

    def __init__(self, operation: Operation) -> None:
        dialogue, request = operation.dialogue, operation.request
        self.directory: Directory = dialogue.context.world.directory
        self.request: Any = request
        self._view = operation.view
        self._real = dialogue.context.world.journal.real
        self._until = self._real() + request.time_limit if request.time_limit else 0.0
        self.manages = MANAGE_DSA_IT in operation.parsed
        self.selection = Selection(
            self.directory,
            request.attributes,
            operation.bound,
            types_only=request.types_only,
            matched=operation.parsed.get(MATCHED_VALUES),
        )
        self.test = self.compiled(request.filter)
        self.base = self._base_entry(request.base)
        if (assertion := operation.parsed.get(ASSERTION)) and not self.compiled(assertion.filter)(self.base):
            raise DirectoryError(Code.ASSERTION_FAILED, "the base object is not as asserted (RFC 4528)")

    def compiled(self, chosen: Any) -> Test:
        """Return the test of a filter for this client."""
        return compile_filter(
            chosen,
            self.directory.schema,
            special=self.directory.special_rules,
            operational=self.directory.operational,
            hidden=self.selection.hidden,
        )

    def items(self) -> Iterator[Item]:
        """Yield what the search finds. Raises: DirectoryError, TIME_LIMIT_EXCEEDED."""
        request = self.request
        for entry in self._entries():
            if self._until and self._real() > self._until:
                raise DirectoryError(Code.TIME_LIMIT_EXCEEDED, f"the search took over {request.time_limit} seconds")
            if entry is None:
                yield None
            elif (item := self.item_of(entry)) is not None:
                yield item

    def item_of(self, entry: Entry) -> Item:
        """Return an entry as the search shows it; None if the filter does not match it."""
        if not self.manages and is_referral(entry) and entry.key != self.base.key:
            return Referred(urls_of(entry, self.request.scope))
        return self.found(entry) if self.test(self._view.for_test(entry)) else None

    def found(self, entry: Entry) -> Found:
        """Return an entry with the attributes that the search selects."""
        entry = self._view.for_response(entry)
        return Found(entry.dn, self._view.trimmed(self.selection.of(entry)), entry)

    def covers(self, entry: Entry) -> bool:
        """Return True if an entry is in the scope of the search."""
        return in_scope(entry.key, self.base.key, self.request.scope)

    def _base_entry(self, name: str) -> Entry:
        directory, request = self.directory, self.request
        key = directory.checked_key(name)
        if request.deref in (2, 3):
            key = self._dereferenced(key)
        if not self.manages:
            refer(directory, key, request.scope)
        return directory.require(key)

    def _dereferenced(self, key: Folded) -> Folded:
        """Return the name that a name stands for, through aliases. Raises: DirectoryError."""
        for hops in range(MAX_ALIASES + 1):
            entry = self.directory.find(key)
            if entry is None and hops:
                raise DirectoryError(Code.ALIAS_PROBLEM, "the alias names an entry that is not there")
            if entry is None or not (target := aliased(entry)):
                return key
            key = self.directory.checked_key(target)
        raise DirectoryError(Code.ALIAS_DEREFERENCING_PROBLEM, f"more than {MAX_ALIASES} aliases in a row")

    def _entries(self) -> Iterator[Entry | None]:
        directory, request = self.directory, self.request
        chosen = self._view.narrowed(request.filter)
        entries = directory.search(self.base.key, request.scope, chosen, step_of(request.filter))
        if request.deref not in (1, 3):
            yield from entries
            return
        seen = set()
        for entry in entries:
            if entry is None:
                yield None
                continue
            target = aliased(entry)
            named = directory.find(directory.checked_key(target)) if target else entry
            if named is not None and named.key not in seen:
                seen.add(named.key)
                yield named


def aliased(entry: Entry) -> str:
    """Return the name that an alias entry stands for; empty for any other entry."""
    return entry.text("aliasedobjectname") if b"alias" in entry.get(OBJECT_CLASS) else ""


def is_referral(entry: Entry) -> bool:
    """Return True for an entry that stands for what another server has (RFC 3296)."""
    return "ref" in entry.attributes and "referral" in entry.classes()


def urls_of(entry: Entry, scope: int | None = None) -> tuple[str, ...]:
    """Return the URLs of a referral entry, with the scope in which a search goes on there (RFC 4511 4.5.3)."""
    suffix = {BASE: "??base", ONE: "??base", SUBTREE: "??sub"}.get(scope, "") if scope is not None else ""
    return tuple(value.decode("utf-8", "replace") + suffix for value in entry.get("ref"))


def refer(directory: Directory, key: Any, scope: int | None = None) -> None:
    """Raise DirectoryError, REFERRAL, if an entry of that name is at or below a referral entry."""
    for size in range(1, len(key) + 1):
        entry = directory.tree.get(key[:size])
        if entry is not None and is_referral(entry):
            urls = urls_of(entry, scope)
            raise DirectoryError(Code.REFERRAL, "another server has it", matched=entry.dn, referrals=urls)
