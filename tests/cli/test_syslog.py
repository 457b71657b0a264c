"""`homeport syslog`, and waiting for log messages."""

import json
import os
import socket

import pytest
from click.testing import CliRunner

from homeport.cli import homeport


@pytest.fixture
def command(farm, monkeypatch):
    """Run a command against a farm in this process, which has received two messages."""
    for name in os.environ:
        if name.startswith("HOMEPORT"):
            monkeypatch.delenv(name)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for message in (b"<27>1 - web1 shop 7 - - order \x1b[31m815", b"<30>1 - web1 till - - - order 816"):
            client.sendto(message, ("127.0.0.1", farm.port("syslog", "udp")))
    farm.wait_for(lambda: len(farm.world.logs) == 2)
    url = farm.farm.describe("default")["control"]

    def call(*arguments):
        result = CliRunner().invoke(homeport, [*arguments, "--url", url])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


def test_messages_are_shown_a_line_each_and_no_escape_reaches_the_terminal(command):
    code, said, _ = command("syslog")
    first, second = said.splitlines()
    assert code == 0
    assert r"l1    daemon.err      web1 shop[7]: order \x1b[31m815  (control-characters)" in first
    assert "l2    daemon.info     web1 till: order 816" in second


def test_conditions_order_and_json(command):
    assert "l2" in command("syslog", "--latest")[1]
    assert "l1" not in command("syslog", "--app", "till")[1]
    assert json.loads(command("syslog", "--at-least", "err", "--json")[1])["app"] == "shop"
    assert json.loads(command("syslog", "-q", "severity:>=err -app:till", "--json")[1])["app"] == "shop"
    assert command("syslog", "--raw", "l2")[1] == "<30>1 - web1 till - - - order 816"


def test_messages_are_deleted(command):
    assert command("syslog", "--delete", "--app", "till")[1] == "1 deleted\n"
    assert command("syslog", "--delete")[1] == "1 deleted\n"
    assert command("syslog", "--delete", "--latest")[0] == 2


def test_a_wait_ends_with_the_message_or_what_came_near(command):
    code, said, _ = command("wait", "syslog", "--severity", "err", "--app", "shop")
    assert (code, "l1" in said) == (0, True)
    code, _, errors = command("wait", "syslog", "--severity", "err", "--app", "till", "--timeout", "50ms")
    assert code == 1
    assert "0 of 1 arrived" in errors
    assert "near miss" in errors
    assert command("wait", "smtp", "--app", "shop")[0] == 2
