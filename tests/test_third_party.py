"""Another package adds a service: the worked example of docs/adding-a-service.md, installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from tests.cli.conftest import Process

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "service"
NS1 = "HOST : 192.0.2.53 : NS1.HOMEPORT.TEST : : TOPS20 : TCP :\n"
JSON = {"Content-Type": "application/json"}


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
    """A farm that serves hostname and finger by a file, on free ports."""
    file = tmp_path / "homeport.toml"
    file.write_text('[farm]\nservices = ["finger", "hostname"]\n[hostname]\nsystem = "TOPS20"\n')
    process = Process(homeport_command, "--ephemeral", "--quiet", "--config", file, **environment)
    yield process.ready()
    process.kill()


def test_installed_it_is_known_and_not_served_until_it_is_named(run, tmp_path):
    assert "hostname" not in json.loads(run("check", "--json"))
    file = tmp_path / "homeport.toml"
    file.write_text('[farm]\nservices = ["*", "hostname"]\n')
    served = json.loads(run("check", "--json", file))
    assert (served["hostname"]["port"], served["echo"]["port"]) == (10101, 10007)
    file.write_text('[hostname]\nsystem = "OTHER"\n')
    assert "hostname" not in json.loads(run("check", "--json", file))
    file.write_text('[hostname]\nsytem = "OTHER"\n')
    assert f"{file}:2: hostname has no key 'sytem'; did you mean 'system'?" in run("check", file, status=2)
    file.write_text("[hostnmae]\n")
    assert "did you mean 'hostname'?" in run("check", file, status=2)


def test_configuration_completion_and_page_come_from_its_declaration(run, environment):
    text = run("init", "-")
    assert "# HOSTNAME (RFC 953)\n[hostname]\n" in text
    assert '# the operating system in entries (RFC 952)\nsystem = "UNIX"\n' in text
    page = run("docs/generate.py", "--service", "hostname", module=None)
    assert page.startswith("# HOSTNAME\n")
    assert "| `hostname.tcp` | 10101/tcp | `[hostname] port` | no |" in page
    assert (
        "| `hostname.no-command` | must | RFC 953 command keys | sent a query that does not begin with a command |"
        in page
    )
    assert "Not implemented: entries of networks and gateways" in page
    asked = {"_HOMEPORT_COMPLETE": "bash_complete", "COMP_WORDS": "homeport query ho", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", "from homeport.cli import main; main()"],
        env={**os.environ, **environment, **asked}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "plain,hostname\n"


def test_a_farm_serves_it_with_findings_faults_and_worlds(run, farm):
    url = ["--url", farm["control"]]
    assert list(farm["services"]) == ["finger", "hostname"]
    assert run("query", "hostname", "HNAME ns1.homeport.test", *url) == NS1
    assert run("query", "hostname", "HADDR 192.0.2.53", *url) == NS1
    assert run("query", "hostname", "who", *url) == "ERR : ILLCOM : Illegal command\n"
    (found,) = json.loads(run("findings", "--json", *url))["items"]
    assert (found["id"], found["level"], found["reference"]) == ("hostname.no-command", "must", "RFC 953 command keys")
    assert "verb=query argument=HADDR 192.0.2.53 code=found" in run("journal", "--service", "hostname", *url)
    run("fault", "add", "hostname", "answer", "text=ERR : TMPSYS : Later\r\n", "--verb", "query", *url)
    assert run("query", "hostname", "ALL", *url) == "ERR : TMPSYS : Later\n"
    run("fault", "add", "hostname", "reset", *url)
    assert "reset" in run("query", "hostname", "ALL", *url, status=1)
    assert run("query", "hostname", "HNAME ns1.homeport.test", *url) == NS1


def test_a_client_of_the_host_table_need_not_fetch_it_again_while_its_version_is_the_same(run, farm):
    """The fixture for such clients: a version that is an opaque string, and a journal that shows what they fetched."""
    url = ["--url", farm["control"]]
    version = run("query", "hostname", "VERSION", *url)
    run("query", "hostname", "ALL", *url)
    assert run("query", "hostname", "VERSION", *url) == version
    asked = run("journal", "--service", "hostname", *url)
    assert [line for line in ("argument=VERSION", "argument=ALL") if line not in asked] == []
    assert asked.index("argument=VERSION") < asked.index("argument=ALL")
    for wanted in ("9", "10", "abc"):
        body = {"services": ["hostname"], "config": {"hostname": {"version": wanted}}}
        request = Request(farm["control"] + "/api/v1/worlds", json.dumps(body).encode(), JSON, method="POST")
        with urlopen(request, timeout=10) as answer:
            bound = json.load(answer)["services"]["hostname"]["tcp"]
        assert run("query", f"hostname://127.0.0.1:{bound['port']}", "VERSION") == f"VERSION : {wanted}\n"


def test_the_api_makes_worlds_with_it_counts_it_and_stops_it(run, farm):
    def ask(method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(farm["control"] + path, data, headers, method=method), timeout=10) as answer:
            return answer.read().decode()

    made = json.loads(
        ask("POST", "/api/v1/worlds", {"services": ["hostname"], "config": {"hostname": {"system": "OTHER"}}})
    )
    bound = made["services"]["hostname"]["tcp"]
    assert run("query", f"hostname://{bound['host']}:{bound['port']}", "x") == "ERR : ILLCOM : Illegal command\n"
    (counted,) = [line for line in ask("GET", "/metrics").splitlines() if line.startswith("homeport_findings_total{")]
    assert counted.endswith("} 1.0")
    assert all(part in counted for part in ('service="hostname"', 'id="hostname.no-command"', 'level="must"'))
    stopped = json.loads(ask("POST", f"/api/v1/worlds/{made['world']}/services/hostname/stop"))
    assert stopped["state"] == "stopped"


def test_the_examples_own_tests_pass(run):
    assert "passed" in run("-q", "-p", "no:cacheprovider", "-c", EXAMPLE / "pyproject.toml", EXAMPLE, module="pytest")


def test_an_entry_point_that_is_no_service_is_named(environment, run, tmp_path, monkeypatch):
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[homeport.services]\nbroken = homeport_hostname:HostnameOptions\n")
    file = tmp_path / "homeport.toml"
    file.write_text('[farm]\nservices = ["broken"]\n')
    monkeypatch.setitem(environment, "PYTHONPATH", os.pathsep.join([environment["PYTHONPATH"], str(tmp_path)]))
    assert "correct the entry point in the group homeport.services" in run("check", file, status=2)
