"""`homeport fault` against a running farm."""

import json
import os

import pytest
from click.testing import CliRunner

from homeport.cli import homeport


@pytest.fixture
def run(farm, monkeypatch):
    """Run `homeport fault` against a running farm: exit code, standard output, standard error."""
    for name in os.environ:
        if name.startswith("HOMEPORT"):
            monkeypatch.delenv(name)

    def call(*arguments):
        environment = {"HOMEPORT_URL": farm.farm.describe("default")["control"]}
        result = CliRunner().invoke(homeport, ("fault", *arguments), env=environment, prog_name="homeport")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


def test_a_fault_is_added_acts_is_listed_and_cleared(farm, run):
    assert run("list") == (0, "no faults\n", "")
    code, out, _err = run("add", "daytime", "answer", "text=no time\r\n", "--times", "2")
    assert (code, out) == (0, 'f1   daytime        answer text="no time\\r\\n" 2 times: acted 0 of 0\n')
    assert farm.exchange("daytime") == b"no time\r\n"
    assert run("list")[1].endswith("acted 1 of 1\n")
    assert run("clear", "f1") == (0, "1 removed\n", "")
    assert farm.exchange("daytime") != b"no time\r\n"


def test_every_option_is_part_of_the_plan(run):
    options = ["--listener", "tcp", "--verb", "query", "--argument", "alice", "--peer", "127.0.0.0/8", "--conn", "c9"]
    counts = ["--after", "3", "--times", "0", "--probability", "0.5", "--direction", "out"]
    code, out, err = run("add", "finger", "latency", "ms=250", "jitter_ms=50", *options, *counts, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "service": "finger", "listener": "tcp",
        "match": {"verb": "query", "argument": "alice", "peer": "127.0.0.0/8", "conn": "c9"},
        "do": {"latency": {"ms": 250, "jitter_ms": 50}}, "after": 3, "times": 0, "probability": 0.5,
        "direction": "out", "optional": False, "id": "f1", "since": 0, "seen": 0, "acted": 0, "spent": False,
    }  # fmt: skip
    assert json.loads(run("list", "--json")[1])["total"] == 1


def test_all_are_cleared(run):
    run("add", "echo", "drop")
    run("add", "echo", "limit", "bytes=3", "reset=true", "--direction", "in")
    assert run("clear") == (0, "2 removed\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["add", "echo", "latencie"], 2, "there is no fault 'latencie'; did you mean 'latency'?"),
        (["add", "echo", "latency"], 2, "required field `ms` - at `latency`; write latency ms=N [jitter_ms=N]"),
        (["add", "smtp", "reply"], 2, "write reply code=N [text=TEXT] [enhanced=TEXT]"),
        (["add", "smtp", "tls", "kind=expired"], 2, "write tls expired|not_yet_valid|"),
        (["add", "echo", "latency", "250"], 2, "'250' is no parameter: write NAME=VALUE, such as ms=250"),
        (["add", "echo", "latency", "ms=soon"], 2, "Expected `int`"),
        (["add", "echo", "tls"], 2, "tls: Invalid enum value"),
        (["add", "ekko", "close"], 2, "there is no service 'ekko' in this world"),
        (["add", "epp", "frame", "third"], 2, "frame: Invalid enum value 'third'"),
        (["add", "echo", "frame", "half"], 2, "echo cannot suffer frame"),
        (["add", "echo", "tls", "expired"], 2, "echo cannot suffer tls"),
        (["add", "echo", "close", "--probability", "2"], 2, "probability"),
        (["add", "echo", "close", "--peer", "bob"], 2, "write an address, or a network"),
        (["add", "echo", "close", "--listener", "tls"], 2, "echo has no listener 'tls'"),
        (["clear", "f7"], 1, "there is no fault 'f7'"),
    ],
)
def test_what_cannot_be_done_is_explained(run, arguments, code, words):
    answered, _out, err = run(*arguments)
    assert answered == code
    assert words in err
