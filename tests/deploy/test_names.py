"""The commands of docs/containers.md, against a farm configured as the page and the recipes for CI configure it.

Curl's `connect-to` replaces the network of containers: the farm has its name and its default ports.
"""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from homeport import Farm
from homeport.config.reading import environment_settings
from homeport.config.sections import ControlOptions
from homeport.config.values import Builder
from homeport.services import find_service

SERVICES = ("smtp", "ftp")
LETTER = "From: app@example.org\r\nTo: alice@homeport.test\r\nSubject: hello\r\n\r\nhello\r\n"


def environments(read_file):
    """The environment of each example's farm, which clients call `homeport`."""
    page = read_file("docs/containers.md")
    blocks = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S)]
    (shown,) = (one["services"]["homeport"]["environment"] for one in blocks if "services" in one)
    github = yaml.safe_load(read_file("examples/ci/github-actions.yml"))
    gitlab = yaml.safe_load(read_file("examples/ci/gitlab-ci.yml"))
    return {
        "page": shown,
        "github": github["jobs"]["node"]["services"]["homeport"]["env"],
        "gitlab": gitlab[".homeport"]["services"][0]["variables"],
    }


def tree_of(environment):
    """Return the configuration of environment variables, as tables."""
    builder = Builder()
    for setting in environment_settings(environment):
        builder.put(setting.key, setting.value, setting.origin, setting.text)
    return builder.tree


@pytest.fixture
def commands(read_file):
    """Return the commands for clients in containers."""
    (found,) = re.findall(r"^```sh\n(curl [^`]*--ssl-reqd.*?)^```", read_file("docs/containers.md"), re.M | re.S)
    return found


@pytest.mark.parametrize("source", ["page", "github", "gitlab"])
def test_clients_in_containers_verify_the_farm_by_the_name_that_they_call_it(source, read_file, commands, tmp_path):
    if not shutil.which("curl"):
        pytest.skip("needs curl")
    with Farm(SERVICES, tree_of(environments(read_file)[source])) as farm:
        ports = {ControlOptions().port: int(farm.control.rpartition(":")[2])}
        for name in SERVICES:
            for listener in find_service(name).listeners:
                if bound := farm.ready["services"][name].get(listener.name):
                    ports[listener.default_port] = bound["port"]
        there = [f'connect-to = "homeport:{asked}:127.0.0.1:{port}"\n' for asked, port in ports.items()]
        (tmp_path / ".curlrc").write_text("silent\nshow-error\nfail\n" + "".join(there))
        (tmp_path / "letter.eml").write_text(LETTER, newline="")
        url = f"http://homeport:{ControlOptions().port}"
        ran = subprocess.run(
            ["bash", "-e", "-c", commands],
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "HOMEPORT_URL": url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert ran.stdout.count("note.txt") == 2  # FTP and FTPS
        assert farm.smtp.wait_for(to="alice@homeport.test").subject == "hello"
        assert {event["server_name"] for event in farm.events(type="tls")} == {"homeport"}
