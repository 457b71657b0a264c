"""Rows of several changes that are stored together or not at all."""

from collections.abc import Mapping
from typing import Any

from homeport.world.row_store import Key


class Batch:
    """Rows that are stored together or not at all: what they become, and what they were."""

    def __init__(self) -> None:
        self.after: dict[Key, Any] = {}
        self.before: dict[Key, Any] = {}

    def add(self, after: Mapping[Key, Any], before: Mapping[Key, Any]) -> None:
        """Add the rows of one change."""
        self.after |= after
        self.before = {**before, **self.before}
