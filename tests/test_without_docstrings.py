"""Everything works, with the same texts, without docstrings and asserts (`PYTHONOPTIMIZE=2`)."""

import ast
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import click
from conftest import read_all
from services.epp.caller import check, command_xml, envelope, login_xml

import homeport
from homeport.cli import COMMANDS
from homeport.cli import homeport as command_line
from homeport.services import MODULES, find_service
from homeport.services.epp.framing import frame
from homeport.testing.process import FarmProcess

EPP = b"".join(
    frame(xml.encode() if isinstance(xml, str) else xml)
    for xml in (
        envelope("<hello/>"),
        envelope("<nonsense/>"),
        command_xml(login_xml()),
        command_xml(check("homeport.test", "free.test")),
        command_xml("<logout/>"),
    )
)
QUERY = b"\0\1\0\0\0\1\0\0\0\0\0\0\2id\6server\0\0\x10\0\3"
ROOT_DSE = b"0%\2\1\1c \4\0\n\1\0\n\1\0\2\1\0\2\1\0\1\1\0\x87\x0bobjectClass0\0"
QUESTIONS = {
    "echo": b"to and fro\r\n",
    "discard": b"gone\r\n",
    "syslog": b"<13>1 - host app - - - ahoy\n",
    "users": b"",
    "daytime": b"",
    "qotd": b"",
    "chargen": b"",
    "time": b"",
    "finger": b"/W\r\n",
    "whois": b"homeport.test\r\n",
    "gopher": b"/people\t$\r\n",
    "ident": b"10113, 9\r\n",
    "smtp": b"EHLO client.test\r\nHELP MAIL\r\nQUIT\r\n",
    "imap": b"1 CAPABILITY\r\n2 NONSENSE\r\n3 LOGOUT\r\n",
    "pop3": b"CAPA\r\nNONSENSE\r\nQUIT\r\n",
    "dict": b"HELP\r\nNONSENSE\r\nQUIT\r\n",
    "ftp": b"HELP RETR\r\nFEAT\r\nQUIT\r\n",
    "telnet": b"",
    "epp": EPP,
    "dns": QUERY,
    "ldap": ROOT_DSE + b"0\5\2\1\2B\0",
    "ntp": b"\x23" + bytes(47),
    "tftp": b"\0\1x\0mail\0",
    "rdap": b"GET /domain/homeport.test HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}
ENDLESS = {"echo": len(QUESTIONS["echo"]), "chargen": 1000, "dns": 49}
"""Number of bytes to read from services that do not close by themselves."""
HALF_CLOSED = {"discard", "telnet", "syslog"}
"""Services that close after their clients' half-close."""
CONFIGURATION = {
    "clock": {"set": "2026-10-14T12:00:00Z", "frozen": True},
    "epp": {"plain": True},
    "farm": {"seed": 1},
}
HELP = """
import json
from test_without_docstrings import help_texts
assert __doc__ is None, "asserts are kept"
print(json.dumps(help_texts()))
"""


def talk(service, transport, tls, place):
    """Return a listener's answer with times, identifiers and sizes masked, which differ between runs."""
    question = QUESTIONS[service]
    if service == "dns" and transport == "tcp":
        question = len(question).to_bytes(2) + question
    if service == "ntp" and transport == "tcp":
        question = bytes.fromhex("80010002000080040002000f80000000")  # a key exchange of NTS
    if transport == "udp":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(30)
            client.sendto(question, (place["host"], place["port"]))
            answer = b"" if service in HALF_CLOSED else client.recv(65536)
    else:
        with socket.create_connection((place["host"], place["port"]), timeout=30) as client:
            if tls:
                context = ssl._create_unverified_context()
                client = context.wrap_socket(client)
            client.sendall(question)
            if service in HALF_CLOSED:
                socket.socket.shutdown(client, socket.SHUT_WR)  # under TLS, too: an SSLSocket's own would end its TLS
            answer = client.makefile("rb").read(ENDLESS[service]) if service in ENDLESS else read_all(client)
            client.close()
    if service == "ntp":
        return answer[:16]  # what follows is the time, or cookies
    return re.sub(rb"hp-\w+|\d+", b"0", answer) if service != "time" else answer


def answers():
    """Return the answers of a farm in a child process on every listener of every service, and its API description."""
    farm = FarmProcess(CONFIGURATION)
    try:
        said = {}
        for name in MODULES:
            for one in find_service(name).listeners:
                place = farm.ready["services"][name][one.name]
                said[name, one.name] = talk(name, one.transport, one.tls, place)
        return said
    finally:
        farm.close()


def help_texts():
    """Return the output of `--help` by command."""
    texts = {}

    def tell(command, path, above):
        context = click.Context(command, info_name=path[-1], parent=above, **command.context_settings)
        texts[" ".join(path)] = command.get_help(context)
        for name in command.list_commands(context) if isinstance(command, click.Group) else ():
            tell(command.get_command(context, name), [*path, name], context)

    tell(command_line, ["homeport"], None)
    return texts


def without_docstrings(*arguments):
    """Return the output of a program without docstrings."""
    return printed("-OO", *arguments)


def printed(*arguments):
    """Return the output of Python."""
    run = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return run.stdout


def test_every_listener_of_every_service_answers_the_same(monkeypatch):
    as_ever = answers()
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    optimized = answers()
    assert {name for name, _listener in as_ever} == set(MODULES)
    assert [key for key, said in as_ever.items() if not said and key[0] not in HALF_CLOSED] == []
    assert optimized == as_ever


def test_every_command_has_its_help():
    # In a process each: click keeps the first help option that it has made for a command.
    texts = json.loads(printed("-c", HELP))
    assert json.loads(without_docstrings("-c", HELP)) == texts
    assert set(COMMANDS) <= {path.split()[1] for path in texts if " " in path}
    assert "Real protocol servers for testing network clients" in texts["homeport"]
    assert "Delays every piece of data" in texts["homeport fault add"]


def test_the_description_of_the_api_is_the_same():
    from homeport.control.operations import description

    described = json.loads(without_docstrings("-m", "homeport", "openapi"))
    assert described == json.loads(json.dumps(description()))
    kinds = described["components"]["schemas"]
    asked = {"Do", "Latency", "Domain", "Ready", "Event", "Problem", "DomainState", "Messages"}
    assert [name for name in asked if not kinds[name].get("description")] == []


def test_no_module_reads_a_docstring():
    read = [
        f"{path.name}:{node.lineno}"
        for path in Path(homeport.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("__doc__", "getdoc") and isinstance(node.ctx, ast.Load)
    ]
    assert read == [], "put the text into a field"
