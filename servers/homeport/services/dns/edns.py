"""EDNS of an answer: version and size, cookies, NSID, keepalive, padding, extended errors (RFC 6891)."""

import struct
from functools import partial
from hashlib import blake2s
from hmac import compare_digest
from math import floor
from secrets import token_bytes

from homeport.services.dns.exchange import (
    BADCOOKIE,
    BADVERS,
    ENCRYPTED,
    FORMERR,
    MAX_EXPLANATION_BYTES,
    Exchange,
    Response,
)
from homeport.services.dns.message import DO, Edns
from homeport.services.dns.writer import MAX_MESSAGE_BYTES, opt_record

MIN_UDP_BYTES = 512
"""Size over UDP without EDNS (RFC 1035 4.2.1)."""
NSID, COOKIE, KEEPALIVE, PADDING, EXTENDED_ERROR = 3, 10, 11, 12, 15
"""Codes of options (IANA's registry)."""
CLIENT_COOKIE_BYTES = 8
SERVER_COOKIE_BYTES = 16
COOKIE_SIZES = frozenset((8, *range(16, 41)))
COOKIE_VERSION = b"\1\0\0\0"
COOKIE_LIFE_S = 3600
COOKIE_AHEAD_S = 300
"""Server cookies are valid from this far in the future to COOKIE_LIFE_S in the past (RFC 9018 4.3)."""
COOKIE_RENEWED_S = 1800
PADDED_TO = 468
"""Block to which padded answers are filled (RFC 8467 4.1)."""
HEAD = struct.Struct("!H")
MAX_KEEPALIVE = 0xFFFF
TENTHS = 10


class CookieSecret:
    """The secret of a world's server cookies."""

    def __init__(self) -> None:
        self.key = token_bytes(32)

    def sign(self, client: bytes, stamp: bytes, host: str) -> bytes:
        """Return the hash of a server cookie."""
        return blake2s(client + stamp + host.encode(), key=self.key, digest_size=8).digest()


class EdnsAnswer:
    """The answer's side of EDNS for one exchange. Without OPT in the request, nothing is added."""

    __slots__ = ("_asked", "_cookie", "_exchange", "_options", "_proved")

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._asked: Edns | None = exchange.message.edns
        self._cookie = b""
        self._proved = False  # by the server's cookie, that its address is no forged one
        self._options: list[tuple[int, bytes]] = []

    def check(self) -> Response | None:
        """Check the request's options. Return the error that it is answered with, or None."""
        asked = self._asked
        if asked is None:
            return None
        exchange = self._exchange
        if asked.version:
            exchange.report("edns-unknown-version", bytes((asked.version,)))
            return Response(BADVERS)
        if asked.flags & ~DO:
            exchange.report("edns-flags", HEAD.pack(asked.flags))
        if asked.size < MIN_UDP_BYTES and exchange.over_udp:
            exchange.report("edns-small-size", HEAD.pack(asked.size))
        for code, data in asked.options:
            if code == COOKIE and exchange.options.cookies != "off" and not self._cookie:
                if (error := self._check_cookie(data)) is not None:
                    return error
            elif code == NSID:
                if data:
                    exchange.report("nsid-data", data)
                name = exchange.options.nsid or exchange.context.world.name
                self._options.append((NSID, name.encode()))
            elif code == KEEPALIVE:
                self._keep_alive(data)
            elif code == PADDING and exchange.transport not in ENCRYPTED:
                exchange.report("padding-in-clear")
        return None

    @property
    def limit(self) -> int:
        """Largest size of the answer in bytes."""
        if not self._exchange.over_udp:
            return MAX_MESSAGE_BYTES
        options = self._exchange.options
        limit = MIN_UDP_BYTES
        if self._asked is not None:
            limit = min(max(MIN_UDP_BYTES, self._asked.size), options.max_udp_size)
        if options.amplification and not self._proved:
            return min(limit, options.amplification * len(self._exchange.data))
        return limit

    @property
    def has_cookie(self) -> bool:
        """True if the request has a cookie, so that its answer is for this client alone."""
        return bool(self._cookie)

    def opt(self, rcode: int) -> bytes:
        """Return the OPT record; empty if the request had none."""
        if self._asked is None:
            return b""
        for code, words in self._exchange.explanations:
            self._options.append((EXTENDED_ERROR, HEAD.pack(code) + words.encode()[:MAX_EXPLANATION_BYTES]))
        self._exchange.explanations.clear()
        flags = self._asked.flags & DO
        return opt_record(self._exchange.options.max_udp_size, rcode, flags, self._options)

    def padding(self, size: int, rcode: int) -> bytes | None:
        """Return the OPT record with padding, for an encrypted answer of that size; None if none is asked for."""
        if self._asked is None or self._exchange.transport not in ENCRYPTED or self._asked.option(PADDING) is None:
            return None
        size += 4
        self._options.append((PADDING, bytes(min(-size % PADDED_TO, MAX_MESSAGE_BYTES - size))))
        return self.opt(rcode)

    def _check_cookie(self, data: bytes) -> Response | None:
        """Check a cookie, and prepare the server's (RFC 7873 5.2)."""
        exchange = self._exchange
        if len(data) not in COOKIE_SIZES:
            exchange.report("bad-cookie-size", data)
            return None if exchange.options.is_lenient else Response(FORMERR)
        client, server = data[:CLIENT_COOKIE_BYTES], data[CLIENT_COOKIE_BYTES:]
        world = exchange.context.world
        secret = world.of_service("dns.cookies", CookieSecret)
        sign = partial(secret.sign, client, host=exchange.context.peer[0])
        now = floor(world.journal.real())
        age_s = (now - int.from_bytes(server[4:8]) + (1 << 31)) % (1 << 32) - (1 << 31)  # RFC 1982
        valid = (
            len(server) == SERVER_COOKIE_BYTES
            and -COOKIE_AHEAD_S <= age_s <= COOKIE_LIFE_S
            and server[:4] == COOKIE_VERSION
            and compare_digest(server[8:], sign(server[:8]))
        )
        if not valid or age_s > COOKIE_RENEWED_S:
            stamp = COOKIE_VERSION + (now & 0xFFFF_FFFF).to_bytes(4)
            server = stamp + sign(stamp)
        self._proved = valid
        self._cookie = client + server
        self._options.append((COOKIE, self._cookie))
        if not valid and exchange.options.cookies == "require" and exchange.over_udp:
            return Response(BADCOOKIE)
        return None

    def _keep_alive(self, data: bytes) -> None:
        """Answer edns-tcp-keepalive, over TCP alone (RFC 7828 3.2)."""
        exchange = self._exchange
        if exchange.transport == "https":  # HTTP has its own
            return
        if exchange.over_udp:
            exchange.report("keepalive-over-udp")
            return
        if data:
            exchange.report("keepalive-timeout", data)
        tenths = floor(exchange.options.idle_timeout * TENTHS)
        self._options.append((KEEPALIVE, HEAD.pack(min(tenths or MAX_KEEPALIVE, MAX_KEEPALIVE))))
