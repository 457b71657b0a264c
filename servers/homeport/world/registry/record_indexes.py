"""Secondary indexes of records: applications by name, marks by label, code and claims key."""

from typing import TYPE_CHECKING, Any

from homeport.world.registry.indexes import Links
from homeport.world.registry.marks.claims import claims_key

if TYPE_CHECKING:
    from homeport.world.registry.applications import Application
    from homeport.world.registry.marks.records import Mark
    from homeport.world.registry.registry import Registry


class RecordIndexes:
    """The indexes of one registry's records."""

    def __init__(self) -> None:
        self.applications_of_domain = Links()
        self.marks_of_label = Links()
        self.marks_of_code = Links()
        self.labels_of_key = Links()
        """Labels by claims key."""

    def change(self, kind: str, key: str, before: Any, after: Any) -> None:
        """Update the indexes for a record that changed, was added (before: None) or deleted (after: None)."""
        if kind == "application":
            names = [() if one is None else (one.domain.name,) for one in (before, after)]
            self.applications_of_domain.change(key, *names)
        elif kind == "mark":
            labels = [() if one is None else one.labels for one in (before, after)]
            self.marks_of_label.change(key, *labels)
            self.marks_of_code.change(key, *[() if one is None else (one.code,) for one in (before, after)])
            for label in labels[1]:
                self.labels_of_key.change(label, (), (claims_key(label),))


def applications_for(registry: "Registry", name: str) -> "list[Application]":
    """Return the applications for a domain of that canonical name, the first one first."""
    return [registry.applications[one] for one in registry.records.applications_of_domain.of(name)]


def marks_for(registry: "Registry", label: str) -> "list[Mark]":
    """Return the marks that are for a label, and can be relied on."""
    found = (registry.marks[one] for one in registry.records.marks_of_label.of(label))
    return [one for one in found if one.is_for(label)]
