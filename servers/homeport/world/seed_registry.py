"""Registry and Whois of a new world: three registrars, and a harbour town's domains, hosts and contacts.

A registrar's password is its identifier with `-pass` appended. The authInfo of a domain is its first label with
`-auth` appended, a contact's its identifier with the same. Times are seconds from the world's beginning.

Here are the town itself and the registrars; `seed_lifecycle.py` has a domain in every state.
"""

from homeport.world.registry import (
    Contact,
    DelegationSigner,
    Domain,
    DomainContact,
    Host,
    PostalInfo,
    Registrar,
    RegistryContents,
    Robot,
)
from homeport.world.seed_lifecycle import (
    DAY,
    LIFECYCLE_CONTACTS,
    LIFECYCLE_DOMAINS,
    LIFECYCLE_HOSTS,
    LIFECYCLE_MESSAGES,
    YEAR,
)
from homeport.world.whois_texts import WhoisText

REGISTRARS = (
    Registrar(
        id="harbour",
        name="Harbour Names Ltd.",
        password="harbour-pass",
        iana_id=9901,
        url="https://www.harbour.test",
        postal=PostalInfo(
            street=("1 Mole Road",), city="Port Meridian", province="Tideshire", postal_code="PM1 1AA", country="GB"
        ),
        voice="+44.1865550100",
        email="names@harbour.test",
        abuse_email="abuse@harbour.test",
        abuse_phone="+44.1865550199",
    ),
    Registrar(
        id="lighthouse",
        name="Lighthouse Registrations GmbH",
        password="lighthouse-pass",
        iana_id=9902,
        url="https://www.lighthouse.test",
        postal=PostalInfo(street=("Am Leuchtturm 7",), city="Nordhafen", postal_code="26548", country="DE"),
        voice="+49.4932555010",
        fax="+49.4932555011",
        email="post@lighthouse.test",
        abuse_email="abuse@lighthouse.test",
        abuse_phone="+49.4932555099",
    ),
    Registrar(
        id="pilot",
        name="Pilot Domains S.A.",
        password="pilot-pass",
        iana_id=9903,
        url="https://www.pilot.test",
        postal=PostalInfo(street=("3 Quai des Pilotes",), city="Port-Sud", postal_code="13002", country="FR"),
        voice="+33.491555030",
        email="contact@pilot.test",
        abuse_email="abuse@pilot.test",
        abuse_phone="+33.491555039",
        # It ignores requests, so that nothing happens by itself, but obeys trigger names.
        robot=Robot(),
    ),
)

CONTACTS = (
    Contact(
        id="HM-1",
        roid="C1-HOMEPORT",
        password="HM-1-auth",
        registrar="harbour",
        postal=PostalInfo(
            name="Harbour Master",
            organization="Port Meridian Harbour Board",
            street=("Control Tower", "1 Mole Road"),
            city="Port Meridian",
            province="Tideshire",
            postal_code="PM1 1AA",
            country="GB",
        ),
        voice="+44.1865550100",
        fax="+44.1865550110",
        email="master@homeport.test",
        created=-5 * YEAR,
        updated=-40 * DAY,
    ),
    Contact(
        id="AL-1",
        roid="C2-HOMEPORT",
        password="AL-1-auth",
        registrar="harbour",
        postal=PostalInfo(
            name="Alice Liddell",
            street=("Harbour House 12",),
            city="Port Meridian",
            postal_code="PM1 2BB",
            country="GB",
        ),
        voice="+44.1865550101",
        email="alice@homeport.test",
        created=-3 * YEAR,
    ),
    Contact(
        id="LK-1",
        roid="C3-HOMEPORT",
        password="LK-1-auth",
        registrar="lighthouse",
        postal=PostalInfo(
            name="Jörg Küster",
            organization="Leuchtturmverein Nordhafen e.V.",
            street=("Am Leuchtturm 7",),
            city="Nordhafen",
            postal_code="26548",
            country="DE",
        ),
        voice="+49.4932555012",
        email="joerg@lighthouse.test",
        created=-2 * YEAR,
        updated=-9 * DAY,
        transferred=-30 * DAY,
    ),
)

HOSTS = (
    Host(
        name="ns1.homeport.test",
        roid="H1-HOMEPORT",
        registrar="harbour",
        addresses=("192.0.2.53", "2001:db8::53"),
        created=-5 * YEAR,
    ),
    Host(
        name="ns2.homeport.test",
        roid="H2-HOMEPORT",
        registrar="harbour",
        addresses=("192.0.2.54",),
        created=-5 * YEAR,
        updated=-1 * YEAR,
    ),
    Host(
        name="ns.lighthouse.test",
        roid="H3-HOMEPORT",
        registrar="lighthouse",
        addresses=("198.51.100.53", "2001:db8:7::53"),
        created=-2 * YEAR,
    ),
)

HOMEPORT_SERVERS = ("ns1.homeport.test", "ns2.homeport.test")

DOMAINS = (
    Domain(
        name="homeport.test",
        roid="D1-HOMEPORT",
        password="homeport-auth",
        registrar="harbour",
        statuses=("clientTransferProhibited",),
        registrant="HM-1",
        contacts=(DomainContact("admin", "HM-1"), DomainContact("tech", "AL-1"), DomainContact("billing", "HM-1")),
        nameservers=HOMEPORT_SERVERS,
        signers=(
            DelegationSigner(
                key_tag=12345,
                algorithm=13,
                digest_type=2,
                digest="3D0DA85FDD91C3C2CD8E5E7A30EEB2E1AC3E5B1AD1D1AE1C0CB9E5C15A9DA5E7",
            ),
        ),
        created=-5 * YEAR,
        updated=-40 * DAY,
        expires=3 * YEAR,
    ),
    Domain(
        name="lighthouse.test",
        roid="D2-HOMEPORT",
        password="lighthouse-auth",
        registrar="lighthouse",
        registrant="LK-1",
        contacts=(DomainContact("admin", "LK-1"), DomainContact("tech", "LK-1")),
        nameservers=("ns.lighthouse.test", "ns1.homeport.test"),
        created=-2 * YEAR,
        updated=-30 * DAY,
        transferred=-30 * DAY,
        expires=200 * DAY,
    ),
    Domain(
        name="expiring-tomorrow.test",
        roid="D3-HOMEPORT",
        password="expiring-tomorrow-auth",
        registrar="harbour",
        registrant="AL-1",
        contacts=(DomainContact("admin", "AL-1"), DomainContact("tech", "AL-1")),
        nameservers=HOMEPORT_SERVERS,
        created=-1 * YEAR + DAY,
        expires=DAY,
    ),
    # A name that begins with a digit is a name (RFC 1123 2.1).
    Domain(
        name="3com.test",
        roid="D4-HOMEPORT",
        password="3com-auth",
        registrar="harbour",
        statuses=("clientDeleteProhibited", "clientTransferProhibited"),
        registrant="AL-1",
        nameservers=HOMEPORT_SERVERS,
        created=-4 * YEAR,
        expires=1 * YEAR,
    ),
    # leuchtfeuer-süd.test, as the registry keeps it
    Domain(
        name="xn--leuchtfeuer-sd-ssb.test",
        roid="D5-HOMEPORT",
        password="xn--leuchtfeuer-sd-ssb-auth",
        registrar="lighthouse",
        registrant="LK-1",
        contacts=(DomainContact("admin", "LK-1"),),
        created=-90 * DAY,
        expires=YEAR - 90 * DAY,
    ),
)

REGISTRY = RegistryContents(
    registrars=REGISTRARS,
    contacts=(*CONTACTS, *LIFECYCLE_CONTACTS),
    hosts=(*HOSTS, *LIFECYCLE_HOSTS),
    domains=(*DOMAINS, *LIFECYCLE_DOMAINS),
    messages=LIFECYCLE_MESSAGES,
)

WHOIS_TEXTS = (
    WhoisText(
        keys=("harbour-rules", "rules"),
        text=(
            "Rules of the harbour of Port Meridian\n\n"
            "1. Every vessel ends its line with CR LF.\n"
            "2. No vessel sends before it has read the pilot's greeting.\n"
            "3. The tide table is an answer, not a promise.\n"
        ),
    ),
)
