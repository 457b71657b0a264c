"""Net::EPP::Simple (Debian: libnet-epp-perl): it sends hello before most commands, and verifies our certificate."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interop.conftest import lacking
from tests.interop.epp_registry import EppRegistry

SCRIPT = Path(__file__).with_name("epp_simple.pl")


@pytest.fixture
def perl(client: Callable[[str], str]) -> str:
    """Return the Perl interpreter if it has Net::EPP."""
    path = client("perl")
    if subprocess.run([path, "-MNet::EPP::Simple", "-e", "1"], capture_output=True, check=False).returncode:
        lacking("Perl has no Net::EPP::Simple (Debian: libnet-epp-perl)")
    return path


def test_every_command_of_net_epp_simple(perl: str, run: Callable[..., bytes], registry: EppRegistry) -> None:
    said = run(perl, SCRIPT, registry.port, registry.ca).decode()
    assert said.count("ok: ") == len(said.splitlines()) > 50
    assert "ok: logout" in said
    # Its update of a contact has an empty <rem/> if nothing is removed, which the schema does not allow.
    assert registry.findings() >= {"epp.schema", "epp.hello-too-often"}
