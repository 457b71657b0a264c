"""The key exchange: the records of a request to those of its response (RFC 8915 4).

request    next protocol, algorithms[, server][, port], end of message
response   next protocol, algorithm, cookies[, server][, port], end of message
           or error, end of message
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from homeport.protocol.events import Exporter
from homeport.services.ntp.nts.algorithms import ALGORITHMS, NUMBERS
from homeport.services.ntp.nts.cookies import SessionKeys
from homeport.services.ntp.nts.records import (
    ALGORITHM,
    BAD_REQUEST,
    COMPLIANT_EXPORT,
    COOKIE,
    END,
    ERROR,
    NEXT_PROTOCOL,
    NTPV4,
    PORT,
    SERVER,
    UNRECOGNIZED,
    WARNING,
    Record,
    numbers_of,
)

if TYPE_CHECKING:
    from homeport.services.ntp.nts.options import NtsOptions

LABEL = b"EXPORTER-network-time-security"
TO_SERVER, TO_CLIENT = b"\0", b"\1"
"""Last octet of the exporter's context (RFC 8915 5.1)."""
ONCE = (NEXT_PROTOCOL, ALGORITHM, SERVER, PORT)
CRITICAL = (END, NEXT_PROTOCOL)
"""Types whose critical bit clients must set (RFC 8915 4.1.1, 4.1.2)."""
KNOWN = (END, NEXT_PROTOCOL, ERROR, WARNING, ALGORITHM, COOKIE, SERVER, PORT, COMPLIANT_EXPORT)
PORT_BYTES = 2
GCM_SIV = NUMBERS["AES-128-GCM-SIV"]


class Refused(Exception):
    """A request that gets an error. code: of the record. finding: the rule that it breaks."""

    def __init__(self, code: int, finding: str) -> None:
        super().__init__(finding)
        self.code = code
        self.finding = finding


class Offer(msgspec.Struct, frozen=True):
    """The offer of a client."""

    protocols: list[int]
    algorithms: list[int]
    """In the order in which the client prefers them; none if it has not offered NTPv4."""
    server: str = ""
    port: int = 0
    compliant_export: bool = False


class Agreement(msgspec.Struct, frozen=True):
    """The result of an exchange. algorithm: 0 for none; protocol: False if NTPv4 was not offered."""

    protocol: bool
    algorithm: int
    confirms_export: bool = False


def read_offer(records: Sequence[Record], found: list[str]) -> Offer:
    """Return the offer in the records of a request; append findings.

    Raises: Refused.
    """
    for record in records:
        if record.type not in KNOWN and record.critical:
            raise Refused(UNRECOGNIZED, "nts-unknown-critical")
        if record.type in (ERROR, WARNING):
            raise Refused(BAD_REQUEST, "nts-server-record")
        if record.type == END and record.body:
            raise Refused(BAD_REQUEST, "nts-end-body")
    found += _less_important(records)
    times = Counter(record.type for record in records)
    if any(times[one] > 1 for one in ONCE):
        raise Refused(BAD_REQUEST, "nts-record-twice")
    by_type = {record.type: record for record in records}
    if NEXT_PROTOCOL not in by_type:
        raise Refused(BAD_REQUEST, "nts-no-next-protocol")
    protocols = _numbers(by_type[NEXT_PROTOCOL])
    algorithms: list[int] = []
    if NTPV4 in protocols:
        if ALGORITHM not in by_type:
            raise Refused(BAD_REQUEST, "nts-no-algorithm")
        algorithms = _numbers(by_type[ALGORITHM])
    return Offer(
        protocols,
        algorithms,
        _server(by_type.get(SERVER)),
        _port(by_type.get(PORT)),
        compliant_export=COMPLIANT_EXPORT in by_type,
    )


def agree(offer: Offer, options: "NtsOptions", found: list[str]) -> Agreement:
    """Return what the server takes of an offer; append findings."""
    if NTPV4 not in offer.protocols:
        found.append("nts-no-ntpv4")
        return Agreement(protocol=False, algorithm=0)
    ours = ALGORITHMS.keys() & {NUMBERS[name] for name in options.nts_algorithms}
    both = [one for one in offer.algorithms if one in ours]
    if not both:
        found.append("nts-no-common-algorithm")
        return Agreement(protocol=True, algorithm=0)
    # Early versions of chrony export other keys for AES-128-GCM-SIV; those that do not say so by a record.
    others = [one for one in both if one != GCM_SIV]
    algorithm = both[0] if offer.compliant_export or not others else others[0]
    return Agreement(
        protocol=True, algorithm=algorithm, confirms_export=offer.compliant_export and algorithm == GCM_SIV
    )


def derive(export: Exporter, algorithm: int, mark: int = 0) -> SessionKeys:
    """Return the keys that both sides derive from their TLS connection (RFC 8915 5.1)."""
    context = numbers_of((NTPV4, algorithm))
    size = ALGORITHMS[algorithm].key_bytes
    to_server, to_client = (export(LABEL, size, context + side) for side in (TO_SERVER, TO_CLIENT))
    return SessionKeys(algorithm, to_server, to_client, mark)


def response_to(agreement: Agreement, cookies: Iterable[bytes], server: str, port: int) -> list[Record]:
    """Return the records of a response, without the end of the message.

    server: empty for none. port: 0 for none.
    """
    records = [Record(NEXT_PROTOCOL, numbers_of([NTPV4] if agreement.protocol else []))]
    if agreement.protocol:
        records.append(Record(ALGORITHM, numbers_of([agreement.algorithm] if agreement.algorithm else [])))
    if not agreement.algorithm:
        return records
    if agreement.confirms_export:
        records.append(Record(COMPLIANT_EXPORT, critical=False))
    records += [Record(COOKIE, cookie, critical=False) for cookie in cookies]
    if server:
        records.append(Record(SERVER, server.encode("ascii")))
    if port:
        records.append(Record(PORT, numbers_of((port,))))
    return records


def _less_important(records: Sequence[Record]) -> Iterable[str]:
    """Yield the findings that do not keep a request from being answered."""
    if any(record.type in CRITICAL and not record.critical for record in records):
        yield "nts-not-critical"
    cookies = [record for record in records if record.type == COOKIE]
    if cookies:
        yield "nts-cookie-sent"
    if any(record.critical for record in cookies):
        yield "nts-critical-cookie"


def _numbers(record: Record) -> list[int]:
    """Return the numbers of a list, of which there must be one. Raises: Refused."""
    try:
        numbers = record.numbers
    except ValueError:
        numbers = []
    if not numbers:
        raise Refused(BAD_REQUEST, "nts-bad-body")
    return numbers


def _server(record: Record | None) -> str:
    if record is None:
        return ""
    if not record.body or not record.body.isascii() or not record.body.decode().isprintable():
        raise Refused(BAD_REQUEST, "nts-bad-body")
    return record.body.decode("ascii")


def _port(record: Record | None) -> int:
    if record is None:
        return 0
    if len(record.body) != PORT_BYTES or not any(record.body):
        raise Refused(BAD_REQUEST, "nts-bad-body")
    return int.from_bytes(record.body)
