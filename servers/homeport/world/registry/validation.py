"""What makes no sense in an object by itself: no registry could have it so, and EPP could not show it.

What an object says of others is not looked at: a test may want a domain of a registrar that is not there.
"""

import re
from collections.abc import Iterable, Iterator

from homeport.world.names import canonical_address, canonical_name
from homeport.world.registry.objects import (
    Contact,
    Domain,
    Host,
    Registrar,
    RegistryObject,
    Sponsored,
    Transfer,
    Transferable,
    kind_of,
)
from homeport.world.registry.zones import Zone

ROID = re.compile(r"\w{1,80}-\w{1,8}")
PHONE = re.compile(r"\+[0-9]{1,3}\.[0-9]{1,14}")
PIN = re.compile(r"[0-9A-Fa-f]{64}")
COUNTRY = re.compile(r"[A-Z]{2}")
PROHIBITED = ("DeleteProhibited", "TransferProhibited", "UpdateProhibited")
SETTABLE = {
    "domain": (*PROHIBITED, "RenewProhibited", "Hold"),
    "contact": PROHIBITED,
    "host": ("DeleteProhibited", "UpdateProhibited"),
}
"""By kind: what can stand behind `client` and `server` in a status (RFC 5731 2.3, RFC 5732 2.3, RFC 5733 2.2)."""
BY_THEMSELVES = ("ok", "linked", "inactive", "pending")


def settable(kind: str) -> tuple[str, ...]:
    """The statuses that objects of a kind can be given."""
    return tuple(f"{side}{what}" for side in ("client", "server") for what in SETTABLE[kind])


def problems_of(one: RegistryObject) -> list[str]:
    """What makes no sense, in words; empty: nothing."""
    if isinstance(one, Registrar):
        return list(_of_registrar(one))
    found = [*_of_stored(one)]
    if isinstance(one, Domain):
        found += _of_domain(one)
    elif isinstance(one, Host):
        found += _of_addresses("addresses", one.addresses)
    else:
        found += _of_contact(one)
    return found


def problems_of_zone(zone: Zone) -> list[str]:
    """The same of the policy of a TLD."""
    found = []
    if canonical_name(zone.name) != zone.name:
        found.append(f"name: {zone.name!r} is no name in lower case, with A-labels")
    if zone.years_min > zone.years_max:
        found.append(f"years_min: {zone.years_min} is more than years_max, {zone.years_max}")
    return found


def combination_problems(one: Sponsored) -> Iterator[str]:
    """Statuses that do not stand together (RFC 5731 2.3, RFC 5732 2.3, RFC 5733 2.2)."""
    for pending in one.pending_statuses():
        for status in one.statuses:
            if status.endswith(f"{pending.removeprefix('pending')}Prohibited"):
                yield f"statuses: {pending} does not stand with {status}"


def _of_registrar(one: Registrar) -> Iterator[str]:
    for pin in one.pins:
        if not PIN.fullmatch(pin.replace(":", "")):
            yield f"pins: {pin!r} is no SHA-256 fingerprint: 64 hexadecimal digits, colons or not"
    if one.certificate == "pinned" and not one.pins:
        yield "certificate: pinned needs fingerprints in pins, or nobody can log in"


def _of_stored(one: Sponsored) -> Iterator[str]:
    if not ROID.fullmatch(one.roid):
        yield f"roid: {one.roid!r} is none: 1 to 80 letters and digits, a hyphen, 1 to 8 of them (RFC 5730 2.8)"
    kind = kind_of(one)
    for status in one.statuses:
        if status.startswith(BY_THEMSELVES):
            yield f"statuses: {status} comes by itself, from links, servers, pending, transfer or deleted"
        elif status not in settable(kind):
            yield f"statuses: a {kind} has no {status!r}; it can have {', '.join(settable(kind))}"
    yield from combination_problems(one)
    if len(set(one.statuses)) < len(one.statuses):
        yield "statuses: one is there twice"
    if isinstance(one, Transferable) and one.transfer is not None:
        yield from _of_transfer(one, one.transfer)


def _of_transfer(one: Transferable, transfer: Transfer) -> Iterator[str]:
    if transfer.status == "pending" and transfer.losing.lower() != one.registrar.lower():
        yield "transfer: while it is pending, losing is the sponsor: the object's registrar"
    if transfer.gaining.lower() == transfer.losing.lower():
        yield "transfer: gaining and losing are the same registrar"
    if transfer.acted < transfer.requested:
        yield "transfer: acted is before requested"


def _of_domain(one: Domain) -> Iterator[str]:
    if one.expires < one.created:
        yield "expires: before created"
    if one.deleted is None:
        for name in ("restoring", "purging"):
            if getattr(one, name) is not None:
                yield f"{name}: only what is deleted has it; give deleted, too"
    elif one.restoring is not None and one.purging is not None:
        yield "purging: the redemption of what is being restored is not over; give one of restoring and purging"
    if one.deleted is not None and one.transfer_pending:
        yield "transfer: what is deleted waits for none; its status would be serverCancelled"
    for grace in one.graces:
        if grace.ends < grace.begun:
            yield f"graces: the {grace.kind} grace ends before it has begun"
    if one.nameservers and one.attributes:
        yield "attributes: its servers are hosts or attributes, not both (RFC 5731 1.1)"
    if one.signers and one.keys:
        yield "keys: its DNSSEC data are DS records or keys, not both (RFC 5910 4)"
    for attribute in one.attributes:
        yield from _of_addresses(f"attributes: {attribute.name}", attribute.addresses)


def _of_addresses(where: str, addresses: Iterable[str]) -> Iterator[str]:
    for address in addresses:
        if canonical_address(address) is None:
            yield f"{where}: {address!r} is no address of IPv4 or IPv6"


def _of_contact(one: Contact) -> Iterator[str]:
    for name in ("voice", "fax"):
        number = getattr(one, name)
        if number and not PHONE.fullmatch(number):
            yield f"{name}: {number!r} is no number such as +44.1865550100 (RFC 5733 2.5)"
    for name, postal in (("postal", one.postal), ("local_postal", one.local_postal)):
        if postal is not None and postal.country and not COUNTRY.fullmatch(postal.country):
            yield f"{name}.country: {postal.country!r} is no code of two upper-case letters (RFC 5733 2.4)"
