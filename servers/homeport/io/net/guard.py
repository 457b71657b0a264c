"""The UDP guard: protects against packet loops, and against reflection and amplification attacks.

- A datagram from a well-known port (below 1024) or from a port of the farm's services is not answered, because the
  answer could be answered in turn. RFC 862 does not forbid it; loops between Echo and Chargen are known since 1996
  (CERT CA-1996-01). A service whose clients send from such a port declares it (`Service.client_ports`).
- The TTL of an answer is one less than that of the request, as if it had been forwarded. So two farms that do not know
  each other and are pointed at each other stop after 64 datagrams, on any ports.
- That bounds the depth of a loop; BREADTH bounds its width: answers of more than one datagram to one address and port,
  loopback included, are limited per second, and an answer over the limit is dropped as a whole.
- A service may bound its answers by the size of the request (`Service.amplification`).
- A rate limit bounds the answers per second to one address, unless it is exempt.
"""

from collections.abc import Iterable

HOPS = 64
"""Maximum TTL of an answer, before one is subtracted."""
WELL_KNOWN = 1024
SOURCES_REMEMBERED = 65_536
BREADTH = 128
"""Datagrams per second to one address and port, of answers with more than one; a single answer may have more."""


class Guard:
    """The guard of one farm.

    answers_per_second: rate limit per address; 0: none.
    """

    def __init__(self, *, enabled: bool, answers_per_second: int) -> None:
        self.refused_ports: frozenset[int] = frozenset()
        """Source ports that are not answered."""
        self._second = 0
        self._answers: dict[str, int] = {}
        self._several_second = 0
        self._several: dict[tuple[str, int], int] = {}
        self.configure(enabled=enabled, answers_per_second=answers_per_second)

    def configure(self, *, enabled: bool, answers_per_second: int) -> None:
        """Apply new settings; `know_services` must be called again."""
        self.enabled = enabled
        self.answers_per_second = answers_per_second
        self.fewest_hops = 2 if enabled else 0
        """Minimum TTL of a request; fewer means that it is in a loop."""
        self.know_services(())

    def know_services(self, ports: Iterable[int]) -> None:
        """Set the UDP ports of all services, which are refused as source ports, like the well-known ones."""
        self.refused_ports = frozenset(range(WELL_KNOWN)) | frozenset(ports) if self.enabled else frozenset()

    def refuses(self, port: int, hops: int, client_ports: frozenset[int] = frozenset()) -> str | None:
        """Return the reason why a datagram from that port with that TTL is not answered; None if it may be.

        client_ports: source ports that this service answers although they are refused otherwise.
        """
        if port in self.refused_ports and port not in client_ports:
            return "well-known port" if port < WELL_KNOWN else "port of a service"
        return "loop" if hops < self.fewest_hops else None

    def allows(self, host: str, answers: int, second: int) -> bool:
        """Return True, and count the answers, if the rate limit allows them to that address in this second.

        answers: their number. second: real time in whole seconds.
        """
        if not self.answers_per_second:
            return True
        if second != self._second or len(self._answers) >= SOURCES_REMEMBERED:
            self._second = second
            self._answers.clear()
        number = self._answers.get(host, 0) + answers
        if number > self.answers_per_second:
            return False
        self._answers[host] = number
        return True

    def allows_several(self, address: tuple[str, int], answers: int, second: int) -> bool:
        """Return True, and count it, if that address and port may have another answer of several datagrams in this
        second.

        The first of a second is always allowed.

        answers: its datagrams, 2 or more. second: real time in whole seconds.
        """
        if not self.enabled:
            return True
        if second != self._several_second or len(self._several) >= SOURCES_REMEMBERED:
            self._several_second = second
            self._several.clear()
        given = self._several.get(address, 0)
        if given and given + answers > BREADTH:
            return False
        self._several[address] = given + answers
        return True


def hops_left(received: int) -> int:
    """Return the TTL of the answer to a datagram that was received with that TTL."""
    return min(received, HOPS) - 1
