"""The zone of the world's own hosts, `homeport.test`: where its services are, with the ports that this world has.

It follows from the world and can be changed like a stored zone: a record set that was changed stays as it is, until it
is again what the world would say.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from homeport.world.endpoints import Endpoint
from homeport.world.zones.edits import Edit, checked_edits, make_edits
from homeport.world.zones.name import Name, is_below
from homeport.world.zones.origins import MAIL_SERVER, OWN_ORIGIN, OWN_TEXT, SERVERS, TTL_S, soa_rrset
from homeport.world.zones.published import addresses_node, is_published, name_of, servers_rrset
from homeport.world.zones.rdata import caa, mx, srv, txt
from homeport.world.zones.rrset import CAA, MX, NS, SOA, SRV, TLSA, TXT, RRset
from homeport.world.zones.zone import StoredZone, with_serial

if TYPE_CHECKING:
    from homeport.world.zones.computed import ComputedZones

Place = tuple[Name, int]
"""A name and a type."""
SERVICE_NAMES = {
    ("smtp", "starttls"): "smtp",
    ("smtp", "submission"): "submission",
    ("smtp", "tls"): "submissions",
    ("imap", "starttls"): "imap",
    ("imap", "tls"): "imaps",
    ("pop3", "starttls"): "pop3",
    ("pop3", "tls"): "pop3s",
    ("ftp", "tls"): "ftps",
    ("whois", "tcp"): "nicname",
    ("users", "tcp"): "systat",
    ("users", "udp"): "systat",
    ("dns", "udp"): "domain",
    ("dns", "tcp"): "domain",
    ("dns", "tls"): "domain-s",
    ("dns", "https"): "https",
    ("epp", "tls"): "epp",
}
"""Names of services as SRV records have them (RFC 6335, RFC 6186, RFC 8314), where they are not those of ours."""
WITHOUT_SRV = {("smtp", "plain"), ("epp", "tcp")}
"""Listeners that no client should find this way."""
HOSTS = (b"ns", b"mail", b"www", b"mta-sts")
MAIL_SERVICES = ("smtp", "imap", "pop3")
TEXTS = {
    (): b"v=spf1 mx -all",
    (b"_dmarc",): b"v=DMARC1; p=reject; rua=mailto:postmaster@homeport.test",
    (b"_mta-sts",): b"v=STSv1; id=1",
    (b"_smtp", b"_tls"): b"v=TLSRPTv1; rua=mailto:postmaster@homeport.test",
}
ISSUER = OWN_TEXT.encode()
"""The authority that issues the world's certificates, as CAA names it."""


class OwnZone:
    """The zone of the world's own hosts.

    serial: its first serial number. changed: record sets that were changed, as they are now; None: removed.
    """

    def __init__(self, zones: "ComputedZones", serial: int, changed: dict[Place, RRset | None]) -> None:
        self.zone = StoredZone(OWN_ORIGIN, soa_rrset(serial))
        self._zones = zones
        self._made: dict[Place, RRset] = {}
        self.changed = changed

    def refresh(self, now: float) -> bool:
        """Bring the zone up to date. Return True if that has changed it. now: the world's time, for the serial."""
        made = dict(self._records())
        wanted = {**made, **self.changed}
        places = {*self._made, *made, *self.changed} - {(OWN_ORIGIN, SOA)}
        self._made = made
        edits = [Edit(name, number, wanted.get((name, number))) for name, number in places]
        if (soa := self.changed.get((OWN_ORIGIN, SOA))) is not None:
            data = with_serial(soa.data[0], self.zone.serial)  # a later one, if other things have changed since
            edits.append(Edit(OWN_ORIGIN, SOA, RRset(SOA, soa.ttl, (data,))))
        changing = checked_edits(self.zone, edits, now)
        if changing:
            make_edits(self.zone, changing)
        return bool(changing)

    def change(self, edits: list[Edit]) -> None:
        """Make edits that were checked, and keep them."""
        make_edits(self.zone, edits)
        for one in edits:
            place = one.name, one.type
            if one.rrset == self._made.get(place):
                self.changed.pop(place, None)
            else:
                self.changed[place] = one.rrset

    def is_made(self, edit: Edit) -> bool:
        """Return True if a record set is as the world makes it."""
        return edit.rrset == self._made.get((edit.name, edit.type))

    def _records(self) -> Iterator[tuple[Place, RRset]]:
        """Yield what the world says of itself."""
        registry = self._zones.registry
        domain = registry.domains.get(OWN_TEXT)
        servers = None if domain is None or not is_published(domain) else servers_rrset(domain.server_names, TTL_S)
        yield (OWN_ORIGIN, NS), servers or SERVERS
        yield (OWN_ORIGIN, MX), RRset(MX, TTL_S, (mx(10, MAIL_SERVER),))
        yield (OWN_ORIGIN, CAA), RRset(CAA, TTL_S, (caa(0, b"issue", ISSUER),))
        for labels, text in TEXTS.items():
            yield ((*labels, *OWN_ORIGIN), TXT), RRset(TXT, TTL_S, (txt(text),))
        addresses = self._zones.world_addresses()
        endpoints = self._zones.endpoints()
        hosts = dict.fromkeys([(one, *OWN_ORIGIN) for one in HOSTS])
        hosts |= dict.fromkeys((one.service.encode(), *OWN_ORIGIN) for one in endpoints)
        for name in (OWN_ORIGIN, *hosts):
            for number, rrset in addresses.items():
                yield (name, number), rrset
        for host in list(registry.each_subordinate_host(OWN_TEXT)):
            name = name_of(host.name) or ()
            if is_below(name, OWN_ORIGIN) and name not in hosts:
                for number, rrset in addresses_node(host.addresses, TTL_S).items():
                    yield (name, number), rrset
        yield from service_records(endpoints).items()
        if secured := [one for one in endpoints if one.has_tls]:
            yield from certificate_records(secured, self._zones.tlsa()).items()


def service_records(endpoints: list[Endpoint]) -> Mapping[Place, RRset]:
    """Return the SRV records of listeners."""
    data: dict[Name, dict[bytes, None]] = {}
    for one in endpoints:
        key = (one.service, one.listener)
        if key in WITHOUT_SRV:
            continue
        label = SERVICE_NAMES.get(key, one.service)
        host = _host(one)
        name = (f"_{label}".encode(), f"_{one.transport}".encode(), *OWN_ORIGIN)
        data.setdefault(name, {})[srv(0, 0, one.port, host)] = None
    return {(name, SRV): RRset(SRV, TTL_S, tuple(sets)) for name, sets in data.items()}


def certificate_records(endpoints: list[Endpoint], data: tuple[bytes, ...]) -> Mapping[Place, RRset]:
    """Return the TLSA records of listeners with TLS, below the hosts that SRV and MX name (RFC 6698 3)."""
    names = [(b"_%d" % one.port, f"_{one.transport}".encode(), *_host(one)) for one in endpoints]
    return {(name, TLSA): RRset(TLSA, TTL_S, data) for name in names} if data else {}


def _host(endpoint: Endpoint) -> Name:
    return MAIL_SERVER if endpoint.service in MAIL_SERVICES else (endpoint.service.encode(), *OWN_ORIGIN)
