"""Habits of clients, which single queries do not show: how a client chooses ids and ports, tries again, and uses TCP.

Of each client some recent queries are remembered, in bounded memory. Each habit is a finding once for a client.
"""

from collections.abc import Sequence

from homeport.protocol.effects import Effect, ReportFinding
from homeport.services.dns.cache import ID_BYTES

MAX_CLIENTS = 1024
MAX_QUERIES = 64
"""Recent queries that are remembered of a client."""
QUERIES_OF_ONE_PORT = 16
"""Queries from one UDP port that show that it is not changed."""
IDS_IN_A_ROW = 4
"""Ids, each one more than the last or equal to it, that are no chance."""
SHORTEST_RETRY_S = 0.5
"""Resolvers wait 2 to 5 seconds unless they know better (RFC 1035 7.2)."""
LONGEST_RETRY_S = 60.0
DOUBLED_WITHIN_S = 0.001
"""A query that comes again this soon was doubled on its way."""
RETRIES = 3
"""Retries that show whether their intervals grow."""
GROWTH = 1.2
CONNECTIONS = 5
"""Connections with a single query each that show that none is used again."""
CONNECTIONS_WITHIN_S = 10.0
HEADER_REST_BYTES = 10
"""Bytes of the header after the id."""
ADDITIONAL_AT = 8
"""Offset of the number of additional records, after the id."""
OPCODE_BITS = 0x78
SHOWN = 64


class _Query:
    """A recent query."""

    __slots__ = ("answered", "gaps", "number", "port", "time", "truncated")

    def __init__(self, number: bytes, port: int, time: float) -> None:
        self.number = number
        self.port = port
        self.time = time
        self.gaps: list[float] = []
        """Seconds between it and its retries."""
        self.answered = False
        self.truncated = False


class _Client:
    """The recent queries of one client, and the habits that were reported."""

    __slots__ = ("connections", "id", "ids_alike", "ids_in_sequence", "of_port", "port", "queries", "reported")

    def __init__(self) -> None:
        self.queries: dict[bytes, _Query] = {}
        self.reported: set[str] = set()
        self.port = 0
        self.of_port = 0
        self.id = -1
        self.ids_in_sequence = self.ids_alike = 0
        self.connections: list[float] = []
        """Times of connections with a single query."""


class Habits:
    """The habits of all clients of one world."""

    __slots__ = ("_clients",)

    def __init__(self) -> None:
        self._clients: dict[str, _Client] = {}

    def of(self, host: str) -> _Client:
        """Return a client, remembered from now on."""
        client = self._clients.get(host)
        if client is None:
            if len(self._clients) >= MAX_CLIENTS:
                self._clients.clear()
            client = self._clients[host] = _Client()
        return client

    def datagram(
        self, host: str, port: int, data: bytes, now: float, *, answered: bool, truncated: bool
    ) -> Sequence[Effect]:
        """Note a query over UDP. Return the findings about the client's habits."""
        client = self.of(host)
        found: list[str] = []
        number, rest = data[:ID_BYTES], data[ID_BYTES:]
        query = client.queries.get(rest)
        if query is not None and now - query.time < LONGEST_RETRY_S and _is_retry(query, number, port):
            _retried(query, now, found)
        else:
            if query is not None and query.truncated:
                found.append("no-tcp-retry")
            if len(client.queries) >= MAX_QUERIES:
                client.queries.clear()
            query = client.queries[rest] = _Query(number, port, now)
            _choose(client, number, port, found)
            if rest[ADDITIONAL_AT : ADDITIONAL_AT + 2] == b"\0\0" and not rest[0] & OPCODE_BITS:
                found.append("no-edns")
        query.answered, query.truncated = answered, truncated
        return report(client, found, data) if found else ()

    def stream(self, host: str, request: bytes) -> None:
        """Note a query over TCP: a truncated one was asked again as it should be."""
        client = self._clients.get(host)
        if client is not None:
            question = request[HEADER_REST_BYTES + ID_BYTES :]
            for rest, query in client.queries.items():
                if query.truncated and _same_question(rest[HEADER_REST_BYTES:], question):
                    query.truncated = False

    def closed(self, host: str, now: float) -> Sequence[Effect]:
        """Note a connection that had a single query. Return the finding, if it is one of many."""
        client = self.of(host)
        client.connections = [time for time in client.connections if now - time < CONNECTIONS_WITHIN_S]
        client.connections.append(now)
        return report(client, ["tcp-one-query"], b"") if len(client.connections) >= CONNECTIONS else ()


def report(client: _Client, found: Sequence[str], data: bytes) -> list[Effect]:
    """Return findings that the client has not had yet."""
    new = [one for one in found if one not in client.reported]
    client.reported.update(new)
    return [ReportFinding(one, data[:SHOWN]) for one in new]


def _same_question(one: bytes, other: bytes) -> bool:
    """Return True if the octets after two headers begin with the same question, in any case."""
    end = min(len(one), len(other))
    at = one.find(b"\0") + 5
    return 5 <= at <= end and one[:at].lower() == other[:at].lower()


def _is_retry(query: _Query, number: bytes, port: int) -> bool:
    """Return True if the same octets again are another try: with the same id and port, or because no answer came."""
    return not query.answered or (query.number == number and query.port == port)


def _retried(query: _Query, now: float, found: list[str]) -> None:
    gap = now - query.time
    query.time = now
    query.gaps = [*query.gaps, gap][-RETRIES:]
    if DOUBLED_WITHIN_S < gap < SHORTEST_RETRY_S:
        found.append("retry-too-fast")
    if len(query.gaps) == RETRIES and query.gaps[-1] < query.gaps[0] * GROWTH:
        found.append("no-backoff")
    if query.truncated:
        found.append("no-tcp-retry")


def _choose(client: _Client, number: bytes, port: int, found: list[str]) -> None:
    """Note the id and the port that a client chose for a new query."""
    chosen = int.from_bytes(number)
    step = (chosen - client.id) & 0xFFFF
    client.id = chosen
    client.ids_in_sequence = client.ids_in_sequence + 1 if step == 1 else 0
    client.ids_alike = client.ids_alike + 1 if step == 0 else 0
    if client.ids_in_sequence == IDS_IN_A_ROW - 1:
        found.append("predictable-id")
    if client.ids_alike == IDS_IN_A_ROW - 1:
        found.append("same-id")
    if port == client.port:
        client.of_port += 1
        if client.of_port == QUERIES_OF_ONE_PORT:
            found.append("fixed-source-port")
    else:
        client.port, client.of_port = port, 1
