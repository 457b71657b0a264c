"""A farm under mixed load does not grow: a short run of `make soak`, which `.ci/nightly` runs for an hour."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).with_name("soak.py")
SECONDS = os.environ.get("HOMEPORT_SOAK_SECONDS", "20")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux shows memory and descriptors in /proc")
def test_a_farm_under_mixed_load_neither_grows_nor_fails():
    done = subprocess.run(
        [sys.executable, str(SOAK), "--seconds", SECONDS],
        env=os.environ | {"PYTHONPATH": str(SOAK.parents[2] / "servers")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert "rss" in done.stdout
