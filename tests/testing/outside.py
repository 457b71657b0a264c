"""Homeport for an outside user: its wheel installed in fresh virtual environments, used in empty folders,
together with the pytest plugins that it must work with.

    python tests/testing/outside.py [--python python3.12]

Needs a package index and takes about two minutes. Prints a line for each proof; exits 1 if one fails.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIVE_LINES = """
import smtplib

def test_mail(homeport):
    with smtplib.SMTP(*homeport.smtp.address) as client:
        client.sendmail("me@client.test", ["bob@example.org"], "Subject: Welcome\\n\\nhi\\n")
    assert homeport.smtp.wait_for(to="bob@example.org").subject == "Welcome"
"""
MANY = (
    FIVE_LINES
    + """
import pytest

@pytest.mark.parametrize("number", range(40))
def test_many(homeport, number):
    test_mail(homeport)
    assert len(homeport.smtp.messages) == 1
"""
)
BESIDE_SERVERS = (
    FIVE_LINES
    + """
import urllib.request

def test_all(homeport, homeport_farm, httpserver, smtpserver, smtpd):
    httpserver.expect_request("/").respond_with_data("ahoy")
    assert urllib.request.urlopen(httpserver.url_for("/")).read() == b"ahoy"
    for address in (smtpserver.addr, (smtpd.hostname, smtpd.port)):
        with smtplib.SMTP(*address) as client:
            client.sendmail("me@client.test", ["bob@example.org"], "Subject: other\\n\\nhi\\n")
    assert len(smtpserver.outbox) == len(smtpd.messages) == 1
    test_mail(homeport)
    assert len(homeport.smtp.messages) == 1
"""
)
ASYNC = """
import asyncio, smtplib
import pytest

def post(address):
    with smtplib.SMTP(*address) as client:
        client.sendmail("me@client.test", ["bob@example.org"], "Subject: Welcome\\n\\nhi\\n")

{mark}
async def test_mail(homeport):
    waiting = asyncio.ensure_future(homeport.smtp.wait_for_async(to="bob@example.org"))
    await asyncio.sleep(0)
    await asyncio.to_thread(post, homeport.smtp.address)
    assert (await waiting).subject == "Welcome"

def test_blocking(homeport):
    post(homeport.smtp.address)
    assert homeport.smtp.wait_for().subject == "Welcome"
"""
ANYIO = """
import smtplib
import anyio, pytest

@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param

def post(address):
    with smtplib.SMTP(*address) as client:
        client.sendmail("me@client.test", ["bob@example.org"], "Subject: Welcome\\n\\nhi\\n")

@pytest.mark.anyio
async def test_mail(homeport):
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.to_thread.run_sync, post, homeport.smtp.address)
        message = await anyio.to_thread.run_sync(lambda: homeport.smtp.wait_for(to="bob@example.org"))
    assert message.subject == "Welcome"
"""
IN_TWISTED = (
    FIVE_LINES
    + """
import pytest, pytest_twisted
from twisted.internet import reactor
from twisted.internet.threads import deferToThread
import homeport.twisted

@pytest_twisted.async_yield_fixture
async def world():
    world = await homeport.twisted.start(reactor, services=["smtp"])
    yield world
    await world.stop()

def post(address):
    with smtplib.SMTP(*address) as client:
        client.sendmail("me@client.test", ["bob@example.org"], "Subject: Welcome\\n\\nhi\\n")

@pytest_twisted.ensureDeferred
async def test_inside(world):
    waiting = world.defer(world.smtp.wait_for, to="bob@example.org")
    await deferToThread(post, world.smtp.address)
    assert (await waiting).subject == "Welcome"

@pytest_twisted.ensureDeferred
async def test_beside(homeport):
    await deferToThread(post, homeport.smtp.address)
    assert len(homeport.smtp.messages) == 1
"""
)
UNITTEST = """
import smtplib, unittest
from homeport import Farm

class TestMail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.farm = cls.enterClassContext(Farm(services=["smtp"]))

    def setUp(self):
        self.world = self.enterContext(self.farm.world())

    def test_mail(self):
        with smtplib.SMTP(*self.world.smtp.address) as client:
            client.sendmail("me@client.test", ["bob@example.org"], "Subject: Welcome\\n\\nhi\\n")
        self.assertEqual(self.world.smtp.wait_for().subject, "Welcome")
"""
BLOCKED = """
import sys

def test_it(request):
    assert not request.config.pluginmanager.has_plugin("homeport")
    assert "homeport" not in sys.modules
"""


GUIDE = dict(re.findall(r"```python\n# (\S+\.py)\n(.+?)```", (ROOT / "docs" / "testing.md").read_text(), re.DOTALL))
"""Snippets of the guide; those that need a plugin run here."""


SCOPE = ("-o", "asyncio_default_fixture_loop_scope=function")
"""Without this setting pytest-asyncio 1.5 on pytest 9.2 ends in an internal error, in any project."""


class Proofs:
    """Runs proofs and records the failed ones."""

    def __init__(self, folder: Path, python: str, wheel: Path) -> None:
        self.folder = folder
        self.python = python
        self.wheel = wheel
        self.failed: list[str] = []

    def environment(self, name: str, *packages: str) -> Path:
        """Return the interpreter of a fresh virtual environment with the wheel and these packages."""
        place = self.folder / name
        if self.python == sys.executable:
            venv.create(place, with_pip=True)
        else:
            subprocess.run([self.python, "-m", "venv", str(place)], check=True)
        python = place / "bin" / "python"
        self.install(python, str(self.wheel), *packages)
        return python

    @staticmethod
    def install(python: Path, *packages: str) -> None:
        """Install more packages into it."""
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        subprocess.run(command, check=True)

    def prove(self, title: str, python: Path, test: str, *arguments: str, expect: str = "passed") -> None:
        """Run a test file in an empty folder, with pytest or with the given arguments."""
        place = Path(tempfile.mkdtemp(dir=self.folder))
        (place / "test_it.py").write_text(test)
        command = [str(python), "-m", *(arguments if arguments[:1] == ("unittest",) else ("pytest", *arguments))]
        begin = time.monotonic()
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=180)
        seconds = time.monotonic() - begin
        out = done.stdout + done.stderr
        well = done.returncode == 0 and expect in out and "warnings summary" not in out
        print(f"{'ok    ' if well else 'FAILED'} {seconds:5.1f} s  {title}", flush=True)
        if not well:
            self.failed.append(title)
            print(out)


def wheel_of(folder: Path) -> Path:
    """Build the wheel and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def run(proofs: Proofs) -> None:
    """Run every proof."""
    nine = proofs.environment("nine", "pytest>=9")
    proofs.prove("a five-line test on pytest 9, and nothing else installed", nine, FIVE_LINES)
    proofs.prove("the same with the farm in a process", nine, FIVE_LINES, "--homeport-mode=process")
    proofs.prove("unittest without pytest", nine, UNITTEST, "unittest", expect="OK")
    proofs.prove("-p no:homeport leaves nothing of it", nine, BLOCKED, "-p", "no:homeport")
    proofs.install(nine, "pytest-xdist")
    proofs.prove("41 tests under -n 4", nine, MANY, "-n", "4", expect="41 passed")
    proofs.prove("41 tests under -n 4 in processes", nine, MANY, "-n", "4", "--homeport-mode=process")
    proofs.install(nine, "pytest-httpserver", "pytest-localserver[smtp]", "smtpdfix")
    proofs.prove("beside pytest-httpserver, pytest-localserver and smtpdfix", nine, BESIDE_SERVERS)
    proofs.prove("the same under -n 4", nine, BESIDE_SERVERS, "-n", "4")
    proofs.install(nine, "pytest-asyncio", "anyio", "trio")
    strict, auto = ASYNC.format(mark="@pytest.mark.asyncio"), ASYNC.format(mark="")
    proofs.prove("pytest-asyncio, strict", nine, strict, "--asyncio-mode=strict", *SCOPE, expect="2 passed")
    proofs.prove("pytest-asyncio, auto", nine, auto, "--asyncio-mode=auto", *SCOPE, expect="2 passed")
    proofs.prove("the guide's example", nine, GUIDE["test_with_pytest_asyncio.py"], "--asyncio-mode=strict", *SCOPE)
    proofs.prove("anyio on asyncio and trio", nine, ANYIO, *SCOPE, expect="2 passed")
    proofs.prove("five lines beside all of these", nine, FIVE_LINES, *SCOPE)
    twisted = proofs.environment("twisted", "pytest", "pytest-twisted")
    proofs.prove("pytest-twisted: in its reactor and beside it", twisted, IN_TWISTED, expect="3 passed")
    proofs.prove("the same on asyncio's reactor", twisted, IN_TWISTED, "--reactor=asyncio", expect="3 passed")
    proofs.prove("the guide's example", twisted, GUIDE["test_with_pytest_twisted.py"])
    eight = proofs.environment("eight", "pytest<9", "pytest-xdist", "pytest-asyncio")
    proofs.prove("pytest 8", eight, FIVE_LINES)
    proofs.prove("pytest 8 under -n 4", eight, MANY, "-n", "4", expect="41 passed")
    proofs.prove("pytest 8 with pytest-asyncio, strict", eight, strict, "--asyncio-mode=strict", expect="2 passed")


def main() -> int:
    """Run all proofs and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="interpreter of the virtual environments")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="outside-") as folder:
        proofs = Proofs(Path(folder), given.python, wheel_of(Path(folder)))
        run(proofs)
    print(f"{len(proofs.failed)} failed" if proofs.failed else "all proven")
    return 1 if proofs.failed else 0


if __name__ == "__main__":
    sys.exit(main())
