"""`homeport messages`, and waiting for mail."""

import json
import os

import pytest
from click.testing import CliRunner

from homeport.cli import homeport
from homeport.world.mail.message import Envelope, Recipient


@pytest.fixture
def run(command):
    """Run `homeport messages` against a farm in this process."""
    return lambda *arguments: command("messages", *arguments)


@pytest.fixture
def wait(command):
    """Run `homeport wait smtp` likewise."""
    return lambda *arguments: command("wait", "smtp", *arguments)


@pytest.fixture
def command(farm, monkeypatch):
    """Run a command against a farm in this process."""
    for name in os.environ:
        if name.startswith("HOMEPORT"):
            monkeypatch.delenv(name)
    url = farm.farm.describe("default")["control"]

    def call(name, *arguments):
        result = CliRunner().invoke(homeport, [name, *arguments, "--url", url])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout_bytes.decode(), result.stderr

    return call


@pytest.fixture
def send(farm):
    """Deliver a message to the farm."""

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
    assert (code, err) == (1, "homeport: message '../m1' does not exist, or was deleted\n")


def test_mail_is_awaited(wait, send):
    send("alice@example.org", "one")
    code, out, _err = wait("--to", "alice@example.org")
    assert code == 0
    assert out.endswith("alice@example.org: one\n")
    assert json.loads(wait("--json", "--text", "hé")[1])["timed_out"] is False
    code, _out, err = wait("--to", "carol@example.org", "--timeout", "10ms")
    assert (code, "0 of 1 arrived within 10ms" in err, "near miss: " in err) == (1, True, True)


def test_events_of_mail_are_awaited_if_their_type_is_named(wait):
    code, _out, err = wait("--type", "login", "--timeout", "10ms")
    assert (code, err) == (1, "homeport: 0 of 1 arrived within 10ms\n")


def test_messages_are_listed_newest_first(run, send):
    send("alice@example.org", "one")
    send("carol@example.org", "two")
    assert [line.split()[1] for line in run("--newest")[1].splitlines()] == ["m2", "m1"]


def test_messages_are_deleted_by_a_condition_and_never_without(run, send):
    send("alice@example.org", "one")
    send("carol@example.org", "two")
    code, _out, err = run("--delete")
    assert (code, "--delete needs a condition" in err) == (2, True)
    assert run("--delete", "--to", "alice")[:2] == (0, "1 deleted\n")
    assert [line.split()[1] for line in run()[1].splitlines()] == ["m2"]


def test_messages_are_chosen_by_a_filter(run, send):
    send("alice@example.org", "one")
    send("carol@example.org", "two")
    send("alice@example.org", "three")

    def subjects(*arguments):
        code, out, _err = run(*arguments, "--json")
        assert code == 0
        return [json.loads(line)["subject"] for line in out.splitlines()]

    assert subjects("-q", "to:alice -subject:three") == ["one"]
    assert subjects("-q", "subject:one OR subject:two", "--newest") == ["two", "one"]
    assert subjects("--latest") == ["three"]
    assert subjects("--latest", "--to", "carol") == ["two"]
    assert subjects("--has", "attachment") == []
    assert subjects("--smaller", "1KiB", "--text", "hé", "--cc", "dave") == []
    assert subjects("--bcc", "alice", "--after", "-1h", "--larger", "5") == ["one", "three"]


def test_a_malformed_filter_is_explained(run, send):
    code, out, err = run("-q", "form:alice")
    assert (code, out) == (2, "")
    assert "at character 1: no key 'form'; did you mean from?" in err


def test_messages_are_deleted_by_a_filter(run, send):
    send("alice@example.org", "one")
    send("carol@example.org", "two")
    assert run("--delete", "-q", "-to:alice")[:2] == (0, "1 deleted\n")
    assert run("--delete", "--latest", "--to", "alice")[0] == 2


def test_links_and_the_code_of_a_message_are_printed(run, send):
    send("alice@example.org", "Your code is 482913, https://app.test/")
    send("alice@example.org", "none")
    send("alice@example.org", "code 1111, code 2222")
    assert run("--code", "m1")[:2] == (0, "482913\n")
    assert (run("--code", "m2")[0], "m2 has no code" in run("--code", "m2")[2]) == (1, True)
    assert "m3 has more than one code: 1111, 2222" in run("--code", "m3")[2]
    assert (run("--links", "m2")[0], "m2 has no links" in run("--links", "m2")[2]) == (1, True)
