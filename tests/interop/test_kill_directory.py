"""A process that changes a directory on disk is killed at random moments: afterwards the state is the one after some
change, and no acknowledged change is later than that one: no acknowledged change of LDAP is lost.

HOMEPORT_TEST_KILLS sets the number of kills (5 by default); HOMEPORT_TEST_SEED repeats a run.
"""

import os
import random

import pytest
from tests.interop.conftest import KILLS
from tests.interop.reporting import Reporting

SEED = int(os.environ.get("HOMEPORT_TEST_SEED", "5321"))
CHANGER = """
import hashlib, json, random, sys
from pathlib import Path
from homeport.disk.directory_store import open_directory
from homeport.services.ldap.dialogue import Bound
from homeport.world.directory.change_requests import REPLACE, Modification
from homeport.world.directory.names import parse_rdn
from homeport.world.directory.results import DirectoryError
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents

folder, chance = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
world = World("w", WorldContents(), JournalOptions(), lambda: 1e9, directory_store=open_directory(folder))
directory = world.directory
changes = directory.changes
BASE = directory.suffix
ADMIN = Bound(f"cn=admin,{BASE}", "", admin=True)

def say(*words):
    sys.stdout.write(json.dumps(words) + "\\n")
    sys.stdout.flush()

def state():
    shown = sorted((entry.dn, repr(sorted(entry.attributes.items()))) for entry in directory.tree.entries.values())
    return hashlib.md5(json.dumps(shown).encode()).hexdigest()

def some():
    name = chance.choice("abcdefgh")
    where = chance.choice([BASE, f"ou=x,{BASE}", f"ou=people,{BASE}", f"ou=groups,{BASE}"])
    return (f"uid={name},{where}" if where.startswith("ou=people") else f"cn={name},{where}"), name

def change():
    dn, name = some()
    value = chance.randbytes(8).hex().encode()
    match chance.randrange(9):
        case 0 | 1 | 2:
            if dn.startswith("uid"):
                given = [("objectClass", (b"inetOrgPerson",)), ("cn", (b"N",)), ("sn", (b"N",))]
                given.append(("userPassword", (value,)))
            elif "groups" in dn:
                given = [("objectClass", (b"groupOfNames",)), ("member", (f"uid=alice,ou=people,{BASE}".encode(),))]
            else:
                given = [("objectClass", (b"device",)), ("description", (value,))]
            changes.add(ADMIN, dn, given)
        case 3 | 4: changes.modify(ADMIN, dn, [Modification(REPLACE, "description", (value,))])
        case 5: changes.change_password(ADMIN, dn, value)
        case 6: changes.delete(ADMIN, dn, subtree=True)
        case 7: rename(dn, dn.split("=")[0] + "=" + chance.choice("abcd"))
        case 8: rename(f"ou=x,{BASE}", "ou=" + chance.choice("xy"))

def rename(dn, rdn):
    changes.rename(ADMIN, dn, parse_rdn(rdn), delete_old=True, superior=None)

say("state", state())
number = 0
while True:
    for _ in range(chance.randint(1, 4)):  # a group commit
        try:
            change()
        except DirectoryError:
            if directory.find(directory.fold(f"ou=x,{BASE}")) is None and chance.random() < 0.1:
                changes.add(ADMIN, f"ou=x,{BASE}", [("objectClass", (b"organizationalUnit",))])
        number += 1
        say("change", number, state())
    changes.flush(changes.unsettled)
    say("safe", number)
"""


class Changer:
    """The process, and what it has reported."""

    def __init__(self, folder, seed: int) -> None:
        self._process = Reporting(CHANGER, folder, seed)
        self.digest = self._process.first[1]
        """Of the state that it has found."""
        self.states = {0: self.digest}
        self.safe = 0

    def kill(self, after: float) -> None:
        """Kill it after that time, and read the rest of its reports."""
        for word, number, *rest in self._process.kill(after):
            if word == "safe":
                self.safe = number
            else:
                (self.states[number],) = rest


@pytest.mark.timeout(300 + 10 * KILLS)  # processes are started one after another
def test_acknowledged_changes_of_a_directory_survive_a_kill_at_any_moment(tmp_path):
    chance = random.Random(SEED)
    before = None
    safe = 0
    for kill in range(10 * KILLS):
        changer = Changer(tmp_path, SEED + kill)
        if before is not None:
            possible = {digest for number, digest in before.states.items() if number >= before.safe}
            assert changer.digest in possible, f"kill {kill}, HOMEPORT_TEST_SEED={SEED}: neither before nor after"
        changer.kill(chance.uniform(0.02, 0.4))
        safe += changer.safe
        before = changer
        if kill >= KILLS and safe > KILLS:  # a kill may come before anything was acknowledged
            return
    pytest.fail("nothing was acknowledged")
