"""Planning of faults with few arguments."""

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
    "flood": "count",
    "unsolicited": "text",
    "capability": "text",
    "truncate": "size",
    "ttl": "seconds",
    "offset": "ms",
    "stratum": "number",
}
"""The main parameter of a kind, for a bare value: `latency=250` is `latency={"ms": 250}`."""


class Fault(Record):
    """A planned fault: id, service, do, acted, seen, spent, optional. As a context manager it is removed at the end.

    A fault that never acts fails the test (`World.assert_faults_acted`), unless it is optional, acts with a
    probability, or is removed by the test.
    """

    def __init__(self, world: "World", planned: dict[str, Any]) -> None:
        super().__init__(planned)
        self.__dict__["_world"] = world
        self.__dict__["_api"] = world.api
        self.__dict__["_path"] = f"{world.path}/faults"

    def refresh(self) -> "Fault":
        """Return the fault with its current counts; this object does not change by itself."""
        self.update(self.__dict__["_api"].get(f"{self.__dict__['_path']}/{self['id']}"))
        return self

    def remove(self) -> None:
        """Remove it at once, also from connections that it acts on. Removing it twice is an error (Refused)."""
        self.__dict__["_api"].send("DELETE", f"{self.__dict__['_path']}/{self['id']}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        if kind is None and must_act(self.refresh()):
            self.__dict__["_world"].ended_faults.append(self)
        self.remove()


def must_act(fault: Fault) -> bool:
    """Return True if a fault has not acted, and should have."""
    return not (fault["acted"] or fault["optional"] or fault["probability"] < 1)


def planned(
    service: str,
    verb: str | None,
    reply: tuple[int | str | None, int | str | None, str, str, int | None],
    where: dict[str, Any],
    when: dict[str, Any],
    kinds: dict[str, Any],
) -> dict[str, Any]:
    """Return the body of a request for a fault.

    reply: code, status or rcode; code or response code; text; enhanced code; code of the extended error.

    Raises: FarmError unless there is exactly one kind; the farm validates the rest.
    """
    does: dict[str, Any] = {name: _parameters(name, value) for name, value in kinds.items()}
    if planned_reply := _reply(service, *reply):
        does["reply"] = planned_reply
    if len(does) != 1:
        named = ", ".join(does) or "none"
        raise FarmError(f"a fault is of one kind, such as code=451, reset=True or latency=250; this names {named}")
    match = {"verb": verb, **{name: where[name] for name in ("argument", "peer", "conn")}}
    plan = {"service": service, "listener": where["listener"], "direction": where["direction"], **when, "do": does}
    plan["match"] = {name: value for name, value in match.items() if value is not None}
    return {name: value for name, value in plan.items() if value is not None}


def _reply(
    service: str, reply: int | str | None, code: int | str | None, text: str, enhanced: str, ede: int | None
) -> dict[str, Any]:
    """Return the parameters of a planned reply; nothing if none is planned."""
    if service == "dns":
        named = {"rcode": code if reply is None else reply, "ede": ede}
        given = {name: value for name, value in named.items() if value is not None}
        return {**given, "text": text, "enhanced": enhanced} if given else {}
    if service in ("tftp", "ldap"):
        errors = [one for one in (reply, code) if one is not None]
        name = "error" if service == "tftp" else "result"
        return {name: errors[0], "text": text, "enhanced": enhanced} if errors else {}
    numbers = [one for one in (reply, code) if isinstance(one, int)]
    pairs = {"status": reply, "response_code": code}
    words = {name: word for name, word in pairs.items() if isinstance(word, str)}
    if not numbers and not words:
        return {}
    return {**({"code": numbers[0]} if numbers else {}), **words, "text": text, "enhanced": enhanced}


def _parameters(kind: str, value: Any) -> Any:
    if value is True:
        return {}
    if kind in PRINCIPAL and not isinstance(value, dict):
        return {PRINCIPAL[kind]: value}
    return value
