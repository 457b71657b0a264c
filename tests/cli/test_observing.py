"""Commands that show events and wait for them: `wait`, `transcript`, `journal -f`, and `--world`."""

import json
import os
import signal
import subprocess
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from homeport.cli import homeport

SERVERS = Path(__file__).parents[2] / "servers"


@pytest.fixture
def run(monkeypatch, farm):
    """Run a command against a running farm; return exit code, standard output, standard error."""
    for name in os.environ:
        if name.startswith("HOMEPORT"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOMEPORT_URL", farm.farm.describe("default")["control"])

    def call(*arguments, **environment):
        result = CliRunner().invoke(homeport, arguments, env=environment, prog_name="homeport")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


def until_followed(farm):
    """Poll once in every turn of the reactor until a client follows the journal."""
    for _ in range(100_000):
        if farm.call(lambda: farm.world.journal.watchers):
            return
    raise AssertionError("no client came")


def test_wait_prints_earlier_events(run, farm):
    farm.udp("echo", b"knock")
    code, out, _err = run("wait", "echo", "--type", "datagram")
    assert code == 0
    assert out.endswith("datagram 'knock' -> 'knock'\n")
    answer = json.loads(run("wait", "echo", "--json")[1])
    assert ([event["text"] for event in answer["events"]], answer["timed_out"]) == (["knock"], False)


def test_wait_filters_by_command_object_and_result(run, farm):
    farm.exchange("whois", b"domain nowhere.test\r\n")
    wanted = ("wait", "whois", "--command", "domain", "--object", "domain nowhere.test", "--timeout", "10s")
    code, out, _err = run(*wanted, "--code", "none")
    assert (code, out.count("nowhere.test")) == (0, 1)
    assert run(*wanted[:-1], "10ms", "--code", "found")[0] == 1


def test_wait_gets_events_that_arrive_meanwhile(run, farm):
    def knock():
        until_followed(farm)
        farm.udp("echo", b"knock")

    knocking = Thread(target=knock)
    knocking.start()
    assert run("wait", "echo", "--text", "KNOCK", "--peer", "127.0.0.1", "--timeout", "10s")[0] == 0
    knocking.join()


def test_wait_exits_1_on_timeout_and_shows_near_misses(run, farm):
    farm.udp("echo", b"knock")
    code, out, err = run("wait", "time", "--type", "datagram", "--timeout", "10ms")
    assert (code, out) == (1, "")
    first, near = err.splitlines()
    assert first == "homeport: 0 of 1 arrived within 10ms"
    assert near.endswith("datagram 'knock' -> 'knock'")
    code, out, err = run("wait", "echo", "--since", "1", "--timeout", "10ms", "--json")
    assert (code, json.loads(out)["timed_out"], err) == (1, True, "homeport: 0 of 1 arrived within 10ms\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["echo", "--to", "bob@example.org"], 2, "--to is for mail, which echo does not receive"),
        (["echo", "--timeout", "soon"], 2, "'soon' is not a duration"),
        (["echo", "--peer", "bob"], 2, "'bob' does not appear to be"),
    ],
)
def test_wait_refuses_unsuitable_options(run, arguments, code, message):
    was, _out, err = run("wait", *arguments)
    assert (was, message in err) == (code, True)


def test_transcript_prints_a_conversation_or_writes_it_to_a_file(run, farm, tmp_path):
    farm.exchange("echo", b"hello\r\n")
    code, out, _err = run("transcript", "c1")
    assert code == 0
    assert [line[16:] for line in out.splitlines()[1:]] == ["[opened]", "C: hello", "S: hello", "[closed: closed]"]
    assert json.loads(run("transcript", "c1", "--format", "json")[1])["conn"] == "c1"
    file = tmp_path / "talk.pcapng"
    assert run("transcript", "c1", "--format", "pcapng", "--out", str(file)) == (0, "", "")
    assert file.read_bytes().startswith(b"\x0a\x0d\x0d\x0a")
    assert run("transcript", "c1", "--out", str(tmp_path / "no" / "folder"))[0] == 2
    assert run("transcript", "c9")[::2] == (
        1,
        "homeport: there is no connection 'c9', or the journal no longer knows of it; see /connections of the world\n",
    )


def test_secrets_are_shown_only_where_they_are_kept(run, farm):
    farm.exchange("echo", b"x")
    code, _out, err = run("transcript", "c1", "--secrets")
    assert (code, "[journal] secrets = true" in err) == (1, True)


def test_findings_are_chosen_by_service(run, farm):
    farm.exchange("daytime", b"x")
    farm.exchange("time", b"x")
    code, out, _err = run("findings", "--service", "time")
    assert (code, "daytime.input" in out, out.endswith("\n1 finding\n")) == (0, False, True)


def test_commands_use_the_world_that_is_named(run, farm):
    farm.call(farm.farm.make_world, "other", farm.config)
    other = farm.farm.hosts["other"].world
    farm.udp("echo", b"knock")
    assert run("journal", "--world", "other") == (0, "", "")
    assert run("journal", HOMEPORT_WORLD="other") == (0, "", "")
    assert json.loads(run("ports", "--world", "other", "--json")[1])["world"] == "other"
    assert run("query", "echo", "hi", "--world", "other")[1] == "hi\n"
    assert [entry.type for _seq, entry in other.journal.entries()][:1] == ["opened"]
    assert run("ready", "--world", "other")[0] == 0
    code, _out, err = run("findings", "--world", "mars")
    assert (code, "there is no world 'mars'; there are: default, other" in err) == (1, True)
    farm.call(farm.farm.close_world, "other", lambda: None)


@pytest.fixture
def follow(farm, homeport_command):
    """`homeport journal -f` as a child process."""
    processes = []

    def start(*arguments):
        url = farm.farm.describe("default")["control"]
        processes.append(
            subprocess.Popen(
                [*homeport_command, "journal", "-f", "--url", url, *arguments],
                env={"PYTHONPATH": str(SERVERS), "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_following_ends_with_the_world_and_says_so(farm, follow):
    farm.udp("echo", b"first")
    process = follow()
    assert process.stdout.readline().endswith("'first' -> 'first'\n")
    farm.udp("echo", b"second")
    assert process.stdout.readline().endswith("'second' -> 'second'\n")
    farm.call(farm.farm.close_world, "default", lambda: None)
    assert process.wait(10) == 1
    assert process.stderr.read() == "homeport: world 'default' closed\n"


def test_following_ends_with_the_farm_and_says_so(farm, follow):
    farm.udp("echo", b"first")
    process = follow()
    process.stdout.readline()
    until_followed(farm)
    farm.stop()
    assert process.wait(10) == 1
    assert process.stderr.read() == "homeport: world 'default' closed\n"


def test_following_ends_in_silence_when_interrupted(farm, follow):
    farm.udp("echo", b"first")
    process = follow()
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert (process.wait(10), process.stderr.read()) == (0, "")


def test_an_unknown_filter_value_is_refused_with_a_suggestion(run):
    for arguments, right in (
        (("wait", "figner"), "finger"),
        (("wait", "echo", "--type", "datagramm"), "datagram"),
        (("wait", "smtp", "--listener", "tsl"), "tls"),
        (("journal", "--service", "smpt"), "smtp"),
        (("journal", "--type", "comand"), "command"),
        (("findings", "--level", "mst"), "must"),
        (("findings", "--service", "fpt"), "ftp"),
        (("fault", "add", "smtp", "close", "--verb", "RCTP"), "RCPT"),
        (("fault", "add", "finger", "close", "--verb", "user"), "query"),
    ):
        code, _out, err = run(*arguments)
        assert code in (1, 2)
        assert repr(right) in err, arguments


def test_the_journal_is_filtered_by_listener_and_type(run, farm):
    farm.exchange("echo", b"one")
    farm.udp("echo", b"two")
    out = run("journal", "--listener", "echo.udp", "--json")[1]
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["datagram"]
    assert run("journal", "--type", "opened")[1].count("\n") == 1


def test_dropped_events_of_the_journal_are_reported(run, start_farm, monkeypatch):
    farm = start_farm("echo", journal={"size": 1000})
    monkeypatch.setenv("HOMEPORT_URL", farm.farm.describe("default")["control"])
    for _ in range(9):
        farm.call(farm.world.journal.log, None, "command", {})
    assert run("journal", HOMEPORT_URL=farm.farm.describe("default")["control"])[2] == (
        "homeport: 4 older events dropped (see [journal] size)\n"
    )
    answer = run("wait", "echo", "--since", "50", "--timeout", "10ms")
    assert "homeport: the journal started over: the world was reset, or this is another farm\n" in answer[2]
