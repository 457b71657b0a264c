"""The example program of docs/epp.md: a domain's life against a farm, with Python's standard library only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WALK = Path(__file__).parents[2] / "examples" / "epp" / "walk.py"
SERVICES = ("epp", "whois")


def walk(url, **environment):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT")}
    return subprocess.run(
        [sys.executable, "-S", "-W", "error", WALK, url],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def url_of(farm):
    return f"http://127.0.0.1:{farm.farm.control.port}"


@pytest.mark.parametrize("token", ["", "secret"])
def test_the_example_program_runs_and_cleans_up(start_farm, token):
    farm = start_farm(*SERVICES, **({"control": {"token": token}} if token else {}))
    done = walk(url_of(farm), **({"HOMEPORT_TOKEN": token} if token else {}))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 16
    assert all(line.startswith("ok: ") for line in lines)
    assert lines[-1] == "ok: the world is closed"
    assert list(farm.farm.hosts) == ["default"]


def test_the_walk_needs_no_url_where_the_farm_has_the_default_ports(on_default_ports):
    done = on_default_ports(sys.executable, "-S", "-W", "error", WALK)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "ok: the world is closed"


def test_the_walk_stops_at_the_first_surprise(start_farm):
    farm = start_farm("echo")
    done = walk(url_of(farm).replace("127.0.0.1", "127.0.0.2"))
    assert done.returncode == 1
    assert "ok: the world is closed" not in done.stdout


def test_the_documentation_shows_the_output_of_the_program(start_farm):
    page = (WALK.parents[2] / "docs" / "epp.md").read_text()
    assert walk(url_of(start_farm(*SERVICES))).stdout in page
