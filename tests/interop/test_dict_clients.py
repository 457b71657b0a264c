"""Clients of other authors that speak DICT, and dictd's own tools."""

import subprocess

import pytest
from conftest import RunningFarm, farm_config
from tests.interop.conftest import lacking

from homeport.protocol.faults import Do, Match, Plan, Reply
from homeport.services.dict.options import DatabaseTable

WORDS = ":anchor:a heavy hook that keeps a ship where it is\n:mole:a wall in the sea\n"
PERL = """
use Net::Dict;
my ($host, $port, $word) = @ARGV;
my $dict = Net::Dict->new($host, Port => $port, Client => "tests") or die "no connection";
my %databases = $dict->dbs;
print join(",", sort keys %databases), "\\n";
print join("|", map { "@$_" } @{$dict->define($word, "homeport")}), "\\n";
print join(",", map { $_->[1] } @{$dict->match("oct", "prefix", "homeport")}), "\\n";
$dict->auth("alice", "alice-pass");
print $dict->code, "\\n";
"""


@pytest.fixture(scope="module")
def farm():
    """Return a farm for all clients."""
    running = RunningFarm(farm_config("dict"))
    yield running
    running.stop()


@pytest.fixture
def findings(farm):
    """Return what the client of this test has done wrong, but for what is advice."""
    since = farm.call(lambda: farm.world.journal.seq)
    return lambda: {one["id"] for one in farm.events("finding", since) if one["level"] != "advice"}


def dict_of(farm, run, client, *words):
    """Run Debian's dict."""
    return run(client("dict"), "-h", "127.0.0.1", "-p", str(farm.port("dict")), *words).decode()


def test_dict_defines_matches_and_lists(farm, run, client, findings):
    assert "exactly eight bits" in dict_of(farm, run, client, "octet")
    assert "octet" in dict_of(farm, run, client, "-m", "-s", "prefix", "-d", "homeport", "oct")
    assert "homeport" in dict_of(farm, run, client, "-D")
    assert "soundex" in dict_of(farm, run, client, "-S")
    assert findings() == set()


def test_dict_logs_in(farm, run, client):
    since = farm.call(lambda: farm.world.journal.seq)
    dict_of(farm, run, client, "-u", "alice", "-k", "alice-pass", "octet")
    (login,) = farm.events("login", since)
    assert login["login"] == "alice"


def test_dict_says_that_a_word_is_unknown(farm, client):
    words = [client("dict"), "-h", "127.0.0.1", "-p", str(farm.port("dict")), "-d", "homeport", "zzyzx"]
    told = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert "No definitions found" in told.stdout + told.stderr


def test_dict_shows_a_refusal_that_is_planned(farm, client):
    farm.call(farm.world.faults.add, Plan(service="dict", match=Match(verb="DEFINE"), do=Do(reply=Reply(code=420))))
    words = [client("dict"), "-h", "127.0.0.1", "-p", str(farm.port("dict")), "octet"]
    told = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert "eight bits" not in told.stdout
    assert farm.call(lambda: [fault.acted for fault in farm.world.faults]) == [1]
    farm.call(farm.world.faults.clear)


def test_curl_defines_and_matches(farm, run, client, findings):
    url = f"dict://127.0.0.1:{farm.port('dict')}"
    assert "exactly eight bits" in run(client("curl"), "-sS", f"{url}/d:octet:homeport").decode()
    assert 'homeport "octet"' in run(client("curl"), "-sS", f"{url}/m:oct:homeport:prefix").decode()
    assert findings() == set()


def test_net_dict_defines_matches_and_logs_in(farm, run, client, findings):
    try:
        subprocess.run([client("perl"), "-MNet::Dict", "-e", "1"], check=True, capture_output=True, timeout=60)
    except subprocess.CalledProcessError:
        lacking("there is no Net::Dict in this Perl")
    lines = run("perl", "-e", PERL, "127.0.0.1", str(farm.port("dict")), "octet").decode().splitlines()
    assert lines[0] == "homeport,people,services"
    assert any("exactly eight bits" in line for line in lines)
    assert "octet" in lines[-2]
    assert lines[-1] == "230"
    assert findings() == set()


def test_databases_that_dictd_s_tools_have_made_are_served(start_farm, run, client, tmp_path):
    source = tmp_path / "source"
    source.write_text(WORDS)
    command = [client("dictfmt"), "-j", "-s", "Words of ships", "-u", "x.test", str(tmp_path / "ships")]
    with source.open("rb") as words:
        subprocess.run(command, stdin=words, check=True, capture_output=True, timeout=60)
    run(client("dictzip"), tmp_path / "ships.dict")
    table = DatabaseTable(name="ships", path=str(tmp_path / "ships"))
    served = start_farm("dict", dict={"database": [table]})
    assert "heavy hook" in dict_of(served, run, client, "-d", "ships", "anchor")
    assert "mole" in dict_of(served, run, client, "-m", "-s", "re", "-d", "ships", "^mo")
