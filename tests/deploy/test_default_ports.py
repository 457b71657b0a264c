"""Every client may use the default ports, and no file names a port that is not ours."""

import re
import subprocess

import pytest

from homeport.config.sections import ControlOptions
from homeport.services import all_services
from homeport.services.ftp.options import FtpOptions, parse_ports
from homeport.services.tftp.options import TftpOptions

# Fetch standard (WHATWG), 2.9 "Port blocking": the table of bad ports, which browsers and Node's fetch refuse.
BAD_PORTS = frozenset(
    (
        *(0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104),
        *(109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526),
        *(
            530,
            531,
            532,
            540,
            548,
            554,
            556,
            563,
            587,
            601,
            636,
            989,
            990,
            993,
            995,
            1719,
            1720,
            1723,
            2049,
            3659,
            4045,
        ),
        *(4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080),
    )
)
OLD_CONTROL_PORT = str(10_080)
"""The control API's earlier port, which is on the list. (Not written as one word: this file is searched, too.)"""


def default_ports():
    """Return each default port with its owner."""
    for service in all_services():
        for listener in service.listeners:
            port = getattr(service.options(), listener.option)
            assert port == listener.default_port
            yield port, f"{service.name}.{listener.name}"
    yield ControlOptions().port, "the control API"
    first, last = parse_ports(FtpOptions().passive_ports)
    yield from ((port, "passive FTP") for port in range(first, last + 1))
    first, last = parse_ports(TftpOptions().transfer_ports)
    yield from ((port, "a transfer of TFTP") for port in range(first, last + 1))
    yield FtpOptions().port - 1, "active FTP"  # RFC 959 3.2: the data connection comes from L-1


@pytest.mark.parametrize(("port", "owner"), list(default_ports()), ids=lambda value: str(value).replace(" ", "-"))
def test_no_default_port_is_one_that_browsers_refuse(port, owner):
    assert port not in BAD_PORTS, f"{owner} has a port that browsers and Node's fetch refuse"
    assert 10_000 <= port < 32_768, "below every ephemeral range (Linux begins at 32768), and without a privilege"


def test_no_two_listeners_of_one_transport_share_a_default_port():
    ports = [
        (listener.default_port, listener.transport) for service in all_services() for listener in service.listeners
    ]
    assert len(set(ports)) == len(ports)
    assert (ControlOptions().port, "tcp") not in ports


def test_the_control_api_has_the_port_of_the_documentation():
    assert ControlOptions().port == 18000


def test_no_file_names_the_port_that_the_control_api_had(repository):
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    names = [name for name in listed.stdout.decode().split("\0") if name and (repository / name).is_file()]
    assert len(names) > 100
    named = re.compile(rf"\b{OLD_CONTROL_PORT}\b")  # not within the hashes of a lock file
    assert [name for name in names if named.search((repository / name).read_text(errors="replace"))] == []
