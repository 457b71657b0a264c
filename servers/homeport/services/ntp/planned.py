"""Planned defects of answers, and the names by which keys ask for them.

The verb of a request is `client`, the argument its version and how it is authenticated: `version 4`,
`version 4 key 7`, `version 4 nts`.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from homeport.protocol.commands import ArgumentRule
from homeport.protocol.fault_checks import OF_DATAGRAMS
from homeport.protocol.fault_names import parse_fault_name
from homeport.protocol.faults import Do
from homeport.services.ntp.packet import Request

VERB = "CLIENT"
VERBS: dict[str, ArgumentRule] = {VERB: "required"}
KISSES = {"kiss-rate": "RATE", "kiss-deny": "DENY", "kiss-rstr": "RSTR", "kiss-ntsn": "NTSN"}
"""The words for a kiss-o'-death, with its code."""
OF_HEADERS = (
    *KISSES,
    "unsynchronised",
    "wrong-origin",
    "zero-transmit",
    "zero-stamps",
    "old-version",
    "wrong-mode",
    "root-distance",
    "next-era",
    "leap-insert",
    "leap-delete",
)
OF_WIRES = ("replay", "crypto-nak", "bad-mac")
WRONG_SOURCE = "wrong-source"
OF_REQUESTS = frozenset((VERB,))
UDP = frozenset(("udp",))
FRAMES: dict[str, frozenset[str]] = dict.fromkeys((*OF_HEADERS, *OF_WIRES, WRONG_SOURCE), OF_REQUESTS)
"""The defects of answers, with the verbs that they act on."""
FAULT_VERBS = dict.fromkeys(("offset", "stratum"), OF_REQUESTS)
FRAME_LISTENERS = dict.fromkeys((*FRAMES, "offset", "stratum"), UDP)

NUMBERED: dict[str, Callable[[int], dict[str, Any]]] = {
    "offset": lambda ms: {"offset": {"ms": ms}},
    "drift": lambda ppm: {"offset": {"ms": 0, "ppm": ppm}},
    "stratum": lambda number: {"stratum": {"number": number}},
    "truncate": lambda size: {"truncate": {"size": size}},
}
NUMBER = re.compile(rf"({'|'.join(NUMBERED)})-(-?\d{{1,12}})", re.ASCII)
PLAIN = ("drop", "duplicate", "reorder")
OWN_NAMES = ("offset-500", "drift-100", "stratum-15", "truncate-16", *PLAIN, *FRAMES)
"""An example of each form of name that only NTP has."""


def argument_of(request: Request) -> str:
    """Return the argument by which faults match a request."""
    how = " nts" if request.has_nts else f" key {request.key_id}" if request.mac else ""
    return f"version {request.header.version}{how}"


def parse_fault(name: str) -> Do | None:
    """Parse the name of a fault for which a key asks; None if there is none of that name."""
    word = name.lower()
    made: dict[str, Any]
    if word in FRAMES:
        made = {"frame": word}
    elif word in PLAIN:
        made = {word: {}}
    elif match := NUMBER.fullmatch(word):
        made = NUMBERED[match[1]](int(match[2]))
    else:
        do = parse_fault_name(word)
        return do if do is not None and do.kind in OF_DATAGRAMS else None
    try:
        return msgspec.convert(made, Do)
    except msgspec.ValidationError:
        return None
