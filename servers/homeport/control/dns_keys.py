"""Signing of a world's DNS zones over the API: keys, trust anchors and rollovers.

Private keys stay in the world: no answer has them.
"""

from base64 import b64encode
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.control.dns_zones import ZONE, shown_name, zone_of
from homeport.control.durable import NOT_DURABLE, Made, attempt, when_zones_stored
from homeport.control.farm import Farm
from homeport.control.operation import Operation, Request
from homeport.control.problems import ProblemError
from homeport.control.slices import OffReactor
from homeport.control.state import log_change
from homeport.world.world import World
from homeport.world.zones.name import Name, name_text
from homeport.world.zones.signing import load
from homeport.world.zones.signing.key import Key, Policy
from homeport.world.zones.signing.keys import KeyProblem, generate
from homeport.world.zones.signing.numbers import ALGORITHMS

MNEMONICS = {number: mnemonic for mnemonic, number in ALGORITHMS.items()}
DS_HEAD_BYTES, DNSKEY_HEAD_BYTES = 4, 4


class DnsKey(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "The public part of a key that signs a zone."

    tag: Annotated[int, Meta(description="key tag (RFC 4034 appendix B)")]
    algorithm: Annotated[str, Meta(description="ecdsap256sha256, ed25519 or rsasha256")]
    dnskey: Annotated[str, Meta(description="DNSKEY record, which validators take as a trust anchor")]
    ds: Annotated[str, Meta(description="DS record for the parent, and for validators that take those")]


class DnsSigning(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "How a zone is signed."

    signed: bool
    denial: Annotated[Literal["nsec", "nsec3"], Meta(description="records by which it denies names and types")]
    keys: Annotated[list[DnsKey], Meta(description="the oldest first; each signs every record set")]


class DnsSigningBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "How a zone is to be signed."

    signed: bool = True
    denial: Literal["nsec", "nsec3"] = "nsec"
    algorithm: Annotated[
        Literal["ecdsap256sha256", "ed25519"], Meta(description="of its first key, as long as none was rolled")
    ] = "ecdsap256sha256"


class DnsRollBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A key that a zone gets beside those that it has."

    algorithm: Annotated[
        Literal["", "ecdsap256sha256", "ed25519", "rsasha256"], Meta(description="empty: that of the newest key")
    ] = ""


def dns_signing(farm: Farm, request: Request) -> OffReactor:
    world, zone = zone_of(farm, request)
    return OffReactor(farm, load, lambda _none: _shown(world, zone.origin))


def put_dns_signing(farm: Farm, request: Request) -> OffReactor:
    world, zone = zone_of(farm, request)
    body = request.body or DnsSigningBody()
    policy = Policy(body.signed, ALGORITHMS[body.algorithm], body.denial)

    def change(_none: object) -> Any:
        _attempt(lambda: world.zones.keys.set_policy(zone.origin, policy))
        log_change(world, "dns-signing", shown_name(zone.origin), "put")
        return when_zones_stored(farm, world, _shown(world, zone.origin))

    return OffReactor(farm, load, change)


def add_dns_key(farm: Farm, request: Request) -> OffReactor:
    world, zone = zone_of(farm, request)
    body = request.body or DnsRollBody()
    recipe = _attempt(lambda: world.zones.keys.next_recipe(zone.origin, ALGORITHMS.get(body.algorithm, 0)))

    def work() -> Any:
        load()
        return generate(recipe)

    def change(generated: Any) -> Any:
        key = _attempt(lambda: world.zones.keys.add(zone.origin, generated))
        log_change(world, "dns-key", f"{shown_name(zone.origin)} {key.tag}", "added")
        return when_zones_stored(farm, world, _show(key))

    return OffReactor(farm, work, change)


def delete_dns_key(farm: Farm, request: Request) -> OffReactor:
    world, zone = zone_of(farm, request)
    try:
        tag = int(request.parameters["tag"])
    except ValueError:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "a key tag is a number") from None

    def change(_none: object) -> Any:
        _attempt(lambda: world.zones.keys.remove(zone.origin, tag))
        log_change(world, "dns-key", f"{shown_name(zone.origin)} {tag}", "removed")
        return when_zones_stored(farm, world, None)

    return OffReactor(farm, load, change)


def _attempt(work: Callable[[], Made]) -> Made:
    """Return the result of a change. Raises: ProblemError."""
    try:
        return attempt(work)
    except KeyProblem as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None


def _shown(world: World, origin: Name) -> DnsSigning:
    keys = world.zones.keys.of(origin)
    shown = [] if keys is None else [_show(key) for key in keys.keys]
    return DnsSigning(signed=keys is not None, denial=world.zones.keys.policy(origin).denial, keys=shown)


def _show(key: Key) -> DnsKey:
    owner = name_text(key.origin)
    flags, protocol = int.from_bytes(key.dnskey[:2]), key.dnskey[2]
    public = b64encode(key.dnskey[DNSKEY_HEAD_BYTES:]).decode()
    digest = key.ds[DS_HEAD_BYTES:].hex().upper()
    return DnsKey(
        tag=key.tag,
        algorithm=MNEMONICS[key.algorithm],
        dnskey=f"{owner} IN DNSKEY {flags} {protocol} {key.algorithm} {public}",
        ds=f"{owner} IN DS {key.tag} {key.algorithm} {key.ds[3]} {digest}",
    )


SIGNING = f"{ZONE}/dnssec"
KEYS = f"{SIGNING}/keys"
PROBLEMS = (HTTPStatus.CONFLICT, NOT_DURABLE)
OPERATIONS = (
    Operation(
        method="GET",
        path=SIGNING,
        summary="Get the keys of a DNS zone",
        description="Return how a zone is signed, with its keys as trust anchors and as DS for the parent.",
        handler=dns_signing,
        answer=DnsSigning,
    ),
    Operation(
        method="PUT",
        path=SIGNING,
        summary="Set how a DNS zone is signed",
        description="A reset returns to what the configuration says.",
        handler=put_dns_signing,
        problems=PROBLEMS,
        body=DnsSigningBody,
        answer=DnsSigning,
    ),
    Operation(
        method="POST",
        path=KEYS,
        summary="Add a key to a DNS zone",
        description="This begins a rollover (RFC 6781 4.1.2): all keys sign until the old one is removed.",
        handler=add_dns_key,
        problems=PROBLEMS,
        body=DnsRollBody,
        answer=DnsKey,
        status=HTTPStatus.CREATED,
    ),
    Operation(
        method="DELETE",
        path=f"{KEYS}/{{tag}}",
        summary="Remove a key of a DNS zone",
        description="This ends a rollover. The last key of a zone stays.",
        handler=delete_dns_key,
        problems=PROBLEMS,
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
)
