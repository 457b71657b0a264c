"""Random operations on a small tree, for the agreement of two servers."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.ldap import asker
from services.ldap.asker import Response, equals, octets, present

from homeport.protocol.ber import encode, encode_sequence

SUFFIX = "o=agreement"
ADMIN, PASSWORD = f"cn=admin,{SUFFIX}", "secret"
BOX = f"ou=box,{SUFFIX}"
TEXTS = ("one", "Two", "two", "two  words", "two words", "Zwölf", "17", "")
VALUES = {
    "sn": TEXTS,
    "givenName": TEXTS,
    "description": TEXTS,
    "cn": ("a", "b", "A", "c d", "C  D"),
    "telephoneNumber": ("+1 555", "+1555", "+1-555", "123"),
    "mail": ("a@x.test", "A@X.test", "b@x.test"),
    "seeAlso": (BOX, f"OU=Box, {SUFFIX}", "cn=nobody,o=none", "no name"),
    "preferredLanguage": ("de", "EN", "en"),
    "employeeNumber": ("1", "2", "10"),
    "roomNumber": ("1", "1a", "1A"),
    "nosuch": ("x",),
    "objectClass": ("top", "inetOrgPerson", "device", "uidObject", "nosuchclass", "extensibleObject"),
    "uid": ("a", "b"),
    "owner": (BOX, "cn=nobody,o=none"),
    "serialNumber": ("1", "A1", "a1"),
}
CLASSES = ("inetOrgPerson", "device", "organizationalUnit", "person")
OWN = {
    "inetOrgPerson": ("sn", "givenName", "description", "telephoneNumber", "mail", "seeAlso", "preferredLanguage",
                      "employeeNumber", "roomNumber", "uid", "cn"),
    "device": ("description", "seeAlso", "owner", "serialNumber", "cn"),
    "organizationalUnit": ("description", "seeAlso", "telephoneNumber"),
    "person": ("sn", "description", "telephoneNumber", "seeAlso", "cn"),
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """A request, and what is to be known of it."""

    kind: str
    text: str
    request: bytes
    changes: bool = False
    limited: bool = False
    """True for a search with a size limit: servers may choose which entries they return."""


def reset(ask: Callable[[bytes], list[Response]]) -> None:
    """Have nothing but an empty box, and two units in it."""
    found = ask(asker.search(SUFFIX, 2, present("objectClass"), attributes=("1.1",)))
    for one in sorted((one.dn for one in found if one.tag == 0x64), key=lambda dn: -dn.count(",")):
        if one not in (SUFFIX, ADMIN):
            assert ask(asker.delete(one))[-1].code == 0
    root = asker.add(SUFFIX, objectClass=("top", "organization"), o="agreement")
    assert ask(root)[-1].code in (0, 68)
    for dn, name in ((BOX, "box"), (f"ou=x,{BOX}", "x"), (f"ou=y,{BOX}", "y")):
        assert ask(asker.add(dn, objectClass=("top", "organizationalUnit"), ou=name))[-1].code == 0


def operations(chance: random.Random, number: int) -> Iterator[Operation]:
    """Yield operations; most of the first ones add entries."""
    makers = (add, add, modify, modify, modify, rename, delete, compare, search, search, search, search)
    for index in range(number):
        yield (add if index < number // 4 else chance.choice(makers))(chance)


def name_of(chance: random.Random) -> str:
    """Return the name of an entry that may be there."""
    above = chance.choice((BOX, BOX, f"ou=x,{BOX}", f"ou=y,{BOX}", f"cn=a,{BOX}", f"ou=none,{BOX}"))
    rdn = chance.choice(("cn=a", "cn=b", "CN=A", "cn=c d", "ou=x", "ou=y", "cn=a+sn=one", "uid=a", "cn="))
    return chance.choice((f"{rdn},{above}",) * 9 + (BOX, "no name"))


def value_of(chance: random.Random, kind: str) -> str:
    """Return a value."""
    return chance.choice(VALUES[kind])


def add(chance: random.Random) -> Operation:
    """Return an add request."""
    dn, structural = name_of(chance), chance.choice(CLASSES)
    classes = (structural, *chance.choice((("top",), (), ("uidObject",), ("extensibleObject",))))
    attributes: dict[str, tuple[str, ...]] = {"objectClass": classes}
    if structural in ("inetOrgPerson", "person") and chance.random() < 0.9:
        attributes["sn"] = ("one",)
    if structural != "organizationalUnit" and chance.random() < 0.8:
        attributes["cn"] = ("a",)
    for _ in range(chance.randrange(3)):
        kind = chance.choice((*OWN[structural], chance.choice(tuple(VALUES))))
        if kind != "objectClass":
            attributes[kind] = tuple(value_of(chance, kind) for _ in range(chance.choice((1, 1, 2))))
    return Operation("add", f"add {dn} {attributes}", asker.add(dn, **attributes), changes=True)


def modify(chance: random.Random) -> Operation:
    """Return a modify request of one to three changes."""
    dn, changes = name_of(chance), []
    for _ in range(chance.choice((1, 1, 2, 3))):
        kind = chance.choice((*OWN["inetOrgPerson"], chance.choice(tuple(VALUES))))
        values = tuple(value_of(chance, kind) for _ in range(chance.choice((0, 1, 1, 1, 2))))
        changes.append((chance.choice((0, 1, 2, 2, 3)), kind, values))
    return Operation("modify", f"modify {dn} {changes}", asker.modify(dn, *changes), changes=True)


def rename(chance: random.Random) -> Operation:
    """Return a modify DN request."""
    dn = name_of(chance)
    rdn = chance.choice(("cn=a", "cn=b", "cn=c d", "ou=z", "uid=a", "sn=one", "nonsense", "cn=b+sn=one"))
    superior = chance.choice((None, None, None, BOX, f"ou=x,{BOX}", f"ou=y,{BOX}", f"ou=none,{BOX}"))
    gone = chance.random() < 0.6
    text = f"rename {dn} to {rdn}, superior {superior}, deleting {gone}"
    return Operation("rename", text, asker.rename(dn, rdn, delete_old=gone, superior=superior), changes=True)


def delete(chance: random.Random) -> Operation:
    """Return a delete request."""
    dn = name_of(chance)
    return Operation("delete", f"delete {dn}", asker.delete(dn), changes=True)


def compare(chance: random.Random) -> Operation:
    """Return a compare request."""
    dn, kind = name_of(chance), chance.choice(tuple(VALUES))
    value = value_of(chance, kind)
    return Operation("compare", f"compare {dn} {kind} {value!r}", asker.compare(dn, kind, value))


def search(chance: random.Random) -> Operation:
    """Return a search request."""
    base = chance.choice((BOX, BOX, BOX, name_of(chance)))
    scope = chance.randrange(4)
    text, chosen = filter_of(chance, 3)
    attributes = chance.choice((("*",), ("cn", "SN"), ("1.1",), ("name",), ("description", "nosuch"), ()))
    types_only, limit = chance.random() < 0.2, chance.choice((0, 0, 0, 0, 1, 2))
    request = asker.search(base, scope, chosen, attributes, size=limit, types_only=types_only)
    shown = f"search {base!r} scope {scope} limit {limit} {text} {attributes}"
    return Operation("search", shown, request, limited=bool(limit))


def filter_of(chance: random.Random, depth: int) -> tuple[str, bytes]:
    """Return a filter as text and as it is sent. depth: maximum nesting."""
    shape = chance.randrange(10 if depth else 7)
    if shape >= 7:
        parts = [filter_of(chance, depth - 1) for _ in range(1 if shape == 9 else chance.randrange(3))]
        text = "".join(part for part, _ in parts)
        return f"({'&|!'[shape - 7]}{text})", encode_sequence(*(part for _, part in parts), tag=0xA0 + shape - 7)
    kind = chance.choice(tuple(VALUES))
    value = value_of(chance, kind)
    if shape == 0:
        return f"({kind}=*)", present(kind)
    if shape in (1, 2):
        return f"({kind}={value})", equals(kind, value)
    if shape == 3:
        pieces = [(0x80, value[:1]), (0x81, value[1:2]), (0x82, value[-1:])]
        tag, piece = chance.choice(pieces)
        chosen = encode(tag, (piece or "o").encode())
        return f"({kind} substrings {chosen!r})", encode_sequence(octets(kind), encode_sequence(chosen), tag=0xA4)
    if shape in (4, 5):
        tag = (0xA5, 0xA6)[shape - 4]
        return f"({kind}{'><'[shape - 4]}={value})", encode_sequence(octets(kind), octets(value), tag=tag)
    rule = chance.choice(("caseExactMatch", "caseIgnoreMatch", "2.5.13.5", "nosuchRule"))
    parts = [encode(0x81, rule.encode()), encode(0x82, kind.encode()), encode(0x83, value.encode())]
    return f"({kind}:{rule}:={value})", encode_sequence(*parts, tag=0xA9)
