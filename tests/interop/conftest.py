"""Clients that we did not write. Each is found on the machine, or its tests are skipped; in CI they may not be."""

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest

REQUIRED = os.environ.get("HOMEPORT_REQUIRE_INTEROP") == "1"
MOMENT = 1_792_008_000.0
"""What the world's clock stands at: 2026-10-14T20:00:00Z, a Wednesday."""
ADMINISTRATOR_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
"""Debian has rdate and nmap's kin where only root looks."""


def lacking(reason: str) -> None:
    """Skip the test, or fail it where every client is required."""
    if REQUIRED:
        pytest.fail(f"{reason}, and HOMEPORT_REQUIRE_INTEROP=1 demands it: install it (see .ci/run)")
    pytest.skip(reason)


@pytest.fixture
def client() -> Callable[[str], str]:
    """The path of a client: `client("nc")`."""

    def find(name: str) -> str:
        path = shutil.which(name, path=ADMINISTRATOR_PATH)
        if path is None:
            lacking(f"there is no {name} on this machine")
        return path

    return find


@pytest.fixture
def netcat(client: Callable[[str], str]) -> str:
    """OpenBSD's nc; the traditional one and nmap's have other options."""
    path = client("nc")
    if "OpenBSD netcat" not in subprocess.run([path, "-h"], capture_output=True, text=True, check=False).stderr:
        lacking("nc is not OpenBSD's")
    return path


@pytest.fixture
def run() -> Callable[..., bytes]:
    """Run a client in English and UTC: what it printed. One that fails, or hangs for a minute, fails the test."""

    def run(*command: object, stdin: bytes = b"") -> bytes:
        environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC", "PATH": ADMINISTRATOR_PATH}
        done = subprocess.run(
            [str(word) for word in command], input=stdin, capture_output=True, timeout=60, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    return run


@pytest.fixture
def still_farm(start_farm):
    """Every service, on free ports, in a world whose clock stands still at MOMENT."""
    farm = start_farm()
    farm.call(lambda: (farm.world.clock.freeze(), farm.world.clock.set(MOMENT)))
    return farm
