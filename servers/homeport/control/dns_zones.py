"""A world's DNS zones over the API: all of them can be read; those that are stored can be changed.

Records are in the presentation format (RFC 1035 5.1). dnspython parses them in the thread pool, and is imported there.
"""

from collections.abc import Callable, Generator, Iterator
from http import HTTPStatus
from typing import Any

import msgspec

from homeport.control.dns_shapes import (
    DnsRecords,
    DnsRecordsBody,
    DnsRecordsList,
    DnsRecordsQuery,
    DnsZoneBody,
    DnsZonesQuery,
    DnsZoneState,
    DnsZoneStates,
)
from homeport.control.durable import NOT_DURABLE, Made, attempt, when_zones_stored
from homeport.control.farm import Farm
from homeport.control.json_pieces import MAX_RENDERED, batched, list_pieces, serialize
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Body, OffReactor, Steps
from homeport.control.state import log_change, not_found
from homeport.world.world import World
from homeport.world.zones.building import LARGE, BuiltZone, build_zone
from homeport.world.zones.edits import Edit, ZoneProblem
from homeport.world.zones.lookup import targets
from homeport.world.zones.name import ROOT, BadName, Name, canonical_key, name_text
from homeport.world.zones.rrset import NS, SOA, Node, RRset, parse_type, type_text
from homeport.world.zones.text import (
    DEFAULT_TTL_S,
    BadRecords,
    data_text,
    load,
    parse_name_as_entered,
    parse_records,
    parse_zone,
    zone_pieces,
)
from homeport.world.zones.zone import Zone

ZONE_FILE = "text/dns"
"""The media type of zone files (RFC 4027)."""
MAX_ZONE_BYTES = 16 << 20
FOLLOWS = "follows from the registry or other state of the world"
MAX_SHOWN = 4
"""Record sets that are turned into text in one step."""
MAX_NEAR = 200
"""Names among which a near one is looked for."""
INVALID = (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT, NOT_DURABLE)


def dns_zones(farm: Farm, request: Request) -> DnsZoneStates:
    zones = world_of(farm, request).world.zones
    if request.query.holding:
        zone = zones.find(parsed_name("holding", request.query.holding))
        found = [] if zone is None else [_shown(zones, zone)]
    else:
        origins = sorted(zones.origins(), key=canonical_key)
        there = [zone for one in origins if (zone := zones.find(one)) is not None and zone.origin == one]
        found = [_shown(zones, zone) for zone in there]
    return DnsZoneStates(found, len(found))


def dns_zone(farm: Farm, request: Request) -> DnsZoneState:
    world, zone = zone_of(farm, request)
    return _shown(world.zones, zone)


def put_dns_zone(farm: Farm, request: Request) -> Any:
    world, body = world_of(farm, request).world, request.body or DnsZoneBody()
    origin = _origin(request)
    _refuse_whole(world, origin)
    text = body.records
    if text is msgspec.UNSET:
        if origin in world.zones.stored:
            return _shown(world.zones, world.zones.stored[origin])
        return _replace(farm, world, build_zone(origin, ()))
    return OffReactor(
        farm,
        lambda: _built(world, origin, str(text), body.ttl),
        lambda built: _replace(farm, world, built),
    )


def delete_dns_zone(farm: Farm, request: Request) -> Any:
    world, zone = zone_of(farm, request)
    _refuse_whole(world, zone.origin)
    _attempt(lambda: world.zones.remove_zone(zone.origin))
    log_change(world, "dns-zone", shown_name(zone.origin), "deleted")
    return when_zones_stored(farm, world, None)


def dns_zone_file(farm: Farm, request: Request) -> OffReactor:
    world, zone = zone_of(farm, request)
    # Without keys, so that the file can be put again.
    zone = FrozenZone(world.zones.stored.get(zone.origin, zone), fixed=_is_kept(world, zone))
    return OffReactor(farm, load, lambda _none: Body(farm, (piece.encode() for piece in zone_pieces(zone)), ZONE_FILE))


def put_dns_zone_file(farm: Farm, request: Request) -> OffReactor:
    world, origin = world_of(farm, request).world, _origin(request)
    _refuse_whole(world, origin)

    def parse() -> Any:
        try:
            text = request.body.decode()
        except UnicodeDecodeError as error:
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"not UTF-8 at byte {error.start}") from None
        return _built(world, origin, text, DEFAULT_TTL_S)

    return OffReactor(farm, parse, lambda built: _replace(farm, world, built))


def dns_records(farm: Farm, request: Request) -> OffReactor:
    world, zone = zone_of(farm, request)
    query, zone = request.query, FrozenZone(zone, fixed=_is_kept(world, zone))
    types = {parsed_type(one.strip()) for one in query.type.split(",")} if query.type else set()
    return OffReactor(farm, load, lambda _none: Steps(farm, _find(farm, zone, query, types)))


def dns_record_set(farm: Farm, request: Request) -> OffReactor:
    _world, zone = zone_of(farm, request)
    name, number = _name(request, zone.origin), parsed_type(request.parameters["type"])
    rrset = (zone.node(name) or {}).get(number)
    if rrset is None:
        raise _no_records(zone, name, number)
    return OffReactor(farm, lambda: show_records(name, rrset))


def put_dns_records(farm: Farm, request: Request) -> OffReactor:
    world, zone = _changeable(farm, request)
    name, number, body = _name(request, zone.origin), parsed_type(request.parameters["type"]), request.body

    def parse() -> tuple[RRset, DnsRecords]:
        rrset = _attempt(lambda: parse_records(number, body.ttl, body.data, zone.origin))
        return rrset, show_records(name, rrset)

    def change(parsed: tuple[RRset, DnsRecords]) -> Any:
        rrset, shown = parsed
        _attempt(lambda: world.zones.apply(zone.origin, [Edit(name, number, rrset)]))
        log_change(world, "dns-records", f"{shown.name} {shown.type}", "put")
        return when_zones_stored(farm, world, shown)

    return OffReactor(farm, parse, change)


def delete_dns_records(farm: Farm, request: Request) -> Any:
    world, zone = _changeable(farm, request)
    name, number = _name(request, zone.origin), parsed_type(request.parameters["type"])
    if number not in (zone.node(name) or {}):
        raise _no_records(zone, name, number)
    _attempt(lambda: world.zones.apply(zone.origin, [Edit(name, number)]))
    log_change(world, "dns-records", f"{shown_name(name)} {type_text(number)}", "deleted")
    return when_zones_stored(farm, world, None)


def shown_name(name: Name) -> str:
    """Return a name as the API shows it: without the final dot, but for the root."""
    return name_text(name).removesuffix(".") or "."


def show_records(name: Name, rrset: RRset) -> DnsRecords:
    """Show a record set; where dnspython has been imported."""
    data = [data_text(rrset.type, one) for one in rrset.data]
    return DnsRecords(name=shown_name(name), type=type_text(rrset.type), ttl=rrset.ttl, data=data)


def _shown(zones: Any, zone: Zone) -> DnsZoneState:
    return DnsZoneState(
        name=shown_name(zone.origin),
        serial=zone.serial,
        changeable=zones.changeable(zone.origin) is not None,
        servers=[shown_name(one) for one in _servers(zone)],
    )


def _servers(zone: Zone) -> Iterator[Name]:
    servers = (zone.node(zone.origin) or {}).get(NS)
    return iter(()) if servers is None else targets(servers)


def _is_kept(world: World, zone: Zone) -> bool:
    """Return True if a zone's records are kept, so that they cannot change while they are walked."""
    return world.zones.changeable(zone.origin) is not None


class FrozenZone:
    """A zone that may change while it is shown, turn by turn of the reactor. fixed: True for a fixed list of names."""

    def __init__(self, zone: Zone, *, fixed: bool) -> None:
        self._names = [name for name, _node in zone.nodes()] if fixed else None
        self._zone = zone
        self.origin, self.serial = zone.origin, zone.serial
        self.node, self.cut = zone.node, zone.cut

    def nodes(self) -> Iterator[tuple[Name, Node]]:
        """Yield each name that has records, with them as of the moment when it is reached."""
        if self._names is None:
            yield from self._zone.nodes()
        else:
            yield from ((name, dict(self.node(name) or {})) for name in self._names)


def _find(farm: Farm, zone: Zone, query: DnsRecordsQuery, types: set[int]) -> Generator[None, None, Body]:
    """Find record sets in steps, and return the body of their list."""
    wanted = query.name.lower().removesuffix(".")
    found: list[tuple[Name, RRset]] = []
    total = 0
    for some in batched(zone.nodes(), MAX_RENDERED):
        for name, node in some:
            if wanted and wanted not in shown_name(name):
                continue
            for number in sorted(node, key=lambda one: (one != SOA, one)):
                if not types or number in types:
                    if query.offset <= total < query.offset + query.limit:
                        found.append((name, node[number]))
                    total += 1
        yield
    batches = ([serialize(show_records(*one)) for one in some] for some in batched(found, MAX_SHOWN))
    end = query.offset + len(found)
    rest = {"total": total, "next": end if found and end < total else None}
    return Body(farm, list_pieces("items", batches, lambda: rest))


def _built(world: World, origin: Name, text: str, ttl_s: int) -> BuiltZone:
    """Return a zone from a zone file; in the thread pool. Raises: ProblemError."""
    nodes = _attempt(lambda: parse_zone(text, origin, ttl_s))
    records = [(name, rrset) for name, node in nodes.items() for rrset in node.values()]
    built: BuiltZone = _attempt(lambda: build_zone(origin, records, rows=world.zones.kept.blocks))
    return built


def _replace(farm: Farm, world: World, built: BuiltZone) -> Any:
    """Add a zone, or replace all its records."""
    zones, origin = world.zones, built.zone.origin
    _refuse_whole(world, origin)  # which may have changed meanwhile
    if built.size < LARGE and origin in zones.stored:
        records = [(name, rrset) for name, node in built.zone.nodes() for rrset in node.values()]
        if not built.has_soa:
            records = [one for one in records if one[1].type != SOA]
        zone = _attempt(lambda: zones.put_zone(origin, records))
    else:
        zone = _attempt(lambda: zones.put_built(built))
    log_change(world, "dns-zone", shown_name(origin), "put")
    return when_zones_stored(farm, world, _shown(zones, zone))


def _attempt(work: Callable[[], Made]) -> Made:
    """Return the result of a change, or of parsing. Raises: ProblemError."""
    try:
        return attempt(work)
    except (BadRecords, BadName, ZoneProblem) as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None


def _origin(request: Request) -> Name:
    return parsed_name("the path", request.parameters["zone"])


def _name(request: Request, origin: Name) -> Name:
    return parsed_name("the path", request.parameters["name"], origin)


def parsed_name(place: str, text: str, origin: Name = ROOT) -> Name:
    """Return a name of a request. Raises: ProblemError, 400."""
    try:
        return parse_name_as_entered(text, origin)
    except BadName as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"{place}: {error}") from None


def parsed_type(text: str) -> int:
    try:
        return parse_type(text)
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None


def zone_of(farm: Farm, request: Request) -> tuple[World, Zone]:
    """Return the world and zone of a request. Raises: ProblemError, 404."""
    world, origin = world_of(farm, request).world, _origin(request)
    zone = world.zones.find(origin)
    if zone is None or zone.origin != origin:
        known = [shown_name(one) for one in world.zones.origins()[:MAX_NEAR]]
        raise not_found("zone", request.parameters["zone"], known)
    return world, zone


def _changeable(farm: Farm, request: Request) -> tuple[World, Zone]:
    """Return the zone that the path names. Raise ProblemError, 409, for one whose records cannot be changed."""
    world, zone = zone_of(farm, request)
    if world.zones.changeable(zone.origin) is None:
        raise ProblemError(HTTPStatus.CONFLICT, f"the zone {shown_name(zone.origin)} {FOLLOWS}: change that")
    return world, zone


def _refuse_whole(world: World, origin: Name) -> None:
    """Raise ProblemError, 409, for a zone that can be neither replaced nor removed: the world makes it."""
    zone = world.zones.find(origin)
    if zone is not None and zone.origin == origin and origin not in world.zones.stored:
        hint = "change that" if world.zones.changeable(origin) is None else "change that, or set its records one by one"
        raise ProblemError(HTTPStatus.CONFLICT, f"the zone {shown_name(origin)} {FOLLOWS}: {hint}")


def _no_records(zone: Zone, name: Name, number: int) -> ProblemError:
    node = zone.node(name)
    there = ", ".join(map(type_text, sorted(node))) if node else ""
    hint = f"it has {there}" if there else "the name has no records" if node is not None else "there is no such name"
    return ProblemError(HTTPStatus.NOT_FOUND, f"{shown_name(name)} has no {type_text(number)} records: {hint}")


ZONES = f"{WORLD}/dns/zones"
ZONE = f"{ZONES}/{{zone}}"
RECORDS = f"{ZONE}/records"
RECORD_SET = f"{RECORDS}/{{name}}/{{type}}"
NO_CONTENT = HTTPStatus.NO_CONTENT
OPERATIONS = (
    Operation(
        method="GET",
        path=ZONES,
        summary="List the DNS zones of a world",
        handler=dns_zones,
        cli="homeport dns list",
        python="homeport.dns.zones",
        query=DnsZonesQuery,
        answer=DnsZoneStates,
    ),
    Operation(
        method="GET",
        path=ZONE,
        summary="Get a DNS zone",
        description="Return a zone without its records. Zones of registered names are found here, too.",
        handler=dns_zone,
        answer=DnsZoneState,
    ),
    Operation(
        method="PUT",
        path=ZONE,
        summary="Add a DNS zone, or replace its records",
        description="The serial number moves forward with each change, and with that of a zone which is removed and\n"
        "added again.",
        handler=put_dns_zone,
        cli="homeport dns add {zone}",
        python="homeport.dns.zone({zone}).put({records})",
        problems=INVALID,
        max_body_bytes=MAX_ZONE_BYTES,
        body=DnsZoneBody,
        answer=DnsZoneState,
    ),
    Operation(
        method="DELETE",
        path=ZONE,
        summary="Remove a DNS zone",
        description="A configured zone returns with a reset, and when its configuration changes.",
        handler=delete_dns_zone,
        cli="homeport dns delete {zone}",
        python="homeport.dns.zone({zone}).delete()",
        problems=(HTTPStatus.CONFLICT, NOT_DURABLE),
        answer=None,
        status=NO_CONTENT,
    ),
    Operation(
        method="GET",
        path=f"{ZONE}/zonefile",
        summary="Get a DNS zone as a zone file",
        description="Return all records of a zone (RFC 1035 5.1), without signatures and the keys of the farm.",
        handler=dns_zone_file,
        cli="homeport dns export {zone}",
        python="homeport.dns.zone({zone}).export()",
        answer=str,
        media_type=ZONE_FILE,
    ),
    Operation(
        method="PUT",
        path=f"{ZONE}/zonefile",
        summary="Add a DNS zone from a zone file, or replace its records",
        description="$ORIGIN, $TTL and $GENERATE are understood; $INCLUDE is refused. SOA and NS are added if there\n"
        "are none; RRSIG, NSEC and NSEC3 are left out.",
        handler=put_dns_zone_file,
        cli="homeport dns add {zone} --file FILE",
        problems=INVALID,
        octets=True,
        max_body_bytes=MAX_ZONE_BYTES,
        answer=DnsZoneState,
    ),
    Operation(
        method="GET",
        path=RECORDS,
        summary="List the records of a DNS zone",
        handler=dns_records,
        cli="homeport dns show {zone}",
        python="homeport.dns.zone({zone}).records()",
        query=DnsRecordsQuery,
        answer=DnsRecordsList,
    ),
    Operation(
        method="GET",
        path=RECORD_SET,
        summary="Get the DNS records of one type at one name",
        description="The name is `@` for the zone itself, relative to the zone (`www`), or complete (`www.shop.test`).",
        handler=dns_record_set,
        answer=DnsRecords,
    ),
    Operation(
        method="PUT",
        path=RECORD_SET,
        summary="Set the DNS records of one type at one name",
        description="They replace all records of that type; the next query sees them.",
        handler=put_dns_records,
        problems=INVALID,
        body=DnsRecordsBody,
        answer=DnsRecords,
    ),
    Operation(
        method="DELETE",
        path=RECORD_SET,
        summary="Remove the DNS records of one type at one name",
        handler=delete_dns_records,
        problems=INVALID,
        answer=None,
        status=NO_CONTENT,
    ),
)
