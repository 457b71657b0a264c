"""Farms as other projects' tests use them: in a thread, in a child process, and a running one."""

import os
import sys
from pathlib import Path

import pytest

from homeport import Farm

SERVERS = str(Path(__file__).parents[2] / "servers")
MODES = ("thread", "process", "url")


@pytest.fixture(scope="session")
def running_farm():
    """A farm started outside the tests."""
    with Farm(mode="process") as farm:
        yield farm


@pytest.fixture(scope="session")
def make_farm(running_farm):
    """`make_farm("url", services=[...])`: a farm of that mode, not yet started."""

    def make(mode, **options):
        return Farm(url=running_farm.control, **options) if mode == "url" else Farm(mode=mode, **options)

    return make


@pytest.fixture(scope="session", params=MODES)
def farm(request, make_farm):
    """A farm of each mode with every service, for the whole session."""
    with make_farm(request.param) as farm:
        yield farm


@pytest.fixture
def world(farm):
    """A fresh world of a farm of each mode."""
    with farm.world() as world:
        yield world


@pytest.fixture
def python(tmp_path):
    """Command and keywords for `subprocess` that run Python in an empty folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HOMEPORT", "PYTEST"))}
    environment |= {"PYTHONPATH": SERVERS}
    return [sys.executable], {"cwd": tmp_path, "env": environment}
