"""A domain in every state, for a new world: graces, redemption, transfers in both directions, locks, reviews.

`quay.test` has two hosts, which domains of all three registrars use. Names tell the state.
"""

from typing import Any

from homeport.world.registry.messages import MessageSeed
from homeport.world.registry.objects import (
    Contact,
    Domain,
    DomainContact,
    Grace,
    Host,
    HostAttribute,
    Key,
    PostalInfo,
    Transfer,
)

HOUR = 3600.0
DAY = 24 * HOUR
YEAR = 365 * DAY

QUAY = ("ns1.quay.test", "ns2.quay.test")
REGISTRANTS = {"harbour": "QM-1", "lighthouse": "BK-1", "pilot": "PB-1"}
POSTAL_CODES = {"Port Meridian": "PM1 3CC", "Nordhafen": "26548", "Port-Sud": "13002"}


def _contact(number: int, key: str, registrar: str, name: str, city: str, country: str, voice: str) -> Contact:
    return Contact(
        id=key,
        roid=f"C{number}-HOMEPORT",
        password=f"{key}-auth",
        registrar=registrar,
        postal=PostalInfo(
            name=name, street=("2 Quayside",), city=city, postal_code=POSTAL_CODES.get(city, ""), country=country
        ),
        voice=voice,
        email=f"{key.lower()}@quay.test",
        created=-2 * YEAR,
    )


LIFECYCLE_CONTACTS = (
    _contact(4, "QM-1", "harbour", "Quentin Marsh", "Port Meridian", "GB", "+44.1865550120"),
    _contact(5, "BK-1", "lighthouse", "Bente Krog", "Nordhafen", "DE", "+49.4932555020"),
    _contact(6, "PB-1", "pilot", "Pauline Bordier", "Port-Sud", "FR", "+33.491555031"),
    # No domain refers to it, so it can be deleted.
    _contact(7, "UNUSED-1", "harbour", "Una Usedless", "Port Meridian", "GB", "+44.1865550121"),
)


def _host(number: int, name: str, registrar: str, *addresses: str) -> Host:
    return Host(name=name, roid=f"H{number}-HOMEPORT", registrar=registrar, addresses=addresses, created=-400 * DAY)


LIFECYCLE_HOSTS = (
    _host(4, "ns1.quay.test", "harbour", "203.0.113.53", "2001:db8:c::53"),
    _host(5, "ns2.quay.test", "harbour", "203.0.113.54"),
    _host(6, "ns.arriving.test", "lighthouse", "198.51.100.60"),
    # In another registry's zone, so without addresses.
    _host(7, "ns.elsewhere.invalid", "pilot"),
)


def _domain(number: int, name: str, registrar: str = "harbour", **fields: Any) -> Domain:
    key = REGISTRANTS[registrar]
    usual: dict[str, Any] = {
        "registrant": key,
        "contacts": (DomainContact("admin", key), DomainContact("tech", key)),
        "nameservers": QUAY,
        "password": f"{name.split('.')[0]}-auth",
        "created": -400 * DAY,
        "expires": 330 * DAY,
    }
    return Domain(name=name, roid=f"D{number}-HOMEPORT", registrar=registrar, **usual | fields)


def _grace(kind: Any, registrar: str, begun: float, ends: float) -> tuple[Grace, ...]:
    return (Grace(kind=kind, begun=begun, ends=ends, registrar=registrar, years=1, amount=10.0),)


def _locks(side: str) -> tuple[str, ...]:
    return tuple(f"{side}{operation}Prohibited" for operation in ("Delete", "Renew", "Transfer", "Update"))


LIFECYCLE_DOMAINS = (
    _domain(6, "quay.test"),
    _domain(7, "beacon.test", "lighthouse"),
    _domain(8, "pilot-boat.test", "pilot", nameservers=(*QUAY, "ns.elsewhere.invalid")),
    _domain(
        9,
        "just-created.test",
        created=-HOUR,
        expires=YEAR - HOUR,
        graces=_grace("add", "harbour", -HOUR, 5 * DAY - HOUR),
    ),
    _domain(
        10,
        "just-renewed.test",
        "lighthouse",
        updated=-DAY,
        updater="lighthouse",
        expires=2 * YEAR,
        graces=_grace("renew", "lighthouse", -DAY, 4 * DAY),
    ),
    _domain(
        11,
        "auto-renewed.test",
        created=-3 * YEAR - 10 * DAY,
        expires=YEAR - 10 * DAY,
        graces=_grace("autoRenew", "harbour", -10 * DAY, 35 * DAY),
    ),
    _domain(12, "redemption.test", updated=-10 * DAY, updater="harbour", deleted=-10 * DAY),
    _domain(13, "pending-restore.test", updated=-2 * DAY, deleted=-12 * DAY, restoring=-2 * DAY),
    _domain(14, "pending-delete.test", deleted=-32 * DAY, purging=-2 * DAY),
    _domain(
        15,
        "leaving.test",
        transfer=Transfer(
            gaining="lighthouse",
            losing="harbour",
            requested=-DAY,
            acted=4 * DAY,
            years=1,
            expires=330 * DAY + YEAR,
        ),
    ),
    _domain(
        16,
        "arriving.test",
        "lighthouse",
        nameservers=("ns.arriving.test", *QUAY),
        transfer=Transfer(
            gaining="harbour",
            losing="lighthouse",
            requested=-2 * DAY,
            acted=3 * DAY,
            years=1,
            expires=330 * DAY + YEAR,
        ),
    ),
    _domain(
        17,
        "just-transferred.test",
        "pilot",
        creator="harbour",
        password=None,  # a transfer unsets it
        transferred=-DAY,
        expires=330 * DAY,
        graces=_grace("transfer", "pilot", -DAY, 4 * DAY),
        transfer=Transfer(
            status="clientApproved",
            gaining="pilot",
            losing="harbour",
            requested=-2 * DAY,
            acted=-DAY,
            years=1,
            expires=330 * DAY,
        ),
    ),
    _domain(18, "locked.test", statuses=_locks("client")),
    _domain(19, "server-locked.test", statuses=_locks("server")),
    _domain(20, "on-hold.test", "lighthouse", statuses=("serverHold",)),
    _domain(21, "pending-create.test", created=-HOUR, expires=YEAR - HOUR, pending="create"),
    _domain(22, "pending-update.test", "lighthouse", pending="update"),
    _domain(23, "inactive.test", nameservers=()),
    # Periods in minutes; contacts are required.
    _domain(24, "quick.lab.test"),
    # Periods in minutes, host attributes, keys, no contacts.
    _domain(
        25,
        "plain.example",
        registrant="",
        contacts=(),
        nameservers=(),
        attributes=(
            HostAttribute(name="ns1.plain.example", addresses=("203.0.113.80",)),
            HostAttribute(name="ns.elsewhere.invalid"),
        ),
        keys=(
            Key(
                algorithm=13,
                public_key="mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==",
            ),
        ),
    ),
    _domain(26, "pilots.example", "pilot", registrant="", contacts=(), nameservers=()),
    # Request a transfer of these: the robot that plays their sponsor answers as their names say.
    _domain(27, "robot-approve.test", "pilot"),
    _domain(28, "robot-reject.test", "pilot"),
    _domain(29, "robot-ignore.test", "pilot"),
    _domain(30, "robot-approve-after-1d.test", "pilot"),
)

LIFECYCLE_MESSAGES = (
    MessageSeed(
        registrar="harbour", date=-10 * DAY, text="domain.renewed", name="auto-renewed.test", values={"years": "1"}
    ),
    MessageSeed(registrar="harbour", date=-2 * DAY, text="domain.redemption-ended", name="pending-delete.test"),
    MessageSeed(
        registrar="lighthouse",
        date=-2 * DAY,
        text="transfer.requested",
        name="arriving.test",
        values={"other": "harbour"},
    ),
    MessageSeed(
        registrar="harbour", date=-DAY, text="transfer.requested", name="leaving.test", values={"other": "lighthouse"}
    ),
    MessageSeed(registrar="pilot", date=-DAY, text="transfer.approved", name="just-transferred.test"),
)
