"""Harm from outside: damaged folders, failing disks, kills, browsers."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest


def _interop() -> ModuleType:
    """Load the fixtures of the interop tests: clients, and a farm on its default ports."""
    place = Path(__file__).parents[1] / "interop" / "conftest.py"
    spec = spec_from_file_location("interop_fixtures", place)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


client, on_default_ports = (getattr(_interop(), name) for name in ("client", "on_default_ports"))
SERVERS = Path(__file__).parents[2] / "servers"


@pytest.fixture(scope="session")
def starter():
    """A process that starts farms: it is told arguments, and answers exit code, output and errors.

    Where root runs the tests, it may not read and write what its modes forbid, like any other user.
    """
    command = [sys.executable, str(Path(__file__).with_name("starter.py"))]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("needs setpriv: root may read and write everything")
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT")}
    process = subprocess.Popen(
        command,
        env=environment | {"PYTHONPATH": str(SERVERS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def start(*arguments):
        process.stdin.write(json.dumps(arguments) + "\n")
        process.stdin.flush()
        return tuple(json.loads(process.stdout.readline()))

    yield start
    process.stdin.close()
    process.wait()
    process.stdout.close()
