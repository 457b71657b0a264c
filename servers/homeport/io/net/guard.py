"""The UDP guard: what keeps datagram services from loops and from being a weapon against others.

- A datagram from a well-known port (below 1024) or from a service of a farm gets no answer: it would be answered in
  its turn. RFC 862 and its kin say nothing of it; the loops of Echo and Chargen have been known since 1996. A service
  whose clients send from such a port names it (`Service.client_ports`).
- An answer has one hop less to live than the datagram that it answers, as if it had been forwarded. So two farms that
  know nothing of each other and are aimed at each other fall silent after 64 datagrams, whatever their ports.
- That bounds the depth of a loop. Its breadth is bounded by BREADTH: answers of more than one datagram to one address
  and port, loopback too, carry no more than that in a second; the answer that would is not given at all.
- A service may bound its answers by the size of the question (`Service.amplification`).
- One address gets no more than so many answers a second, unless it is exempt.
"""

from collections.abc import Iterable

HOPS = 64
"""Hops that an answer has at most, before the one taken off."""
WELL_KNOWN = 1024
SOURCES_REMEMBERED = 65_536
BREADTH = 128
"""Datagrams, of answers that have several, to one address and port in a second; one answer alone may have more."""


class Guard:
    """One farm's guard.

    answers_per_second: to one address, 0 for any number.
    """

    def __init__(self, *, enabled: bool, answers_per_second: int) -> None:
        self.refused_ports: frozenset[int] = frozenset()
        """Ports that get no answer."""
        self._second = 0
        self._answers: dict[str, int] = {}
        self._several_second = 0
        self._several: dict[tuple[str, int], int] = {}
        self.configure(enabled=enabled, answers_per_second=answers_per_second)

    def configure(self, *, enabled: bool, answers_per_second: int) -> None:
        """Guard by these rules from now on; the ports of services must be told anew."""
        self.enabled = enabled
        self.answers_per_second = answers_per_second
        self.fewest_hops = 2 if enabled else 0
        """A datagram with fewer hops left has come round too often."""
        self.know_services(())

    def know_services(self, ports: Iterable[int]) -> None:
        """These are the UDP ports of services, all of them; well-known ports are refused besides."""
        self.refused_ports = frozenset(range(WELL_KNOWN)) | frozenset(ports) if self.enabled else frozenset()

    def refuses(self, port: int, hops: int, client_ports: frozenset[int] = frozenset()) -> str | None:
        """Return why a datagram from that port with that many hops left gets no answer; None if it may have one.

        client_ports: ports that the asked service answers although they are refused otherwise.
        """
        if port in self.refused_ports and port not in client_ports:
            return "well-known port" if port < WELL_KNOWN else "port of a service"
        return "loop" if hops < self.fewest_hops else None

    def allows(self, host: str, answers: int, second: int) -> bool:
        """Whether that address may have so many answers more in this second, which are counted then.

        second: real time in whole seconds.
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
        """Return whether that address and port may have one more answer of several datagrams in this second.

        An answer that is allowed is counted; the first of a second is allowed however many datagrams it has.

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
    """The hops that the answer to a datagram has, which came with so many."""
    return min(received, HOPS) - 1
