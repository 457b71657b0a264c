"""The rules of RFC 1123 6.1 for resolvers: the page names for each a fault that can be planned, or says why not."""

import re
import shlex
from pathlib import Path

import pytest

from homeport.cli.fault import read_kind
from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.faults import Match, Plan
from homeport.services.dns import SERVICE

PAGE = (Path(__file__).parents[3] / "docs" / "dns.md").read_text()
TABLE = PAGE.partition("### RFC 1123 for resolvers")[2]
ROWS = re.findall(r"^\| (6\.1\.[^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$", TABLE, re.M)
OF_CLIENTS = {
    *("6.1.1-D1", "6.1.1-D2", "6.1.2.2-1", "6.1.2.2-2"),
    *(f"6.1.3.1-{number}" for number in range(1, 10)),
    *("6.1.3.2-3", "6.1.3.2-4", "6.1.3.2-12", "6.1.3.2-14"),
    *("6.1.3.3-1", "6.1.3.3-3", "6.1.3.3-6", "6.1.3.3-7", "6.1.3.3-8", "6.1.3.4-1"),
    *(f"6.1.4.2-{number}" for number in range(1, 6)),
    *(f"6.1.4.3-{number}" for number in range(1, 9)),
}


def rules_of(cell):
    """Return the rules that a cell names: `6.1.2.2-1, -2`."""
    first, *others = cell.replace(" ", "").split(",")
    section = first.rpartition("-")[0]
    return [first, *(f"{section}{other}" for other in others)]


def test_each_of_the_36_rules_is_in_the_table_once():
    named = [rule for cell, *_rest in ROWS for rule in rules_of(cell)]
    assert len(OF_CLIENTS) == 36
    assert sorted(named) == sorted(OF_CLIENTS)


@pytest.mark.parametrize("row", ROWS, ids=[cell for cell, *_rest in ROWS])
def test_its_fault_can_be_planned_and_its_finding_is_one(row):
    _rules, _client, proof, sign = row
    faults = re.findall(r"`([a-z][^`]*)`", proof)
    assert faults or proof.startswith(("none: ", "no fault"))
    for fault in faults:
        words = shlex.split(fault)
        options = {words[at]: words[at + 1] for at in range(len(words)) if words[at].startswith("--")}
        given = [one for at, one in enumerate(words) if not one.startswith("--") and not words[at - 1].startswith("--")]
        do = read_kind(given[0], tuple(given[1:]))
        match = Match(argument=options.get("--argument"))
        validate_plan(Plan(service="dns", do=do, match=match), {"dns": SERVICE})
    for finding in re.findall(r"finding `([a-z-]+)`(?: or `([a-z-]+)`)?", sign):
        assert all(SERVICE.find_rule(one) for one in finding if one)
