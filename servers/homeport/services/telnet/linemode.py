"""LINEMODE, as far as a server needs it (RFC 1184; RFC 1123 3.3.5): the client edits lines, and sends signals."""

from homeport.protocol.telnet import DO, DONT, LINEMODE, WILL, WONT, subnegotiation

MODE, FORWARDMASK, SLC = 1, 2, 3
EDIT, TRAPSIG, MODE_ACK = 1, 2, 4
NOSUPPORT, CANTCHANGE, LEVELS, ACK = 0, 1, 3, 0x80
FUNCTIONS = {3: 3, 4: 15, 5: 20, 8: 4, 10: 127, 11: 21}
"""Local characters by function (RFC 1184 2.4): IP ^C, AO ^O, AYT ^T, EOF ^D, EC DEL, EL ^U."""
MAX_TRIPLETS = 60


class Linemode:
    """The state of LINEMODE on one connection."""

    __slots__ = ("mask",)

    def __init__(self) -> None:
        self.mask = EDIT | TRAPSIG
        """The mode that we want: the client edits lines, and sends IP for its interrupt character."""

    @property
    def mode(self) -> bytes:
        """The parameters that ask for the mode."""
        return bytes((MODE, self.mask))

    def take(self, parameters: bytes) -> list[bytes] | None:
        """Handle a subnegotiation of the client; return the answers, or None if it is malformed."""
        match parameters[:1]:
            case b"\x01" if len(parameters) == 2:
                # RFC 1184 2.2: the acknowledgement; a mode that the client wants of itself gets ours again.
                return [] if parameters[1] & MODE_ACK else [subnegotiation(LINEMODE, self.mode)]
            case b"\x03" if len(parameters) % 3 == 1:
                return self._take_characters(parameters[1:])
            case _ if len(parameters) >= 2 and parameters[1] == FORWARDMASK and parameters[0] in (WILL, WONT, DO, DONT):
                if parameters[0] == WILL:
                    return [subnegotiation(LINEMODE, bytes((DONT, FORWARDMASK)))]
                return [subnegotiation(LINEMODE, bytes((WONT, FORWARDMASK)))] if parameters[0] == DO else []
            case _:
                return None

    @staticmethod
    def _take_characters(triplets: bytes) -> list[bytes]:
        """Answer SLC: what the client sets is accepted, a question for our defaults is answered (RFC 1184 2.4)."""
        answers = bytearray()
        for at in range(0, min(len(triplets), 3 * MAX_TRIPLETS), 3):
            function, modifiers, character = triplets[at : at + 3]
            if function == 0:
                for known, default in FUNCTIONS.items():
                    answers += bytes((known, LEVELS, default))
            elif modifiers & ACK:
                continue  # it agrees with ours
            elif function in FUNCTIONS:
                answers += bytes((function, modifiers | ACK, character))
            elif modifiers & LEVELS != NOSUPPORT:
                answers += bytes((function, NOSUPPORT, 0))
        return [subnegotiation(LINEMODE, bytes((SLC,)) + answers)] if answers else []
