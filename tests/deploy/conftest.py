"""What the services declare of their ports: files for containers, systemd and Kubernetes are held against it."""

from pathlib import Path

import pytest

from homeport.config.sections import ControlOptions
from homeport.services import MODULES, find_service
from homeport.services.ftp.options import FtpOptions

ROOT = Path(__file__).parents[2]
IANA = {
    (listener.iana_port, listener.transport)
    for name in MODULES
    for listener in find_service(name).listeners
    if find_service(name).options().enabled
}


@pytest.fixture(scope="session")
def iana_ports():
    """IANA's port and the transport of every listener."""
    return IANA


@pytest.fixture(scope="session")
def farm_ports():
    """The default port and the transport of every listener and of the control API."""
    return {(10_000 + port, transport) for port, transport in IANA} | {(ControlOptions().port, "tcp")}


@pytest.fixture(scope="session")
def passive_ports():
    """The range of passive FTP, as it is written."""
    return FtpOptions().passive_ports


@pytest.fixture(scope="session")
def read_file():
    """The text of a file of the repository."""
    return lambda name: (ROOT / name).read_text()


@pytest.fixture(scope="session")
def repository():
    """The repository's folder."""
    return ROOT
