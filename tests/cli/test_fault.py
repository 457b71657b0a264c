"""`homeport fault` against a running farm."""

import json
import os

import pytest
from click.testing import CliRunner

from homeport.cli import homeport


@pytest.fixture
def run(farm, monkeypatch):
    """Run `homeport fault` against a running farm; return exit code, standard output, standard error."""
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


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        (r"no time\r\n", b"no time\r\n"),
        (r"one\r\ntwo\n", b"one\r\ntwo\n"),
        (r"a\tb\x00\x7f", b"a\tb\x00\x7f"),
        (r"C:\\new\\r", rb"C:\new\r"),
        (r"\d stays, and so does a last \\", rb"\d stays, and so does a last " + b"\\"),
        ("a shell's own\r\n", b"a shell's own\r\n"),
    ],
)
def test_escapes_in_a_text_mean_what_they_do_in_json(farm, run, typed, sent):
    assert run("add", "daytime", "answer", f"text={typed}")[0] == 0
    assert farm.exchange("daytime") == sent


def test_a_line_end_in_the_text_of_a_reply_begins_another_line(farm, run):
    assert run("add", "smtp", "reply", "code=450", r"text=one\r\ntwo\r\n", "--verb", "NOOP")[0] == 0
    answered = farm.exchange("smtp", b"NOOP\r\nQUIT\r\n")
    assert answered.split(b"\r\n", 1)[1].startswith(b"450-4.0.0 one\r\n450 4.0.0 two\r\n221 ")


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
        "paused": False, "last": None,
    }  # fmt: skip
    assert json.loads(run("list", "--json")[1])["total"] == 1


def test_all_are_cleared(run):
    run("add", "echo", "drop")
    run("add", "echo", "limit", "bytes=3", "reset=true", "--direction", "in")
    assert run("clear") == (0, "2 removed\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["add", "echo", "latencie"], 2, "unknown fault 'latencie'; did you mean 'latency'?"),
        (["add", "echo", "latency"], 2, "required field `ms` - at `latency`; write latency ms=N [jitter_ms=N]"),
        (["add", "smtp", "reply"], 2, "a reply needs a code, such as 451"),
        (["add", "smtp", "tls", "kind=expired"], 2, "write tls expired|not_yet_valid|"),
        (["add", "echo", "latency", "250"], 2, "'250' is not a parameter: write NAME=VALUE, such as ms=250"),
        (["add", "echo", "latency", "ms=soon"], 2, "Expected `int`"),
        (["add", "echo", "tls"], 2, "tls: Invalid enum value"),
        (["add", "ekko", "close"], 2, "there is no service 'ekko' in this world"),
        (["add", "epp", "frame", "third"], 2, "frame: Invalid enum value 'third'"),
        (["add", "echo", "frame", "half"], 2, "echo does not support frame"),
        (["add", "echo", "tls", "expired"], 2, "echo does not support tls"),
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


def test_faults_of_dns_match_type_and_name(farm, run):
    code, out, _err = run("add", "dns", "reply", "rcode=SERVFAIL", "ede=22", "text=no answer", "--verb", "A")
    words = 'f1   dns            reply text="no answer" rcode="SERVFAIL" ede=22 verb "A" 1 time: acted 0 of 0\n'
    assert (code, out) == (0, words)
    assert run("add", "dns", "reply", "rcode=5", "--argument", "www.shop.test")[0] == 0
    assert run("add", "dns", "frame", "lame", "--verb", "mx", "--times", "0")[0] == 0
    assert run("add", "dns", "ttl", "seconds=0")[1] == "f4   dns            ttl seconds=0 1 time: acted 0 of 0\n"
    assert run("add", "dns", "drop", "--verb", "AAAA")[0] == 0
    assert run("add", "dns", "reply", "rcode=SERVFIAL")[2] == (
        "homeport: do.reply.rcode: there is no response code 'SERVFIAL'; did you mean 'SERVFAIL'?\n"
    )
    assert run("add", "dns", "frame", "truncated", "--listener", "tcp")[2] == (
        "homeport: listener: truncated acts on dns.udp only: name one of these, or leave the listener out\n"
    )
    assert run("recipe", "servfail")[1].split()[:3] == ["f6", "dns", "reply"]
