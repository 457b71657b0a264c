"""A client of LDAP without sockets: it writes requests and reads responses by itself, apart from `services/ldap`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.line_client import TLS, LineClient

from homeport.protocol.ber import (
    BOOLEAN,
    ENUMERATED,
    OCTET_STRING,
    SET,
    children,
    encode,
    encode_boolean,
    encode_integer,
    encode_sequence,
    integer_in,
    read_header,
)
from homeport.protocol.events import Data, Event, TimerFired, TlsStarted
from homeport.services.ldap import SERVICE
from homeport.world.world import World

BASE = "dc=homeport,dc=test"
ALICE = f"uid=alice,ou=people,{BASE}"
ADMIN = f"cn=admin,{BASE}"
OPERATIONS = {
    0x61: "bind",
    0x65: "search",
    0x67: "modify",
    0x69: "add",
    0x6B: "delete",
    0x6D: "modrdn",
    0x6F: "compare",
}


def octets(value: str | bytes, tag: int = OCTET_STRING) -> bytes:
    """Write a string."""
    return encode(tag, value.encode() if isinstance(value, str) else value)


def equals(kind: str, value: str | bytes) -> bytes:
    """Write an equality filter."""
    return encode_sequence(octets(kind), octets(value), tag=0xA3)


def present(kind: str) -> bytes:
    """Write a filter of presence."""
    return octets(kind, 0x87)


def control(oid: str, value: bytes | None = None, *, critical: bool = False) -> bytes:
    """Write a control."""
    parts = [octets(oid)] + ([encode_boolean(value=True)] if critical else [])
    return encode_sequence(*parts, *([] if value is None else [octets(value)]))


def bind(name: str = "", password: str = "", version: int = 3) -> bytes:
    """Write a simple bind."""
    return encode_sequence(encode_integer(version), octets(name), octets(password, 0x80), tag=0x60)


def search(
    base: str = BASE,
    scope: int = 2,
    chosen: bytes = present("objectClass"),
    attributes: tuple[str, ...] = (),
    *,
    size: int = 0,
    deref: int = 0,
    types_only: bool = False,
) -> bytes:
    """Write a search."""
    return encode_sequence(
        octets(base),
        encode_integer(scope, ENUMERATED),
        encode_integer(deref, ENUMERATED),
        encode_integer(size),
        encode_integer(0),
        encode_boolean(value=types_only),
        chosen,
        encode_sequence(*map(octets, attributes)),
        tag=0x63,
    )


def attribute(kind: str, *values: str | bytes) -> bytes:
    """Write an attribute with values."""
    return encode_sequence(octets(kind), encode(SET, b"".join(map(octets, values))))


def add(dn: str, **attributes: str | tuple[str, ...]) -> bytes:
    """Write an add request."""
    held = [attribute(kind, *((values,) if isinstance(values, str) else values)) for kind, values in attributes.items()]
    return encode_sequence(octets(dn), encode_sequence(*held), tag=0x68)


def modify(dn: str, *changes: tuple[int, str, tuple[str | bytes, ...]]) -> bytes:
    """Write a modify request. changes: operation, type, values."""
    held = [
        encode_sequence(encode_integer(number, ENUMERATED), attribute(kind, *values))
        for number, kind, values in changes
    ]
    return encode_sequence(octets(dn), encode_sequence(*held), tag=0x66)


def delete(dn: str) -> bytes:
    """Write a delete request."""
    return octets(dn, 0x4A)


def rename(dn: str, rdn: str, *, delete_old: bool = True, superior: str | None = None) -> bytes:
    """Write a modify DN request."""
    more = [] if superior is None else [octets(superior, 0x80)]
    return encode_sequence(octets(dn), octets(rdn), encode_boolean(value=delete_old), *more, tag=0x6C)


def compare(dn: str, kind: str, value: str) -> bytes:
    """Write a compare request."""
    return encode_sequence(octets(dn), encode_sequence(octets(kind), octets(value)), tag=0x6E)


def extended(oid: str, value: bytes | None = None) -> bytes:
    """Write an extended request."""
    return encode_sequence(octets(oid, 0x80), *([] if value is None else [octets(value, 0x81)]), tag=0x77)


def matching(rule: str, kind: str, value: str | bytes) -> bytes:
    """Write an extensible filter."""
    return encode_sequence(octets(rule, 0x81), octets(kind, 0x82), octets(value, 0x83), tag=0xA9)


def page(size: int, cookie: bytes = b"") -> bytes:
    """Write the control of paged results (RFC 2696)."""
    return control("1.2.840.113556.1.4.319", encode_sequence(encode_integer(size), octets(cookie)))


UNBIND = encode(0x42, b"")


def abandon(number: int) -> bytes:
    """Write an abandon request."""
    return encode_integer(number, 0x50)


def message(number: int, request: bytes, *controls: bytes) -> bytes:
    """Write a message."""
    return encode_sequence(
        encode_integer(number), request, *([encode_sequence(*controls, tag=0xA0)] if controls else [])
    )


@dataclass
class Response:
    """One response."""

    id: int
    tag: int
    code: int = -1
    matched: str = ""
    text: str = ""
    referrals: list[str] = field(default_factory=list)
    dn: str = ""
    attributes: dict[str, list[bytes]] = field(default_factory=dict)
    more: dict[int, bytes] = field(default_factory=dict)
    controls: dict[str, bytes] = field(default_factory=dict)


def read(data: bytes) -> list[Response]:
    """Read all responses of what a server has sent."""
    return list(_responses(data))


def _responses(data: bytes) -> Iterator[Response]:
    for tag, begin, end in children(data, 0, len(data)):
        assert tag == 0x30
        parts = list(children(data, begin, end))
        number = integer_in(data, *parts[0][1:])
        yield _response(number, data, parts)


def _response(number: int, data: bytes, parts: list[tuple[int, int, int]]) -> Response:
    tag, begin, end = parts[1]
    response = Response(number, tag)
    fields = [(kind, data[start:stop]) for kind, start, stop in children(data, begin, end)]
    if tag == 0x64:
        response.dn = fields[0][1].decode()
        for _tag, held in [(kind, held) for kind, held in _inner(fields[1][1])]:
            (_type, kind), (_set, values) = _inner(held)
            response.attributes[kind.decode()] = [value for _tag, value in _inner(values)]
    elif tag == 0x73:
        response.referrals = [url.decode() for _tag, url in fields]
    elif tag == 0x79:
        response.more = dict(fields)
    else:
        (_enumerated, code), (_octets, matched), (_text, text), *others = fields
        response.code = int.from_bytes(code, "big")
        response.matched, response.text = matched.decode(), text.decode()
        for kind, held in others:
            if kind == 0xA3:
                response.referrals = [url.decode() for _tag, url in _inner(held)]
            else:
                response.more[kind] = held
    if len(parts) > 2:
        for _tag, start, stop in children(data, *parts[2][1:]):
            (_oid, oid), *rest = _inner(data[start:stop])
            response.controls[oid.decode()] = next((held for kind, held in rest if kind != BOOLEAN), b"")
    return response


def _inner(data: bytes) -> list[tuple[int, bytes]]:
    return [(kind, data[start:stop]) for kind, start, stop in children(data, 0, len(data))]


def value_of(data: bytes) -> list[bytes]:
    """Return the contents of the values of a sequence."""
    _tag, begin, end = read_header(data, 0, len(data))
    return [data[start:stop] for _kind, start, stop in children(data, begin, end)]


class Asker(LineClient):
    """One connection to LDAP. `ask` sends a request with the next identifier and returns the responses."""

    def __init__(self, world: World | None = None, **options: Any) -> None:
        self.number = 0
        self.holding_turns = False
        """True while paused operations do not go on."""
        super().__init__(SERVICE, world, **options)

    def tell(self, event: Event) -> str:
        self.hear(event)
        return ""

    def hear(self, event: Event) -> bytes:
        before = len(self.talk.sent)
        super().hear(event)
        while (
            not self.holding_turns and self.talk.timers.pop("turn", None) is not None
        ):  # what was sent has left: paused operations go on
            super().hear(TimerFired("turn"))
        return self.talk.sent[before:]

    def ask(self, request: bytes, *controls: bytes) -> list[Response]:
        """Send a request; return what comes back."""
        self.number += 1
        return read(self.hear(Data(message(self.number, request, *controls))))

    def begin(self, request: bytes) -> list[Response]:
        """Send a request of which only the first piece is answered, until `ask` sends another one."""
        self.number += 1
        self.holding_turns = True
        answers = read(self.hear(Data(message(self.number, request))))
        self.holding_turns = False
        return answers

    def code(self, request: bytes, *controls: bytes) -> int:
        """Send a request; return the result code of its end."""
        return self.ask(request, *controls)[-1].code

    def entries(self, request: bytes, *controls: bytes) -> list[str]:
        """Send a search that succeeds; return the DNs that it finds."""
        *found, done = self.ask(request, *controls)
        assert done.code == 0, (done.code, done.text)
        return [one.dn for one in found]

    def login(self, name: str = ADMIN, password: str = "admin-pass") -> "Asker":
        """Log in, and expect success."""
        assert self.code(bind(name, password)) == 0
        return self

    def start_tls(self) -> "Asker":
        """Run StartTLS and the handshake."""
        assert self.code(extended("1.3.6.1.4.1.1466.20037")) == 0
        assert self.talk.starting_tls
        self.tell(TlsStarted(TLS))
        return self
