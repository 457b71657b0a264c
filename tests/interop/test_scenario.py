"""The examples that drive a farm through a whole scenario: a shell with curl, and Node without a library."""

import os
import subprocess
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "control"


@pytest.fixture(params=["scenario.sh", "scenario.mjs"])
def command(request, client):
    """The command line of an example."""
    client("curl" if request.param.endswith("sh") else "node")
    return [client("bash" if request.param.endswith("sh") else "node"), EXAMPLES / request.param]


@pytest.fixture
def scenario(command):
    """Run an example against a URL; return its exit code and output."""

    def run(url, **environment):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT")}
        done = subprocess.run(
            [*command, url], env=inherited | environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return run


def url_of(farm):
    return f"http://127.0.0.1:{farm.farm.control.port}"


def test_a_scenario_goes_as_it_says_and_leaves_nothing(farm, scenario):
    code, out, err = scenario(url_of(farm))
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "ok: the world is closed"
    assert "C: alice" in out
    assert list(farm.farm.hosts) == ["default"]


def test_a_scenario_needs_no_url_where_the_farm_has_the_default_ports(command, on_default_ports):
    done = on_default_ports(*command)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "ok: the world is closed"


def test_a_scenario_goes_with_a_token_too(start_farm, scenario):
    farm = start_farm("finger", control={"token": "secret"})
    assert scenario(url_of(farm), HOMEPORT_TOKEN="secret")[0] == 0
    code, out, _err = scenario(url_of(farm))
    assert (code, out) != (0, "")
    assert code != 0


def test_a_scenario_stops_at_the_first_surprise(start_farm, scenario):
    farm = start_farm("echo")
    code, out, _err = scenario(url_of(farm).replace("127.0.0.1", "127.0.0.2"))
    assert code != 0
    assert "ok: the world is closed" not in out
