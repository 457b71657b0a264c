"""The commands on what a world holds: people, presence, files, registry, messages; and on services and worlds."""

import json
import os

import pytest
from click.testing import CliRunner

from homeport.cli import homeport
from homeport.world.mail.message import Envelope, Recipient


@pytest.fixture
def run(farm, monkeypatch):
    """Run a command against a farm in this process; return exit code, standard output, standard error."""
    for name in os.environ:
        if name.startswith("HOMEPORT"):
            monkeypatch.delenv(name)
    url = farm.farm.describe("default")["control"]

    def call(*arguments, given=None):
        result = CliRunner().invoke(homeport, [*arguments, "--url", url], input=given)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


@pytest.fixture
def say(run):
    """Run a command that succeeds; return its output."""

    def call(*arguments, given=None):
        code, out, err = run(*arguments, given=given)
        assert (code, err) == (0, "")
        return out

    return call


@pytest.fixture
def answer(say):
    """Run a command that succeeds with `--json`; return the decoded answer."""
    return lambda *arguments: json.loads(say(*arguments, "--json"))


def test_a_group_alone_lists_as_its_command_list_does(say):
    for name in ("people", "presence", "files", "registry", "service", "world"):
        assert say(name) == say(name, "list")
        assert say(name, "--json") == say(name, "list", "--json")


def test_options_before_a_command_are_refused_with_the_right_order(run, say):
    code, _out, err = run("people", "--world", "default", "show", "alice")
    assert (code, "write the command before options: `homeport people show ...`" in err) == (2, True)
    code, _out, err = run("world", "--json", "facts")
    assert (code, "`homeport world facts ...`" in err) == (2, True)
    assert "there is no world 'list'" in run("people", "--world", "list")[2]
    assert say("registry", "--world", "default", "host") == say("registry", "list", "host")


def test_a_presence_needs_its_login_before_its_fields(run):
    code, _out, err = run("presence", "put", "desk", "login=alice")
    assert (code, "'login=alice' is not a login: the order is ID LOGIN [FIELD=VALUE]" in err) == (2, True)


# People.


def test_a_person_is_added_changed_and_removed(say, run, answer, farm):
    assert "Zoe Mast" in say("people", "put", "zoe", "name=Zoe Mast", "plan=Sail = at dawn", 'tokens:=["t1"]')
    say("people", "put", "zoe", "office=Pier 3")
    zoe = answer("people", "show", "zoe")
    assert (zoe["name"], zoe["plan"], zoe["tokens"], zoe["office"]) == ("Zoe Mast", "Sail = at dawn", ["t1"], "Pier 3")
    assert "zoe / (cannot log in)" in " ".join(say("people").split())
    assert say("people", "remove", "zoe") == "zoe removed\n"
    assert run("people", "show", "zoe")[0] == 1
    assert farm.events("world")[-1]["what"] == "deleted"


def test_the_state_of_a_password_is_shown_and_changed(run, say, answer):
    assert answer("people", "password", "alice", "locked:=true")["locked"]
    assert ["locked", "true"] in [line.split() for line in say("people", "password", "ALICE").splitlines()]
    assert not answer("people", "password", "alice", "locked:=false", "must_change:=true")["locked"]
    assert answer("people", "password", "alice")["must_change"]
    code, _out, err = run("people", "password", "alcie")
    assert (code, "did you mean 'alice'?" in err) == (1, True)


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        (["name"], 2, "'name' is not a field: write FIELD=VALUE, or FIELD:=JSON"),
        (["=x"], 2, "'=x' is not a field"),
        (["tokens:=[x"], 2, "has no valid JSON after `:=`"),
        (["nmae=Zoe"], 2, "nmae"),
        ([], 2, "name"),
    ],
)
def test_a_wrong_field_is_named(run, fields, code, words):
    found, out, err = run("people", "put", "zoe", *fields)
    assert (found, out) == (code, "")
    assert words in err


def test_a_person_is_shown_without_terminal_controls(say):
    assert "\x1b" not in say("people", "put", "zoe", "name=\x1b[2Jzoe")


# Presence.


def test_somebody_logs_on_and_off(say, answer, farm):
    say("presence", "put", "desk", "alice", "terminal=tty7", "origin=harbour.test")
    say("presence", "put", "desk", "zoe")
    assert b"zoe" in farm.exchange("users", b"")
    (desk,) = [one for one in answer("presence")["items"] if one["id"] == "desk"]
    assert (desk["login"], desk["terminal"], desk["origin"]) == ("zoe", "tty7", "harbour.test")
    assert any(line.split()[:3] == ["desk", "zoe", "tty7"] for line in say("presence").splitlines())
    assert say("presence", "remove", "desk") == "desk removed\n"
    assert b"zoe" not in farm.exchange("users", b"")


# Files.


def test_a_file_is_stored_read_renamed_and_removed(say, run, tmp_path):
    (tmp_path / "here.txt").write_bytes(b"a\r\nb\xff")
    assert say("files", "put", str(tmp_path / "here.txt"), "new/a b.txt") == "/new/a b.txt stored, 5 bytes\n"
    assert say("files", "get", "new/a b.txt", "--out", str(tmp_path / "there.txt")) == ""
    assert (tmp_path / "there.txt").read_bytes() == b"a\r\nb\xff"
    say("files", "rename", "/new/a b.txt", "other/100%.txt")
    say("files", "put", "-", "other/stdin.txt", given="hello\n")
    assert say("files", "get", "other/stdin.txt") == "hello\n"
    names = [line.split("Z ")[1] for line in say("files", "list", "other").splitlines()]
    assert names == ["100%.txt", "stdin.txt"]
    say("files", "remove", "other/100%.txt")
    code, _out, err = run("files", "get", "other/100%.txt")
    assert (code, "missing" in err) == (1, True)


def test_a_directory_is_made_and_all_below_it_listed(say, run):
    say("files", "mkdir", "made/deep")
    say("files", "put", "-", "made/deep/x", given="1")
    assert [line.split("Z ")[1] for line in say("files", "list", "made", "--recursive").splitlines()] == [
        "deep/",
        "deep/x",
    ]
    assert run("files", "remove", "made")[0] == 1
    items = [json.loads(line) for line in say("files", "list", "made/deep", "--json").splitlines()]
    assert [(one["name"], one["size"]) for one in items] == [("x", 1)]


def test_a_file_that_cannot_be_written_here_is_named(run, tmp_path):
    code, _out, err = run("files", "get", "pub/tides.txt", "--out", str(tmp_path / "none" / "x"))
    assert (code, "No such file or directory" in err) == (2, True)


# Services and worlds.


def test_a_service_is_stopped_and_started(say, run):
    assert say("service", "stop", "echo") == "echo stopped\n"
    assert "echo stopped" in " ".join(next(line for line in say("service").splitlines() if "echo" in line).split())
    assert say("service", "start", "echo") == "echo running\n"
    code, _out, err = run("service", "stop", "ecko")
    assert (code, "did you mean 'echo'?" in err) == (1, True)


def test_a_world_is_made_listed_and_closed(say, run, answer):
    made = say("world", "make", "mine", "finger.port=0", "--services", "finger,echo")
    assert made.splitlines()[0] == "world 'mine' made"
    assert sorted({line.split(".")[0] for line in made.splitlines()[1:]}) == ["echo", "finger"]
    assert any(line.startswith("mine") for line in say("world").splitlines())
    assert answer("world", "facts", "--world", "mine")["world"] == "mine"
    assert say("world", "close", "mine") == "world 'mine' closed\n"
    assert run("world", "facts", "--world", "mine")[0] == 1


def test_a_world_without_a_name_has_keys_of_its_own(answer, say):
    made = answer("world", "make", "farm.seed=7", 'people=[{login="zoe",name="Zoe"}]', "--services", "echo")
    assert made["world"] == "w1"
    assert "zoe" in say("people", "--world", "w1")
    say("world", "close", "w1")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["mine", "smtp"], 2, "'smtp' is not a key of the configuration: write KEY=VALUE"),
        (["mine", ".x=1"], 2, "is not a key"),
        (["mine", "smtp=1", "smtp.port=2"], 2, "smtp has a value already"),
        (["mine", "smtp.prot=1"], 2, "did you mean 'port'?"),
        (["default"], 1, "default"),
        (["a/b"], 2, "name: write 1 to 64 letters, digits, dots, underscores and hyphens"),
    ],
)
def test_a_wrong_world_is_refused(run, words, code, said):
    found, _out, err = run("world", "make", *words)
    assert (found, said in err) == (code, True), err


def test_the_first_world_cannot_be_closed(run):
    assert run("world", "close", "default")[0] == 1


# The registry.


def test_the_registry_acts_on_a_domain(say, answer, run):
    acts = say("registry", "act", "domain", "homeport.test")
    assert any(line.split() == ["renew", "possible"] for line in acts.splitlines())
    before = answer("registry", "show", "domain", "homeport.test")["object"]["expires"]
    say("registry", "act", "domain", "homeport.test", "renew", "--years", "2")
    after = answer("registry", "show", "domain", "homeport.test")["object"]["expires"]
    assert int(after[:4]) - int(before[:4]) == 2
    held = answer("registry", "act", "domain", "homeport.test", "set", "--status", "serverHold")
    assert "serverHold" in held["statuses"]
    assert "serverHold" in say("registry", "-q", "homeport.test")
    assert say("registry", "act", "domain", "homeport.test", "purge") == "homeport.test is gone\n"
    code, _out, err = run("registry", "act", "domain", "homeport.test", "renew")
    assert (code, "there is no domain 'homeport.test'" in err) == (1, True)


def test_an_act_that_is_not_possible_is_refused_with_its_reason(run):
    code, _out, err = run("registry", "act", "domain", "homeport.test", "restore")
    assert (code, err) == (1, "homeport: it is not deleted\n")


def test_objects_are_added_changed_and_removed(say, run, answer):
    new = ["roid=D9-NEW", "registrar=harbour", "created=-P1Y", "expires=+P1Y"]
    say("registry", "put", "domain", "new.test", *new)
    say("registry", "put", "domain", "new.test", 'statuses:=["clientHold"]')
    found = answer("registry", "show", "domain", "new.test")
    assert (found["object"]["roid"], found["statuses"]) == ("D9-NEW", ["inactive", "clientHold"])
    say("registry", "put", "registrar", "zoe", "name=Zoe's Names", "password=zoe-pass")
    assert "Zoe's Names" in say("registry", "list", "registrar")
    assert "Zoe's Names" in say("registry", "show", "registrar", "zoe")
    say("registry", "remove", "domain", "new.test")
    assert run("registry", "show", "domain", "new.test")[0] == 1
    for kind in ("host", "contact"):
        assert len(say("registry", "list", kind).splitlines()) == answer("registry", "list", kind)["total"]


def test_the_life_of_a_domain_is_told(say):
    lines = say("registry", "timeline", "homeport.test").splitlines()
    assert {line.split()[1] for line in lines} == {"past", "now", "projected"}


def test_a_message_is_put_into_a_poll_queue_and_shown(say, answer):
    before = answer("registry", "messages", "harbour")["total"]
    say("registry", "messages", "harbour", "Ahoy")
    assert answer("registry", "messages", "harbour")["total"] == before + 1
    assert say("registry", "messages", "harbour").splitlines()[-1].endswith("Ahoy")


# Mail.


def test_a_message_is_marked_and_removed(say, run, farm):
    def keep():
        body = farm.world.mail.begin()
        body.write(b"Subject: tides\r\n\r\nhello\r\n")
        body.keep(Envelope(reverse_path="bob@example.org", recipients=(Recipient(address="alice@homeport.test"),)))

    farm.call(keep)
    assert say("messages", "--mark-read", "m1") == "marked as read\n"
    assert farm.call(lambda: farm.world.mail.unread) == 0
    assert say("messages", "--mark-unread", "m1") == "marked as unread\n"
    assert farm.call(lambda: farm.world.mail.unread) == 1
    assert say("messages", "--remove", "m1") == "1 deleted\n"
    assert run("messages", "--remove", "m1")[0] == 1
