"""Java's TLS (JSSE): the end of a connection is judged by what was received, on control and data connections."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java here")
SOURCE = Path(__file__).with_name("Jsse.java")


@pytest.fixture
def jsse():
    """Return a function that runs the client; it returns the lines that it prints."""

    def run(farm, port, protocol, *arguments):
        command = ["java", str(SOURCE), farm.farm.certificates.ca_file, str(port), protocol, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


@pytest.mark.parametrize("protocol", ["TLSv1.3", "TLSv1.2"])
@pytest.mark.parametrize("way", ["close", "half", "quit"])
def test_its_end_is_no_broken_connection(start_farm, jsse, protocol, way):
    farm = start_farm("smtp")
    jsse(farm, farm.port("smtp", "tls"), protocol, "smtp", way)
    (event,) = farm.wait_for(lambda: [one for one in farm.world.journal.events() if one["type"] == "closed"])
    assert event["reason"] == "closed"


@pytest.mark.parametrize("protocol", ["TLSv1.3", "TLSv1.2"])
def test_its_uploads_are_whole(start_farm, jsse, protocol):
    farm = start_farm("ftp")
    said = jsse(farm, farm.port("ftp", "tcp"), protocol, "ftp", 10)
    assert [line[:3] for line in said] == ["150", "226"] * 10 + ["221"]
