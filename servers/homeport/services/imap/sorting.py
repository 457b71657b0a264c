"""SORT (RFC 5256 3, RFC 5957): the values that messages are sorted by, and their order.

sorting = Sorting(criteria)
rows = [sorting.row(number, entry, message) for ...]     in pieces, as it may read content
numbers = sorting.order(rows)
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from homeport.services.imap.grammar.sort_criteria import Criterion
from homeport.world.mail.base_subject import BaseSubject, extract_base
from homeport.world.mail.collation import collate
from homeport.world.mail.mime.encoded_words import decode_value
from homeport.world.mail.mime.envelope import Address
from homeport.world.mail.searched_message import SearchedMessage

Row = tuple[Any, ...]
"""The values of the criteria, and the number of the message."""
Value = Callable[[Any, SearchedMessage], Any]


def base_subject(message: SearchedMessage) -> BaseSubject:
    """Return the base subject of a message, as it is compared."""
    return message.fact(BaseSubject, lambda: _find_base(message))


def _find_base(message: SearchedMessage) -> BaseSubject:
    subject = message.head.envelope.subject
    base = extract_base(decode_value(subject) if subject is not None else "")
    return BaseSubject(collate(base.text), base.is_reply)


def sent_time(entry: Any, message: SearchedMessage) -> float:
    """Return the Unix time of the Date field; INTERNALDATE if it is missing or invalid (RFC 5256 2.2)."""
    sent = message.sent
    return float(entry.internal) if sent is None else sent.time


def _mailbox(addresses: Sequence[Address]) -> str:
    """Return the local part of the first address."""
    return collate((addresses[0].mailbox or b"").decode("utf-8", "replace")) if addresses else ""


def _display(addresses: Sequence[Address]) -> str:
    """Return the display name of the first address, or else the address (RFC 5957 3)."""
    if not addresses:
        return ""
    first = addresses[0]
    if first.name:
        return collate(decode_value(first.name))
    parts = (first.mailbox or b"",) if first.host is None else (first.mailbox or b"", first.host)  # a group, or not
    return collate(b"@".join(parts).decode("utf-8", "replace"))


VALUES: dict[str, Value] = {
    "ARRIVAL": lambda entry, _message: entry.internal,
    "CC": lambda _entry, message: _mailbox(message.head.envelope.cc),
    "DATE": sent_time,
    "DISPLAYFROM": lambda _entry, message: _display(message.head.envelope.from_),
    "DISPLAYTO": lambda _entry, message: _display(message.head.envelope.to),
    "FROM": lambda _entry, message: _mailbox(message.head.envelope.from_),
    "SIZE": lambda entry, _message: entry.size,
    "SUBJECT": lambda _entry, message: base_subject(message).text,
    "TO": lambda _entry, message: _mailbox(message.head.envelope.to),
}
OF_ENTRIES = {"ARRIVAL", "SIZE"}
"""Criteria that need no content."""
OF_HEADERS = {"CC", "DISPLAYFROM", "DISPLAYTO", "FROM", "TO"}
"""Criteria whose values depend on the header alone."""


def _kept(name: str) -> Value:
    """Return the function of a value that is found out once for each message."""
    find, what = VALUES[name], ("sort", name)
    return lambda entry, message: message.fact(what, lambda: find(entry, message))


class Sorting:
    """The criteria of one SORT."""

    def __init__(self, criteria: Iterable[Criterion]) -> None:
        unique = {one.name: one for one in reversed(list(criteria))}  # the first of a name decides
        self._criteria = list(unique.values())[::-1]
        self._values = [_kept(one.name) if one.name in OF_HEADERS else VALUES[one.name] for one in self._criteria]

    @property
    def needs_content(self) -> bool:
        """True if it reads headers of messages."""
        return any(one.name not in OF_ENTRIES for one in self._criteria)

    def row(self, number: int, entry: Any, message: SearchedMessage) -> Row:
        """Return what a message is sorted by."""
        return (*[value(entry, message) for value in self._values], number)

    def order(self, rows: list[Row]) -> list[int]:
        """Return the numbers in order; messages that are equal stay in ascending order, also with REVERSE."""
        rows.sort(key=lambda row: row[-1])
        for place in range(len(self._criteria) - 1, -1, -1):
            rows.sort(key=lambda row: row[place], reverse=self._criteria[place].reverse)
        return [row[-1] for row in rows]
