"""Faults that a client asks for by its selector, `/fault/NAME/SELECTOR`, if `[faults] by_client` is set.

NAME is a name of `protocol.fault_names.parse_fault_name`, or a defect of `form.FRAMES`.
"""

import msgspec

from homeport.protocol.fault_names import FAULT_NAMES, nearest_fault_name, parse_fault_name
from homeport.protocol.faults import Do
from homeport.services.gopher.form import FRAMES

PREFIX = b"/fault/"
NAMES = (*(one for one in FAULT_NAMES if not one.startswith(("reply-", "result-", "frame-"))), *FRAMES)
"""An example of each name."""


def split_fault(request: bytes) -> tuple[str, bytes]:
    """Return the name of the fault that a request asks for, and the request without it; an empty name for none."""
    if not request.startswith(PREFIX):
        return "", request
    selector, tab, rest = request.removeprefix(PREFIX).partition(b"\t")
    name, slash, selector = selector.partition(b"/")
    return (name.decode("utf-8", "replace"), slash + selector + tab + rest) if name else ("", request)


def find_fault(name: str) -> Do | None:
    """Return the fault of a name; None if Gopher has none of that name."""
    if name in FRAMES:
        name = f"frame-{name}"
    do = parse_fault_name(name)
    if do is None or do.reply is not msgspec.UNSET or (do.frame is not msgspec.UNSET and do.frame not in FRAMES):
        return None
    return do


def explain(name: str) -> str:
    """Return an error message for a name that no fault has."""
    return f"there is no fault {name[:40]!r}; {nearest_fault_name(name, tuple(FRAMES))}"
