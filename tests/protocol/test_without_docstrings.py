"""HELP has its texts when Python strips docstrings (`PYTHONOPTIMIZE=2`)."""

import json
import os
import subprocess
import sys

import pytest
from conftest import make_world

from homeport.protocol.events import Data, Opened
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.ftp.session import Ftp
from homeport.services.smtp.session import Smtp

SCRIPT = """
import json, sys
from protocol.test_without_docstrings import ask
assert __doc__ is None, "asserts and docstrings are kept"
print(json.dumps([ask(*json.loads(word)) for word in sys.argv[1:]]))
"""
QUESTIONS = [
    ("smtp", "HELP\r\n"),
    *(("smtp", f"HELP {row.verb}\r\n") for row in Smtp.table),
    ("ftp", "HELP\r\n"),
    ("ftp", "SITE HELP\r\n"),
    *(("ftp", f"HELP {row.verb}\r\n") for row in Ftp.table),
]


def ask(name, line):
    """Return a service's answer to a line."""
    service = find_service(name)
    listener = service.listeners[0].name
    session = service.session(Context(make_world(), service.options(), listener, ("127.0.0.1", 1), ("127.0.0.1", 2)))
    session.handle(Opened())
    return b"".join(bytes(getattr(effect, "data", b"")) for effect in session.handle(Data(line.encode()))).decode()


@pytest.mark.parametrize("table", [Smtp.table, Ftp.table], ids=["smtp", "ftp"])
def test_every_command_has_a_text(table):
    assert [row.verb for row in table if not row.help] == []


def test_help_says_the_same_without_docstrings():
    said = [ask(*question) for question in QUESTIONS]
    words = [json.dumps(question) for question in QUESTIONS]
    run = subprocess.run(
        [sys.executable, "-OO", "-c", SCRIPT, *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(run.stdout) == said
    assert "Name a recipient." in said[[row.verb for row in Smtp.table].index("RCPT") + 1]
