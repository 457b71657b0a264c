"""What a client does again and again, in one session: rules that no single command breaks."""

from collections import Counter

from homeport.services.epp.naming import Called

MANY_HELLOS = 10
MANY_CHECKS = 10
MANY_POLLS = 3
MANY_EMPTY = 10
EMPTY_SECONDS = 10.0
MANY_OBJECTS = 5
"""Objects with the same password."""
SHORTEST_PASSWORD = 8
MOST_KNOWN = 10_000
"""Transaction identifiers that are remembered."""


class Habits:
    """One session's. Each method gives the finding that is due now, or an empty text."""

    __slots__ = ("_checks", "_empty", "_frames", "_hellos", "_known", "_passwords", "_polled", "commands")

    def __init__(self) -> None:
        self.commands = 0
        """Commands on objects and messages."""
        self._frames = 0
        self._hellos = 0
        self._checks = 0
        self._known: set[str] = set()
        self._polled = ("", 0)
        self._empty: tuple[float, int] = (0.0, 0)
        self._passwords: Counter[int] = Counter()

    def hello(self) -> str:
        """A hello came."""
        self._hellos += 1
        return "hello-too-often" if self._hellos >= MANY_HELLOS and self._hellos >= self._frames else ""

    def transaction(self, cl_trid: str | None) -> str:
        """A command came with that identifier."""
        self._frames += 1
        if cl_trid is None:
            return "no-cltrid"
        known = self._known
        if cl_trid in known:
            return "cltrid-reused"
        if len(known) < MOST_KNOWN:
            known.add(cl_trid)
        return ""

    def command(self, called: Called) -> str:
        """A command on objects is carried out."""
        self.commands += 1
        if len(called.names) != 1 or not called.verb.endswith(":check"):
            self._checks = 0
            return ""
        self._checks += 1
        return "check-one-by-one" if self._checks >= MANY_CHECKS else ""

    def polled(self, message: str, now: float) -> str:
        """The queue was asked. message: the one that it gave; empty if there was none. now: real time."""
        if message:
            last, times = self._polled
            self._polled = (message, times + 1 if message == last else 1)
            return "poll-without-ack" if self._polled[1] >= MANY_POLLS else ""
        since, times = self._empty
        self._empty = (now, 1) if now - since > EMPTY_SECONDS else (since, times + 1)
        return "poll-empty-queue" if self._empty[1] >= MANY_EMPTY else ""

    def acknowledged(self) -> None:
        """A message was."""
        self._polled = ("", 0)

    def password(self, password: str, called: Called, registrar: str) -> str:
        """An object is given authorization information."""
        if not password:
            return ""
        if is_weak(password, (*called.names, registrar)):
            return "weak-authinfo"
        key = hash(password)
        if key not in self._passwords and len(self._passwords) >= MOST_KNOWN:
            return ""
        self._passwords[key] += 1
        return "same-authinfo" if self._passwords[key] >= MANY_OBJECTS else ""


def is_weak(password: str, names: tuple[str, ...]) -> bool:
    """Whether a password is short, all of one kind of characters, or made of a name."""
    lower = password.lower()
    return (
        len(password) < SHORTEST_PASSWORD
        or password.isalpha()
        or password.isdigit()
        or any(name and (name.lower() in lower or lower in name.lower()) for name in names)
    )
