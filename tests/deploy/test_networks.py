"""The host and a neighbour of a container transfer files in every mode of FTP, with the image's settings."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MASQUERADE = "HOMEPORT__FTP__MASQUERADE"
UNSHARE = ["unshare", "--net", "--mount"]
EVERY_WAY = [f"{who} {way}" for who in ("host", "neighbour") for way in ("PASV", "EPSV", "PORT", "EPRT")]


@pytest.fixture
def run(repository):
    """Run networks.sh with a setting of `masquerade`; return its status and output."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    for program in ("unshare", "ip", "curl"):
        if not shutil.which(program, path=path):
            pytest.skip(f"needs {program}")
    trial = [*UNSHARE, "sh", "-c", "mount -t tmpfs tmpfs /run && ip link add name x type bridge && ip netns add x"]
    if os.geteuid() or subprocess.run(trial, env={"PATH": path}, capture_output=True, check=False).returncode:
        pytest.skip("needs root, and a machine that lets it make networks")

    def go(masquerade):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT")}
        ran = subprocess.run(
            [*UNSHARE, "bash", str(Path(__file__).with_name("networks.sh")), sys.executable],
            env={**inherited, "PYTHONPATH": str(repository / "servers"), MASQUERADE: masquerade},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return ran.returncode, ran.stdout.splitlines(), ran.stderr

    return go


def test_host_and_neighbour_transfer_by_every_way_with_the_image_s_table(run, read_file):
    (setting,) = re.findall(rf"^ +{MASQUERADE}='(.*)'$", read_file("Dockerfile"), re.MULTILINE)
    code, done, said = run(setting)
    assert (code, done) == (0, EVERY_WAY), said


@pytest.mark.parametrize(("setting", "done"), [("172.30.0.9", []), ("127.0.0.1", EVERY_WAY[:4])])
def test_one_address_for_all_is_not_enough(run, setting, done):
    """Shows that the test above would fail without a table."""
    code, worked, _said = run(setting)
    assert code != 0
    assert worked == done
