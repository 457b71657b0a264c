"""Options of the TFTP service: the section `[tftp]`."""

import re
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration
from homeport.protocol.service import Port, SyntaxOptions

OPTIONS = ("blksize", "timeout", "tsize", "windowsize")
"""The options of the protocol, in the order of an OACK."""
MIN_BLOCK, MAX_BLOCK = 8, 65_464
"""RFC 2348."""
PORT_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)


class TftpOptions(SyntaxOptions, frozen=True, kw_only=True):
    """[tftp]"""

    port: Port = 10069
    transfer_ports: Annotated[
        str, Meta(description="ports of transfers, such as 10250-10299, each one's own; 0: any free port")
    ] = "10250-10299"
    write: Annotated[
        Literal["no", "upload", "new", "replace"],
        Meta(
            description="what clients may write. no: nothing; upload: new files in the folder `upload`; new: new files "
            "anywhere; replace: also over existing files. Never in the homes of people"
        ),
    ] = "no"
    upload: Annotated[
        str,
        Meta(
            pattern=r"^(/[^/\x00-\x1f]+)*$",
            description='folder for `write = "upload"`, whose files cannot be read; empty: none',
        ),
    ] = "/incoming"
    without: Annotated[
        list[Literal["blksize", "timeout", "tsize", "windowsize"]],
        Meta(description="options of the protocol that are ignored, as by servers that lack them"),
    ] = msgspec.field(default_factory=list)
    max_blksize: Annotated[
        int, Meta(ge=MIN_BLOCK, le=MAX_BLOCK, description="largest block size that is accepted, in bytes (RFC 2348)")
    ] = MAX_BLOCK
    max_windowsize: Annotated[
        int, Meta(ge=1, le=1024, description="largest window that is accepted, in blocks (RFC 7440)")
    ] = 64
    rollover: Annotated[
        Literal[0, 1], Meta(description="number of the block after number 65535; clients differ in what they expect")
    ] = 0
    timeout: Annotated[
        Duration,
        Meta(
            description="real time before a packet is sent again the first time; it adapts to the client, and doubles "
            "with each repetition"
        ),
    ] = Duration(1)
    repetitions: Annotated[
        int, Meta(ge=0, le=20, description="number of times that a packet is sent again before a transfer is given up")
    ] = 5
    dally: Annotated[
        Duration,
        Meta(description="real time for which the last ACK of a written file is repeated if it was lost (RFC 1350 6)"),
    ] = Duration(5)


@lru_cache(16)
def parse_ports(text: str) -> tuple[int, int]:
    """Parse a range of ports, both ends included; (0, 0) for any. Raises: ValueError with a text for people."""
    match = PORT_RANGE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a range of ports: write 10250-10299, or 0 for any free port")
    first, last = int(match[1]), int(match[2] or match[1])
    if (first, last) != (0, 0) and not 1 <= first <= last <= 65535:
        raise ValueError(f"{text!r}: ports range from 1 to 65535, the smaller first")
    return first, last


def other_ports(options: TftpOptions) -> list[tuple[str, str, int, int]]:
    """Return the UDP ports of transfers."""
    try:
        return [("transfer ports", "transfer_ports", *parse_ports(options.transfer_ports))]
    except ValueError:  # reported by `validate_options`
        return []


def validate_options(options: TftpOptions, _contents: object) -> list[str]:
    """Return the problems that the types cannot express."""
    problems = []
    try:
        parse_ports(options.transfer_ports)
    except ValueError as error:
        problems.append(f"`transfer_ports`: {error}")
    if not options.timeout:
        problems.append("`timeout`: must be more than 0s")
    if options.write == "upload" and not options.upload:
        problems.append('`upload`: must name a folder, because `write = "upload"`')
    return problems
