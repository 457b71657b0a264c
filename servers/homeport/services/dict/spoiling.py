"""Answers with a defect that a fault plans: `{"frame": "wrong-count"}` and the like."""

import re

from homeport.protocol.faults import FrameFault

WITH_TEXT = frozenset({"DEFINE", "MATCH", "SHOW", "HELP"})
COUNTED = frozenset({"DEFINE", "MATCH", "SHOW"})
FRAMES: dict[str, frozenset[str]] = {
    "no-final-dot": WITH_TEXT,
    "unstuffed-dots": frozenset({"DEFINE", "SHOW"}),
    "wrong-count": COUNTED,
    "no-final-status": WITH_TEXT,
    "drop-in-message": WITH_TEXT,
    "no-msg-id": frozenset({"CONNECT"}),
}
"""The defects, each with the commands whose answers can have it; CONNECT is the banner."""
END = b"\r\n.\r\n"
COUNT = re.compile(rb"(1(?:10|11|50|52) )(\d+)")
BANNER_ENDING = re.compile(rb"(?: <[^<>]*>)?(?: <[^<>]*>)\r\n$")
FINAL = re.compile(rb"(?<=\r\n)250 [^\r\n]*\r\n$")


def spoil(word: FrameFault, verb: str, wire: bytes) -> bytes:
    """Return an answer with a defect; unchanged if this answer cannot have it."""
    if verb not in FRAMES.get(word, ()) or not (verb == "CONNECT" or wire.startswith(b"1")):
        return wire
    match word:
        case "no-final-dot":
            head, end, rest = wire.rpartition(END)
            return head + b"\r\n" + rest if end else wire
        case "unstuffed-dots":
            return wire.replace(b"\r\n..", b"\r\n.")
        case "wrong-count":
            return COUNT.sub(lambda found: b"%s%d" % (found[1], int(found[2]) + 1), wire, count=1)
        case "no-final-status":
            return FINAL.sub(b"", wire)
        case "drop-in-message":
            return wire[: len(wire) // 2]
        case _:
            return BANNER_ENDING.sub(b"\r\n", wire)
