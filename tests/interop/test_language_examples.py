"""The projects in examples/, one per language, copied and run like a user's own."""

import contextlib
import json
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from nightly import of_day
from tests.interop.conftest import lacking

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DEBIAN_MAVEN = Path("/usr/share/maven-repo")
"""Debian's packages of Maven's plugins; with the project's artifacts, Maven needs no network."""
ARTIFACTS = ("org/junit/jupiter/junit-jupiter", "com/google/code/gson/gson", "org/apache/maven/surefire")
PLUGINS = ("maven-compiler-plugin", "maven-resources-plugin", "maven-surefire-plugin")


@dataclass
class Language:
    """How to run a project, its output on success, and where its mailer fails.

    command: the README's first one, literally.
    """

    command: str
    well: str
    give_up: tuple[str, str, str]


LANGUAGES = {
    "python-pytest": Language("pytest", r"\b4 passed in ", ("club.py", "attempt == 3", "attempt == 1")),
    "python-unittest": Language("python -m unittest", r"^Ran 4 tests", ("club.py", "attempt == 3", "attempt == 1")),
    "node": Language("npm test", r"^# pass 4$", ("clients.js", "attempt === 3", "attempt === 1")),
    "go": Language("go test", r"^ok\s+club.test/club", ("club.go", "attempt == 3", "attempt == 1")),
    "java": Language(
        "mvn test", r"Tests run: 3, Failures: 0", ("src/main/java/club/Mailer.java", "attempt == 3", "attempt == 1")
    ),
    "shell": Language("bats .", r"\A1\.\.3\nok 1 .*\nok 2 .*\nok 3 ", ("club.sh", "in 1 2 3", "in 1")),
}
SPAWNING = [name for name in LANGUAGES if not name.startswith("python")]
"""The projects that start the command `homeport` themselves."""


@dataclass
class Project:
    """A copy of a project."""

    folder: Path
    command: list[str]
    environment: dict[str, str]
    started: Path

    def start(self, **environment):
        """Start its tests in their own session."""
        return subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, **environment):
        """Run its tests; return exit status and output."""
        process = self.start(**environment)
        try:
            out, _ = process.communicate(timeout=180)
        finally:
            end(process)
        return process.returncode, out

    def farms(self):
        """Return the processes of the farms that it has started."""
        return [int(line) for line in self.started.read_text().split()] if self.started.exists() else []


def end(process):
    """Kill the remaining processes of its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def ended(pid):
    """True if a process ends by itself within ten seconds."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)


@pytest.fixture(scope="session")
def go_cache(tmp_path_factory):
    """Go's build cache, once for all tests; it is too large to keep."""
    folder = tmp_path_factory.mktemp("go-cache")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def set_up(tmp_path, homeport_command, client, go_cache):
    """Copy a project and set up what its README requires: `set_up("go")`."""

    def set_up(language, homeport=""):
        folder = tmp_path / language
        shutil.copytree(EXAMPLES / language, folder)
        started = tmp_path / "started"
        commands = tmp_path / "bin"
        commands.mkdir()
        command = f'PYTHONPATH={shlex.quote(str(ROOT / "servers"))} exec {shlex.join(homeport_command)} "$@" {homeport}'
        put_command(commands / "homeport", f"echo $$ >>{started}\n{command}")
        put_command(commands / "python", f'exec {shlex.quote(sys.executable)} "$@"')
        put_command(commands / "pytest", f'exec {shlex.quote(sys.executable)} -m pytest -p no:cacheprovider "$@"')
        words = LANGUAGES[language].command.split()
        if not language.startswith("python"):
            client(words[0])
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOMEPORT", "PYTEST"))}
        # The network is not tested: requirements are installed, or the test is skipped.
        kept |= {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "servers")}
        kept |= {"GOCACHE": str(go_cache), "GOPROXY": "off", "GOTOOLCHAIN": "local", "PYTHONDONTWRITEBYTECODE": "1"}
        prepare = {"node": link_node_modules, "java": take_debians_artifacts, "python-pytest": load_plugin}
        more = prepare[language](folder) if language in prepare else []
        return Project(folder, [*words, *more], kept, started)

    return set_up


def put_command(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def link_node_modules(folder):
    """ECMAScript modules are not searched in NODE_PATH."""
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    for place in filter(None, os.environ.get("NODE_PATH", "").split(os.pathsep)):
        if all((Path(place) / name).is_dir() for name in wanted):
            (folder / "node_modules").symlink_to(Path(place).absolute())
            return []
    return lacking(f"Node finds not all of {', '.join(wanted)} in NODE_PATH")


def take_debians_artifacts(folder):
    """Build a repository of links, because Maven writes notes next to the files it reads."""
    needed = [*ARTIFACTS, *(f"org/apache/maven/plugins/{name}" for name in PLUGINS)]
    if missing := [name for name in needed if not (DEBIAN_MAVEN / name).is_dir()]:
        lacking(f"{DEBIAN_MAVEN} lacks {', '.join(missing)}")
    shutil.copytree(DEBIAN_MAVEN, folder / "m2", copy_function=os.symlink)
    # Surefire 2 waits ten seconds for the end of its test process, so it runs the tests in its own.
    return ["--batch-mode", "--offline", f"-Dmaven.repo.local={folder / 'm2'}", "-DforkCount=0"]


def load_plugin(_folder):
    """pytest loads the plugin where Homeport is installed."""
    from importlib.metadata import entry_points

    return [] if entry_points(group="pytest11", name="homeport") else ["-p", "homeport.testing.plugin"]


@pytest.fixture
def project(set_up, language):
    return set_up(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_project_has_a_farm_of_its_own_that_ends_with_its_tests(project, language):
    status, out = project.run()
    assert status == 0, out
    assert re.search(LANGUAGES[language].well, out, re.MULTILINE), out
    assert len(project.farms()) == (language in SPAWNING)
    assert all(ended(pid) for pid in project.farms())


@pytest.mark.parametrize("language", of_day([*LANGUAGES], 0, 3))
def test_a_project_has_worlds_of_its_own_in_a_farm_that_runs(project, language, start_farm):
    farm = start_farm(control={"token": "secret"})
    status, out = project.run(HOMEPORT_URL=f"http://127.0.0.1:{farm.farm.control.port}", HOMEPORT_TOKEN="secret")
    assert status == 0, out
    assert re.search(LANGUAGES[language].well, out, re.MULTILINE), out
    assert project.farms() == []
    assert list(farm.farm.hosts) == ["default"]
    assert farm.call(lambda: farm.world.findings.counts) == {}


@pytest.mark.parametrize("language", of_day([*LANGUAGES], 1, 3))
def test_a_project_takes_the_farm_at_the_url_that_its_readme_names(set_up, language, on_default_ports):
    readme = (EXAMPLES / language / "README.md").read_text()
    [url] = set(re.findall(r"http://127\.0\.0\.1:\d+", readme))
    project = set_up(language)
    done = on_default_ports(*project.command, cwd=project.folder, **project.environment, HOMEPORT_URL=url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(LANGUAGES[language].well, done.stdout + done.stderr, re.MULTILINE), done.stdout
    assert project.farms() == []


def test_a_project_of_pytest_has_one_world_of_a_farm_of_which_no_other_is_published(set_up, start_farm):
    farm = start_farm("smtp", "ftp", "finger")
    url = f"http://127.0.0.1:{farm.farm.control.port}"
    status, out = set_up("python-pytest").run(HOMEPORT_URL=url, HOMEPORT_WORLD="default")
    assert status == 0, out
    assert re.search(LANGUAGES["python-pytest"].well, out), out
    assert farm.call(lambda: dict(farm.world.findings.counts)) == {"finger.bare-lf": 1}


@pytest.mark.parametrize("language", of_day([*LANGUAGES], 2, 3))
def test_a_project_sees_that_its_mailer_does_not_try_again(project, language, start_farm):
    farm = start_farm("smtp", "ftp", "finger")
    file, decision, rash = LANGUAGES[language].give_up
    source = (project.folder / file).read_text()
    assert source.count(decision) == 1
    (project.folder / file).write_text(source.replace(decision, rash))
    status, out = project.run(HOMEPORT_URL=f"http://127.0.0.1:{farm.farm.control.port}")
    assert status != 0
    assert "451" in out
    assert list(farm.farm.hosts) == ["default"]


@pytest.mark.parametrize("language", of_day(SPAWNING, 1, 2))
def test_a_farm_ends_when_the_tests_are_killed_that_started_it(set_up, language, tmp_path):
    told = tmp_path / "told"
    os.mkfifo(told)
    # The tests wait for the ready line, which is withheld: so they are killed while they wait.
    process = set_up(language, homeport=f">{told}").start()
    try:
        with told.open() as line:
            farm = json.loads(line.readline())["pid"]
            parent = int(Path(f"/proc/{farm}/stat").read_text().rpartition(")")[2].split()[1])
            os.kill(parent, signal.SIGKILL)
            assert ended(farm)
    finally:
        end(process)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_readme_says_how_to_run_it(language):
    readme = (EXAMPLES / language / "README.md").read_text()
    assert 15 <= len(readme.splitlines()) <= 30
    assert re.search(rf"^    {re.escape(LANGUAGES[language].command)}( |$)", readme, re.MULTILINE)
    named = re.findall(r"^\| `([^`]+)` \|", readme, re.MULTILINE)
    assert named
    assert all((EXAMPLES / language / name).exists() for name in named)


def test_the_projects_of_python_test_the_same_clients():
    first, second = ((EXAMPLES / language / "club.py").read_text() for language in ("python-pytest", "python-unittest"))
    assert first == second


def test_ci_installs_the_versions_that_the_project_of_node_names():
    wanted = json.loads((EXAMPLES / "node" / "package.json").read_text())["dependencies"]
    installed = re.search(r"^node_packages=\(([^)]*)\)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)[1]
    assert {f"{name}@{version}" for name, version in wanted.items()} <= set(installed.split())
