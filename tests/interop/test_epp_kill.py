"""A farm with --data is killed at any moment while registrars work: each object is as before a command or as after it.

What was answered with 1000 or 1001 is there; the poll queues have a message for each event that has happened, and no
other. HOMEPORT_TEST_KILLS says how often (8 unless set); HOMEPORT_TEST_SEED repeats a run.
"""

import os
from collections import Counter
from dataclasses import dataclass, field, replace

KILLS = int(os.environ.get("HOMEPORT_TEST_KILLS", "8"))
SEED = int(os.environ.get("HOMEPORT_TEST_SEED", "5730"))
REGISTRARS = ("harbour", "lighthouse", "pilot")
WORKERS = 5
OBJECTS_EACH = 3
CONTACTS = ("HM-1", "AL-1", "LK-1")
SERVERS = ("ns1.homeport.test", "ns2.homeport.test", "ns.lighthouse.test")
ANY = "anything"


@dataclass(frozen=True)
class Name:
    """A domain, as its registrars know it. expires: ANY if a command without an answer may have set it."""

    registrar: str
    password: str | None
    registrant: str
    servers: tuple[str, ...]
    expires: str
    asked_by: str = ""
    """Who has asked for a transfer that is pending."""

    def matches(self, other: "Name | None") -> bool:
        return other is not None and replace(self, expires=other.expires if self.expires == ANY else self.expires) == other


@dataclass(frozen=True)
class Person:
    """A contact."""

    registrar: str
    email: str
    voice: str

    def matches(self, other: "Person | None") -> bool:
        return self == other


Sent = tuple[str, str]
"""A message as it is counted: whose queue, and about what."""


@dataclass
class Known:
    """An object: how it is for certain, and perhaps, after a command without an answer; and the message that it sent."""

    certain: Name | Person | None = None
    perhaps: Name | Person | None = None
    sends: Sent | None = None

    def settle(self, found: Name | Person | None, key: str, sent: "Counter[Sent]") -> None:
        """It has been looked at."""
        as_before = found is None if self.certain is None else self.certain.matches(found)
        as_after = found is None if self.perhaps is None else self.perhaps.matches(found)
        assert as_before or as_after, f"{key} is {found}, neither {self.certain} nor {self.perhaps}"
        if self.sends and not as_before:
            sent[self.sends] += 1
        self.certain = self.perhaps = found
        self.sends = None


@dataclass
class Queues:
    """What waits in the poll queues, and what was taken out since it was looked at."""

    waiting: dict[int, Sent] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    perhaps: set[int] = field(default_factory=set)
    """Acknowledged without an answer."""

    def settle(self, found: dict[int, Sent], sent: "Counter[Sent]") -> None:
        """They have been looked at. sent: what was sent since the last look."""
        assert not self.acknowledged & found.keys(), "an acknowledged message is there again"
        gone = self.waiting.keys() - found.keys()
        new = {number: what for number, what in found.items() if number not in self.waiting}
        assert all(found[number] == what for number, what in self.waiting.items() if number in found)
        assert gone <= self.acknowledged | self.perhaps, "a message is gone that nobody has acknowledged"
        assert min(new, default=1 << 62) > max(self.waiting, default=0), "an identifier was given out again"
        taken = {number for number in self.acknowledged | self.perhaps if number not in self.waiting} - found.keys()
        counted = Counter(new.values())
        assert all(counted[what] <= number for what, number in sent.items()), "a message came twice"
        assert counted.keys() <= sent.keys(), "there is a message about what has not happened"
        assert sent.total() - counted.total() == len(taken) or self.perhaps, "a message is lost"
        assert 0 <= sent.total() - counted.total() - len(taken & self.acknowledged) <= len(taken & self.perhaps)
        self.waiting, self.acknowledged, self.perhaps = found, set(), set()
