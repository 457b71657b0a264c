"""Kill a farm with --data at any moment while registrars work: each object is as before a command or as after it.

Changes answered with 1000 or 1001 are kept; the poll queues have a message for each event that has happened, and no
others. HOMEPORT_TEST_KILLS is the number of kills (default 5); HOMEPORT_TEST_SEED repeats a run.
"""

import json
import os
import random
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.request import urlopen

import pytest
from tests.cli.conftest import Process
from tests.interop.epp_client import Client, Gone

KILLS = int(os.environ.get("HOMEPORT_TEST_KILLS", "5"))
SEED = int(os.environ.get("HOMEPORT_TEST_SEED", "5730"))
PAIRS = (("harbour", "lighthouse"), ("lighthouse", "pilot"), ("pilot", "harbour"), ("harbour", "pilot"))
"""Losing and gaining registrar of each worker: its domains are transferred back and forth."""
REGISTRARS = ("harbour", "lighthouse", "pilot")
DOMAINS_EACH = 3
CONTACTS = ("HM-1", "AL-1", "LK-1")
SERVERS = ("ns1.homeport.test", "ns2.homeport.test", "ns.lighthouse.test")
STATUSES = ("clientHold", "clientRenewProhibited")
LAST_YEAR = 8
"""Maximum years ahead up to which domains are renewed or transferred."""
FAR = 1 << 62

Sent = tuple[str, str, str]
"""Counted messages: queue, domain, and state of the transfer."""


@dataclass(frozen=True)
class Name:
    """A domain as its registrars know it."""

    registrar: str
    password: str | None
    registrant: str
    servers: tuple[str, ...]
    status: str
    expires: str | None
    """None: just registered, expiry not read yet."""
    asked_by: str = ""
    """Registrar of a pending transfer request; empty: none."""
    deleted: bool = False
    """True while it is in redemption."""

    def is_like(self, other: Any) -> bool:
        """True if another object equals this one in all known fields."""
        return other is not None and replace(other, expires=self.expires and other.expires) == self


@dataclass(frozen=True)
class Person:
    """A contact."""

    registrar: str
    email: str
    voice: str

    def is_like(self, other: Any) -> bool:
        """True if another object is equal."""
        return self == other


class Deleted:
    """A domain that was removed, or is in redemption if its add grace was over."""

    def is_like(self, other: Any) -> bool:
        """True if another object is deleted."""
        return other is None or other.deleted


DELETED = Deleted()
State = Name | Person | Deleted | None


class Known:
    """An object's certain state, and its possible state and message after an unanswered command."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.certain: State = None
        self.perhaps: State = None
        self.sends: Sent | None = None
        self.left: list[str] = []
        """Earlier names, which are in redemption."""

    def renew(self) -> None:
        """Continue with a new name."""
        self.left.append(self.key)
        self.key = f"{self.left[0].removesuffix('.test')}-{len(self.left)}.test"
        self.certain = self.perhaps = None

    def settle(self, found: Name | Person | None, sent: "Counter[Sent]") -> None:
        """Compare with the object that the farm has."""
        before, after = (found is None if one is None else one.is_like(found) for one in (self.certain, self.perhaps))
        assert before or after, f"{self.key} is {found}, neither {self.certain} nor {self.perhaps}"
        if self.sends and not before:
            sent[self.sends] += 1
        self.certain = self.perhaps = found
        self.sends = None


@dataclass
class Queues:
    """The registrars' queued messages, and what was done with them since the last check."""

    waiting: dict[int, Sent] = field(default_factory=dict)
    shown: dict[int, Sent] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    perhaps: set[int] = field(default_factory=set)
    """Acknowledged without an answer."""

    def settle(self, found: dict[int, Sent], sent: "Counter[Sent]") -> None:
        """Compare with the farm's queues. sent: everything sent since the last check."""
        assert not self.acknowledged & found.keys(), "an acknowledged message is there again"
        known = self.waiting | self.shown
        assert all(known.get(number, what) == what for number, what in found.items()), "a message has changed"
        assert known.keys() - found.keys() <= self.acknowledged | self.perhaps, "a message is gone by itself"
        new = {number: what for number, what in (self.shown | found).items() if number not in self.waiting}
        assert min(new, default=FAR) > max(self.waiting, default=0), "an identifier was given out again"
        assert Counter(new.values()) == sent, "messages are not those of what has happened"
        self.waiting = found
        self.shown, self.acknowledged, self.perhaps = {}, set(), set()


class Working(threading.Thread):
    """Sends commands until the farm no longer answers."""

    def __init__(self, port: int, ca: str, answered: threading.Semaphore, *registrars: str) -> None:
        super().__init__()
        self.port, self.ca, self.registrars = port, ca, registrars
        self.acknowledged = 0
        self.answered = answered
        self.surprises: list[BaseException] = []
        self.start()

    def run(self) -> None:
        clients: dict[str, Client] = {}
        try:
            for name in self.registrars:
                clients[name] = Client(self.port, self.ca, name)
            while True:
                self.work(clients)
        except Gone:
            pass  # the farm was killed
        except BaseException as error:  # reported to the test
            self.surprises.append(error)
            self.answered.release()
        finally:
            for client in clients.values():
                client.close()

    def work(self, clients: dict[str, Client]) -> None:
        """Send one or two commands."""
        raise NotImplementedError


class Reader(Working):
    """Reads a registrar's messages, and acknowledges them."""

    def __init__(
        self, port: int, ca: str, answered: threading.Semaphore, registrar: str, queues: Queues, chance: random.Random
    ) -> None:
        self.queues = queues
        self.chance = chance
        super().__init__(port, ca, answered, registrar)

    def work(self, clients: dict[str, Client]) -> None:
        (client,) = clients.values()
        answer = client.ask('<poll op="req"/>')
        if answer.code == 1300:
            return
        assert answer.code == 1301, answer.frame
        number = int(answer.attribute("msgQ", "id"))
        status = answer.text("trStatus") or ""
        self.queues.shown[number] = (client.registrar, answer.text("name") if status else "", status)
        if self.chance.random() < 0.2:
            return
        self.queues.perhaps.add(number)
        answer = client.ask(f'<poll op="ack" msgID="{number}"/>')
        assert answer.code == 1000, answer.frame
        self.queues.acknowledged.add(number)
        self.acknowledged += 1
        self.answered.release()


class Registering(Working):
    """Registers, changes, transfers and deletes domains of its own, and contacts."""

    def __init__(
        self,
        port: int,
        ca: str,
        answered: threading.Semaphore,
        pair: tuple[str, str],
        things: list[Known],
        chance: random.Random,
        year: int,
    ) -> None:
        self.pair, self.things, self.chance, self.year = pair, things, chance, year
        self.sent: Counter[Sent] = Counter()
        super().__init__(port, ca, answered, *pair)

    def work(self, clients: dict[str, Client]) -> None:
        thing = self.chance.choice(self.things)
        if thing.certain is DELETED or getattr(thing.certain, "deleted", False):
            thing.renew()
        if thing.key.endswith(".test"):
            self.change_domain(clients, thing, thing.certain)
        else:
            self.change_contact(clients, thing, thing.certain)

    def do(self, thing: Known, after: State, client: Client, *command: str, sends: Sent | None = None):
        """Send a command that changes an object to a new state."""
        thing.perhaps, thing.sends = after, sends
        answer = client.command(*command)
        assert answer.code in (1000, 1001), f"{command}: {answer.frame}"
        if isinstance(after, Name) and (told := answer.text("exDate")):
            after = replace(after, expires=told[:19])
        if after is DELETED and answer.code == 1000:
            after = None
        thing.certain = thing.perhaps = after
        thing.sends = None
        if sends:
            self.sent[sends] += 1
        self.acknowledged += 1
        self.answered.release()

    def change_domain(self, clients: dict[str, Client], thing: Known, name: Name | None) -> None:
        which = f"<domain:name>{thing.key}</domain:name>"
        if name is None:
            self.register(clients[self.chance.choice(self.pair)], thing, which)
        elif name.asked_by:
            self.end_transfer(clients, thing, which, name)
        else:
            old = int(name.expires[:4]) >= self.year + LAST_YEAR
            choice = self.chance.random()
            owner = clients[name.registrar]
            if choice < 0.15 or old:
                self.do(thing, DELETED, owner, "delete", "domain", which)
            elif choice < 0.3 and name.status != "clientRenewProhibited":
                content = f"{which}<domain:curExpDate>{name.expires[:10]}</domain:curExpDate>"
                self.do(thing, later(name), owner, "renew", "domain", content)
            elif choice < 0.6 and name.password:
                self.ask_for(clients, thing, which, name)
            else:
                self.update(owner, thing, which, name)

    def register(self, client: Client, thing: Known, which: str) -> None:
        made = Name(client.registrar, self.token(), self.chance.choice(CONTACTS), self.some_servers(), "", None)
        content = (
            f"{which}{ns(made.servers)}<domain:registrant>{made.registrant}</domain:registrant>"
            f"<domain:authInfo><domain:pw>{made.password}</domain:pw></domain:authInfo>"
        )
        self.do(thing, made, client, "create", "domain", content)

    def update(self, client: Client, thing: Known, which: str, name: Name) -> None:
        """Change everything at once, so that a partial update would be seen."""
        status = self.chance.choice([one for one in STATUSES if one != name.status])
        new = replace(name, password=self.token(), registrant=self.chance.choice(CONTACTS), status=status)
        new = replace(new, servers=self.some_servers())
        added = ns(sorted(set(new.servers) - set(name.servers))) + f'<domain:status s="{status}"/>'
        removed = ns(sorted(set(name.servers) - set(new.servers)))
        removed += f'<domain:status s="{name.status}"/>' * bool(name.status)
        content = (
            f"{which}<domain:add>{added}</domain:add>" + f"<domain:rem>{removed}</domain:rem>" * bool(removed)
            + f"<domain:chg><domain:registrant>{new.registrant}</domain:registrant><domain:authInfo><domain:pw>"
            f"{new.password}</domain:pw></domain:authInfo></domain:chg>"
        )  # fmt: skip
        self.do(thing, new, client, "update", "domain", content)

    def ask_for(self, clients: dict[str, Client], thing: Known, which: str, name: Name) -> None:
        (other,) = set(self.pair) - {name.registrar}
        content = f"{which}<domain:authInfo><domain:pw>{name.password}</domain:pw></domain:authInfo>"
        asked = replace(name, asked_by=other)
        # The answer's expiry applies once the transfer is done.
        self.do(thing, asked, clients[other], "transfer", "domain", content, "request",
                sends=(name.registrar, thing.key, "pending"))  # fmt: skip
        thing.certain = thing.perhaps = asked

    def end_transfer(self, clients: dict[str, Client], thing: Known, which: str, name: Name) -> None:
        op = self.chance.choice(["approve", "approve", "reject", "cancel"])
        who, told = (name.asked_by, name.registrar) if op == "cancel" else (name.registrar, name.asked_by)
        after = replace(name, asked_by="")
        if op == "approve":
            after = replace(later(after), registrar=name.asked_by, password=None)
        status = {"approve": "clientApproved", "reject": "clientRejected", "cancel": "clientCancelled"}[op]
        self.do(thing, after, clients[who], "transfer", "domain", which, op, sends=(told, thing.key, status))
        thing.certain = thing.perhaps = after

    def change_contact(self, clients: dict[str, Client], thing: Known, person: Person | None) -> None:
        which = f"<contact:id>{thing.key}</contact:id>"
        token = self.token()
        new = Person(person.registrar if person else self.pair[0], f"{token}@client.example", f"+1.{token[1:]}")
        client = clients[new.registrar]
        reached = f"<contact:voice>{new.voice}</contact:voice><contact:email>{new.email}</contact:email>"
        if person is None:
            address = "<contact:addr><contact:city>Port</contact:city><contact:cc>GB</contact:cc></contact:addr>"
            content = (
                f'{which}<contact:postalInfo type="int"><contact:name>Ann</contact:name>{address}</contact:postalInfo>'
                f"{reached}<contact:authInfo><contact:pw>{token}</contact:pw></contact:authInfo>"
            )
            self.do(thing, new, client, "create", "contact", content)
        elif self.chance.random() < 0.3:
            self.do(thing, None, client, "delete", "contact", which)
        else:
            self.do(thing, new, client, "update", "contact", f"{which}<contact:chg>{reached}</contact:chg>")

    def token(self) -> str:
        return f"T{self.chance.randrange(10**9)}"

    def some_servers(self) -> tuple[str, ...]:
        return tuple(sorted(self.chance.sample(SERVERS, self.chance.randrange(len(SERVERS) + 1))))


def later(name: Name) -> Name:
    """Return the domain one year later."""
    return replace(name, expires=f"{int(name.expires[:4]) + 1}{name.expires[4:]}")


def ns(servers) -> str:
    """Return the name servers of a domain as XML."""
    objects = "".join(f"<domain:hostObj>{name}</domain:hostObj>" for name in servers)
    return f"<domain:ns>{objects}</domain:ns>" if objects else ""


@pytest.fixture
def start(homeport_command, tmp_path):
    """Return a function that starts the farm with its registry in tmp_path."""
    processes = []

    def start() -> Process:
        options = ("--data", tmp_path, "--services", "epp", "--quiet")
        free = [f"--set={key}=0" for key in ("epp.port", "epp.plain_port", "control.port")]
        processes.append(Process(homeport_command, *options, *free))
        return processes[-1]

    yield start
    for process in processes:
        kill(process)


def kill(process: Process) -> None:
    process.popen.kill()
    process.popen.communicate()


def objects_of(control: str, kind: str) -> dict[str, Any]:
    """Return the farm's objects of a kind, by name."""
    with urlopen(f"{control}/api/v1/worlds/default/registry/{kind}") as answer:
        return {one.get("name") if kind == "domains" else one["id"]: one for one in json.load(answer)["items"]}


def look(things: list[Known], control: str, sent: "Counter[Sent]") -> int:
    """Compare the farm's objects with the known ones. Returns: the number of commands without an answer."""
    domains, contacts = objects_of(control, "domains"), objects_of(control, "contacts")
    unanswered = 0
    for thing in things:
        found: Name | Person | None = None
        if one := domains.get(thing.key):
            transfer = one.get("transfer") or {}
            found = Name(
                registrar=one["registrar"],
                password=one["password"],
                registrant=one["registrant"],
                servers=tuple(sorted(one["nameservers"])),
                status="".join(one["statuses"]),
                expires=one["expires"][:19],
                asked_by=transfer["gaining"] if transfer.get("status") == "pending" else "",
                deleted=one["deleted"] is not None,
            )
        elif one := contacts.get(thing.key):
            found = Person(one["registrar"], one["email"], one["voice"])
        unanswered += thing.certain != thing.perhaps
        thing.settle(found, sent)
    ours = {thing.key for thing in things if thing.certain is not None}
    assert all(domains[name]["deleted"] for thing in things for name in thing.left)
    ours.update(name for thing in things for name in thing.left)
    assert {key for key in (*domains, *contacts) if key.startswith("k-")} == ours
    return unanswered


def messages_on_disk(file) -> dict[int, Sent]:
    """Return the messages of the poll queues; of a message that is not about a transfer only its registrar."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        rows = [json.loads(row) for (row,) in database.execute("SELECT object FROM objects WHERE kind = 'message'")]
    found = {}
    for row in rows:
        about = row["about"] or {}
        of_transfer = (about["name"], about["transfer"]["status"]) if about.get("type") == "transfer" else ("", "")
        found[row["id"]] = (row["registrar"], *of_transfer)
    return found


@pytest.mark.timeout(900)  # dozens of farms are started one after another
def test_objects_are_as_before_or_as_after_a_command_when_the_farm_is_killed(start, tmp_path, capsys):
    chance = random.Random(SEED)
    year = time.gmtime().tm_year
    things = [
        [Known(f"k-{worker}-{number}.test") for number in range(DOMAINS_EACH)] + [Known(f"k-{worker}")]
        for worker in range(len(PAIRS))
    ]
    queues = Queues()
    file = tmp_path / "registry" / "default" / "registry.sqlite"
    kills = acknowledged = unanswered = 0
    begin = time.monotonic()
    first = start()
    first.ready()
    kill(first)
    queues.waiting = messages_on_disk(file)
    while kills < KILLS:
        process = start()
        ready = process.ready()
        port, ca = ready["services"]["epp"]["tls"]["port"], ready["ca_file"]
        answered = threading.Semaphore(0)
        workers = [
            Registering(port, ca, answered, pair, things[number], random.Random(f"{SEED}:{kills}:{number}"), year)
            for number, pair in enumerate(PAIRS)
        ]
        readers = [
            Reader(port, ca, answered, name, queues, random.Random(f"{SEED}:{kills}:{name}")) for name in REGISTRARS
        ]
        # At any moment: between the answers and while the next commands are on their way.
        for _ in range(chance.randint(2, 60)):
            assert answered.acquire(timeout=60)
        kill(process)
        kills += 1
        sent: Counter[Sent] = Counter()
        for thread in (*workers, *readers):
            thread.join(30)
            assert not thread.is_alive()
            for surprise in thread.surprises:
                raise surprise
            acknowledged += thread.acknowledged
            sent += getattr(thread, "sent", Counter())
        if chance.random() < 0.3:  # the next start is killed, too, at its beginning or later
            process = start()
            time.sleep(chance.uniform(0.1, 0.6))
            kill(process)
            kills += 1
        process = start()
        unanswered += look([thing for some in things for thing in some], process.ready()["control"], sent)
        queues.settle(messages_on_disk(file), sent)
        process.end()
    took = time.monotonic() - begin
    assert acknowledged > KILLS
    if "HOMEPORT_TEST_KILLS" in os.environ:
        with capsys.disabled():
            print(f" [{kills} kills, {took:.0f} s: {acknowledged} changes acknowledged, {unanswered} not] ", end="")
