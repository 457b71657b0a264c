"""The test suites of real clients, aioftp, aiosmtplib, ldap3 and bonsai, and of an FTP server, pyftpdlib, run unchanged
against Homeport instead of their own servers.

Their sources come from the package index, pinned, and are deleted afterwards; the replacements of their servers are in
`suites/`, and the errors found on either side in docs/client-suites.md.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.interop.conftest import lacking, own_network

SUITES = Path(__file__).parent / "suites"
SERVERS = Path(__file__).parents[2] / "servers"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--retries", "1"]


@dataclass(frozen=True)
class Suite:
    """A client with tests."""

    name: str
    version: str
    needs: tuple[str, ...]
    """Further packages that its tests import and that Homeport does not."""
    options: tuple[str, ...]
    """Options of pytest; without them its configuration requires plugins that do not matter here."""
    tests: tuple[str, ...]
    """Files of tests, or their folder."""
    passes: int
    """Number of tests that run and pass; all others are deselected by `suites/`, with reasons."""
    breaks: frozenset[str]
    """Rules that the client is known to break."""
    skips: int = 0
    """Number of tests that the suite skips itself."""
    host: str = ""
    """A name of 127.0.0.1 in a network of the tests' own, where they connect to the well-known ports."""


AIOFTP = Suite(
    name="aioftp",
    version="0.28.3",
    needs=("pytest-asyncio==1.5.0", "pytest-mock==3.17.0", "async-timeout==5.0.1", "siosocks==0.3.0"),
    options=(
        "-p",
        "pytest_asyncio.plugin",
        "-p",
        "pytest_mock",
        "-p",
        "homeport.testing.plugin",
        "-o",
        "addopts=",
        "--import-mode=importlib",
    ),
    tests=("tests",),
    passes=194,
    breaks=frozenset({"ftp.abort-without-synch"}),
)
AIOSMTPLIB = Suite(
    name="aiosmtplib",
    version="5.1.3",
    needs=("pytest-asyncio==1.5.0", "aiosmtpd==1.4.6", "atpublic==9.0.0"),
    options=("-p", "pytest_asyncio.plugin", "-p", "_hypothesis_pytestplugin"),
    tests=("tests",),
    passes=194,
    breaks=frozenset({"smtp.8bit-without-8bitmime", "smtp.bad-from", "smtp.no-quit", "smtp.trailing-space"}),
)
PYFTPDLIB = Suite(
    name="pyftpdlib",
    version="2.2.0",
    needs=("psutil==7.2.2", *(("pyasyncore==1.0.4", "pyasynchat==1.0.4") if sys.version_info >= (3, 12) else ())),
    options=("-p", "homeport.testing.plugin", "-p", "no:unraisableexception", "-o", "addopts="),
    tests=("tests/test_functional.py", "tests/test_functional_ssl.py"),
    passes=113,
    breaks=frozenset({"ftp.after-epsv-all", "ftp.bad-sequence", "ftp.data-in-clear"}),
    skips=1,
)


LDAP3 = Suite(
    name="ldap3",
    version="2.9.1",
    needs=("pyasn1==0.6.5",),
    options=("--import-mode=importlib", "-o", "python_files=test*.py"),
    tests=("test",),
    passes=245,
    breaks=frozenset({"ldap.bind-in-clear"}),
)

BONSAI = Suite(
    name="bonsai",
    version="1.5.5",
    needs=(
        *("pytest-asyncio==1.5.0", "pytest-timeout==2.4.0", "tornado==6.6.1", "trio==0.35.0", "outcome==1.3.0.post0"),
        *("sniffio==1.3.1", "gevent==26.9.0", "greenlet==3.5.6", "zope-event==6.2"),
    ),
    options=("-p", "pytest_asyncio.plugin", "-p", "pytest_timeout"),
    tests=("tests",),
    passes=146,
    skips=8,
    breaks=frozenset({"ldap.bind-in-clear", "ldap.truncated-message"}),
    host="bonsai.test",
)
HOSTS = """\
mount --bind hosts /etc/hosts
exec "$@"
"""


def fetch(suite: Suite, folder: Path) -> Path:
    """Unpack its sources; install it and the requirements of its tests in `folder/packages`."""
    source = f"{suite.name}=={suite.version}"
    pip("download", "--no-deps", f"--no-binary={suite.name}", "--dest", folder, source)
    (archive,) = folder.glob("*.tar.gz")
    pip("install", "--no-deps", "--target", folder / "packages", archive, *suite.needs)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))  # from 3.11.4 on
    return folder / f"{suite.name}-{suite.version}"


def pip(*words: object) -> None:
    """Run pip; skip the test without a package index."""
    done = subprocess.run([*PIP, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        lacking(f"no package index gives what the client's tests need: {done.stderr.strip()[-300:]}")


def namespace(suite: Suite, source: Path) -> list[str]:
    """Return the command prefix for a network of the suite's own, in which its host has a name; empty for none."""
    if not suite.host:
        return []
    (source / "hosts").write_text(f"127.0.0.1 localhost {suite.host}\n")
    return [*own_network(), "unshare", "--mount", "sh", "-c", HOSTS, "sh"]


@pytest.mark.parametrize("suite", [AIOFTP, AIOSMTPLIB, PYFTPDLIB, LDAP3, BONSAI], ids=lambda suite: suite.name)
def test_a_projects_own_tests_pass_with_homeport_in_the_place_of_its_server(suite, tmp_path):
    source = fetch(suite, tmp_path)
    report = tmp_path / "report.xml"
    plugins = ["-p", "found", "-p", f"{suite.name}_suite", "-p", "no:cacheprovider"]
    path = os.pathsep.join(map(str, [tmp_path / "packages", SERVERS, SUITES]))
    words = [sys.executable, "-m", "pytest", "--tb=short", *plugins, *suite.options, f"--junitxml={report}"]
    done = subprocess.run(
        [*namespace(suite, source), *words, *suite.tests],
        cwd=source,
        env={**os.environ, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2_000:]
    ran = ElementTree.parse(report).getroot()[0].attrib
    assert {key: int(ran[key]) for key in ("tests", "skipped", "failures", "errors")} == {
        "tests": suite.passes + suite.skips,
        "skipped": suite.skips,
        "failures": 0,
        "errors": 0,
    }
    broken = json.loads(re.search(r"^findings: (.+)$", done.stdout, re.MULTILINE)[1])
    assert suite.breaks <= set(broken)
