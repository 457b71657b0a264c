"""A small client for the text services: blocking sockets, one exchange."""

import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from homeport.config.quantities import EARLIEST, LATEST, counted
from homeport.services import MODULES, find_service

ERA_SECONDS = 1 << 32
"""Period of RFC 868's 32-bit number, in seconds: it wraps at 2036-02-07T06:28:16Z, and every 136 years."""
UNIX_EPOCH = 2_208_988_800
"""Seconds from 1900 to 1970 (RFC 868)."""

CHARGEN_LINES = 10
NEXT_DATAGRAM_TIMEOUT_S = 0.2
"""Timeout for a further datagram of the same answer, in seconds."""
MAX_READ_BYTES = 65535


class Exchange(NamedTuple):
    """The exchange with a service over TCP."""

    iana_port: int
    sends: Callable[[str], bytes] | None = None
    """The request's bytes; None where nothing is sent."""
    lines: int = 0
    """Number of lines to read; 0 to read until the server closes."""
    has_udp: bool = True


def _line(text: str) -> bytes:
    return text.encode() + b"\r\n"


EXCHANGES = {
    "echo": Exchange(7, str.encode),
    "users": Exchange(11),
    "daytime": Exchange(13),
    "qotd": Exchange(17),
    "chargen": Exchange(19, lines=CHARGEN_LINES),
    "time": Exchange(37),
    "finger": Exchange(79, _line, has_udp=False),
    "whois": Exchange(43, _line, has_udp=False),
    "gopher": Exchange(70, _line, has_udp=False),
}
"""The exchange of each of our services, declared here too so that a query imports none of them."""

Trace = Callable[[str, bytes], None]
"""A callback for the bytes of both sides: `C` for the client's, `S` for the server's."""


def find_exchange(name: str) -> Exchange | None:
    """Return the exchange with a service, ours or another package's; None if it cannot be queried."""
    if name in EXCHANGES or name in MODULES:
        return EXCHANGES.get(name)
    try:
        service = find_service(name)
    except KeyError:
        return None
    return Exchange(service.listeners[0].iana_port, _line, has_udp=False) if service.asked_by_line else None


class NoAnswerError(Exception):
    """The service did not answer; the message says why."""


def ask(service: str, host: str, port: int, text: str, *, udp: bool, timeout: float, trace: Trace) -> bytes:
    """Query a service and return its whole answer.

    Raises: NoAnswerError.
    """
    exchange = find_exchange(service)
    if exchange is None:
        raise NoAnswerError(f"{service} cannot be queried")
    transport = "UDP" if udp else "TCP"
    try:
        return (_ask_udp if udp else _ask_tcp)(exchange, host, port, text, timeout, trace)
    except TimeoutError:
        raise NoAnswerError(
            f"no answer from {service} at {host} port {port} ({transport}) within {timeout:g} s"
        ) from None
    except OSError as error:
        raise NoAnswerError(f"{service} at {host} port {port} ({transport}): {error.strerror or error}") from None
    except UnicodeError:
        raise NoAnswerError(f"{host!r} is not a host name: write {service}://HOST:PORT") from None


def _ask_tcp(exchange: Exchange, host: str, port: int, text: str, timeout: float, trace: Trace) -> bytes:
    deadline = time.monotonic() + timeout
    with socket.create_connection((host, port), timeout) as client:
        if exchange.sends is not None:
            request = exchange.sends(text)
            trace("C", request)
            client.sendall(request)
            if exchange.sends is str.encode:
                # Echo continues until we close our side.
                client.shutdown(socket.SHUT_WR)
        received = b""
        while not exchange.lines or received.count(b"\n") < exchange.lines:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            client.settimeout(left)
            part = client.recv(MAX_READ_BYTES)
            if not part:
                break
            received += part
        if exchange.lines:
            received = b"".join(received.splitlines(keepends=True)[: exchange.lines])
        trace("S", received)
        return received


def _ask_udp(exchange: Exchange, host: str, port: int, text: str, timeout: float, trace: Trace) -> bytes:
    family, _kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(timeout)
        client.connect(address)
        request = exchange.sends(text) if exchange.sends else b""
        trace("C", request)
        client.send(request)
        received = client.recv(MAX_READ_BYTES)
        trace("S", received)
        client.settimeout(NEXT_DATAGRAM_TIMEOUT_S)
        try:
            # Active Users sends several datagrams when one is not enough (RFC 866).
            while exchange.sends is None:
                further = client.recv(MAX_READ_BYTES)
                trace("S", further)
                received += further
        except TimeoutError:
            pass
        return received


def shown(service: str, answer: bytes, near: float | None = None) -> str:
    """Format an answer for people, with bytes escaped that would act on a terminal (RFC 1288 3.3).

    near: Unix time near the server's, which decides the era of its 32-bit number; None for now.
    """
    if service == "time":
        if len(answer) != 4:  # RFC 868: 32 bits
            return f"{counted(len(answer), 'byte')}: not a time"
        seconds = int.from_bytes(answer)
        return f"{seconds} {nearest_moment(seconds, time.time() if near is None else near):%Y-%m-%dT%H:%M:%SZ}"
    text = answer.decode("utf-8", "backslashreplace").replace("\r\n", "\n").removesuffix("\n")
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)


def nearest_moment(seconds: int, near: float) -> datetime:
    """Return the moment nearest to the Unix time `near` at which RFC 868's number is `seconds`; clamped to the years 1
    to 9999."""
    offset = (seconds - UNIX_EPOCH - near + ERA_SECONDS / 2) % ERA_SECONDS - ERA_SECONDS / 2
    moment = min(max(near + offset, EARLIEST), LATEST)
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=round(moment))
