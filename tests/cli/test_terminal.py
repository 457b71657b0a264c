"""Nothing that a client sends acts on the terminal of the person who reads about it."""

import io
import json
import logging
import os
import re
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import homeport.cli
from homeport.cli import homeport as command
from homeport.cli.summary import Style
from homeport.farm.logs import JsonFormatter, TextFormatter
from homeport.visible import visible_json, visible_line, visible_text

# A title and a colour, DEL, C1's CSI, a bidirectional override, a line separator, a forged line, a tag character.
HOSTILE = "a\x1b]0;owned\x07b\x1b[31mc\x7fd\x9b2Je\u202ef\u2028g\nh\x08i\U000e0041j"
ENCODED = "=?utf-8?q?" + "".join(f"={octet:02X}" for octet in HOSTILE.encode()) + "?="
PLAIN = {"\n"}


def harmful(text: str) -> set[str]:
    """Return the characters that would act on a terminal."""
    return {c for c in text if c not in PLAIN and unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"}}


@pytest.fixture
def run(monkeypatch, farm):
    """Run a command against a running farm; return its whole output."""
    for name in os.environ:
        if name.startswith("HOMEPORT"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOMEPORT_URL", farm.farm.describe("default")["control"])

    def call(*arguments):
        result = CliRunner().invoke(command, arguments, prog_name="homeport")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout + result.stderr

    return call


@pytest.fixture
def attacked(farm):
    """A farm whose clients have put terminal controls wherever they may."""
    raw = HOSTILE.replace("\n", "").encode()
    message = b"From: " + ENCODED.encode() + b" <a@client.test>\r\nSubject: " + ENCODED.encode() + b"\r\n\r\n" + raw
    farm.exchange(
        "smtp",
        b"EHLO x\r\n" + raw + b"\r\nVRFY " + raw + b"\r\nMAIL FROM:<a@client.test>\r\n"
        + b"RCPT TO:<bob@example.org>\r\nDATA\r\n"
        + message + b"\r\n.\r\nAUTH " + raw + b"\r\nQUIT\r\n",
    )  # fmt: skip
    farm.exchange("ftp", b"USER " + raw + b"\r\nPASS " + raw + b"\r\nCWD " + raw + b"\r\nQUIT\r\n")
    for service in ("whois", "finger"):
        farm.exchange(service, raw + b"\r\n")
    farm.udp("echo", raw)
    return farm


@pytest.mark.parametrize(
    "arguments",
    [
        ("journal",),
        ("journal", "--json"),
        ("findings",),
        ("findings", "--json"),
        ("messages",),
        ("messages", "--json"),
        ("transcript", "c1"),
        ("transcript", "c2"),
        ("transcript", "c1", "--format", "json"),
        ("wait", "smtp"),
        ("wait", "ftp", "--type", "command"),
        ("wait", "ftp", "--type", "command", "--json"),
        ("wait", "smtp", "--to", "carol@example.org", "--timeout", "1ms"),
        ("wait", "finger", "--text", "never", "--timeout", "1ms"),
        ("people",),
        ("people", "--json"),
        ("fault", "list"),
    ],
    ids=" ".join,
)
def test_no_command_prints_what_acts_on_a_terminal(run, attacked, arguments):
    attacked.call(
        lambda: attacked.world.people.put(
            next(iter(attacked.world.people)).__class__(login="zoe", name=HOSTILE, password=HOSTILE)
        )
    )
    shown = run(*arguments)
    assert shown
    assert harmful(shown) == set()


def test_the_escaped_text_can_be_searched_for_and_json_keeps_its_value(run, attacked):
    assert "a\\x1b]0;owned\\x07b" in run("messages")
    (line,) = run("messages", "--json").splitlines()
    assert HOSTILE.replace("\n", "") in json.loads(line)["subject"].replace("\n", "")


def test_a_client_cannot_forge_a_line(run, attacked):
    lines = run("journal").splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d\.", line) for line in lines)
    assert len(run("messages").splitlines()) == 1


def test_raw_mail_is_escaped_on_a_terminal_and_only_there(run, attacked, monkeypatch):
    assert "\x1b" in run("messages", "--raw", "m1")
    monkeypatch.setattr("homeport.cli.output.is_terminal", lambda _stream: True)
    shown = run("messages", "--raw", "m1")
    assert harmful(shown) == set()
    assert "\\x1b" in shown


def test_a_capture_is_not_printed_on_a_terminal(run, attacked, monkeypatch):
    monkeypatch.setattr("homeport.cli.transcript.is_terminal", lambda _stream: True)
    assert "write it to a file with --out FILE" in run("transcript", "c1", "--format", "pcapng")


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_log_lines_are_escaped(formatter):
    record = logging.makeLogRecord({"msg": "refused %s", "args": (HOSTILE,), "levelname": "WARNING", "peer": HOSTILE})
    line = formatter.format(record)
    assert harmful(line) == set()
    assert "\n" not in line


def test_reports_of_pytest_are_escaped(attacked):
    from homeport.testing import Farm
    from homeport.testing.report import sections

    with Farm(url=attacked.farm.describe("default")["control"], world="default") as world:
        attacked.exchange("finger", HOSTILE.replace("\n", "").encode() + b"\r\n")
        shown = "".join(title + text for title, text in sections(world))
    assert "owned" in shown
    assert harmful(shown) == set()


@given(st.text())
def test_any_text_is_made_safe_and_json_keeps_its_value(text):
    assert harmful(visible_line(text)) <= {"\u200c", "\u200d"} | {c for c in text if unicodedata.category(c) == "Cf"}
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", visible_line(text))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", visible_text(text))
    assert json.loads(visible_json(json.dumps(text, ensure_ascii=False))) == text


def test_scripts_and_emoji_stay_readable():
    text = "Zoë, 港, \u05e9\u05dc\u05d5\u05dd, \U0001f469\u200d\U0001f4bb, \u0915\u094d\u200d\u0937, a\xa0b"
    assert visible_line(text) == text


def test_only_one_module_writes_to_the_terminal():
    """So no field can be forgotten. The exceptions print our own texts alone."""
    ours = {"output", "__init__", "help", "completion", "configuration", "openapi", "transcript"}
    folder = Path(homeport.cli.__file__).parent
    assert {path.stem for path in folder.glob("*.py") if "click.echo(" in path.read_text()} <= ours


@pytest.mark.parametrize(
    ("terminal", "environment", "colours"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_colours_need_a_terminal_and_no_no_color(monkeypatch, terminal, environment, colours):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    class Stream(io.StringIO):
        def isatty(self):
            return terminal

    assert ("\x1b" in Style.of(Stream()).paint("x", bold=True)) is colours
