"""Answers with a defect that a fault plans: `{"frame": "no-final-dot"}` and the like."""

import re

from homeport.protocol.faults import FrameFault

LISTED = frozenset({"CAPA", "LIST", "RETR", "TOP", "UIDL", "LANG"})
FRAMES: dict[str, frozenset[str]] = {
    "no-final-dot": LISTED,
    "unstuffed-dots": frozenset({"RETR", "TOP"}),
    "wrong-size": frozenset({"STAT", "LIST", "RETR"}),
    "other-uids": frozenset({"UIDL"}),
    "drop-in-message": frozenset({"RETR", "TOP"}),
}
"""The defects, each with the commands whose answers can have it."""
END = b"\r\n.\r\n"
EXCESS = 7
SIZE = re.compile(rb"(?m)^(\+OK \d+ |\d+ )(\d+)(?=\r$)")
RETRIEVED = re.compile(rb"(\+OK )(\d+)")
UNIQUE = re.compile(rb"(?m)^((?:\+OK )?\d+ )(\d+)(?=\.)")


def spoil(word: FrameFault, verb: str, wire: bytes) -> bytes:
    """Return an answer with a defect; unchanged if this answer cannot have it."""
    if verb not in FRAMES[word]:
        return wire
    match word:
        case "no-final-dot":
            return wire.removesuffix(END) + b"\r\n" if wire.endswith(END) else wire
        case "unstuffed-dots":
            return wire.replace(b"\n..", b"\n.")
        case "drop-in-message":
            head, end, message = wire.partition(b"\r\n")
            return head + end + message[: len(message) // 2]
        case "wrong-size" if verb == "RETR":
            return RETRIEVED.sub(_increase, wire, 1)
        case "wrong-size":
            return SIZE.sub(_increase, wire)
        case _:
            return UNIQUE.sub(lambda found: b"%s%d" % (found[1], int(found[2]) + 1), wire)


def _increase(found: re.Match[bytes]) -> bytes:
    return b"%s%d" % (found[1], int(found[2]) + EXCESS)
