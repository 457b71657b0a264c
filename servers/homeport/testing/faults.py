"""Planning faults, in few words."""

from typing import TYPE_CHECKING, Any, Self

from homeport.testing.errors import FarmError
from homeport.testing.records import Record

if TYPE_CHECKING:
    from homeport.testing.world import World

PRINCIPAL = {
    "latency": "ms",
    "bandwidth": "bytes_per_s",
    "slice": "size",
    "limit": "bytes",
    "refuse": "seconds",
    "garbage": "bytes",
    "corrupt": "rate",
    "answer": "text",
    "truncate": "size",
}
"""The parameter that a bare value of a kind is: `latency=250` is `latency={"ms": 250}`."""


class Fault(Record):
    """A planned fault: id, service, do, acted, seen, spent, optional. As a context manager it is removed at the end.

    A fault that never acts fails the test (`World.assert_faults_acted`), unless it is optional, acts by chance, or is
    removed by the test.
    """

    def __init__(self, world: "World", planned: dict[str, Any]) -> None:
        super().__init__(planned)
        self.__dict__["_world"] = world
        self.__dict__["_api"] = world.api
        self.__dict__["_path"] = f"{world.path}/faults"

    def refresh(self) -> "Fault":
        """The same with what has become of it since; none of it changes by itself."""
        self.update(self.__dict__["_api"].get(f"{self.__dict__['_path']}/{self['id']}"))
        return self

    def remove(self) -> None:
        """Stop it at once, also where it acts. Removing it twice is an error (Refused)."""
        self.__dict__["_api"].send("DELETE", f"{self.__dict__['_path']}/{self['id']}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        if kind is None and must_act(self.refresh()):
            self.__dict__["_world"].ended_faults.append(self)
        self.remove()


def must_act(fault: Fault) -> bool:
    """Return whether a fault has not acted, and should have."""
    return not (fault["acted"] or fault["optional"] or fault["probability"] < 1)


def planned(
    service: str,
    verb: str | None,
    code: int | None,
    text: str,
    enhanced: str,
    where: dict[str, Any],
    when: dict[str, Any],
    kinds: dict[str, Any],
) -> dict[str, Any]:
    """The body of a request for a fault.

    Raises: FarmError unless there is exactly one kind; what else is wrong the farm says.
    """
    does: dict[str, Any] = {name: _parameters(name, value) for name, value in kinds.items()}
    if code is not None:
        does["reply"] = {"code": code, "text": text, "enhanced": enhanced}
    if len(does) != 1:
        named = ", ".join(does) or "none"
        raise FarmError(f"a fault is of one kind, such as code=451, reset=True or latency=250; this names {named}")
    match = {"verb": verb, **{name: where[name] for name in ("argument", "peer", "conn")}}
    plan = {"service": service, "listener": where["listener"], "direction": where["direction"], **when, "do": does}
    plan["match"] = {name: value for name, value in match.items() if value is not None}
    return {name: value for name, value in plan.items() if value is not None}


def _parameters(kind: str, value: Any) -> Any:
    if value is True:
        return {}
    if kind in PRINCIPAL and not isinstance(value, dict):
        return {PRINCIPAL[kind]: value}
    return value
