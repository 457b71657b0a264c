"""Agreement with OpenLDAP: the same random operations have the same result codes, and leave the same entries.

Sequences are the same in each run: 2,000 operations by night, a fifth by day. DIFFERENCES names what differs, and why.
"""

import random
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import make_world
from nightly import NIGHTLY
from services.ldap import asker
from services.ldap.asker import Asker, Response
from tests.interop.ldap_operations import ADMIN, BOX, PASSWORD, SUFFIX, operations, reset

from homeport.protocol import ber
from homeport.world.directory.contents import Account, DirectoryContents
from homeport.world.world import WorldContents

SEQUENCES = range(50 if NIGHTLY else 10)
LENGTH = 40
CONFIG = """\
modulepath {root}/usr/lib/ldap
moduleload back_mdb
include {root}/etc/ldap/schema/core.schema
include {root}/etc/ldap/schema/cosine.schema
include {root}/etc/ldap/schema/inetorgperson.schema
database mdb
maxsize 16777216
suffix {suffix}
rootdn {admin}
rootpw {password}
directory {folder}
"""
NAMES = ("seealso", "owner")
WHOLE = asker.search(BOX, 2, attributes=("*",))
IMPLIED = frozenset((b"top", b"person", b"organizationalperson"))
KINDS = ("add", "modify", "rename", "delete", "compare", "search")
DIFFERENCES: dict[str, frozenset[tuple[str, int, int]]] = {
    "a name with an empty value, which RFC 4514 3 allows, is none to slapd; here there is no such entry, or the value "
    "lacks its syntax": frozenset(
        {("add", 34, 17), ("add", 34, 20), ("add", 34, 21), *((kind, 34, 32) for kind in KINDS)}
    ),
    "of several faults slapd finds those of attributes and values first, Homeport those of the name": frozenset(
        {("add", 19, 32), ("add", 19, 68), ("add", 65, 32), ("add", 65, 68), ("compare", 17, 32), ("compare", 21, 32)}
        | {("modify", code, 32) for code in (2, 17, 19, 20, 21)}
        | {("modify", 2, 34), ("rename", 53, 32), ("rename", 53, 68)}
    ),
    "slapd checks the values of all attributes before it goes through them in order": frozenset(
        {("add", 19, 20), ("add", 19, 21), ("add", 19, 65), ("modify", 19, 65), ("modify", 19, 67), ("modify", 2, 17)}
        | {("modify", 21, 16), ("modify", 21, 20)}
        | {("modify", code, other) for code in (2, 17, 19, 20) for other in (16, 20, 21)}
    ),
    "slapd compares no object class that it does not know; here the entry has none such": frozenset(
        {("compare", 21, 5)}
    ),
    "removing a value of the name is notAllowedOnRDN (RFC 4511 4.6), in slapd namingViolation": frozenset(
        {("modify", 64, 67)}
    ),
}
"""Kinds of operations, with the codes of slapd and of Homeport; in all of them neither changes anything."""
ARGUED = frozenset[tuple[str, int, int]]().union(*DIFFERENCES.values())


class Slapd:
    """A connection to a server in a process of its own, by a socket in a folder."""

    def __init__(self, program: str, folder: Path) -> None:
        root = Path(program).resolve().parents[2]
        config = folder / "slapd.conf"
        config.write_text(
            CONFIG.format(root=root, suffix=SUFFIX, admin=ADMIN, password=PASSWORD, folder=folder).replace("//", "/")
        )
        path = folder / "socket"
        url = "ldapi://" + str(path).replace("/", "%2F")
        self._process = subprocess.Popen([program, "-d", "0", "-f", config, "-h", url])
        self._socket = self._connect(path)
        self._number = 0
        self._buffer = b""

    def _connect(self, path: Path) -> socket.socket:
        until = time.monotonic() + 20
        while True:
            one = socket.socket(socket.AF_UNIX)
            one.settimeout(20)
            try:
                one.connect(str(path))
            except OSError:
                one.close()
                assert self._process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.02)
            else:
                return one

    def ask(self, request: bytes) -> list[Response]:
        """Send a request. Return the responses."""
        self._number += 1
        self._socket.sendall(asker.message(self._number, request))
        found: list[Response] = []
        while not found or found[-1].tag in (0x64, 0x73):
            size = ber.message_size(self._buffer, 0, ber.SEQUENCE)
            if size and size <= len(self._buffer):
                found += asker.read(self._buffer[:size])
                self._buffer = self._buffer[size:]
                continue
            data = self._socket.recv(1 << 16)
            assert data, "slapd has closed the connection"
            self._buffer += data
        return found

    def stop(self) -> None:
        """End the process."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def slapd(client, tmp_path_factory) -> Iterator[Slapd]:
    """OpenLDAP's server."""
    running = Slapd(client("slapd"), tmp_path_factory.mktemp("slapd"))
    yield running
    running.stop()


@pytest.fixture
def ours() -> Asker:
    """Our server, with the same suffix and administrator."""
    directory = DirectoryContents(suffixes=(SUFFIX,), account=(Account(dn=ADMIN, password=PASSWORD),))
    return Asker(make_world(WorldContents(directory=directory)))


def entries(responses: list[Response]) -> dict[str, dict[str, list[bytes]]]:
    """Return entries by name; both without the superclasses that one of them shows."""
    return {normal(one.dn): attributes_of(one) for one in responses if one.tag == 0x64}


def normal(dn: str) -> str:
    """Return a name in lower case, without the escapes that are not needed, its assertions in order."""
    parts = ["+".join(sorted(part.strip() for part in rdn.split("+"))) for rdn in dn.lower().strip().split(",")]
    return ",".join(parts)


def attributes_of(one: Response) -> dict[str, list[bytes]]:
    """Return attributes in lower case, values in order."""
    return {
        name.lower(): sorted(
            normal(value.decode()).encode() if name.lower() in NAMES else value
            for value in values
            if name.lower() != "objectclass" or value.lower() not in IMPLIED
        )
        for name, values in one.attributes.items()
    }


@pytest.mark.parametrize("seed", SEQUENCES)
def test_openldap_and_homeport_agree(slapd, ours, seed):
    servers = (slapd, ours)
    for server in servers:
        assert server.ask(asker.bind(ADMIN, PASSWORD))[-1].code == 0
        reset(server.ask)
    for operation in operations(random.Random(seed), LENGTH):
        theirs, own = (server.ask(operation.request) for server in servers)
        codes = theirs[-1].code, own[-1].code
        shown = f"{operation.text}: slapd {theirs[-1].code} {theirs[-1].text}; ours {own[-1].code} {own[-1].text}"
        if codes[0] != codes[1]:
            assert (operation.kind, *codes) in ARGUED, shown
        elif operation.limited:
            assert len(theirs) == len(own), shown
        else:
            assert entries(own) == entries(theirs), shown
        if operation.changes:
            assert entries(ours.ask(WHOLE)) == entries(slapd.ask(WHOLE)), shown
