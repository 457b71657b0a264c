"""Validate names and addresses of hosts (RFC 5732), and convert hosts to its elements."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Literal

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.flows import statuses
from homeport.services.epp.grammar import host as grammar
from homeport.services.epp.results import Code
from homeport.world.registry import Host

# Names are those of RFC 952 with RFC 1123 2.1: letters, digits and hyphens. The schemas are laxer. Addresses
# at which no name server can be reached are refused by policy: loopback, unspecified, multicast, link-local, and IPv6
# forms of IPv4 addresses. Private addresses and those for documentation are accepted, because this is a sandbox.

MAX_NAME_LENGTH = 253  # a name of 255 octets on the wire (RFC 1035 2.3.4)
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
NUMERIC = re.compile(r"[0-9]+")
EARLY_HYPHENS = re.compile(r"(?!xn--)..--")


def host_name(name: str, *, element: str = "name") -> str:
    """Return the host's name in lower case. element: the client's element, shown in a refusal.

    Raises: EppError 2005 if it is not valid (RFC 5732 2.1: as in RFC 952 and RFC 1123).
    """
    wanted = name.lower()
    problem = _name_problem(wanted)
    if problem:
        finding = "trailing-dot" if name.endswith(".") else ""
        raise EppError(Code.VALUE_SYNTAX, f"RFC 5732 2.1: {problem}", value=Value(element, name), finding=finding)
    return wanted


def is_host_name(name: str) -> bool:
    """True if `host_name` accepts the name."""
    return not _name_problem(name.lower())


def _name_problem(name: str) -> str:
    if not name.isascii():
        return "write an internationalized name with A-labels (xn--...)"
    if name.endswith("."):
        return "a host name is written without a dot at its end"
    if len(name) > MAX_NAME_LENGTH:
        return f"a host name has {MAX_NAME_LENGTH} characters at most"
    labels = name.split(".")
    if len(labels) == 1:
        return "a host name is fully qualified: it has at least two labels"
    for label in labels:
        if not LABEL.fullmatch(label):
            return (
                f"the label '{label[:70]}' is not one of 1 to 63 letters, digits and hyphens that begins and ends "
                "without a hyphen (RFC 1123 2.1)"
            )
        if EARLY_HYPHENS.match(label):
            return f"the label '{label}' has hyphens where only an A-label may have them (RFC 5891 4.2.3.1)"
        if label.startswith("xn--") and not _is_a_label(label):
            return f"the label '{label}' begins like an A-label but is none (RFC 5890 2.3.2.1)"
    if NUMERIC.fullmatch(labels[-1]):
        return "a name whose last label is a number would look like an address (RFC 1123 2.1)"
    return ""


def _is_a_label(label: str) -> bool:
    try:
        readable = label[4:].encode("ascii").decode("punycode")
        return not readable.isascii() and b"xn--" + readable.encode("punycode") == label.encode("ascii")
    except UnicodeError:
        return False


def address(text: str, version: str, *, element: str = "addr") -> str:
    """Return the address in its shortest form (RFC 5952). version: `v4` or `v6`, the client's attribute `ip`.

    Raises: EppError 2005 if it is no address of that version (RFC 5732 2.5), 2306 if no server can be reached there.
    """
    try:
        found = IPv6Address(text) if version == "v6" else IPv4Address(text)
    except ValueError:
        raise EppError(Code.VALUE_SYNTAX, _address_problem(text, version), value=Value(element, text)) from None
    if unreachable := _unreachable(found):
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 5732 2.5: no name server can be reached at {unreachable}",
            value=Value(element, text),
        ) from None
    return str(found)


def _address_problem(text: str, version: str) -> str:
    if version == "v4" and ":" in text:
        return 'RFC 5732 2.5: an IPv6 address needs the attribute ip="v6", because without it ip is "v4"'
    if version == "v6" and ":" not in text:
        return 'RFC 5732 2.5: an IPv4 address goes with ip="v4", not with "v6"'
    return f"RFC 5732 2.5: this is not an {'IPv6 address (RFC 4291 2.2)' if version == 'v6' else 'IPv4 address'}"


def _unreachable(found: IPv4Address | IPv6Address) -> str:
    """Return why no name server can have the address; empty if one can."""
    if isinstance(found, IPv6Address) and (found.scope_id or found.ipv4_mapped is not None):
        return "an address with a zone, or at an IPv6 form of an IPv4 address"
    for kind, holds in (
        ("a loopback address", found.is_loopback),
        ("the unspecified address", found.is_unspecified),
        ("a multicast address", found.is_multicast),
        ("a link-local address", found.is_link_local),
        ("the broadcast address", str(found) == "255.255.255.255"),
    ):
        if holds:
            return kind
    return ""


def address_version(text: str) -> Literal["v4", "v6"]:
    """Return `v4` or `v6`, the attribute `ip` of an address that the registry has."""
    return "v6" if ":" in text else "v4"


def found(request: Request[Any], name: str) -> Host:
    """Return the host of that name. Raises: EppError 2303."""
    one: Host | None = request.registry.host(name)
    if one is None:
        raise EppError(Code.OBJECT_DOES_NOT_EXIST, "RFC 5732: no host has this name", value=Value("name", name))
    return one


def addresses_of(given: Iterable[grammar.Address]) -> tuple[str, ...]:
    """Return addresses as the registry stores them. Raises: EppError 2005, 2306; 2306 also for one given twice."""
    wanted: list[str] = []
    for each in given:
        shortest = address(each.value, each.ip)
        if shortest in wanted:
            raise EppError(
                Code.PARAMETER_POLICY, "RFC 5732 2.5: this address is given twice", value=Value("addr", each.value)
            )
        wanted.append(shortest)
    return tuple(wanted)


def is_external(request: Request[Any], name: str) -> bool:
    """True if a name lies outside the zones whose hosts are objects here."""
    zone = request.registry.zone_of(name)
    return zone is None or zone.hosts == "attributes"


def check_superordinate(request: Request[Any], name: str) -> None:
    """Check that the client may have a host of that name in one of the registry's zones (RFC 5732 3.2.1).

    Raises: EppError 2303 if the domain above it is not registered, 2201 if another registrar sponsors it, 2304 if it
    is being deleted.
    """
    above = request.registry.superordinate_name(name)
    if above is None or above.startswith("."):
        raise EppError(
            Code.PARAMETER_POLICY, "RFC 5732 3.2.1: no host can have the name of a zone", value=Value("name", name)
        )
    domain = request.registry.domain(above)
    if domain is None:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST,
            f"RFC 5732 3.2.1: this host lies below {above}, which is not registered",
            value=Value("name", name),
        )
    if domain.registrar != request.registrar.id:
        raise EppError(
            Code.AUTHORIZATION_ERROR,
            f"RFC 5732 3.2.1: this host lies below {above}, which another client sponsors",
            value=Value("name", name),
        )
    if "pendingDelete" in domain.pending_statuses():
        raise EppError(
            Code.STATUS_PROHIBITS,
            f"RFC 5731 2.3: this host lies below {above}, which is being deleted",
            value=Value("name", name),
        )


def refuse_addresses(name: str) -> EppError:
    """Return the refusal of addresses that no zone here would publish."""
    return EppError(
        Code.PARAMETER_POLICY,
        "RFC 5732 2.5: addresses are glue; a host outside this registry's zones has none",
        value=Value("name", name),
    )


def inf_data(one: Host, names: Iterable[str]) -> grammar.InfData:
    """Return the host as RFC 5732 3.1.2 shows it. names: its statuses."""
    return grammar.InfData(
        name=one.name,
        roid=one.roid,
        status=statuses.shown(grammar.Status, one, names),
        addr=tuple(grammar.Address(ip=address_version(each), value=each) for each in one.addresses),
        cl_id=one.registrar,
        cr_id=one.made_by,
        cr_date=one.created,
        up_id=one.updater or None,
        up_date=one.updated,
        tr_date=one.transferred,
    )
