"""The policy of a TLD's launch (RFC 8334): a `[registry.tld.launch]` table."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration, parse_moment


class Phase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A phase of a launch (RFC 8334 2.3). What is not given is as usual for its kind."

    phase: Literal["sunrise", "landrush", "claims", "open", "custom"]
    name: Annotated[str, Meta(description="of a custom phase, or of a part of another one")] = ""
    lasts: Annotated[Duration | None, Meta(description="none: without end")] = None
    applications: Annotated[
        bool | None,
        Meta(description="creates are applications (usual in sunrise and landrush), or registrations"),
    ] = None
    marks: Annotated[
        Literal["signed", "any", "none"] | None,
        Meta(description="a create needs a signed mark (usual in sunrise), any mark or code, or none"),
    ] = None
    claims: Annotated[
        bool | None,
        Meta(description="a name that matches a mark needs an accepted claims notice (usual in claims)"),
    ] = None

    @property
    def takes_applications(self) -> bool:
        """True if a create in this phase is an application."""
        return self.phase in ("sunrise", "landrush") if self.applications is None else self.applications

    @property
    def mark_needed(self) -> Literal["signed", "any", "none"]:
        """The kind of mark that a create in this phase needs."""
        return self.marks or ("signed" if self.phase == "sunrise" else "none")

    @property
    def has_claims(self) -> bool:
        """True if the claims service runs in this phase."""
        return self.phase == "claims" if self.claims is None else self.claims

    def __str__(self) -> str:
        return f"{self.phase} ({self.name})" if self.name else self.phase


class Launch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "The launch of a TLD (RFC 8334): phases, one after the other; then general availability."

    begins: Annotated[
        str,
        Meta(description="begin of the first phase, RFC 3339; empty: the beginning of the world, or its last reset"),
    ] = ""
    phases: tuple[Phase, ...] = ()
    validation: Annotated[
        Duration,
        Meta(
            description="time from an application to its validation",
            extra_json_schema={"type": "string", "default": "0s"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(0))
    allocation: Annotated[
        Duration,
        Meta(
            description="time from the end of a phase to the allocation of its names",
            extra_json_schema={"type": "string", "default": "0s"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(0))


def launch_problems(launch: Launch) -> Iterator[str]:
    """Yield the problems of a launch in words."""
    if launch.begins:
        try:
            parse_moment(launch.begins, 0.0)
        except ValueError as error:
            yield f"launch.begins: {error}"
    for phase in launch.phases[:-1]:
        if phase.lasts is None:
            yield f"launch.phases: {phase} is followed by another phase, so it needs lasts"
    for phase in launch.phases:
        if phase.phase == "custom" and not phase.name:
            yield "launch.phases: a custom phase has a name (RFC 8334 2.3)"
