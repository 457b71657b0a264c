"""A process that changes mailboxes on disk is killed at random moments: afterwards the state is the one after some
change, and no acknowledged change is later than that one.

So no acknowledged flag, APPEND, COPY, MOVE or EXPUNGE is lost, no UID is used twice, and UIDVALIDITY never falls.
HOMEPORT_TEST_KILLS sets the number of kills (5 by default); HOMEPORT_TEST_SEED repeats a run.
"""

import os
import random
import time

import pytest
from tests.interop.conftest import KILLS
from tests.interop.reporting import Reporting

SEED = int(os.environ.get("HOMEPORT_TEST_SEED", "5321"))
CHANGER = """
import hashlib, json, random, sys, threading, time
from pathlib import Path
from homeport.disk.mail_store import DiskStore
from homeport.disk.mailboxes_store import open_mailboxes
from homeport.world.journal import JournalOptions
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.message import Envelope, Recipient
from homeport.world.world import World, WorldContents

folder, chance = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
world = World("w", WorldContents(), JournalOptions(), time.time, mail_store=DiskStore(folder),
              mailbox_store=open_mailboxes(folder))
boxes = world.mailboxes
contents = {}

def content(box, entry):
    if entry.content not in contents or entry.message.startswith("a"):
        contents[entry.content] = hashlib.md5(boxes.read(box, entry)).hexdigest()
    return contents[entry.content]

def say(*words):
    sys.stdout.write(json.dumps(words) + "\\n")
    sys.stdout.flush()

def state():
    shown = {"subscriptions": sorted(alice.subscriptions)}
    for box in (*alice.mailboxes, boxes.everything):
        shown[box.name] = [
            box.identifier, box.uid_validity, box.uid_next, box.expunged,
            [(one.uid, content(box, one), one.size, sorted(one.flags), one.internal, one.saved) for one in box.entries],
        ]
    names = {box.name: (box.identifier, box.uid_validity) for box in alice.mailboxes}
    return hashlib.md5(json.dumps(shown).encode()).hexdigest(), names

def body():
    size = chance.choice([0, 10, 3000, 200_000])
    one = alice.begin(size)
    one.write(chance.randbytes(size))
    one.save()
    return one

def some(box):
    return [one.uid for one in box.entries if chance.random() < 0.3]

def any_box():
    return chance.choice(alice.mailboxes)

FLAGS = ["\\\\Seen", "\\\\Deleted", "\\\\Flagged", "Tide", "$Label"]

def change():
    match chance.randrange(12):
        case 0 | 1: alice.append(any_box(), body(), chance.sample(FLAGS, 2))
        case 2: alice.append_all(any_box(), [(body(), [], None), (body(), [], 5.0)])
        case 3: source = any_box(); alice.copy(source, some(source)[:10], any_box())
        case 4: source = any_box(); alice.move(source, some(source), any_box())
        case 5: box = any_box(); alice.expunge(box, some(box))
        case 6 | 7:
            box = chance.choice([*alice.mailboxes, boxes.everything])
            alice.store(box, some(box), chance.choice(["add", "remove", "replace"]), chance.sample(FLAGS, 2))
        case 8: alice.create(chance.choice(["a", "a/b", "c", "d/e/f"]))
        case 9: alice.delete(chance.choice(["a", "a/b", "c", "d/e/f", "Junk"]))
        case 10: alice.rename(chance.choice(["a", "c", "d", "Junk", "INBOX"]), chance.choice(["c", "a", "x/y", "Junk"]))
        case 11:
            chance.choice([alice.subscribe, alice.unsubscribe])(chance.choice(["a", "c", "Sent"]))
            alice.renew(any_box()) if chance.random() < 0.1 else None

def deliver_or_delete():
    if chance.random() < 0.7 or not len(world.mail):
        one = world.mail.begin()
        one.write(chance.randbytes(chance.choice([10, 5000])))
        to = chance.sample(["alice@homeport.test", "bob@homeport.test", "alice@other.example"], 2)
        one.keep(Envelope(reverse_path="", recipients=tuple(Recipient(address=address) for address in to)))
    else:
        world.mail.remove(chance.choice(world.mail.messages()).id)

def settle(number, ticket):
    boxes.flush(ticket)
    say("safe", number)

alice = boxes.account("alice")
boxes.everything
boxes.flush(boxes.unsettled)
say("state", *state())
number = 0
while True:
    waiting = []
    for _ in range(1 if (alone := chance.random() < 0.3) else chance.randint(1, 5)):
        number += 1
        if alone:
            say("mail", number)
        try:
            deliver_or_delete() if alone else change()
        except MailboxProblem:
            pass
        say("change", number, *state())
        waiting.append(threading.Thread(target=settle, args=(number, boxes.unsettled)))
    for one in waiting:  # not before: what is durable must have been reported
        one.start()
    for one in waiting:
        one.join()
"""


class Changer:
    """The process, and what it has reported."""

    def __init__(self, folder, seed: int) -> None:
        self._process = Reporting(CHANGER, folder, seed)
        _word, digest, self.names = self._process.first
        self.digest = digest
        """Of the state that it has found."""
        self.states = {0: (digest, self.names)}
        self.safe = 0
        self.mail = 0
        """The last change that began with the mail, which is durable by itself before it is reported."""

    def kill(self, after: float) -> None:
        """Kill it after that time, and read the rest of its reports."""
        for word, number, *rest in self._process.kill(after):
            if word == "safe":
                self.safe = max(self.safe, number)
            elif word == "mail":
                self.mail = number
            else:
                self.states[number] = tuple(rest)


@pytest.mark.timeout(900 + 10 * KILLS)  # processes are started one after another
def test_acknowledged_changes_of_mailboxes_survive_a_kill_at_any_moment(tmp_path, capsys):
    chance = random.Random(SEED)
    validities: dict[str, list] = {}
    changes = safe = unsafe = kept = 0
    begin = time.monotonic()
    before = None
    kill = 0
    while kill < KILLS or safe <= KILLS:  # a kill may come before anything was acknowledged
        assert kill < 10 * KILLS
        kill += 1
        changer = Changer(tmp_path, SEED + kill)
        if before is not None:
            possible = {digest: number for number, (digest, _names) in before.states.items() if number >= before.safe}
            if changer.digest in possible:
                kept += possible[changer.digest] - before.safe
            else:
                unfinished = max(before.states) + 1
                assert before.mail == unfinished, f"kill {kill}: acknowledged {before.safe}, not among {len(possible)}"
                assert before.safe == unfinished - 1
        for name, (identifier, validity) in changer.names.items():
            known = validities.get(name, [identifier, validity])
            assert validity > known[1] or [identifier, validity] == known, f"kill {kill}: {name} fell to {validity}"
            validities[name] = [identifier, validity]
        changer.kill(chance.choice([0, chance.uniform(0, 0.05), chance.uniform(0, 0.6)]))
        changes += len(changer.states) - 1
        safe += changer.safe
        unsafe += max(changer.states) - changer.safe
        for number in range(changer.safe + 1):  # what was acknowledged may not fall later
            for name, (identifier, validity) in changer.states.get(number, ("", {}))[1].items():
                validities[name] = [identifier, validity]
        before = changer
    took = time.monotonic() - begin
    if "HOMEPORT_TEST_KILLS" in os.environ:
        with capsys.disabled():
            print(
                f" [{kill} kills, {took:.0f} s: {changes} changes, {safe} acknowledged, {unsafe} not, "
                f"of which {kept} were there] ",
                end="",
            )
