"""Requests: RRQ and WRQ (RFC 1350 5) with options (RFC 2347 2), parsed, and what is wrong with them.

    opcode  name 0  mode 0  option 0 value 0 ...

Options are taken in any case, the first of a name that is repeated. A request without its last NUL is refused; with
`syntax = "lenient"` it is taken.
"""

import re

import msgspec

from homeport.services.tftp.packets import ILLEGAL, NO_USER, OPCODES, RRQ, opcode_of

MAX_REQUEST = 512
"""Octets of a request (RFC 2347 3)."""
MAX_OPTIONS = 32
MODES = ("netascii", "octet")
MAIL = "mail"
NUMBER = re.compile(rb"[0-9]{1,20}", re.ASCII)


class BadRequest(Exception):
    """A request that is refused with an ERROR packet of this code and text."""

    def __init__(self, code: int, text: str, findings: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.findings = findings


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A valid request."""

    opcode: int
    name: str
    """The file's name; bytes that are not UTF-8 are surrogates (PEP 383)."""
    mode: str
    """`netascii` or `octet`."""
    options: dict[str, int]
    """Values by name in lower case: those that are numbers."""
    findings: tuple[str, ...] = ()

    @property
    def verb(self) -> str:
        """`RRQ` or `WRQ`."""
        return OPCODES[self.opcode]

    @property
    def reads(self) -> bool:
        """True if the client reads the file."""
        return self.opcode == RRQ

    @property
    def argument(self) -> str:
        """Name, mode and options, for people."""
        shown = "".join(one if one.isprintable() else "?" for one in self.name)
        return " ".join((shown, self.mode, *(f"{name}={value}" for name, value in self.options.items())))


def parse(packet: bytes, *, lenient: bool = False) -> Request:
    """Parse an RRQ or a WRQ. lenient: take one without its last NUL. Raises: BadRequest."""
    findings: list[str] = []
    if len(packet) > MAX_REQUEST:
        findings.append("request-too-long")
    fields = packet[2:].split(b"\0")
    if last := fields.pop():
        findings.append("no-terminator")
        if not lenient:
            raise BadRequest(ILLEGAL, "the request does not end in NUL", tuple(findings))
        fields.append(last)
    if len(fields) < 2 or not fields[0]:
        raise BadRequest(ILLEGAL, "write a file name and a mode", (*findings, "no-name-or-mode"))
    name, mode = fields[0], fields[1].decode("latin-1").lower()
    if mode == MAIL:
        raise BadRequest(NO_USER, "mode mail is obsolete", (*findings, "mail-mode"))
    if mode not in MODES:
        raise BadRequest(ILLEGAL, "write mode octet or netascii", (*findings, "unknown-mode"))
    if not name.isascii():
        findings.append("name-not-ascii")
    return Request(
        opcode=opcode_of(packet),
        name=name.decode("utf-8", "surrogateescape"),
        mode=mode,
        options=_options(fields[2:], findings),
        findings=tuple(findings),
    )


def _options(fields: list[bytes], findings: list[str]) -> dict[str, int]:
    """Return the options. findings: those about them are added."""
    found: dict[str, int] = {}
    seen: set[str] = set()
    if len(fields) % 2:
        findings.append("option-without-value")
    for at in range(0, min(len(fields) - 1, 2 * MAX_OPTIONS), 2):
        name = fields[at].decode("latin-1").lower()
        if name in seen:
            findings.append("options-repeated")
            continue
        seen.add(name)
        if NUMBER.fullmatch(fields[at + 1]):
            found[name] = int(fields[at + 1])
        elif name in ("blksize", "timeout", "tsize", "windowsize"):
            findings.append(f"{name}-out-of-range")
    return found
