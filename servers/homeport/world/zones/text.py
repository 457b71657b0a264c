"""Records and zone files as text (RFC 1035 5), by dnspython, which knows the format of every type.

Its import takes a tenth of a second and parsing is slow, so it is imported by the functions that need it, and these run
in the thread pool.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from homeport.world.zones.name import (
    ROOT,
    BadName,
    Name,
    is_below,
    name_text,
    name_wire,
    parse_name,
    read_name,
    validate,
)
from homeport.world.zones.rdata import txt
from homeport.world.zones.rrset import (
    AAAA,
    CNAME,
    MX,
    NS,
    NSEC,
    NSEC3,
    PTR,
    RRSIG,
    SOA,
    SRV,
    TXT,
    A,
    RRset,
    is_meta,
    type_text,
)
from homeport.world.zones.zone import Zone

if TYPE_CHECKING:
    import dns.exception
    import dns.name
    import dns.rdata

MAX_RECORDS = 100_000
"""Records of one zone file."""
MAX_DATA_BYTES = 0xFFFF
"""Size of a record's data (RFC 1035 3.2.1)."""
DEFAULT_TTL_S = 3600
COMPUTED = frozenset({RRSIG, NSEC, NSEC3})
"""Types that the signing of a zone adds; a zone file that has them is read without."""
OBSOLETE = frozenset({3, 4})
"""MD and MF."""
ALWAYS_READABLE = frozenset({A, AAAA, NS, CNAME, SOA, PTR, MX, TXT, SRV})
"""Types whose text always has all of the data."""
UNQUOTED_TEXT = re.compile(r'\s*(?![\s"]|\\#)(.*\S)\s*', re.DOTALL)
PIECE_LINES = 10
GENERATE = re.compile(r"(?im)^\$GENERATE\s+(\d+)-(\d+)(?:/([1-9]\d*))?\s")
PLACE = re.compile(r"zone file:(\d+): (?:zone file:\d+: )*")


class BadRecords(ValueError):
    """Raised for text that is no record, or no record of a zone; the message says what is wrong."""


def load() -> None:
    """Import dnspython; in the thread pool, before records are shown on the reactor."""
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.zonefile  # noqa: F401


def parse_data(type_number: int, text: str, origin: Name) -> bytes:
    r"""Parse the data of a record: `10 mail` for MX, and `\# 4 7f000001` for any type (RFC 3597 5).

    A TXT record without quotes is one text, blanks included. origin: appended to relative names.
    Raises: BadRecords.
    """
    import dns.exception
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    validate_type(type_number)
    if type_number == TXT and (match := UNQUOTED_TEXT.fullmatch(text)):
        return _bounded(txt(match[1].encode()), type_number)
    try:
        parsed = dns.rdata.from_text(
            dns.rdataclass.IN,
            dns.rdatatype.RdataType.make(type_number),
            text,
            origin=_absolute(origin),
            relativize=False,
        )
        return _bounded(parsed.to_digestable(), type_number)
    except (dns.exception.DNSException, ValueError, OverflowError) as error:
        raise BadRecords(f"{text!r:.80} is no data of type {type_text(type_number)}: {_reason(error)}") from None


def parse_name_as_entered(text: str, origin: Name = ROOT) -> Name:
    """Parse a name as people write it: `www`, `@` for the origin, or complete: `www.shop.test`, `www.shop.test.`.

    A name that ends with the origin is complete. Letters that are not ASCII become A-labels (RFC 5891).
    Raises: BadName.
    """
    if not text.isascii():
        try:
            text = text.encode("idna").decode("ascii")
        except UnicodeError:
            raise BadName(f"{text!r:.80} is no internationalized domain name") from None
    if text == "@":
        return origin
    name = parse_name(text)
    return name if text.endswith(".") or is_below(name, origin) else validate((*name, *origin))


def parse_records(type_number: int, ttl_s: int, texts: Iterable[str], origin: Name) -> RRset:
    """Parse the data of all records of one type at one name, each of them once. Raises: BadRecords."""
    return RRset(type_number, ttl_s, tuple(dict.fromkeys(parse_data(type_number, text, origin) for text in texts)))


def data_text(type_number: int, data: bytes) -> str:
    """Return a record's data as text, with complete names; data that the type has no text for as hexadecimal digits."""
    import dns.exception
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    try:
        parsed = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.RdataType.make(type_number), data, 0, len(data))
        text = parsed.to_text()
    except (dns.exception.DNSException, ValueError):
        text = ""
    if text and (type_number in ALWAYS_READABLE or _is_text_of(type_number, text, data)):
        return text
    return f"\\# {len(data)} {data.hex()}".rstrip()


def _is_text_of(type_number: int, text: str, data: bytes) -> bool:
    """Return True if a text is read as those data: some types have no text for empty fields, which the wire allows."""
    try:
        return parse_data(type_number, text, ROOT) == data
    except BadRecords:
        return False


def parse_zone(text: str, origin: Name, default_ttl_s: int = DEFAULT_TTL_S) -> dict[Name, dict[int, RRset]]:
    """Parse a zone file (RFC 1035 5.1, RFC 2308 4): $ORIGIN, $TTL and $GENERATE, but no $INCLUDE.

    The records of one type at one name get the least of their TTLs (RFC 2181 5.2). RRSIG, NSEC and NSEC3 are left out.
    That they are a valid zone is checked by `edits.py`.
    Raises: BadRecords, with the number of the line.
    """
    import dns.exception
    import dns.rdataclass
    import dns.tokenizer
    import dns.zonefile

    class Tokens(dns.tokenizer.Tokenizer):
        """Remembers the line in which a record begins: the reader asks for leading blanks only there."""

        line = 1

        def get(self, want_leading: bool = False, want_comment: bool = False) -> dns.tokenizer.Token:  # noqa: FBT001, FBT002 - as its base
            if want_leading:
                self.line = self.line_number
            return super().get(want_leading, want_comment)

    _validate_directives(text)
    records, tokens = _Records(origin), Tokens(text, "zone file")
    reader = dns.zonefile.Reader(
        tokens,
        dns.rdataclass.IN,
        records,  # type: ignore[arg-type]  # it has what the reader uses of a transaction
        allow_directives=("$ORIGIN", "$TTL", "$GENERATE"),
        default_ttl=default_ttl_s,
    )
    reader.current_origin = reader.last_name = _absolute(origin)
    try:
        reader.read()
    except (dns.exception.DNSException, ValueError, OverflowError, AssertionError) as error:
        raise BadRecords(f"line {tokens.line}: {_reason(error)}") from None
    return {
        name: {number: RRset(number, ttl, tuple(data)) for number, (ttl, data) in node.items()}
        for name, node in records.nodes.items()
    }


def _validate_directives(text: str) -> None:
    """Check directives that are refused, or ask for much work, before any work. Raises: BadRecords."""
    if found := re.search(r"(?im)^\$INCLUDE\b", text):
        raise BadRecords(f"line {_line(text, found)}: $INCLUDE is not read: put the records of that file here")
    count = 0
    for found in GENERATE.finditer(text):
        first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
        count += max(0, last - first) // step + 1
        if count > MAX_RECORDS:
            raise BadRecords(f"line {_line(text, found)}: more than {MAX_RECORDS} records: split the zone")


def _line(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start()) + 1


def zone_pieces(zone: Zone) -> Iterator[str]:
    """Yield a zone file in pieces of some lines: the SOA first, all names complete."""
    lines = [f"$ORIGIN {name_text(zone.origin)}\n"]
    for name, node in zone.nodes():
        owner = name_text(name)
        for number in sorted(node, key=lambda one: (one != SOA, one)):
            rrset = node[number]
            for data in rrset.data:
                lines.append(f"{owner} {rrset.ttl} IN {type_text(number)} {data_text(number, data)}\n")
                if len(lines) >= PIECE_LINES:
                    yield "".join(lines)
                    lines.clear()
    yield "".join(lines)


def validate_type(type_number: int) -> None:
    """Raise BadRecords for a type that no zone can have, or that signing adds."""
    if is_meta(type_number):
        raise BadRecords(f"{type_text(type_number)} is a type of questions or messages, of which no zone has records")
    if type_number in OBSOLETE:
        raise BadRecords("MD and MF are obsolete, and no server loads them (RFC 1123 6.1.3.6): write MX")
    if type_number in COMPUTED:
        raise BadRecords(f"{type_text(type_number)} records are added when a signed zone answers: leave them out")


class _Records:
    """Records that dnspython's reader of zone files has read. To the reader it is a transaction, and its manager."""

    def __init__(self, origin: Name) -> None:
        self.nodes: dict[Name, dict[int, tuple[int, dict[bytes, None]]]] = {}
        self._origin = origin
        self._count = 0

    @property
    def manager(self) -> "_Records":
        return self

    def origin_information(self) -> tuple[Any, bool, Any]:
        """Return the root: the reader skips records outside the zone's origin, and `add` refuses them."""
        import dns.name

        return dns.name.root, False, dns.name.root

    def check_put_rdataset(self, check: Any) -> None:
        """Ignore the reader's check of CNAME records, which reads a whole node for each record."""

    def _set_origin(self, origin: Any) -> None:
        """Ignore $ORIGIN, which is the reader's own."""

    def add(self, name: "dns.name.Name", ttl_s: int, record: "dns.rdata.Rdata") -> None:
        """Add a record. Raises: BadRecords."""
        owner = read_name(name.to_wire() or b"")[0]
        if not is_below(owner, self._origin):
            raise BadRecords(f"{name_text(owner)} is outside the zone {name_text(self._origin)}")
        number = int(record.rdtype)
        if number in COMPUTED:
            return
        validate_type(number)
        self._count += 1
        if self._count > MAX_RECORDS:
            raise BadRecords(f"more than {MAX_RECORDS} records: split the zone")
        node = self.nodes.setdefault(owner, {})
        least_s, data = node.setdefault(number, (ttl_s, {}))
        data[_bounded(record.to_digestable(), number)] = None
        node[number] = min(least_s, ttl_s), data


def _bounded(data: bytes, type_number: int) -> bytes:
    if len(data) > MAX_DATA_BYTES:
        raise BadRecords(f"{len(data)} octets of {type_text(type_number)} data: at most {MAX_DATA_BYTES}")
    return data


def _absolute(name: Name) -> "dns.name.Name":
    import dns.name

    return dns.name.from_wire(name_wire(name), 0)[0]


def _reason(error: Exception) -> str:
    """Return the reason of an error of dnspython without its own name of the input."""
    text = PLACE.sub("", str(error)) or type(error).__name__
    return text.removeprefix("<string>:1: ")[:200]
