"""Reports well-known ports that this process cannot bind, the reasons, and the remedies."""

import os
import sys
from collections.abc import Iterator, Sequence

import msgspec

from homeport.io import platform
from homeport.io.net.sockets import CannotListenError, PortTakenError, Wanted, bind_all


class Missing(msgspec.Struct):
    """A port that cannot be bound."""

    port: int
    names: list[str]
    """The listeners that want it."""
    taken: bool
    """True if another program has it; False if this process lacks the privilege."""


class WellKnownPortsError(Exception):
    """Well-known ports cannot be bound; the message lists them all, with remedies."""

    def __init__(self, missing: Sequence[Missing], system: str = platform.SYSTEM) -> None:
        super().__init__("\n".join(["--well-known cannot bind these ports:", *_lines(missing, system)]))
        self.missing = list(missing)


def find_missing_ports(wanted: Sequence[Wanted], hosts: Sequence[str]) -> list[Missing]:
    """Return the ports that cannot be bound on these hosts, by number; every listener is tried, none stays bound.

    Raises: CannotListenError if the hosts themselves are unavailable.
    """
    missing: dict[int, Missing] = {}
    for one in wanted:
        try:
            (bound,), _remarks = bind_all([one], hosts)
        except (PortTakenError, CannotListenError) as error:
            if not isinstance(error, PortTakenError) and not error.forbidden:
                raise
            known = missing.setdefault(one.port, Missing(one.port, [], taken=False))
            known.names.append(one.name)
            known.taken = known.taken or isinstance(error, PortTakenError)
        else:
            bound.close()
    return sorted(missing.values(), key=lambda found: found.port)


def _lines(missing: Sequence[Missing], system: str) -> Iterator[str]:
    for one in missing:
        yield f"  {one.port:>5}  {', '.join(one.names)}: {'taken' if one.taken else 'not allowed'}"
    if any(not one.taken for one in missing):
        yield from mac_advice() if system == "darwin" else linux_advice()
    if any(one.taken for one in missing):
        mac = system == "darwin"
        yield (
            f"Taken: stop what holds them ({'sudo lsof -nPi' if mac else 'sudo ss -ltnup'} names it), leave their "
            "services out (--services=-smtp), or listen on another address (--host 127.0.0.77"
            f"{', after sudo ifconfig lo0 alias 127.0.0.77' if mac else ''})."
        )


def linux_advice() -> Iterator[str]:
    """Yield ways to allow ports below 1024 to an ordinary user on Linux."""
    first = platform.first_unprivileged_port()
    python = os.path.realpath(sys.executable)
    yield f"Not allowed: ports below {first} (net.ipv4.ip_unprivileged_port_start) need a privilege. Use one of these:"
    yield "  sudo sysctl net.ipv4.ip_unprivileged_port_start=0    allows them to every program, until the next boot"
    yield f"  sudo setcap cap_net_bind_service=+ep {python}    allows them to every program of this Python"
    yield "  authbind --deep homeport up --well-known    where /etc/authbind/byport has a file for each of them"


def mac_advice() -> Iterator[str]:
    """Yield ways to allow ports below 1024 to a user on macOS, which requires root only on named addresses."""
    yield "Not allowed: on macOS ports below 1024 need root, except on the wildcard address. Use one of these:"
    yield "  sudo homeport up --well-known"
    yield (
        "  homeport up --well-known --host 0.0.0.0 --set 'control.hosts=[\"127.0.0.1\"]'"
        "    other machines can reach the services then"
    )
