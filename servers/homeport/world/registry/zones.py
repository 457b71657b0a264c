"""The policy of each TLD: a [[registry.tld]] table, and the periods that its preset fills in.

`gtld` has the periods of ICANN's registries in days (RFC 3915 3.1 names them); `fast` has the same figures in minutes.
"""

import math
from functools import cached_property
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration
from homeport.world.registry.dnssec import DnssecPolicy
from homeport.world.registry.fees import Amount, Fees
from homeport.world.registry.idn.policy import IdnPolicy
from homeport.world.registry.launch_policy import Launch
from homeport.world.registry.ttl import TtlPolicy

MINUTE, DAY = 60.0, 86_400.0

Period = Annotated[Duration | None, Meta(description="none: the preset's")]


class Periods(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "Duration of each state of a domain, in seconds; 0: the state is skipped."

    add: float
    renew: float
    auto_renew: float
    transfer: float
    redemption: float
    restore_report: float
    pending_delete: float
    transfer_deadline: float


def _periods(unit: float) -> Periods:
    return Periods(
        add=5 * unit,
        renew=5 * unit,
        auto_renew=45 * unit,
        transfer=5 * unit,
        redemption=30 * unit,
        restore_report=7 * unit,
        pending_delete=5 * unit,
        transfer_deadline=5 * unit,
    )


PRESETS = {"gtld": _periods(DAY), "fast": _periods(MINUTE)}


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Prices of operations: per year; a restore and an update have one price."

    create: Amount = 10.0
    renew: Amount = 10.0
    transfer: Amount = 10.0
    restore: Amount = 40.0
    update: Amount = 0.0


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, dict=True):
    meaning = "A TLD of the registry, or any other zone where names are registered, and its policy."

    name: Annotated[str, Meta(description="names are registered directly below it; in lower case, with A-labels")]
    preset: Annotated[
        Literal["gtld", "fast"], Meta(description="periods in days as gTLDs have them, or the same in minutes")
    ] = "gtld"
    add: Annotated[Period, Meta(description="add grace: a delete within it undoes the create (5 days)")] = None
    renew: Annotated[Period, Meta(description="renew grace (5 days)")] = None
    auto_renew: Annotated[Period, Meta(description="grace after the renewal at expiry (45 days)")] = None
    transfer: Annotated[Period, Meta(description="transfer grace (5 days)")] = None
    redemption: Annotated[Period, Meta(description="redemption: a deleted domain can be restored (30 days)")] = None
    restore_report: Annotated[Period, Meta(description="time for the restore report (7 days); 0: none is needed")] = (
        None
    )
    restore_message: Annotated[
        bool, Meta(description="a restore request is followed by a message that says when the report is due (rgp-poll)")
    ] = False
    pending_delete: Annotated[Period, Meta(description="from redemption to the purge (5 days)")] = None
    transfer_deadline: Annotated[
        Period, Meta(description="time to answer a transfer request (5 days); 0: transferred at once")
    ] = None
    at_expiry: Annotated[Literal["renew", "delete"], Meta(description="action on a domain that expires")] = "renew"
    transfer_outcome: Annotated[
        Literal["approve", "reject"], Meta(description="decision on a transfer at its deadline")
    ] = "approve"
    transfer_years: Annotated[
        Literal[0, 1],
        Meta(description="years that a transfer adds if it asks for none; 0: it never adds any, and costs nothing"),
    ] = 1
    transfer_answer: Annotated[
        Literal["sponsor", "registry"],
        Meta(description="who answers transfer requests; registry: its sponsor cannot approve or reject them (2306)"),
    ] = "sponsor"
    transfer_lock: Annotated[
        Duration,
        Meta(
            description="time after a create or a transfer in which a transfer is refused (2106); 0: none",
            extra_json_schema={"type": "string", "default": "0s"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(0))
    hosts: Annotated[
        Literal["objects", "attributes"],
        Meta(description="name servers are host objects, or domain attributes"),
    ] = "objects"
    data_model: Annotated[
        Literal["either", "maximum", "minimum"],
        Meta(description="contacts are allowed, required (registrant, admin, tech), or refused"),
    ] = "either"
    dnssec: Annotated[
        Literal["ds", "key", "either", "none"], Meta(description="DNSSEC data that it takes (RFC 5910 4)")
    ] = "ds"
    idn: IdnPolicy = IdnPolicy()
    ttl: TtlPolicy = TtlPolicy()
    secdns: Annotated[DnssecPolicy, Meta(description="policy for the DNSSEC data that it takes")] = msgspec.field(
        default_factory=DnssecPolicy
    )
    years_min: Annotated[int, Meta(ge=1, le=99, description="minimum years of a create or renewal")] = 1
    years_max: Annotated[int, Meta(ge=1, le=99, description="maximum years ahead that a domain can be registered")] = 10
    min_nameservers: Annotated[int, Meta(ge=0, le=13, description="fewer name servers are refused (2306)")] = 0
    max_nameservers: Annotated[int, Meta(ge=0)] = 13
    reserved: Annotated[tuple[str, ...], Meta(description="labels that cannot be registered (2306)")] = ()
    prices: Prices = Prices()
    fees: Fees = Fees()
    launch: Launch = msgspec.field(default_factory=Launch)
    review_creates: Annotated[
        bool, Meta(description="a create waits for review: 1001, pendingCreate, and a message with panData later")
    ] = False
    review_changes: Annotated[
        tuple[Literal["update", "renew", "delete"], ...],
        Meta(description="commands on domains that wait for review, too: 1001, pendingUpdate and so on"),
    ] = ()
    review: Annotated[
        Duration | None,
        Meta(description="time until the registry decides a pending review by itself; none: only the API decides"),
    ] = None
    review_outcome: Annotated[Literal["approve", "reject"], Meta(description="decision of the registry")] = "approve"
    whois: Annotated[
        Literal["thick", "thin"],
        Meta(description="Whois and RDAP show domains with their contacts, or only with their registrar"),
    ] = "thick"
    authinfo: Annotated[
        Literal["any", "strong", "login", "secure"],
        Meta(
            description="authInfo of domains: any; strong: at least 8 characters, with a letter, a digit, another "
            "character; secure: as RFC 9154 has it: empty at create, 128 bits, kept as a hash, unset by time; login: "
            "secure for clients that list secure-authinfo-transfer at login. Contacts follow the first zone's secure"
        ),
    ] = "any"
    authinfo_ttl: Annotated[
        Duration,
        Meta(
            description="time after which authInfo by RFC 9154 is unset; 0: only by its sponsor or a transfer",
            extra_json_schema={"type": "string", "default": "14d"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(14 * DAY))

    @cached_property
    def periods(self) -> Periods:
        """Return the effective periods in whole seconds: the zone's own, else its preset's."""
        preset = PRESETS[self.preset]
        own = {
            name: math.ceil(value) for name in Periods.__struct_fields__ if (value := getattr(self, name)) is not None
        }
        return msgspec.structs.replace(preset, **own) if own else preset


ZONES = (
    Zone(name="test"),
    Zone(name="lab.test", preset="fast", data_model="maximum", authinfo="login"),
    Zone(name="example", preset="fast", hosts="attributes", data_model="minimum", dnssec="key", authinfo="login"),
)
"""Zones of the default world."""
