"""The package: built reproducibly, with the required files and no others."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest

from homeport import __version__
from homeport.control.page import Pages


@pytest.fixture(scope="module")
def build(tmp_path_factory, repository):
    """Build wheel and sdist, each time into a folder of its own; return both paths."""

    def run():
        folder = tmp_path_factory.mktemp("dist")
        command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
        subprocess.run(command, cwd=repository, check=True, capture_output=True, timeout=60)
        (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
        return wheel, sdist

    return run


@pytest.fixture(scope="module")
def built(build):
    return build()


def test_two_builds_are_byte_for_byte_the_same(build, built):
    assert [path.read_bytes() for path in build()] == [path.read_bytes() for path in built]


def test_the_wheel_has_the_package_its_types_the_page_the_command_and_the_manual_and_nothing_else(built):
    names = zipfile.ZipFile(built[0]).namelist()
    info, data = f"homeport-{__version__}.dist-info", f"homeport-{__version__}.data"
    modules = [name for name in names if name.startswith("homeport/")]
    assert {"homeport/py.typed", "homeport/__main__.py", "homeport/cli/up.py"} <= set(modules)
    page = {name for name in modules if name.startswith("homeport/page/")}
    assert page == {f"homeport/page/{name}" for name in Pages().read_again().files}
    assert all(name.endswith((".py", "/py.typed")) for name in set(modules) - page)
    assert set(names) - set(modules) == {
        f"{data}/data/share/man/man1/homeport.1",
        *(f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")),
    }


def test_the_sdist_has_all_that_is_needed_to_build_test_and_deploy(built):
    with tarfile.open(built[1]) as sdist:
        inside = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"Makefile", "Dockerfile", "docker-compose.yml", "deploy/requirements.txt"} <= inside
    assert {"servers/homeport/__init__.py", "tests/conftest.py", "docs/index.md", "config/homeport.toml"} <= inside
    assert "systemd/homeport.service" in inside
    assert not any("__pycache__" in name or name.endswith(".pyc") for name in inside)


def test_the_version_is_said_in_one_place(built, read_file):
    assert "version" not in tomllib.loads(read_file("pyproject.toml"))["project"]
    metadata = zipfile.ZipFile(built[0]).read(f"homeport-{__version__}.dist-info/METADATA").decode()
    assert f"\nVersion: {__version__}\n" in metadata
