"""A newcomer's first commands: `homeport up` on a terminal, `--version`, `help`, `people`; full disks, closed pipes."""

import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path

import pytest
from click.testing import CliRunner

from homeport.cli import COMMANDS, homeport

SERVERS = Path(__file__).parents[2] / "servers"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """A command on its own terminal."""

    def __init__(self, command, *, columns, **environment):
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("HOMEPORT") and name not in ("NO_COLOR", "COLUMNS")
        }
        self.ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.popen = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**inherited, "TERM": "xterm", "PYTHONPATH": str(SERVERS), **environment},
            start_new_session=True,
        )
        os.close(theirs)

    def read_until(self, words):
        """Return the output up to the end of the line with these words."""
        shown = ""
        while not re.search(f"{re.escape(words)}[^\n]*\n", shown):
            readable, _, _ = select.select([self.ours], [], [], 30)
            assert readable, f"never shown: {words!r}; but {shown!r}"
            shown += os.read(self.ours, 65536).decode()
        return shown.replace("\r\n", "\n")

    def read_rest(self):
        """Send SIGTERM and return the output until the command ends."""
        self.popen.send_signal(signal.SIGTERM)
        shown = b""
        try:
            while part := os.read(self.ours, 65536):
                shown += part
        except OSError:  # a terminal ends like this after its last program
            pass
        return shown.decode()

    def close(self):
        self.popen.kill()
        self.popen.wait()
        os.close(self.ours)


@pytest.fixture
def on_terminal(homeport_command):
    """Start `homeport up --ephemeral` on a terminal."""
    terminals = []

    def start(*arguments, columns=80, **environment):
        command = [*homeport_command, "up", "--ephemeral", *arguments]
        terminals.append(Terminal(command, columns=columns, **environment))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def test_a_terminal_shows_the_table_the_credentials_the_control_api_and_three_things_to_try(on_terminal):
    terminal = on_terminal()
    shown = COLOUR.sub("", terminal.read_until("findings"))
    assert shown.startswith("Homeport ")
    places = [
        shown.index(one)
        for one in ("\n  echo      tcp ", "\n  people    alice / alice-pass\n            bob / bob-pass\n",
                    "\n  EPP       harbour / harbour-pass\n", "\n  control   http://127.0.0.1:", "\n  try       ")
    ]  # fmt: skip
    assert places == sorted(places)
    assert len(shown[places[-1] :].strip().splitlines()) == 3
    assert '"event"' not in shown + terminal.read_rest()


def test_the_ready_line_is_shown_on_a_terminal_when_asked_for(on_terminal):
    shown = on_terminal("--json", "--services", "echo").read_until('"event"')
    line = shown.splitlines()[-1]
    assert list(json.loads(line)["services"]) == ["echo"]
    assert shown.index("Homeport ") < shown.index(line)


def test_a_terminal_has_colours_unless_no_color_is_set(on_terminal):
    assert COLOUR.search(on_terminal("--services", "echo").read_until("findings"))
    assert not COLOUR.search(on_terminal("--services", "echo", NO_COLOR="1").read_until("findings"))
    assert not COLOUR.search(on_terminal("--services", "echo", TERM="dumb").read_until("findings"))


def test_listeners_go_on_in_the_next_line_where_a_terminal_is_narrow(on_terminal):
    shown = on_terminal("--services", "smtp", columns=40, NO_COLOR="1").read_until("findings")
    table = shown.partition("addresses")[0]
    assert max(map(len, table.splitlines())) <= 40
    assert len(re.findall(r"^ +.*\d+$", table, re.MULTILINE)) > 1
    wide = on_terminal("--services", "smtp", columns=200, NO_COLOR="1").read_until("findings").partition("addresses")[0]
    assert len(re.findall(r"^ +.*\d+$", wide, re.MULTILINE)) == 1


def test_no_password_is_printed_where_there_is_no_terminal(up):
    farm = up("--ephemeral")
    assert farm.ready()["event"] == "ready"
    _code, out, err, _seconds = farm.end()
    assert out == ""
    assert "alice, bob, carol" in err
    assert "alice-pass" not in err
    assert not COLOUR.search(err)


@pytest.fixture
def run(farm, monkeypatch):
    """Run a command against a running farm; return exit code, standard output, standard error."""
    for name in os.environ:
        if name.startswith("HOMEPORT"):
            monkeypatch.delenv(name)

    def call(*arguments):
        environment = {"HOMEPORT_URL": farm.farm.describe("default")["control"]}
        result = CliRunner().invoke(homeport, arguments, env=environment, prog_name="homeport")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


def test_people_shows_logins_passwords_and_names(run):
    code, out, err = run("people")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["alice", "/", "alice-pass", "Alice", "Liddell"]
    assert re.fullmatch(r"harbour +/ harbour-pass +.*\(EPP\)", lines[5])
    shown = json.loads(run("people", "--json")[1])
    assert (shown["total"], shown["items"][0]["password"]) == (5, "alice-pass")


def test_people_shows_the_current_people(run, farm):
    farm.call(farm.world.people.remove, "alice")
    assert "alice" not in run("people")[1]
    assert run("people", "--world", "none")[0] == 1


def test_version_is_an_option_and_a_command(run):
    assert run("--version")[1].split() == run("version")[1].split()[:2]


@pytest.mark.parametrize("words", [(), ("up",), ("fault", "add")])
def test_help_shows_the_help_of_a_command(run, words):
    assert run("help", *words)[:2] == run(*words, "--help")[:2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ups",), "unknown command 'ups'; did you mean 'up'?"),
        (("fault", "ad"), "unknown command 'fault ad'; did you mean 'add'?"),
        (("up", "now"), "unknown command 'up now'; it has no subcommands"),
    ],
)
def test_help_for_an_unknown_command_suggests_the_nearest(run, words, message):
    code, out, err = run("help", *words)
    assert (code, out) == (2, "")
    assert message in err


def test_the_help_of_fault_add_has_every_kind_with_its_parameters(run):
    shown = " ".join(run("fault", "add", "--help")[1].split())
    assert "latency ms=N [jitter_ms=N] Delays every piece of data" in shown
    assert "ms milliseconds; 0 to 3600000" in shown
    assert "rate share of bytes that are changed, 0 to 1; above 0, at most 1" in shown
    assert "reset reset the connection (RST) instead of closing it; true or false; default false" in shown
    assert "tls expired|not_yet_valid|wrong_host|self_signed|untrusted|old_version|abort" in shown


def test_clock_and_reset_act_on_the_world_that_is_named(run):
    for command in (("clock", "show"), ("clock", "freeze"), ("reset",)):
        code, _out, err = run(*command, "--world", "none")
        assert (code, "there is no world 'none'" in err) == (1, True)


PRINTING = [
    ("openapi",), ("--version",), ("version",), ("help",), ("--help",), ("completion", "bash"), ("init", "-"),
    ("check", "--json"), ("people",), ("ports",), ("journal",), ("findings",), ("fault", "list"), ("clock", "show"),
    ("query", "users"), ("ready",), ("ca",), ("reset",), ("fault", "add", "--help"),
]  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this machine")
@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_a_failed_write_to_standard_output_is_reported(homeport_command, farm, words):
    farm.udp("echo", b"so that the journal has something")
    environment = {**os.environ, "PYTHONPATH": str(SERVERS), "HOMEPORT_URL": farm.farm.describe("default")["control"]}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*homeport_command, *words], stdout=full, stderr=subprocess.PIPE, text=True, env=environment, timeout=30
        )
    assert done.returncode == 1
    assert done.stderr == "homeport: cannot write to standard output: No space left on device\n"


def test_a_reader_that_goes_away_ends_a_command_quietly(homeport_command):
    reader, writer = os.pipe()
    os.close(reader)
    environment = {**os.environ, "PYTHONPATH": str(SERVERS)}
    done = subprocess.run(
        [*homeport_command, "openapi"], stdout=writer, stderr=subprocess.PIPE, text=True, env=environment, timeout=30
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this machine")
def test_a_farm_that_cannot_announce_itself_ends_with_a_message(homeport_command):
    environment = {**os.environ, "PYTHONPATH": str(SERVERS)}
    with Path("/dev/full").open("w") as full:
        command = [*homeport_command, "up", "--ephemeral", "-q"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, timeout=30)
    assert done.returncode == 2
    assert done.stderr == "homeport: cannot announce that the farm is ready: [Errno 28] No space left on device\n"


def test_every_command_has_help(run):
    for name in COMMANDS:
        assert run(name, "--help")[0] == 0, name


def test_python_m_homeport_is_named_as_it_was_called():
    program = (
        "import sys, shutil; sys.argv = ['/x/__main__.py']; shutil.which = lambda _: None\n"
        "from homeport.cli.summary import command_name; print(command_name())"
    )
    environment = {**os.environ, "PYTHONPATH": str(SERVERS)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == f"{sys.executable} -m homeport\n"
