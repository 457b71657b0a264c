"""A step of the checklist, and what it looks at: one answered command."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from homeport.services.epp.results import Code

if TYPE_CHECKING:
    from homeport.services.epp.flow import Outcome
    from homeport.world.registry import Domain, Registry

GOOD = (Code.OK, Code.PENDING)


class Sighting(NamedTuple):
    """An answered command of a registrar."""

    verb: str
    """`domain:create`, `login`, `poll`, ..."""
    about: Any
    """The element of the command's object, such as `domain.Create`; of login and poll the command's own."""
    op: str
    code: Code
    reason: str
    outcome: "Outcome | None"
    """None of a refusal."""
    extensions: tuple[Any, ...]
    """Elements of the command's `<extension>`."""
    registrar: str
    registry: "Registry"
    read: str = ""
    """Identifier of the message that the registrar was shown last."""

    @property
    def domain(self) -> "Domain | None":
        """Return the command's domain as it is now."""
        name = getattr(self.about, "name", "")
        found: Domain | None = self.registry.domain(getattr(name, "value", name))
        return found

    def in_update(self, part: str, field: str) -> Any:
        """Return a field of `add`, `rem` or `chg` of an update; None if it is not there."""
        return getattr(getattr(self.about, part), field) if getattr(self.about, part, None) is not None else None

    def extension(self, kind: type) -> Any:
        """Return the element of that class in the command's `<extension>`, or None."""
        return next((one for one in self.extensions if type(one) is kind), None)


def always(_seen: Sighting) -> bool:
    return True


def nothing(_seen: Sighting) -> str:
    return ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: what a registrar's client must show."""

    id: str
    section: str
    title: str
    how: str
    """What to send, for people."""
    verb: str
    tries: Callable[[Sighting], bool] = always
    """True if the command attempts the step, also if it fails."""
    codes: tuple[Code, ...] = GOOD
    """Result codes of a right attempt."""
    wrong: Callable[[Sighting], str] = nothing
    """Returns what is wrong with an attempt that has one of the codes; empty: nothing."""
