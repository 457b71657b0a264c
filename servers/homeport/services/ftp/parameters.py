"""Representation of data: TYPE, STRU, MODE, REST, ALLO (RFC 959 4.1.2, 4.1.3; RFC 1123 4.1.2.1-4; RFC 3659 5)."""

import re

import msgspec

from homeport.services.ftp.channel import is_number
from homeport.services.ftp.dialogue import FtpDialogue, after_login
from homeport.services.ftp.replies import Refused, Reply
from homeport.services.ftp.representation import Mode, Type

MARKER = re.compile(r"\d{1,18}", re.ASCII)
ALLOCATION = re.compile(r"\d{1,18}( R \d{1,18})?", re.ASCII | re.IGNORECASE)
FORMATS = ("N", "T", "C")
OCTET = 8
TYPES: dict[str, Type] = {"A": "A", "E": "E", "I": "I", "L": "I"}
"""Types by argument; TYPE L 8 is TYPE I on machines with 8-bit bytes (RFC 1123 4.1.2.1)."""
MODES: dict[str, Mode] = {"S": "S", "B": "B", "C": "C", "Z": "Z"}


class Representation(msgspec.Struct, eq=False):
    """Commands that choose how data are represented."""

    dialogue: FtpDialogue

    @after_login("TYPE", "Choose the representation type.", syntax="A | E | I | L 8", reference="RFC 959 4.1.2")
    def type(self, argument: str) -> Reply:
        kind, _, more = argument.upper().strip().partition(" ")
        parameters = self.dialogue.memory.parameters
        form = "N"
        if kind in ("A", "E"):
            form = more.strip() or "N"
            if form not in FORMATS:
                raise Refused(501, f"write TYPE {kind} N, or TYPE {kind} T (RFC 959 3.1.1.5)", "syntax")
            if form == "C":
                raise Refused(504, "carriage control is not supported: use TYPE A N (RFC 959 3.1.1.5.3)")
        elif kind == "L":
            self._check_local(more.strip())
        elif kind not in TYPES:
            raise Refused(501, f"unknown type {argument[:20]!r}: use A, E, I or L 8 (RFC 959 4.1.2)", "syntax")
        elif more:
            raise Refused(501, "TYPE I has no second parameter (RFC 959 4.1.2)", "syntax")
        parameters.type = TYPES[kind]
        parameters.format = form
        parameters.chosen = True
        return Reply(200, f"type is {kind}{' ' + form if kind in 'AE' else ''}")

    def _check_local(self, size: str) -> None:
        if not is_number(size, 9):
            raise Refused(501, "write TYPE L 8 (RFC 959 3.1.1.4)", "syntax")
        if int(size) != OCTET:
            raise Refused(504, f"bytes have 8 bits here: use TYPE L 8, not {int(size)} (RFC 1123 4.1.2.1)")

    @after_login("STRU", "Choose the file structure.", syntax="F | R", reference="RFC 959 4.1.2")
    def structure(self, argument: str) -> Reply:
        wanted = argument.upper().strip()
        if wanted == "P":
            raise Refused(504, "page structure is not supported: use STRU F (RFC 1123 4.1.2.3)")
        if wanted not in ("F", "R"):
            raise Refused(501, f"unknown structure {argument[:20]!r}: use F or R (RFC 959 4.1.2)", "syntax")
        self.dialogue.memory.parameters.structure = "R" if wanted == "R" else "F"
        return Reply(200, f"structure is {wanted}")

    @after_login("MODE", "Choose the transfer mode.", syntax="S | B | C | Z", reference="RFC 959 4.1.2")
    def mode(self, argument: str) -> Reply:
        wanted = argument.upper().strip()
        if wanted not in MODES:
            raise Refused(501, f"unknown mode {argument[:20]!r}: use S, B, C or Z (RFC 959 4.1.2)", "syntax")
        self.dialogue.memory.parameters.mode = MODES[wanted]
        return Reply(200, f"mode is {wanted}")

    @after_login("REST", "Set the offset at which the next transfer begins.", syntax="octets", reference="RFC 3659 5")
    def rest(self, argument: str) -> Reply:
        if not MARKER.fullmatch(argument):
            text = "write REST and an offset in bytes, up to 18 digits (RFC 3659 5.3, RFC 1123 4.1.3.4)"
            raise Refused(501, text, "syntax")
        parameters = self.dialogue.memory.parameters
        parameters.restart = int(argument)
        self.dialogue.state = "restarting"
        return Reply(350, f"restarting at {parameters.restart}; send RETR or STOR")

    @after_login("ALLO", "Reserve space; not needed.", syntax="octets [R octets]", reference="RFC 959 4.1.3")
    def allo(self, argument: str) -> Reply:
        if not ALLOCATION.fullmatch(argument.strip()):
            raise Refused(501, "write ALLO octets, or ALLO octets R octets (RFC 959 4.1.3)", "syntax")
        return Reply(202, "no space needs to be reserved")
