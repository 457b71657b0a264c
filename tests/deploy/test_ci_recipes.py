"""The recipes for other projects' CI name existing ports, health checks, settings and commands."""

import re
import shlex
from urllib.parse import urlsplit

import pytest
import yaml

from homeport.config.reading import load
from homeport.io.tls.certificates import server_names

RECIPES = ("github-actions.yml", "gitlab-ci.yml")
READY = ["homeport", "ready", "--quiet"]
EVERY_LANGUAGE = ("go", "node", "python")


@pytest.fixture(params=RECIPES)
def text(request, read_file):
    return read_file(f"examples/ci/{request.param}")


@pytest.fixture
def recipe(text):
    return read(text)


@pytest.fixture
def github(read_file):
    return read(read_file("examples/ci/github-actions.yml"))


@pytest.fixture
def gitlab(read_file):
    return read(read_file("examples/ci/gitlab-ci.yml"))


def read(text):
    """Parse YAML with all values as strings, because `on` is the name of a key here, not a boolean."""
    return yaml.load(text, Loader=yaml.BaseLoader)


def sections(tree):
    """Yield every mapping in a document."""
    if isinstance(tree, dict):
        yield tree
    for inner in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from sections(inner)


def test_every_port_is_one_of_ours(text, farm_ports, passive_ports):
    known = {str(port) for port, transport in farm_ports if transport == "tcp"} | set(passive_ports.split("-"))
    named = set(re.findall(r"\b1\d{4}\b", text))
    assert "18000" in named
    assert named <= known


def test_what_is_published_has_its_own_number_on_loopback(github, farm_ports, passive_ports):
    published = github["jobs"]["python"]["services"]["homeport"]["ports"]
    assert f"127.0.0.1:{passive_ports}:{passive_ports}" in published
    for address, outside, inside in (one.split(":") for one in published):
        assert (address, outside) == ("127.0.0.1", inside)


def test_what_is_set_is_a_configuration(recipe):
    settings = [
        {name: value for name, value in section.items() if name.startswith("HOMEPORT__")}
        for section in sections(recipe)
        if "HOMEPORT__CONTROL__OPEN" in section
    ]
    assert settings
    for environment in settings:
        assert load(environment=environment).control.open


def test_the_certificate_is_for_the_name_that_the_jobs_call_the_farm_by(github, gitlab):
    jobs = [(job["env"]["HOMEPORT_URL"], job["services"]["homeport"]["env"]) for job in github["jobs"].values()]
    (service,) = gitlab[".homeport"]["services"]
    jobs.append((gitlab[".homeport"]["variables"]["HOMEPORT_URL"], service["variables"]))
    assert urlsplit(jobs[-1][0]).hostname == service["alias"]
    for url, environment in jobs:
        settings = {name: value for name, value in environment.items() if name.startswith("HOMEPORT__")}
        assert urlsplit(url).hostname in server_names([], load(environment=settings).tls.names)


def test_github_asks_what_the_image_asks(github, read_file):
    dockerfile = re.search(r"^HEALTHCHECK .* CMD (\[.*\])$", read_file("Dockerfile"), re.MULTILINE)[1]
    assert yaml.safe_load(dockerfile) == READY
    for job in github["jobs"].values():
        options = shlex.split(job["services"]["homeport"]["options"])
        asked = dict(zip(options[::2], options[1::2], strict=True))
        assert asked.pop("--health-cmd").split() == READY
        assert set(asked) == {"--health-interval", "--health-timeout", "--health-retries"}


def test_gitlab_waits_until_all_is_served(gitlab):
    for name, job in gitlab.items():
        assert name.startswith(".") or job["extends"] == ".homeport"
        assert name.startswith(".") or job["before_script"][0].endswith('"$HOMEPORT_URL/readyz"')


def test_jobs_run_what_the_readmes_say(github, gitlab, read_file):
    scripts = {name: job["steps"][-1]["run"] for name, job in github["jobs"].items()}
    scripts |= {name: job["script"][-1] for name, job in gitlab.items() if "script" in job}
    assert set(scripts) == set(EVERY_LANGUAGE)
    for name, script in scripts.items():
        readme = read_file(f"examples/{'python-pytest' if name == 'python' else name}/README.md")
        assert " ".join(script.removeprefix("python -m ").split()[:2]) in readme
