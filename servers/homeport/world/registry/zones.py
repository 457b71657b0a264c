"""The policy of each TLD: a [[registry.tld]] table, and the periods that its preset fills in.

`gtld` has the periods of ICANN's registries in days (RFC 3915 3.1 names them); `fast` has the same figures in minutes.
"""

import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration

MINUTE, DAY = 60.0, 86_400.0

Period = Annotated[Duration | None, Meta(description="none: as the preset has it")]


class Periods(msgspec.Struct, frozen=True, kw_only=True):
    """How long each state of a domain lasts, in seconds; 0: it is left out."""

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
    meaning = "What an operation costs: a year of each but a restore, which has one price."

    create: Annotated[float, Meta(ge=0)] = 10.0
    renew: Annotated[float, Meta(ge=0)] = 10.0
    transfer: Annotated[float, Meta(ge=0)] = 10.0
    restore: Annotated[float, Meta(ge=0)] = 40.0


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A TLD of the registry, or any other zone where names are registered, and its policy."

    name: Annotated[str, Meta(description="names are registered directly below it; in lower case, with A-labels")]
    preset: Annotated[
        Literal["gtld", "fast"], Meta(description="periods in days as gTLDs have them, or the same in minutes")
    ] = "gtld"
    add: Annotated[Period, Meta(description="add grace: a delete in it undoes the create (5 days)")] = None
    renew: Annotated[Period, Meta(description="renew grace (5 days)")] = None
    auto_renew: Annotated[Period, Meta(description="grace after the renewal at expiry (45 days)")] = None
    transfer: Annotated[Period, Meta(description="transfer grace (5 days)")] = None
    redemption: Annotated[Period, Meta(description="a deleted domain can be restored so long (30 days)")] = None
    restore_report: Annotated[Period, Meta(description="time for the restore report (7 days); 0: none is asked")] = None
    pending_delete: Annotated[Period, Meta(description="from redemption to the purge (5 days)")] = None
    transfer_deadline: Annotated[
        Period, Meta(description="time to answer a request for transfer (5 days); 0: it is granted at once")
    ] = None
    at_expiry: Annotated[Literal["renew", "delete"], Meta(description="what happens to a domain that expires")] = (
        "renew"
    )
    transfer_outcome: Annotated[
        Literal["approve", "reject"], Meta(description="what happens to a transfer at its deadline")
    ] = "approve"
    transfer_lock: Annotated[
        Duration,
        Meta(
            description="no transfer so long after a create or a transfer (2106); 0: none is locked",
            extra_json_schema={"type": "string", "default": "0s"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(0))
    hosts: Annotated[
        Literal["objects", "attributes"], Meta(description="name servers are host objects, or parts of their domain")
    ] = "objects"
    data_model: Annotated[
        Literal["either", "maximum", "minimum"],
        Meta(description="contacts are welcome, needed (registrant, admin, tech), or refused"),
    ] = "either"
    dnssec: Annotated[
        Literal["ds", "key", "either", "none"], Meta(description="what DNSSEC data it takes (RFC 5910 4)")
    ] = "ds"
    years_min: Annotated[int, Meta(ge=1, le=99, description="years of a create or renewal at least")] = 1
    years_max: Annotated[int, Meta(ge=1, le=99, description="years ahead that a domain can be paid for")] = 10
    max_nameservers: Annotated[int, Meta(ge=0)] = 13
    reserved: Annotated[tuple[str, ...], Meta(description="labels that nobody can register (2306)")] = ()
    prices: Prices = Prices()
    review_creates: Annotated[
        bool, Meta(description="a create waits for review: 1001, pendingCreate, and a message with panData later")
    ] = False
    review: Annotated[
        Duration | None,
        Meta(description="how long until the registry itself decides what waits for review; none: the API decides"),
    ] = None
    review_outcome: Annotated[Literal["approve", "reject"], Meta(description="how it decides")] = "approve"
    authinfo: Annotated[
        Literal["any", "strong"],
        Meta(description="passwords of domains: any; or at least 8 characters, with a letter, a digit and another"),
    ] = "any"

    @property
    def periods(self) -> Periods:
        """The periods that hold here: its own, else its preset's; in whole seconds, as all times of objects are."""
        preset = PRESETS[self.preset]
        own = {
            name: math.ceil(value) for name in Periods.__struct_fields__ if (value := getattr(self, name)) is not None
        }
        return msgspec.structs.replace(preset, **own) if own else preset


ZONES = (
    Zone(name="test"),
    Zone(name="lab.test", preset="fast", data_model="maximum"),
    Zone(name="example", preset="fast", hosts="attributes", data_model="minimum", dnssec="key"),
)
"""The zones of the default world."""
