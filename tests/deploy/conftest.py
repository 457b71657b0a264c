"""The services' declared ports, with which files for containers, systemd and Kubernetes are compared."""

from pathlib import Path

import pytest

from homeport.config.sections import ControlOptions
from homeport.services import MODULES, find_service
from homeport.services.ftp.options import FtpOptions
from homeport.services.tftp.options import TftpOptions

ROOT = Path(__file__).parents[2]
LISTENERS = [
    listener
    for service in map(find_service, MODULES)
    for listener in service.listeners
    if service.options().enabled and listener.is_wanted(service.options())
]


@pytest.fixture(scope="session")
def iana_ports():
    """IANA's port, or its neighbour, and the transport of every listener."""
    return {(one.well_known_port, one.transport) for one in LISTENERS}


@pytest.fixture(scope="session")
def farm_ports():
    """The default port and the transport of every listener and of the control API."""
    return {(one.default_port, one.transport) for one in LISTENERS} | {(ControlOptions().port, "tcp")}


@pytest.fixture(scope="session")
def passive_ports():
    """The range of passive FTP ports, as text."""
    return FtpOptions().passive_ports


@pytest.fixture(scope="session")
def transfer_ports():
    """The range of TFTP's transfer ports, as text; they are UDP ports."""
    return TftpOptions().transfer_ports


@pytest.fixture(scope="session")
def read_file():
    """Return the text of a file of the repository."""
    return lambda name: (ROOT / name).read_text()


@pytest.fixture(scope="session")
def repository():
    """The repository's folder."""
    return ROOT
