"""The rules that a message breaks, each once, in order, with what shows it."""

MAX_SHOWN = 64
"""Characters that are kept of what shows it."""


class Notes:
    """The broken rules of one message."""

    __slots__ = ("shown",)

    def __init__(self) -> None:
        self.shown: dict[str, str] = {}
        """By identifier: what shows that the rule was broken."""

    def add(self, rule: str, shown: str = "") -> None:
        """Note a broken rule."""
        if rule not in self.shown:
            self.shown[rule] = shown[:MAX_SHOWN]
