"""A process that changes zones on disk is killed at random moments: afterwards the state is the one after some change,
and no acknowledged change is later than that one. So no acknowledged record is lost, and no serial number goes back.

HOMEPORT_TEST_KILLS sets the number of kills (5 by default); HOMEPORT_TEST_SEED repeats a run.
"""

import os
import random

import pytest
from tests.interop.conftest import KILLS
from tests.interop.reporting import Reporting

SEED = int(os.environ.get("HOMEPORT_TEST_SEED", "5321"))
CHANGER = """
import hashlib, json, random, sys, time
from pathlib import Path
from homeport.disk.zones_store import open_zones
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents
from homeport.world.zones.building import build_zone
from homeport.world.zones.edits import Edit
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import TXT, RRset

folder, chance = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
world = World("w", WorldContents(), JournalOptions(), lambda: 1e9, zone_store=open_zones(folder))
zones = world.zones
ORIGINS = [parse_name(text) for text in ("a.example", "b.example")]

def say(*words):
    sys.stdout.write(json.dumps(words) + "\\n")
    sys.stdout.flush()

def state():
    shown = sorted(
        (repr(origin), repr(name), number, rrset.ttl, repr(rrset.data))
        for origin, zone in zones.stored.items()
        for name, node in zone.nodes()
        for number, rrset in node.items()
    )
    return hashlib.md5(json.dumps(shown).encode()).hexdigest()

def some_text():
    return RRset(TXT, chance.randrange(100), (b"\\x08" + chance.randbytes(8),))

def change():
    origin = chance.choice(ORIGINS)
    names = [(*parse_name(f"h{number}"), *origin) for number in range(20)]
    match chance.randrange(8):
        case 0: zones.put_zone(origin, [(name, some_text()) for name in chance.sample(names, 5)])
        case 1: zones.put_built(build_zone(origin, [(name, some_text()) for name in names], rows=True))
        case 2: zones.remove_zone(origin)
        case _:
            if origin in zones.stored:
                picked = chance.sample(names, 3)
                zones.apply(origin, [Edit(name, TXT, chance.choice([None, some_text()])) for name in picked])

say("state", state())
number = 0
while True:
    for _ in range(chance.randint(1, 4)):  # a group commit
        number += 1
        change()
        say("change", number, state(), {repr(origin): zone.serial for origin, zone in zones.stored.items()})
    zones.kept.flush(zones.kept.unsettled)
    say("safe", number)
"""


class Changer:
    """The process, and what it has reported."""

    def __init__(self, folder, seed: int) -> None:
        self._process = Reporting(CHANGER, folder, seed)
        self.digest = self._process.first[1]
        """Of the state that it has found."""
        self.states = {0: self.digest}
        self.serials: dict[int, dict[str, int]] = {0: {}}
        self.safe = 0

    def kill(self, after: float) -> None:
        """Kill it after that time, and read the rest of its reports."""
        for word, number, *rest in self._process.kill(after):
            if word == "safe":
                self.safe = number
            else:
                self.states[number], self.serials[number] = rest


@pytest.mark.timeout(300 + 10 * KILLS)  # processes are started one after another
def test_acknowledged_changes_of_zones_survive_a_kill_at_any_moment(tmp_path):
    chance = random.Random(SEED)
    before = None
    safe = 0
    highest: dict[str, int] = {}
    for kill in range(10 * KILLS):
        changer = Changer(tmp_path, SEED + kill)
        if before is not None:
            possible = {digest: number for number, digest in before.states.items() if number >= before.safe}
            assert changer.digest in possible, f"kill {kill}, HOMEPORT_TEST_SEED={SEED}: neither before nor after"
        changer.kill(chance.uniform(0.02, 0.4))
        for number in range(1, changer.safe + 1):
            for origin, serial in changer.serials[number].items():
                assert serial >= highest.get(origin, 0), f"the serial of {origin} went back"
        for origin, serial in changer.serials[changer.safe].items():
            highest[origin] = serial
        safe += changer.safe
        before = changer
        if kill >= KILLS and safe > KILLS:  # a kill may come before anything was acknowledged
            return
    pytest.fail("nothing was acknowledged")
