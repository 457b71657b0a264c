"""Another package adds a service: the worked example of docs/adding-a-service.md, installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Process

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "service"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Environment variables with which the built wheel of the example is installed, next to this Homeport."""
    folder = tmp_path_factory.mktemp("third-party")
    source = shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=source, check=True, capture_output=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    shutil.unpack_archive(wheel, folder / "site", "zip")  # without scripts and data, unpacking is installing
    return {"PYTHONPATH": os.pathsep.join([str(ROOT / "servers"), str(folder / "site")])}


@pytest.fixture
def run(environment):
    """Run Homeport, or a script of this repository, in that environment; return its output."""

    def run(*words, status=0, module="homeport"):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT")}
        command = [sys.executable, *(["-m", module] if module else []), *map(str, words)]
        done = subprocess.run(
            command, cwd=ROOT, env={**inherited, **environment}, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == status, done.stderr
        return done.stdout + (done.stderr if status else "")

    return run


@pytest.fixture
def farm(environment, homeport_command, tmp_path):
    """A farm that serves ident and finger by a file, on free ports."""
    file = tmp_path / "homeport.toml"
    file.write_text('[farm]\nservices = ["finger", "ident"]\n[ident]\nowners = { 22 = "bob" }\n')
    process = Process(homeport_command, "--ephemeral", "--quiet", "--config", file, **environment)
    yield process.ready()
    process.kill()


def test_installed_it_is_known_and_not_served_until_it_is_named(run, tmp_path):
    assert "ident" not in json.loads(run("check", "--json"))
    file = tmp_path / "homeport.toml"
    file.write_text('[farm]\nservices = ["*", "ident"]\n')
    served = json.loads(run("check", "--json", file))
    assert (served["ident"]["port"], served["echo"]["port"]) == (10113, 10007)
    file.write_text('[ident]\nsystem = "OTHER"\n')
    assert "ident" not in json.loads(run("check", "--json", file))
    file.write_text('[ident]\nsytem = "OTHER"\n')
    assert f"{file}:2: ident has no key 'sytem'; did you mean 'system'?" in run("check", file, status=2)
    file.write_text("[idnet]\n")
    assert "did you mean 'ident'?" in run("check", file, status=2)


def test_configuration_completion_and_page_come_from_its_declaration(run, environment):
    text = run("init", "-")
    assert "# Ident (RFC 1413)\n[ident]\n" in text
    assert '# the operating system in answers, or OTHER\nsystem = "UNIX"\n' in text
    page = run("docs/generate.py", "--service", "ident", module=None)
    assert page.startswith("# Ident\n")
    assert "| `ident.tcp` | 10113/tcp | `[ident] port` | no |" in page
    assert "| `ident.bad-port` | must | RFC 1413 5 | asked for a port that is not 1 to 65535 |" in page
    assert "Not implemented: further queries on a connection" in page
    asked = {"_HOMEPORT_COMPLETE": "bash_complete", "COMP_WORDS": "homeport query id", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", "from homeport.cli import main; main()"],
        env={**os.environ, **environment, **asked}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "plain,ident\n"


def test_a_farm_serves_it_with_findings_faults_and_worlds(run, farm):
    url = ["--url", farm["control"]]
    assert list(farm["services"]) == ["finger", "ident"]
    assert run("query", "ident", "22, 9", *url) == "22, 9 : USERID : UNIX : bob\n"
    assert run("query", "ident", "23, 9", *url) == "23, 9 : USERID : UNIX : alice\n"
    assert run("query", "ident", "0, 9", *url) == "0, 9 : ERROR : INVALID-PORT\n"
    (found,) = json.loads(run("findings", "--json", *url))["items"]
    assert (found["id"], found["level"], found["reference"]) == ("ident.bad-port", "must", "RFC 1413 5")
    assert "verb=query argument=22, 9 code=USERID" in run("journal", "--service", "ident", *url)
    run("fault", "add", "ident", "answer", "text=22, 9 : USERID : UNIX : eve\r\n", "--verb", "query", *url)
    assert run("query", "ident", "22, 9", *url) == "22, 9 : USERID : UNIX : eve\n"
    run("fault", "add", "ident", "reset", *url)
    assert "reset" in run("query", "ident", "22, 9", *url, status=1)
    assert run("query", "ident", "22, 9", *url) == "22, 9 : USERID : UNIX : bob\n"


def test_the_api_makes_worlds_with_it_counts_it_and_stops_it(run, farm):
    from urllib.request import Request, urlopen

    def ask(method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(farm["control"] + path, data, headers, method=method), timeout=10) as answer:
            return answer.read().decode()

    made = json.loads(ask("POST", "/api/v1/worlds", {"services": ["ident"], "config": {"ident": {"system": "OTHER"}}}))
    bound = made["services"]["ident"]["tcp"]
    assert run("query", f"ident://{bound['host']}:{bound['port']}", "x") == "0, 0 : ERROR : UNKNOWN-ERROR\n"
    (counted,) = [line for line in ask("GET", "/metrics").splitlines() if line.startswith("homeport_findings_total{")]
    assert counted.endswith("} 1.0")
    assert all(part in counted for part in ('service="ident"', 'id="ident.no-pair"', 'level="must"'))
    stopped = json.loads(ask("POST", f"/api/v1/worlds/{made['world']}/services/ident/stop"))
    assert stopped["state"] == "stopped"


def test_the_examples_own_tests_pass(run):
    assert "passed" in run("-q", "-p", "no:cacheprovider", "-c", EXAMPLE / "pyproject.toml", EXAMPLE, module="pytest")


def test_an_entry_point_that_is_no_service_is_named(environment, run, tmp_path, monkeypatch):
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[homeport.services]\nbroken = homeport_ident:IdentOptions\n")
    file = tmp_path / "homeport.toml"
    file.write_text('[farm]\nservices = ["broken"]\n')
    monkeypatch.setitem(environment, "PYTHONPATH", os.pathsep.join([environment["PYTHONPATH"], str(tmp_path)]))
    assert "correct the entry point in the group homeport.services" in run("check", file, status=2)
