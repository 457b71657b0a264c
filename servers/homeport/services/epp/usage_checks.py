"""Checks over many commands of a session: rules that no single command breaks."""

from collections import Counter
from typing import Any

from homeport.services.epp.dialogue import EppDialogue
from homeport.services.epp.flow import EppError, Outcome
from homeport.services.epp.grammar import Element, epp
from homeport.services.epp.naming import Called, password_of
from homeport.services.epp.results import Code

MANY_HELLOS = 10
MANY_CHECKS = 10
MANY_POLLS = 3
MANY_EMPTY = 10
EMPTY_QUEUE_WINDOW_S = 10.0
MANY_OBJECTS = 5
"""Number of objects with the same password that make a finding."""
MIN_PASSWORD_LENGTH = 8
MAX_KNOWN = 10_000
"""Maximum number of transaction identifiers remembered."""
GIVING = (epp.Create, epp.Update)
"""Commands that set an object's authorization information."""


class UsageChecks:
    """Usage checks of one session; each method reports the findings that are due, once per connection."""

    __slots__ = ("_checks", "_dialogue", "_empty", "_frames", "_hellos", "_known", "_passwords", "_polled", "commands")

    def __init__(self, dialogue: EppDialogue) -> None:
        self._dialogue = dialogue
        self.commands = 0
        """Number of commands on objects and messages."""
        self._frames = 0
        self._hellos = 0
        self._checks = 0
        self._known: set[str] = set()
        self._polled = ("", 0)
        self._empty: tuple[float, int] = (0.0, 0)
        self._passwords: Counter[int] = Counter()

    def hello(self) -> None:
        """Count a hello."""
        self._hellos += 1
        if self._hellos >= MANY_HELLOS and self._hellos >= self._frames:
            self._dialogue.report_once("hello-too-often")

    def transaction(self, cl_trid: str | None) -> None:
        """Record a command's clTRID. Raises: EppError if a repeated one is refused."""
        self._frames += 1
        known = self._known
        if cl_trid is None:
            self._dialogue.report_once("no-cltrid")
        elif cl_trid in known:
            self._report("cltrid-reused", cl_trid, "RFC 5730 2.5: a clTRID is unique; this session has used it already")
        elif len(known) < MAX_KNOWN:
            known.add(cl_trid)

    def command(self, called: Called, operation: Element, registrar: str) -> None:
        """Check a command on objects before it is carried out. Raises: EppError if what it shows is refused."""
        names = called.names
        if called.verb.startswith("domain:") and any(name.endswith(".") for name in names):
            self._dialogue.report_once("trailing-dot", called.shown)
        self.commands += 1
        self._checks = self._checks + 1 if len(names) == 1 and called.verb.endswith(":check") else 0
        if self._checks >= MANY_CHECKS:
            self._dialogue.report_once("check-one-by-one", called.shown)
        if type(operation) in GIVING and (password := password_of(operation)):
            self._password(password, called, registrar)

    def refused_by_plan(self, operation: Element) -> None:
        """Count a command that a fault refused: the client did send it, and may send it again."""
        self.commands += 1
        if isinstance(operation, epp.Poll) and operation.op == "ack":
            self._polled = ("", 0)

    def _password(self, password: str, called: Called, registrar: str) -> None:
        if is_weak(password, (*called.names, registrar)):
            self._report("weak-authinfo", called.shown, "RFC 9154 4.1: this password is easy to guess")
            return
        key = hash(password)
        if key not in self._passwords and len(self._passwords) >= MAX_KNOWN:
            return
        self._passwords[key] += 1
        if self._passwords[key] >= MANY_OBJECTS:
            self._dialogue.report_once("same-authinfo", called.shown)

    def poll(self, poll: epp.Poll, outcome: Outcome) -> None:
        """Count a poll and its outcome."""
        if poll.op == "ack":
            self._polled = ("", 0)
        elif outcome.code == Code.ACK_TO_DEQUEUE:
            message: Any = outcome.queue
            last, times = self._polled
            self._polled = (message.id, times + 1 if message.id == last else 1)
            if self._polled[1] >= MANY_POLLS:
                self._dialogue.report_once("poll-without-ack", message.id)
        else:
            now = self._dialogue.context.world.journal.real()
            since, times = self._empty
            self._empty = (now, 1) if now - since > EMPTY_QUEUE_WINDOW_S else (since, times + 1)
            if self._empty[1] >= MANY_EMPTY:
                self._dialogue.report_once("poll-empty-queue")

    def _report(self, finding: str, shown: str, reason: str) -> None:
        if self._dialogue.options.is_strict:
            raise EppError(Code.PARAMETER_POLICY, reason, finding=finding)
        self._dialogue.report_once(finding, shown)


def is_weak(password: str, names: tuple[str, ...]) -> bool:
    """True if a password is short, all of one kind of characters, or made from an object's name."""
    lower = password.lower()
    return (
        len(password) < MIN_PASSWORD_LENGTH
        or password.isalpha()
        or password.isdigit()
        or any(name and (name.lower() in lower or lower in name.lower()) for name in names)
    )
