"""Search for log messages: existing ones, or those that arrive, some in each step."""

from collections import deque
from collections.abc import Callable, Generator
from functools import cache
from http import HTTPStatus
from typing import Any

from homeport.config.quantities import Duration
from homeport.control.farm import DelayedCall, Farm
from homeport.control.log_criteria import UnknownName, has_finding, log_filter, number_among, sd_has, weight_of
from homeport.control.log_shapes import LogFilter
from homeport.control.problems import ProblemError
from homeport.control.slices import Sliced, slices_of
from homeport.protocol.addresses import address_text
from homeport.protocol.rules import Level
from homeport.services import find_service
from homeport.world.logs import FACILITIES, SEVERITIES, LogMessage, Logs
from homeport.world.world import World

STEP_MESSAGES = 200
"""Messages that are judged in one step, if the filter is a small one."""
NEAR_SEARCHED = 200
"""Latest messages that are searched for near matches."""
NEAR_SHOWN = 10
Condition = Callable[[LogMessage], bool]


def number_of(name: str, text: str, names: tuple[str, ...]) -> int:
    """Return the number of a severity or facility. Raises: ProblemError, 400. name: of the parameter."""
    try:
        return number_among(text, names)
    except UnknownName as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"{name}: {error}", nearest=error.nearest) from None


def conditions_of(wanted: LogFilter) -> list[Condition]:
    """Return the conditions of a filter. Raises: ProblemError, 400, for a value that no message can have."""
    return [make(value) for name, make in CONDITIONS.items() if (value := getattr(wanted, name)) is not None]


def _severity(wanted: str) -> Condition:
    severities = {number_of("severity", one, SEVERITIES) for one in wanted.split(",")}
    return lambda one: one.fields.pri is not None and one.fields.pri & 7 in severities


def _at_least(wanted: str) -> Condition:
    least = number_of("at_least", wanted, SEVERITIES)
    return lambda one: one.fields.pri is not None and one.fields.pri & 7 <= least


def _facility(wanted: str) -> Condition:
    facilities = {number_of("facility", one, FACILITIES) for one in wanted.split(",")}
    return lambda one: one.fields.pri is not None and one.fields.pri >> 3 in facilities


def _text(wanted: str) -> Condition:
    text = wanted.casefold()
    return lambda one: text in one.fields.text.casefold()


def _peer(wanted: str) -> Condition:
    return lambda one: wanted in (one.peer[0], address_text(one.peer))


def _of_field(name: str) -> Callable[[str], Condition]:
    """Return a maker of conditions that compare a field, ignoring case."""

    def make(wanted: str) -> Condition:
        value = wanted.casefold()
        return lambda one: (held := getattr(one.fields, name)) is not None and held.casefold() == value

    return make


def _of_message(name: str) -> Callable[[str], Condition]:
    """Return a maker of conditions that compare an attribute of the message."""
    return lambda wanted: lambda one: getattr(one, name) == wanted


def _data(wanted: str) -> Condition:
    return lambda one: sd_has(one, wanted)


def _finding(wanted: str) -> Condition:
    return lambda one: has_finding(one, wanted)


@cache
def levels() -> dict[str, Level]:
    """Return the levels of the rules of syslog, by identifier."""
    return {rule.id: rule.level for rule in find_service("syslog").rules}


def _q(wanted: str) -> Condition:
    return log_filter(wanted, levels().__getitem__)


CONDITIONS: dict[str, Callable[[str], Condition]] = {
    "severity": _severity,
    "at_least": _at_least,
    "facility": _facility,
    **{name: _of_field(name) for name in ("app", "host", "procid", "msgid", "format")},
    "text": _text,
    "sd": _data,
    "finding": _finding,
    "listener": _of_message("listener"),
    "conn": _of_message("conn"),
    "peer": _peer,
    "q": _q,
}
"""Makers of conditions by the name of a parameter."""


def step_of(wanted: LogFilter) -> int:
    """Return the number of messages to judge in one step."""
    return max(STEP_MESSAGES // weight_of(wanted.q), 1)


def matching(logs: Logs, wanted: LogFilter) -> Generator[None, None, list[LogMessage]]:
    """Return the messages that match, oldest first; yield after each step."""
    conditions = conditions_of(wanted)
    every = logs.messages(wanted.since)
    if not conditions:
        return every
    found: list[LogMessage] = []
    step = step_of(wanted)
    for begin in range(0, len(every), step):
        found += [one for one in every[begin : begin + step] if all(condition(one) for condition in conditions)]
        yield
    return found


class LogWait(Sliced):
    """Searches existing messages, then each arriving one, until there are enough matches.

    show: builds the answer from the matches and, on timeout, the near matches.
    """

    endless = True

    def __init__(
        self,
        farm: Farm,
        world: World,
        wanted: LogFilter,
        enough: int,
        timeout: Duration,
        show: Callable[[list[LogMessage], list[LogMessage] | None], Any],
    ) -> None:
        super().__init__(farm)
        self._conditions = conditions_of(wanted)
        self._at_once = step_of(wanted)
        self._enough = enough
        self._world = world
        self._show = show
        self._found: list[LogMessage] = []
        self._expired = False
        self._soon: DelayedCall | None = None
        self._pending = deque(world.logs.messages(wanted.since))
        world.logs.on_message.append(self._note)
        world.on_close.append(self._closed)
        self._timeout: DelayedCall = farm.reactor.callLater(float(timeout), self._timed_out)

    def release(self) -> None:
        super().release()
        self._world.logs.on_message.remove(self._note)
        self._world.on_close.remove(self._closed)
        for call in (self._timeout, self._soon):
            if call is not None and call.active():
                call.cancel()

    def _step(self) -> bool:
        if self.done:
            return False
        for _ in range(min(self._at_once, len(self._pending))):
            one = self._pending.popleft()
            if all(condition(one) for condition in self._conditions):
                self._found.append(one)
                if len(self._found) == self._enough:
                    self.answer(self._show(self._found, None))
                    return False
        if self._pending:
            return True
        if self._expired:
            self.answer(self._show(self._found, self._near()))
        return False

    def _near(self) -> list[LogMessage]:
        """Return the latest messages that miss one condition."""
        latest = self._world.logs.latest(NEAR_SEARCHED)
        return [one for one in latest if sum(not condition(one) for condition in self._conditions) == 1][-NEAR_SHOWN:]

    def _note(self, message: LogMessage) -> None:
        """Queue a new message."""
        if not (self.done or self._expired):
            self._pending.append(message)
            if self._soon is None:  # more may arrive in this turn
                self._soon = self._farm.reactor.callLater(0, self._noted)

    def _noted(self) -> None:
        self._soon = None
        self._go_on()

    def _go_on(self) -> None:
        if not self.done:
            slices_of(self._farm.reactor).add(self._step)

    def _timed_out(self) -> None:
        self._expired = True
        self._go_on()

    def _closed(self) -> None:
        self.answer(ProblemError(HTTPStatus.GONE, f"world {self._world.name!r} was closed"))
