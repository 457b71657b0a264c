"""Logins by the LDAP libraries of other languages: find the entry, bind with its name, read the groups."""

import os
import subprocess
from pathlib import Path

import pytest
from conftest import RunningFarm, farm_config
from tests.interop.conftest import lacking

PROGRAMS = Path(__file__).parent / "ldap_logins"
DEBIANS_PYTHON = "/usr/bin/python3"
LIBRARIES = {
    "login.php": ["php"],
    "login.py": [DEBIANS_PYTHON],
    "Login.java": ["java"],
    "login.go": ["go", "run"],
    "login.js": ["node"],
    "login.rb": ["ruby"],
}
"""Commands that run a program; what they need is in .ci/run."""
CHECKS = {
    "login.php": ["php", "-r", "exit(extension_loaded('ldap') ? 0 : 1);"],
    "login.py": [DEBIANS_PYTHON, "-c", "import ldap"],
    "Login.java": ["java", "--version"],
    "login.go": ["test", "-d", "/usr/share/gocode/src/github.com/go-ldap/ldap"],
    "login.js": ["node", "-e", "require('ldapjs')"],
    "login.rb": ["ruby", "-e", "require 'net/ldap'"],
    "login_django.py": [DEBIANS_PYTHON, "-c", "import django_auth_ldap"],
}
ALICE = "uid=alice,ou=people,dc=homeport,dc=test"


@pytest.fixture(scope="module")
def farm():
    """Return a farm for all programs."""
    running = RunningFarm(farm_config("ldap"))
    yield running
    running.stop()


@pytest.fixture
def findings(farm):
    """Return what the client of this test has done wrong, but for passwords in the clear."""
    since = farm.call(lambda: farm.world.journal.seq)
    return lambda: {one["id"] for one in farm.events("finding", since)} - {"ldap.bind-in-clear"}


@pytest.fixture
def login(farm, client, tmp_path_factory):
    """Run a program: `login("login.php", "alice", "alice-pass")`; return the words that it prints."""
    url = f"ldap://127.0.0.1:{farm.port('ldap', 'starttls')}"
    cache = tmp_path_factory.getbasetemp() / "go-cache"
    go = {"GOCACHE": str(cache), "GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOFLAGS": "", "GOPROXY": "off"}

    def run(name, *arguments, command=()):
        check = CHECKS[name]
        if subprocess.run([client(check[0]), *check[1:]], capture_output=True, timeout=60, check=False).returncode:
            lacking(f"the library of {name} is not there")
        first, *others = command or LIBRARIES[name]
        # Debian's Python has modules of its own.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [client(first), *others, PROGRAMS / name, url, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            env={**environment, **go, "LC_ALL": "C.UTF-8"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().split("|")

    return run


@pytest.mark.parametrize("program", LIBRARIES)
def test_a_library_finds_the_person_and_logs_in(login, program, findings):
    assert login(program, "alice", "alice-pass") == [ALICE, "Alice Liddell", "0", "crew"]
    assert findings() <= {"ldap.no-unbind"}


def test_a_wrong_password_is_refused(login, findings):
    assert login("login.php", "alice", "wrong")[2] == "49"
    assert login("login.py", "alice", "wrong")[2] == "49"
    assert findings() <= {"ldap.no-unbind"}


def test_django_logs_people_in_by_their_entries(login, findings):
    command = [DEBIANS_PYTHON]
    told = login("login_django.py", "alice", "alice-pass", command=command)
    assert told == ["alice", "Alice Liddell", "alice@homeport.test", "True", "crew"]
    assert login("login_django.py", "alice", "wrong", command=command) == ["nobody"]
    assert login("login_django.py", "ali*", "alice-pass", command=command) == ["nobody"]
    assert findings() <= {"ldap.no-unbind"}


def test_ldapvi_prints_an_entry(farm, client, findings):
    words = ["--host", f"127.0.0.1:{farm.port('ldap', 'starttls')}", "--bind", "simple", "--user", "", "--out"]
    done = subprocess.run(
        [client("ldapvi"), *words, "--base", "dc=homeport,dc=test", "(uid=alice)"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert "cn: Alice Liddell" in done.stdout, done.stderr
    assert findings() <= {"ldap.no-unbind"}
