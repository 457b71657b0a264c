"""Habits of clients, which single requests do not show: how often they ask, and whether they heed a kiss-o'-death.

A client is an address: programs behind one address are taken for one. Each habit is a finding once for a client.
"""

from math import inf

from homeport.services.ntp.packet import unix_time

MAX_CLIENTS = 4096
BURST_GAP_S = 4.0
"""Requests that follow each other faster are a burst: two seconds apart (RFC 5905 13)."""
MAX_BURST = 8
SHORTEST_POLL_S = 15.0
"""RFC 4330 10."""
FAST_POLLS = 3
"""Intervals in a row, shorter than that, that are no chance."""
IN_TRANSIT_S = 0.25
"""A request that comes this soon after a kiss may have been sent before the client had it."""
GROWTH = 1.2
KNOWS_TIME_S = 86_400.0
"""A transmit timestamp this near to real time is the client's time."""
WELL_KNOWN = 123
TRANSMIT_AT = 40
ORIGIN_AT = 24


class Client:
    """The state of one client."""

    __slots__ = ("burst", "fast", "gap_s", "kiss", "kissed_s", "last_s", "reported", "tokens", "transmit")

    def __init__(self, now: float) -> None:
        self.last_s = now
        """Real time of its last request."""
        self.gap_s = 0.0
        """Seconds between its last two requests; 0 if there was one."""
        self.burst = 1
        self.fast = 0
        self.kiss = ""
        """Code of the last kiss-o'-death that it has got; empty for none."""
        self.kissed_s = 0.0
        self.tokens = inf
        """Requests that it may send at once under a rate limit."""
        self.transmit = b""
        self.reported: set[str] = set()

    def find(self, found: list[str]) -> list[str]:
        """Return the findings that it has not had yet."""
        new = [one for one in found if one not in self.reported]
        self.reported.update(new)
        return new

    def kissed(self, code: str, now: float) -> None:
        """Note a kiss-o'-death."""
        self.kiss, self.kissed_s = code, now

    def again(self, data: bytes, now: float) -> list[str]:
        """Note another request. Return findings."""
        gap, before = now - self.last_s, self.gap_s
        self.last_s, self.gap_s = now, gap
        found = []
        if gap >= SHORTEST_POLL_S:
            self.burst, self.fast = 1, 0
        elif gap >= BURST_GAP_S:
            self.burst = 1
            self.fast += 1
            if self.fast == FAST_POLLS:
                found.append("poll-too-fast")
        else:
            self.burst += 1
            if self.burst == MAX_BURST + 1:
                found.append("burst-too-long")
        transmit = data[TRANSMIT_AT : TRANSMIT_AT + 8]
        if transmit == self.transmit and any(transmit):
            found.append("repeated-transmit")
        self.transmit = transmit
        if self.kiss and now - self.kissed_s > IN_TRANSIT_S:
            if self.kiss != "RATE" or 0 < gap <= before * GROWTH:
                found.append("ignored-kod")
            self.kiss = ""
        return self.find(found) if found else found

    def allowed(self, interval_s: float, burst: int) -> bool:
        """Count a request under a rate limit: on the average one in an interval, after a burst. Return True if it is
        within the limit.
        """
        self.tokens = min(self.tokens + self.gap_s / interval_s, burst)
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def first_findings(data: bytes, port: int, now: float) -> list[str]:
    """Return what the first request of a client shows. now: real time."""
    found = []
    if any(data[ORIGIN_AT : ORIGIN_AT + 8]):
        found.append("origin-not-zero-first")
    transmit = int.from_bytes(data[TRANSMIT_AT : TRANSMIT_AT + 8])
    if not transmit:
        found.append("zero-transmit")
    elif abs(unix_time(transmit, now) - now) < KNOWS_TIME_S:
        found.append("transmit-is-time")
    if port == WELL_KNOWN:
        found.append("fixed-port")
    return found


class Clients:
    """The clients of one world; all are forgotten when they are too many."""

    __slots__ = ("_clients",)

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}

    def note(self, host: str, port: int, data: bytes, now: float) -> tuple[Client, list[str]]:
        """Note a request of a client. Return the client, and findings. data: 48 octets at least. now: real time."""
        client = self._clients.get(host)
        if client is not None:
            return client, client.again(data, now)
        if len(self._clients) >= MAX_CLIENTS:
            self._clients.clear()
        client = self._clients[host] = Client(now)
        client.transmit = data[TRANSMIT_AT : TRANSMIT_AT + 8]
        return client, client.find(first_findings(data, port, now))
