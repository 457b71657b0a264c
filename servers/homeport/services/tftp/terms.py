"""The terms of a transfer: what request and server agree on by options (RFC 2347, 2348, 2349, 7440)."""

from collections.abc import Callable

import msgspec

from homeport.services.tftp.options import MAX_BLOCK, MIN_BLOCK, TftpOptions
from homeport.services.tftp.packets import DEFAULT_BLOCK, OPTION
from homeport.services.tftp.request import BadRequest, Request

MAX_TIMEOUT_S = 255
MAX_WINDOW = 65_535
MAX_SENT_WINDOW = 512 << 10
"""Bytes of a window that is sent, which is kept until it is acknowledged."""
MAX_RECEIVED_WINDOW = 64 << 10
"""Bytes of a window that is received: what the socket's buffer holds surely."""

Report = Callable[[str], None]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The agreed values."""

    blksize: int = DEFAULT_BLOCK
    windowsize: int = 1
    timeout_s: float = 0.0
    """The timeout that the client asked for; 0 for none."""
    tsize: int | None = None
    """The size that a client which writes has announced."""
    acknowledged: tuple[tuple[str, int], ...] = ()
    """The options of the OACK, in the order of the request; none: there is no OACK."""


def agree(request: Request, options: TftpOptions, size: int | None, report: Report) -> Terms:
    """Return the terms for a request.

    size: octets of the file as they will be sent; None if it is unknown, or the client writes.
    Raises: BadRequest with error 8, if `syntax` is strict and a value is out of range.
    """
    agreed: dict[str, int] = {}
    blksize, windowsize, timeout_s, tsize = DEFAULT_BLOCK, 1, 0.0, None
    for name, value in request.options.items():
        if name in options.without:
            continue
        if name == "blksize" and _valid(name, value, MIN_BLOCK, MAX_BLOCK, options, report):
            blksize = agreed[name] = min(value, options.max_blksize)
        elif name == "timeout" and _valid(name, value, 1, MAX_TIMEOUT_S, options, report):
            timeout_s = float(value)
            agreed[name] = value
        elif name == "windowsize" and _valid(name, value, 1, MAX_WINDOW, options, report):
            windowsize = value
            agreed[name] = value
        elif name == "tsize" and request.reads:
            if value:
                report("tsize-not-zero")
            if size is not None:
                agreed[name] = size
        elif name == "tsize":
            tsize = agreed[name] = value
    if "windowsize" in agreed:
        room = (MAX_SENT_WINDOW if request.reads else MAX_RECEIVED_WINDOW) // blksize
        windowsize = agreed["windowsize"] = max(min(windowsize, options.max_windowsize, room), 1)
    return Terms(
        blksize=blksize,
        windowsize=windowsize,
        timeout_s=timeout_s,
        tsize=tsize,
        acknowledged=tuple(agreed.items()),
    )


def _valid(name: str, value: int, least: int, most: int, options: TftpOptions, report: Report) -> bool:
    """Return True if a value is in its range. One that is not is left out of the OACK. Raises: BadRequest."""
    if least <= value <= most:
        return True
    report(f"{name}-out-of-range")
    if options.is_strict:
        raise BadRequest(OPTION, f"{name} is {least} to {most}")
    return False
