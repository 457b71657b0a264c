"""The release workflow is off until it is enabled, and publishes the changelog's section."""

import re
import subprocess
import sys

import pytest
import yaml

CHANGELOG = """\
# Changelog

## [Unreleased]

Nothing yet.

## [0.2.0] - 2026-12-01

### Added

- Something, with a [link](docs/index.md).

## [0.2.0rc1]

- A candidate.

## [0.1.1] - 2026-11-02

## [0.1.0] - 2026-11-01

- The first.

[0.1.0]: https://example.org/0.1.0
"""


@pytest.fixture
def notes(repository, tmp_path):
    """Run the script on that changelog; return exit code, standard output, standard error."""
    file = tmp_path / "CHANGELOG.md"
    file.write_text(CHANGELOG)

    def run(*arguments):
        command = [sys.executable, repository / "deploy" / "release_notes.py", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr.replace(f"{file}: ", "")

    return lambda version: run(version, file)


def test_the_notes_are_the_section_of_the_version(notes):
    assert notes("0.2.0") == (0, "### Added\n\n- Something, with a [link](docs/index.md).\n", "")
    assert notes("0.1.0") == (0, "- The first.\n", "")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0.3.0", "there is no [0.3.0], but Unreleased, 0.2.0, 0.2.0rc1, 0.1.1, 0.1.0: rename [Unreleased] to [0.3.0]"),
        ("0.2.0rc1", "[0.2.0rc1] has no date"),
        ("0.1.1", "[0.1.1] is empty"),
        ("Unreleased", "[Unreleased] has no date"),
    ],
)
def test_a_version_that_cannot_be_released_is_reported(notes, version, words):
    code, out, err = notes(version)
    assert (code, out) == (1, "")
    assert err.startswith(words)


@pytest.fixture
def workflow(read_file):
    return yaml.load(read_file(".github/workflows/release.yml"), Loader=yaml.BaseLoader)


def test_nothing_is_published_until_it_is_enabled(workflow):
    jobs = workflow["jobs"]
    assert "vars.RELEASE == 'on'" in jobs["build"]["if"]
    assert {name for name, job in jobs.items() if "build" in job.get("needs", [])} == set(jobs) - {"build"}
    assert "vars.PACKAGE_INDEX != ''" in jobs["package"]["if"]
    assert "vars.IMAGE_REGISTRY != ''" in jobs["image"]["if"]
    assert "needs.build.result == 'success'" in jobs["notes"]["if"]


def test_every_job_has_the_permissions_that_it_needs_and_no_password_of_an_index(workflow, read_file):
    assert workflow["permissions"] == {}
    permissions = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    assert permissions["package"] == {"id-token": "write"}
    assert [name for name, given in permissions.items() if given.get("contents") == "write"] == ["notes"]
    assert set(re.findall(r"secrets\.(\w+)", read_file(".github/workflows/release.yml"))) == {"GITHUB_TOKEN"}


def test_the_image_has_its_bill_of_materials_and_its_provenance(workflow):
    (push,) = [step["with"] for step in workflow["jobs"]["image"]["steps"] if "build-push" in step.get("uses", "")]
    assert (push["sbom"], push["provenance"]) == ("true", "mode=max")
    assert all(tag.startswith("${{ vars.IMAGE_REGISTRY }}/") for tag in push["tags"].splitlines())


def test_the_commands_of_the_workflow_are_there(workflow, repository):
    runs = "\n".join(step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step)
    for path in re.findall(r"\bdeploy/[\w.-]+", runs):
        assert (repository / path).is_file()
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "version"], cwd=repository, capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", done.stdout)
