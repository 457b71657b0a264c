"""Networks and AS numbers of a new world: those for documentation (RFC 5737, RFC 3849, RFC 5398)."""

from homeport.world.numbers import AsNumbers, Network, NumbersContents, Route
from homeport.world.seed_lifecycle import DAY, YEAR

NETWORKS = (
    Network(
        range="192.0.2.0/24",
        name="TEST-NET-1",
        description="Port Meridian Harbour Board (RFC 5737)",
        status="ALLOCATED PA",
        abuse_email="abuse@harbour.test",
        created=-5 * YEAR,
        updated=-40 * DAY,
        organization="harbour",
        country="GB",
        admin="HM-1",
        tech="AL-1",
    ),
    Network(
        range="192.0.2.64/26",
        name="HARBOUR-QUAY",
        description="Berths of the east quay",
        abuse_email="abuse@harbour.test",
        created=-2 * YEAR,
        organization="harbour",
        country="GB",
        admin="HM-1",
        tech="AL-1",
    ),
    Network(
        range="198.51.100.0/24",
        name="TEST-NET-2",
        description="Leuchtturmverein Nordhafen (RFC 5737)",
        status="ALLOCATED PA",
        abuse_email="abuse@lighthouse.test",
        created=-2 * YEAR,
        organization="lighthouse",
        country="DE",
        admin="LK-1",
        tech="LK-1",
    ),
    Network(
        range="198.51.100.10 - 198.51.100.29",
        name="LIGHTHOUSE-LAMPS",
        description="Lamps, by number",
        created=-1 * YEAR,
        organization="lighthouse",
        country="DE",
        admin="LK-1",
        tech="LK-1",
    ),
    Network(
        range="203.0.113.0/24",
        name="TEST-NET-3",
        description="Pilots of Port-Sud (RFC 5737)",
        status="ALLOCATED PA",
        country="FR",
        organization="pilot",
        abuse_email="abuse@pilot.test",
        created=-3 * YEAR,
    ),
    Network(
        range="2001:db8::/32",
        name="DOCUMENTATION-V6",
        description="Port Meridian Harbour Board (RFC 3849)",
        status="ALLOCATED-BY-RIR",
        abuse_email="abuse@harbour.test",
        created=-5 * YEAR,
        organization="harbour",
        country="GB",
        admin="HM-1",
        tech="AL-1",
    ),
    Network(
        range="2001:db8:7::/48",
        name="LIGHTHOUSE-V6",
        description="Leuchtturmverein Nordhafen",
        status="ASSIGNED",
        created=-2 * YEAR,
        organization="lighthouse",
        country="DE",
        admin="LK-1",
        tech="LK-1",
    ),
)

ROUTES = (
    Route(prefix="192.0.2.0/24", origins=("AS64496",), organization="harbour", created=-5 * YEAR),
    Route(prefix="198.51.100.0/24", origins=("AS64497",), organization="lighthouse", created=-2 * YEAR),
    Route(prefix="203.0.113.0/24", origins=("AS64498", "AS65536"), organization="pilot", created=-3 * YEAR),
    Route(prefix="2001:db8::/32", origins=("AS64496",), organization="harbour", created=-5 * YEAR),
    Route(prefix="2001:db8:7::/48", origins=("AS64497",), organization="lighthouse", created=-2 * YEAR),
)

AS_NUMBERS = (
    AsNumbers(range="AS64496 - AS64511", name="DOCUMENTATION-16", description="RFC 5398", created=-5 * YEAR),
    AsNumbers(range="AS65536 - AS65551", name="DOCUMENTATION-32", description="RFC 5398", created=-5 * YEAR),
    AsNumbers(
        range="AS64496",
        name="HARBOUR-AS",
        abuse_email="abuse@harbour.test",
        created=-5 * YEAR,
        organization="harbour",
        country="GB",
        admin="HM-1",
        tech="AL-1",
    ),
    AsNumbers(
        range="AS64497",
        name="LIGHTHOUSE-AS",
        abuse_email="abuse@lighthouse.test",
        created=-2 * YEAR,
        organization="lighthouse",
        country="DE",
        admin="LK-1",
        tech="LK-1",
    ),
    AsNumbers(range="AS64498", name="PILOT-AS", country="FR", organization="pilot", created=-3 * YEAR),
)

NUMBERS = NumbersContents(networks=NETWORKS, routes=ROUTES, as_numbers=AS_NUMBERS)
