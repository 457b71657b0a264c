"""Namespaces that the greeting announces (RFC 5730 2.4): the configured URIs, in place of the default or beside it.

`[epp] services` lists objURIs, `[epp] extensions` extURIs. An entry adds a namespace to the default ones, by its URI or
by the last part of a URI that we have (`fee-0.11`, or `namestoreExt` where there is one version of it). `-NAME` removes
one, and `-*` all default ones. A URI that we do not have is announced as it is: its elements are ignored.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Literal

from homeport.config.values import closest
from homeport.services.epp.grammar.namespaces import BY_URI, Kind, Namespace, Offer, announced
from homeport.services.epp.installed import installed

EVERYTHING = "*"
UnknownUri = Literal["refuse", "take"]


@cache
def offer_of(services: tuple[str, ...], extensions: tuple[str, ...], unknown_uri: UnknownUri = "refuse") -> Offer:
    """Return what a greeting announces. Arguments: as configured in [epp]. Raises: ValueError for unknown names."""
    objects, others = _chosen("object", services), _chosen("extension", extensions)
    moved = [uri for uri in objects if uri in BY_URI and BY_URI[uri].kind == "extension"]
    objects, others = [uri for uri in objects if uri not in moved], list(dict.fromkeys((*others, *moved)))
    foreign = frozenset(uri for uri in (*objects, *others) if uri not in BY_URI)
    return Offer(tuple(objects), _in_order(others), foreign, unknown_uri == "take")


def problems_of(services: Iterable[str], extensions: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with configured lists."""
    kinds: tuple[tuple[str, Kind, Iterable[str]], ...] = (
        ("services", "object", services),
        ("extensions", "extension", extensions),
    )
    for key, kind, entries in kinds:
        for entry in entries:
            try:
                _uri_of(entry.removeprefix("-"), kind)
            except (ValueError, TypeError) as error:
                yield f"{key}: {error}"


def _chosen(kind: Kind, entries: Iterable[str]) -> list[str]:
    chosen = dict.fromkeys(announced(kind))
    for entry in entries:
        if entry == f"-{EVERYTHING}":
            for uri in announced(kind):
                chosen.pop(uri, None)
        elif entry.startswith("-"):
            chosen.pop(_uri_of(entry[1:], kind), None)
        else:
            chosen[_uri_of(entry, kind)] = None
    return list(chosen)


def _in_order(uris: Iterable[str]) -> tuple[str, ...]:
    """Return URIs in the order in which extensions are called; unknown ones are the last."""
    order = {uri: number for number, uri in enumerate(BY_URI)}
    return tuple(sorted(uris, key=lambda uri: order.get(uri, len(order))))


def _uri_of(entry: str, kind: Kind) -> str:
    if entry in BY_URI or entry == EVERYTHING:
        return entry
    found = _known(entry, kind)
    if not found and entry in (others := installed()):
        return others[entry].uri
    if ":" in entry:
        return entry  # known now, if it is an installed one's
    if len(found) == 1:
        return found[0].uri
    if exact := [one for one in found if one.name == entry.lower()]:
        return exact[0].uri  # fee: the RFC's version, not one of its drafts
    if found:
        raise ValueError(f"{entry!r} has several versions: {', '.join(one.uri for one in found)}")
    names = [*(_last(one) for one in BY_URI.values() if one.kind in (kind, "extension")), *installed()]
    near = closest(entry, names)
    meant = f"; did you mean {near!r}?" if near else "."
    raise ValueError(f"{entry!r} is no URI and no known name{meant} Known are {', '.join(names)}")


def _known(entry: str, kind: Kind) -> list[Namespace]:
    return [one for one in BY_URI.values() if one.kind in (kind, "extension") and entry.lower() in _names(one)]


def _names(one: Namespace) -> tuple[str, ...]:
    last = _last(one).lower()
    return (last, last.rpartition("-")[0] or last, one.name.lower())


def _last(one: Namespace) -> str:
    return one.uri.replace("/", ":").rpartition(":")[2]
