"""Faults that a client asks for by the name of a file (`[faults] by_client`): `/fault/NAME/PATH`.

NAME is a name of `protocol.fault_names.parse_fault_name` that datagrams can have, for the whole transfer, or one of
TFTP's own. N is the number of a block: of DATA where the client reads, of ACK where it writes.

    drop-N duplicate-N reorder-N late-N damage-N wrong-tid-N   the packet of that block, once
    lose-N             what the client sends about block N does not arrive, once
    stall-N            silence from block N on
    error-C  error-C-at-N   ERROR of code C to the request, or in the place of block N
    truncate-N         the file ends after N bytes
    no-oack  oack-lie  options are not acknowledged; or others than asked for

Reading a file that is missing returns generated content.
"""

import re

import msgspec

from homeport.protocol.fault_checks import OF_DATAGRAMS
from homeport.protocol.fault_names import nearest_fault_name, parse_fault_name
from homeport.protocol.faults import Corrupt, Direction, Do, Latency, Plain, Reply
from homeport.protocol.session import Context
from homeport.services.tftp.link import Asked
from homeport.services.tftp.packets import ILLEGAL
from homeport.services.tftp.request import BadRequest
from homeport.world.files import FileSource

PREFIX = "fault/"
OF_BLOCK: dict[str, Do] = {
    "drop": Do(drop=Plain()),
    "duplicate": Do(duplicate=Plain()),
    "reorder": Do(reorder=Plain()),
    "late": Do(latency=Latency(2000)),
    "damage": Do(corrupt=Corrupt(0.1)),
    "wrong-tid": Do(frame="wrong-source"),
    "stall": Do(hang=Plain()),
    "lose": Do(drop=Plain()),
}
BLOCK = re.compile(rf"({'|'.join(OF_BLOCK)})-(\d{{1,5}})", re.ASCII)
ERROR = re.compile(r"error-([0-8])(?:-at-(\d{1,5}))?", re.ASCII)
TRUNCATE = re.compile(r"truncate-(\d{1,12})", re.ASCII)
WORDS = ("no-oack", "oack-lie")
OWN_NAMES = ("drop-3", "duplicate-3", "reorder-3", "late-3", "damage-3", "wrong-tid-3", "lose-3", "stall-3", "error-2",
             "error-3-at-2", "truncate-500", *WORDS)  # fmt: skip
"""An example of each form of name."""
LINE = b"Homeport made up this line, because there is no file of this name.\n"
GENERATED = LINE * 64


class ClientFault(msgspec.Struct, frozen=True):
    """The fault that a client asked for."""

    name: str = ""
    do: Do | None = None
    block: int | None = None
    direction: Direction = "out"
    code: int | None = None
    """Code of an ERROR in the place of the answer."""
    limit: int | None = None
    """Bytes after which the file ends."""
    word: str = ""
    """Defect of the OACK."""

    def ask(self, context: Context) -> list[Asked]:
        """Return the faults of single packets."""
        if self.do is None:
            return []
        return [Asked(fault, self.block) for fault in context.world.faults.asked_for(context, self.do, self.direction)]


def take_client_fault(name: str) -> tuple[ClientFault, str]:
    """Return the fault that a file's name asks for, and the name without it. Raises: BadRequest for an unknown one."""
    plain = name.removeprefix("/")
    if not plain.startswith(PREFIX):
        return ClientFault(), name
    word, _, path = plain.removeprefix(PREFIX).partition("/")
    fault = parse_client_fault(word)
    if fault is None:
        raise BadRequest(ILLEGAL, f"no fault {word[:30]!r}; {nearest_fault_name(word, OWN_NAMES)}")
    return fault, path or "generated"


def parse_client_fault(name: str) -> ClientFault | None:
    """Parse the name of a fault; None if it is unknown."""
    if match := BLOCK.fullmatch(name):
        direction: Direction = "in" if match[1] == "lose" else "out"
        return ClientFault(name, OF_BLOCK[match[1]], int(match[2]), direction)
    if match := ERROR.fullmatch(name):
        if match[2] is None:
            return ClientFault(name, code=int(match[1]))
        return ClientFault(name, Do(reply=Reply(error=int(match[1]))), int(match[2]))
    if match := TRUNCATE.fullmatch(name):
        return ClientFault(name, limit=int(match[1]))
    if name in WORDS:
        return ClientFault(name, word=name)
    do = parse_fault_name(name)
    return ClientFault(name, do) if do is not None and do.kind in OF_DATAGRAMS else None


class Generated:
    """A file that does not exist."""

    blocks = False
    size = len(GENERATED)

    def __init__(self) -> None:
        self._at = 0

    def fileno(self) -> int:
        """Return -1: there is no descriptor."""
        return -1

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        content = GENERATED[self._at : self._at + size]
        self._at += len(content)
        return content

    def cached(self) -> bytes:
        """Return the whole content."""
        return GENERATED

    def close(self) -> None:
        """Do nothing."""


def generated() -> FileSource:
    """Return a file of generated content."""
    return Generated()
