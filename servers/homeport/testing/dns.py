"""DNS in tests: the addresses to ask, zones and records to be set, and queries to wait for."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from homeport.testing.api import segment
from homeport.testing.errors import FarmError, TimedOut
from homeport.testing.records import Event, Record
from homeport.testing.service import Listener, TlsService, in_thread
from homeport.testing.waiting import TIMEOUT, brief, not_seen, seconds

if TYPE_CHECKING:
    from homeport.testing.world import World

TTL_S = 60


class Dns(TlsService):
    """DNS; `address`, `host` and `port` are those of UDP, and `tcp` may have another port.

    `dns.zone("shop.test").put("www A 127.0.0.1")` adds a zone, `dns.set("www.shop.test", "A", "127.0.0.2")` changes it.
    """

    schemes: ClassVar = {"udp": "dns", "tcp": "dns", "tls": "dns", "https": "https"}

    @property
    def tcp(self) -> Listener:
        """The listener for TCP."""
        return self.listener("tcp")

    @property
    def tls(self) -> Listener:
        """The listener for DNS over TLS."""
        return self.listener("tls")

    @property
    def https(self) -> Listener:
        """The listener for DNS over HTTPS."""
        return self.listener("https")

    @property
    def doh_url(self) -> str:
        """The URL of DNS over HTTPS."""
        return f"{self.https.url}/dns-query"

    @property
    def zones(self) -> list[Record]:
        """All zones but those of registered names: name, serial, changeable, servers. (Sends a request.)"""
        return [Record(one) for one in self._api.get(f"{self.world.path}/dns/zones")["items"]]

    def zone(self, name: str) -> "DnsZone":
        """Return a zone, which need not exist: `dns.zone("shop.test").put("www A 127.0.0.1")` adds it."""
        return DnsZone(self.world, name)

    def zone_of(self, name: str) -> "DnsZone":
        """Return the zone that a name lies in.

        Raises: FarmError if there is none.
        """
        __tracebackhide__ = True
        found = self._api.get(f"{self.world.path}/dns/zones", holding=name)["items"]
        if not found:
            raise FarmError(f"{name} lies in no zone of the world: add one with `dns.zone(...).put()`")
        return DnsZone(self.world, found[0]["name"])

    def set(self, name: str, type: str, *data: str, ttl: int = TTL_S) -> Record:
        """Set the records of a type at a complete name: `dns.set("_acme-challenge.shop.test", "TXT", token)`.

        data: as zone files have it, such as "10 mail.shop.test." for MX; TXT without quotes is one text.
        """
        __tracebackhide__ = True
        return self.zone_of(name).set(_complete(name), type, *data, ttl=ttl)

    def unset(self, name: str, type: str) -> None:
        """Remove the records of a type at a complete name."""
        __tracebackhide__ = True
        self.zone_of(name).unset(_complete(name), type)

    def queries(self, name: str | None = None, qtype: str | None = None, **filters: Any) -> list[Event]:
        """Return the queries that were answered, oldest first: name, qtype, rcode, transport, peer.

        filters: fields of the event that must be equal, such as rcode="NXDOMAIN".
        """
        __tracebackhide__ = True
        wanted = filters | {"name": None if name is None else _complete(name), "qtype": qtype}
        given = {field: value for field, value in wanted.items() if value is not None}
        return list(self.events("query", **given))

    def wait_for_query(
        self,
        name: str,
        qtype: str | None = None,
        *,
        timeout: float | timedelta = TIMEOUT,
        since: int = 0,
        rcode: str | None = None,
    ) -> Event:
        """Return the first query about a name; wait for it if needed. Earlier ones count, after the event `since`.

        qtype: its type, such as "TXT". rcode: of the answer, such as "NXDOMAIN".

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        left = seconds(timeout)
        wanted = {"name": name, "qtype": qtype, "rcode": rcode}
        answer = self._api.get(
            f"{self.world.path}/dns/queries/wait", patience=left, since=since, timeout=f"{left:.3f}s", **wanted
        )
        if answer["timed_out"]:
            what = " ".join(f"{field}={value!r}" for field, value in wanted.items() if value is not None)
            raise TimedOut(not_seen(f"a query with {what}", timeout, 0, answer["near"], brief))
        return Event(answer["events"][0])

    async def wait_for_query_async(self, name: str, qtype: str | None = None, **options: Any) -> Event:
        """`wait_for_query` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for_query, name, qtype, **options)


class DnsZone:
    """A zone. Every method sends a request. Names are `@`, relative to the zone (`www`), or complete."""

    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self._path = f"{world.path}/dns/zones/{segment(name)}"

    def __repr__(self) -> str:
        return f"<DnsZone {self.name}>"

    @property
    def state(self) -> Record:
        """Its name, serial, servers, and whether it is changeable."""
        return Record(self.world.api.get(self._path))

    @property
    def serial(self) -> int:
        """The serial number of its SOA."""
        return int(self.state["serial"])

    def export(self) -> str:
        """Return all its records, as a zone file."""
        return self.world.api.fetch(f"{self._path}/zonefile").decode()

    def put(self, records: str | None = None, ttl: int = TTL_S) -> "DnsZone":
        """Add it, or replace its records: lines of a zone file, such as "www A 127.0.0.1". Without records, one that
        exists stays as it is. ttl: for records that have none of their own.
        """
        __tracebackhide__ = True
        body = {"ttl": ttl} if records is None else {"records": records, "ttl": ttl}
        self.world.api.send("PUT", self._path, body)
        return self

    def delete(self) -> None:
        """Remove it."""
        self.world.api.send("DELETE", self._path)

    def records(self, name: str = "", type: str = "") -> list[Record]:
        """Return its record sets: name, type, ttl, data. name: a text that names contain; type: such as "A,AAAA"."""
        found: list[Record] = []
        offset: int | None = 0
        while offset is not None:
            answer = self.world.api.get(f"{self._path}/records", name=name, type=type, offset=offset)
            found += map(Record, answer["items"])
            offset = answer["next"]
        return found

    def get(self, name: str, type: str) -> Record:
        """Return the records of a type at a name: name, type, ttl, data."""
        __tracebackhide__ = True
        return Record(self.world.api.get(self._records(name, type)))

    def set(self, name: str, type: str, *data: str, ttl: int = TTL_S) -> Record:
        """Set the records of a type at a name: `zone.set("www", "A", "127.0.0.2")`; they replace all of that type."""
        __tracebackhide__ = True
        return Record(self.world.api.send("PUT", self._records(name, type), {"data": list(data), "ttl": ttl}))

    def unset(self, name: str, type: str) -> None:
        """Remove the records of a type at a name."""
        __tracebackhide__ = True
        self.world.api.send("DELETE", self._records(name, type))

    def _records(self, name: str, type: str) -> str:
        return f"{self._path}/records/{segment(name)}/{segment(type)}"


def _complete(name: str) -> str:
    return f"{name.removesuffix('.')}."
