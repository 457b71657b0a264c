"""A registrar for the benches: frames of EPP over TLS, one by one or pipelined; and a life cycle of objects, step by
step."""

import re
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count

URN = "urn:ietf:params:xml:ns"
WINDOW = 25
"""Commands per write; twice as many are in flight."""
CODE = re.compile(rb'<result code="(\d+)"')
TRIDS = count(1)


def command(inner: str) -> bytes:
    """Return a command's frame, indented as clients write it, with a unique clTRID."""
    xml = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<epp xmlns="{URN}:epp-1.0">\n  <command>\n    {inner}'
        f"\n    <clTRID>BENCH-{next(TRIDS)}</clTRID>\n  </command>\n</epp>\n"
    ).encode()
    return (len(xml) + 4).to_bytes(4) + xml


def of(kind: str, verb: str, inner: str, *, op: str = "", extension: str = "") -> bytes:
    """Return a command on an object. inner: its elements with the prefix `x:`."""
    about = f"<{kind}:{verb} xmlns:{kind}='{URN}:{kind}-1.0'>{inner.replace('x:', kind + ':')}</{kind}:{verb}>"
    more = f"<extension>{extension}</extension>" if extension else ""
    attribute = f' op="{op}"' if op else ""
    return command(f"<{verb}{attribute}>{about}</{verb}>{more}")


def login(registrar: str, password: str) -> bytes:
    """Return a login for all objects and extensions."""
    objects = "".join(f"<objURI>{URN}:{name}-1.0</objURI>" for name in ("domain", "contact", "host"))
    extensions = f"<extURI>{URN}:rgp-1.0</extURI><extURI>{URN}:secDNS-1.1</extURI>"
    return command(
        f"<login><clID>{registrar}</clID><pw>{password}</pw><options><version>1.0</version><lang>en</lang></options>"
        f"<svcs>{objects}<svcExtension>{extensions}</svcExtension></svcs></login>"
    )


class Client:
    """One connection, logged in."""

    def __init__(self, port: int, registrar: str = "harbour", password: str = "") -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", port), 120)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(plain)
        self._held = bytearray()
        self.hear()
        assert self.ask(login(registrar, password or f"{registrar}-pass")) == b"1000"

    def hear(self) -> bytes:
        """Read the next frame's XML."""
        held = self._held
        while len(held) < 4 or len(held) < int.from_bytes(held[:4]):
            octets = self._socket.recv(65536)
            if not octets:
                raise ConnectionError("the server has closed the connection")
            held += octets
        size = int.from_bytes(held[:4])
        xml = bytes(held[4:size])
        del held[:size]
        return xml

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def ask(self, frame: bytes) -> bytes:
        """Send a command and return its result code."""
        self.send(frame)
        return self.code()

    def code(self) -> bytes:
        """Read the result code of the next answer."""
        xml = self.hear()
        found = CODE.search(xml)
        assert found is not None, xml
        return found[1]

    def pipelined(self, frames: Sequence[bytes], expected: bytes = b"1000") -> None:
        """Send all commands in windows, each expecting that code, two windows in flight."""
        self.send(b"".join(frames[:WINDOW]))
        for begin in range(0, len(frames), WINDOW):
            if following := frames[begin + WINDOW : begin + 2 * WINDOW]:
                self.send(b"".join(following))
            for frame in frames[begin : begin + WINDOW]:
                code = self.code()
                assert code == expected, (code, frame)

    def close(self) -> None:
        self._socket.close()


Make = Callable[[int], bytes]
"""Returns the frame for the n-th object."""

KEY = "<x:pw>Xk-{0}-90-qZ</x:pw>"
POSTAL = (
    '<x:postalInfo type="int"><x:name>Bench {0}</x:name><x:addr><x:street>1 Mole Road</x:street><x:city>Port Meridian'
    "</x:city><x:cc>GB</x:cc></x:addr></x:postalInfo>"
)
DS = (
    "<s:{0} xmlns:s='" + URN + ":secDNS-1.1'><s:add><s:dsData><s:keyTag>{1}</s:keyTag><s:alg>13</s:alg><s:digestType>2"
    "</s:digestType><s:digest>" + "A1" * 32 + "</s:digest></s:dsData></s:add></s:{0}>"
)


def contact_create(n: int) -> bytes:
    inner = f"<x:id>BC-{n}</x:id>{POSTAL.format(n)}<x:voice>+44.1865550101</x:voice><x:email>a@homeport.test</x:email>"
    return of("contact", "create", f"{inner}<x:authInfo>{KEY.format(n)}</x:authInfo>")


def domain_create(n: int, prefix: str = "bench") -> bytes:
    return of(
        "domain",
        "create",
        f'<x:name>{prefix}{n}.test</x:name><x:period unit="y">2</x:period><x:ns><x:hostObj>ns1.homeport.test'
        '</x:hostObj></x:ns><x:registrant>HM-1</x:registrant><x:contact type="admin">HM-1</x:contact>'
        f'<x:contact type="tech">HM-1</x:contact><x:authInfo>{KEY.format(n)}</x:authInfo>',
    )


def domain_update(n: int) -> bytes:
    """Return an update: another host, another contact, a status, a DS record."""
    change = (
        f"<x:name>bench{n}.test</x:name><x:add><x:ns><x:hostObj>ns{n}.homeport.test</x:hostObj></x:ns>"
        f'<x:contact type="billing">BC-{n}</x:contact><x:status s="clientHold"/></x:add>'
    )
    return of("domain", "update", change, extension=DS.format("update", n % 65536))


def domain(verb: str, inner: str = "", op: str = "") -> Make:
    """Return a command on the n-th domain."""
    return lambda n: of("domain", verb, f"<x:name>bench{n}.test</x:name>" + inner.format(n), op=op)


def contact(verb: str, inner: str = "", op: str = "") -> Make:
    """Return a command on the n-th contact."""
    return lambda n: of("contact", verb, f"<x:id>BC-{n}</x:id>" + inner.format(n), op=op)


def host(verb: str, inner: str = "") -> Make:
    """Return a command on the n-th host."""
    return lambda n: of("host", verb, f"<x:name>ns{n}.homeport.test</x:name>" + inner.format(n))


def fixed(frame: Callable[[], bytes]) -> Make:
    """Return the same command for every number."""
    return lambda _n: frame()


AUTH = f"<x:authInfo>{KEY}</x:authInfo>"
SHARED = "<x:name>ns1.homeport.test</x:name>"
PROHIBITED = '<x:status s="clientDeleteProhibited"/>'
TODAY = datetime.now(UTC)
EXPIRY = f"<x:curExpDate>{TODAY.year + 2}-{TODAY:%m-%d}</x:curExpDate>"
OTHERS = 10_000_000
"""Offset of the numbers of objects that are deleted."""
CHECK_TEN = "".join(f"<x:name>free-{{0}}-{each}.test</x:name>" for each in range(9))

STEPS: tuple[tuple[str, str, Make, bytes], ...] = (
    ("contact check", "harbour", contact("check"), b"1000"),
    ("contact create", "harbour", contact_create, b"1000"),
    ("contact info", "harbour", contact("info"), b"1000"),
    ("contact info, linked by all", "harbour", fixed(lambda: of("contact", "info", "<x:id>HM-1</x:id>")), b"1000"),
    ("contact update", "harbour", contact("update", f"<x:add>{PROHIBITED}</x:add>"), b"1000"),
    (
        "contact update back",
        "harbour",
        contact("update", f"<x:rem>{PROHIBITED}</x:rem>"),
        b"1000",
    ),
    ("host check", "harbour", host("check"), b"1000"),
    ("host create", "harbour", host("create", '<x:addr ip="v4">192.0.2.9</x:addr>'), b"1000"),
    ("host info", "harbour", host("info"), b"1000"),
    (
        "host info, linked by all",
        "harbour",
        fixed(lambda: of("host", "info", SHARED)),
        b"1000",
    ),
    ("host update", "harbour", host("update", '<x:add><x:addr ip="v6">2001:db8::9</x:addr></x:add>'), b"1000"),
    (
        "host update of the one linked by all",
        "harbour",
        lambda n: of("host", "update", SHARED + ("<x:add>{0}</x:add>", "<x:rem>{0}</x:rem>")[n % 2].format(PROHIBITED)),
        b"1000",
    ),
    ("domain check", "harbour", domain("check"), b"1000"),
    ("domain check of ten", "harbour", domain("check", CHECK_TEN), b"1000"),
    ("domain create", "harbour", domain_create, b"1000"),
    ("domain info", "harbour", domain("info"), b"1000"),
    ("domain update: host, contact, status, DS", "harbour", domain_update, b"1000"),
    ("host delete, refused for its link", "harbour", host("delete"), b"2305"),
    ("contact delete, refused for its link", "harbour", contact("delete"), b"2305"),
    ("domain transfer request", "lighthouse", domain("transfer", AUTH, "request"), b"1001"),
    ("domain transfer query", "harbour", domain("transfer", "", "query"), b"1000"),
    ("domain transfer reject", "harbour", domain("transfer", "", "reject"), b"1000"),
    ("domain transfer request again", "lighthouse", domain("transfer", AUTH, "request"), b"1001"),
    ("domain transfer cancel", "lighthouse", domain("transfer", "", "cancel"), b"1000"),
    ("domain transfer request once more", "lighthouse", domain("transfer", AUTH, "request"), b"1001"),
    ("domain transfer approve", "harbour", domain("transfer", "", "approve"), b"1000"),
    ("contact transfer request", "lighthouse", contact("transfer", AUTH, "request"), b"1001"),
    ("contact transfer approve", "harbour", contact("transfer", "", "approve"), b"1000"),
    ("poll", "harbour", fixed(lambda: command('<poll op="req"/>')), b"1301"),
    ("domain create of another", "harbour", lambda n: domain_create(n, "more"), b"1000"),
    ("domain renew", "harbour", lambda n: of("domain", "renew", f"<x:name>more{n}.test</x:name>{EXPIRY}"), b"1000"),
    ("domain delete", "harbour", lambda n: of("domain", "delete", f"<x:name>more{n}.test</x:name>"), b"1000"),
    ("contact create of another", "harbour", lambda n: contact_create(n + OTHERS), b"1000"),
    ("contact delete", "harbour", lambda n: contact("delete")(n + OTHERS), b"1000"),
    ("host create of another", "harbour", lambda n: host("create")(n + OTHERS), b"1000"),
    (
        "host rename",
        "harbour",
        lambda n: host("update", f"<x:chg><x:name>nt{n}.homeport.test</x:name></x:chg>")(n + OTHERS),
        b"1000",
    ),
    ("host delete", "harbour", lambda n: of("host", "delete", f"<x:name>nt{n}.homeport.test</x:name>"), b"1000"),
)
"""A life cycle of many objects: the step's name, the command's registrar, the command, its code."""
