"""`homeport messages`, and waiting for mail."""

import json
import os

import pytest
from click.testing import CliRunner

from homeport.cli import homeport
from homeport.cli.messages import wait_for_mail
from homeport.cli.options import NegativeAnswer, reach
from homeport.world.mail.message import Envelope, Recipient


@pytest.fixture
def run(farm, monkeypatch):
    """Run `homeport messages` against a farm in this process: exit code, standard output, standard error."""
    for name in os.environ:
        if name.startswith("HOMEPORT"):
            monkeypatch.delenv(name)
    url = farm.farm.describe("default")["control"]

    def call(*arguments):
        result = CliRunner().invoke(homeport, ["messages", "--url", url, *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout_bytes.decode(), result.stderr

    return call


@pytest.fixture
def send(farm):
    """Have the farm receive a message."""

    def keep(recipient, subject):
        def now():
            body = farm.world.mail.begin()
            body.write(b"Subject: %b\r\n\r\nh\xc3\xa9\r\n" % subject.encode())
            return body.keep(Envelope(reverse_path="bob@example.org", recipients=(Recipient(address=recipient),)))

        return farm.call(now)

    return keep


def test_messages_are_listed_one_a_line(run, send):
    send("alice@example.org", "one")
    send("carol@example.org", "\x1b[2Jtwo")
    code, out, _err = run()
    first, second = out.splitlines()
    assert code == 0
    assert first.split(maxsplit=1)[1] == "m1          21 <bob@example.org> -> alice@example.org: one"
    assert second.endswith(r"carol@example.org: \x1b[2Jtwo")


def test_messages_are_chosen(run, send):
    send("alice@example.org", "one")
    send("carol@example.org", "two")
    assert [json.loads(line)["id"] for line in run("--json", "--to", "carol")[1].splitlines()] == ["m2"]
    assert [json.loads(line)["id"] for line in run("--json", "--subject", "ONE")[1].splitlines()] == ["m1"]
    assert run("--from", "alice")[1] == ""
    assert len(run("--from", "bob", "--text", "hé")[1].splitlines()) == 2


def test_a_message_is_printed_as_it_was_received(run, send):
    send("alice@example.org", "one")
    assert run("--raw", "m1")[:2] == (0, "Subject: one\r\n\r\nhé\r\n")
    code, _out, err = run("--raw", "../m1")
    assert (code, err) == (1, "homeport: there is no message '../m1', or no longer\n")


def test_mail_is_awaited(farm, send, capsys):
    send("alice@example.org", "one")
    client = reach(farm.farm.describe("default")["control"], "")
    wait_for_mail(client, count=1, timeout="5s", as_json=False, to="alice@example.org", subject=None)
    assert capsys.readouterr().out.endswith("alice@example.org: one\n")
    wait_for_mail(client, count=1, timeout="5s", as_json=True, to="alice@example.org")
    assert json.loads(capsys.readouterr().out)["timed_out"] is False
    with pytest.raises(NegativeAnswer, match=r"0 of 1 came within 10ms\nnear: .*m1"):
        wait_for_mail(client, count=1, timeout="10ms", as_json=False, to="carol@example.org")
