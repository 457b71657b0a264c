"""`homeport ote` and the API behind it: the checklist of a registrar, as text, JSON and JUnit."""

import json
from xml.etree import ElementTree

import pytest
from tests.cli.test_world_objects import run, say  # noqa: F401 - fixtures

from homeport.services.epp.ote import SECTIONS, STEPS
from homeport.testing.farm import Farm

ALL = len(STEPS)


@pytest.fixture
def registrar(farm):
    """Return a farm after harbour has logged in, and tried to delete a host that is not there."""
    from tests.interop.epp_client import Client

    ca = farm.farm.describe("default")["ca_file"]
    client = Client(farm.port("epp"), ca, "harbour")
    assert client.command("delete", "host", "<host:name>ns9.homeport.test</host:name>").code == 2303
    client.close()
    return farm


def test_the_checklist_says_what_is_done_wrong_and_open(registrar, run, tmp_path):  # noqa: F811 - the fixture
    junit = tmp_path / "ote.xml"
    code, out, _err = run("ote", "--registrar", "harbour", "--junit", str(junit))
    lines = out.splitlines()
    assert code == 1
    assert lines[:2] == ["sessions", "  done   Log in: harbour"]
    assert "  WRONG  Delete a host: ns9.homeport.test" in lines
    wrong = lines[lines.index("  WRONG  Delete a host: ns9.homeport.test") + 1 :][:2]
    assert wrong[0].startswith("         answered 2303, not 1000 or 1001: ")
    assert wrong[1].endswith("; do: host:delete of a host without links")
    assert lines[-1] == f"1 of {ALL} done, 1 wrong, {ALL - 2} open"
    suite = ElementTree.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == (str(ALL), "1", str(ALL - 2))
    assert [case.get("classname") for case in suite if case.find("failure") is not None] == ["ote.hosts"]


def test_all_registrars_are_listed_without_one(registrar, say):  # noqa: F811 - the fixture
    assert say("ote").splitlines()[0] == f"harbour           1 of {ALL} done, 1 wrong, {ALL - 2} open"
    assert [one["registrar"] for one in json.loads(say("ote", "--json"))["items"]] == ["harbour", "lighthouse", "pilot"]


def test_a_checklist_can_begin_again(registrar, run, say):  # noqa: F811 - the fixtures
    assert say("ote", "--registrar", "harbour", "--clear") == ""
    _code, out, _err = run("ote", "--registrar", "Harbour", "--json")
    sheet = json.loads(out)
    assert (sheet["registrar"], sheet["done"], sheet["passed"], len(sheet["steps"])) == ("harbour", 0, False, ALL)


def test_a_section_alone_decides_the_exit_code(registrar, run):  # noqa: F811 - the fixture
    code, out, _err = run("ote", "--registrar", "harbour", "--section", "hosts")
    assert code == 1
    assert out.splitlines()[0] == "hosts"
    code, _out, err = run("ote", "--registrar", "harbour", "--section", "host")
    assert (code, err) == (2, "homeport: the checklist has no section 'host'; did you mean 'hosts'?\n")
    assert "hosts" in SECTIONS


def test_wrong_use_of_the_command_is_explained(registrar, run):  # noqa: F811 - the fixture
    code, _out, err = run("ote", "--clear")
    assert code == 2
    assert "name it with --registrar" in err
    code, _out, err = run("ote", "--registrar", "harbor")
    assert code == 1
    assert err == "homeport: there is no registrar 'harbor'; did you mean 'harbour'?\n"


def test_the_facade_reads_a_checklist():
    with Farm(services=["epp"]) as farm:
        sheet = farm.epp.ote("harbour")
        assert (sheet.done, sheet.open) == (0, ALL)
        assert sheet.steps[0]["state"] == "open"
