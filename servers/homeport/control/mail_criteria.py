"""Conditions for messages: named parameters, and the keys of the filter language.

A condition judges one message, in the thread pool; the message is read and parsed only as far as conditions need.
"""

import re
from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from typing import get_args

from homeport.config.quantities import Size, parse_moment
from homeport.control.filter_language import Clause, Key, Term, Value, parse_q
from homeport.control.mail_findings import LEVELS, MessageFindings
from homeport.control.mail_shapes import Feature, MessageFilter
from homeport.control.problems import ProblemError
from homeport.protocol.addresses import address_text
from homeport.world.mail.extracts import extract_links
from homeport.world.mail.mail import Mail
from homeport.world.mail.message import Message
from homeport.world.mail.mime.content import Content, decode_headers, first_header, parse_mailboxes, parse_message
from homeport.world.mail.mime.structure import HEADER_LIMIT, Header, parse_header
from homeport.world.mail.searching import normalize, searched_text
from homeport.world.mail.store import MessageGone
from homeport.world.world import World

MIN_MESSAGE_COST = 1 << 10
"""Bytes that every message counts as, at least."""
DAY = re.compile(r"\d{4}-\d\d-\d\d")


class LazyMessage:
    """A message that is read and parsed only as far as conditions need."""

    def __init__(self, mail: Mail, message: Message, findings: MessageFindings) -> None:
        self._mail = mail
        self._findings = findings
        self.message = message
        self.bytes_read = 0

    @cached_property
    def _head(self) -> bytes:
        """Its beginning, with the header."""
        beginning = self._mail.raw(self.message, HEADER_LIMIT)
        self.bytes_read += min(len(beginning), MIN_MESSAGE_COST * 8)
        return beginning

    @cached_property
    def _header(self) -> Header:
        return parse_header(self._head)

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Its header fields, decoded."""
        return decode_headers(self._head, self._header)

    @property
    def subject(self) -> str:
        """Its subject."""
        return first_header(self.headers, "Subject")

    @cached_property
    def content(self) -> Content:
        """The whole message, parsed."""
        self.bytes_read += self.message.size
        return parse_message(self._mail.raw(self.message))

    @cached_property
    def text(self) -> str:
        """Its subject and all its texts, normalized."""
        return searched_text(self.content)

    @cached_property
    def links(self) -> list[str]:
        """The URLs in its texts."""
        return extract_links((part.content_type, part.text()) for part in self.content.parts if part.is_text)

    def mailboxes(self, *names: str) -> list[tuple[str, str]]:
        """Return names and addresses in these header fields."""
        return parse_mailboxes(self._head, self._header, *names)

    @property
    def levels(self) -> list[str]:
        """The levels of the findings about it."""
        return [one.level for one in self._findings.about(self.message)]

    @cached_property
    def blind(self) -> list[tuple[str, str]]:
        """The mailboxes in Bcc, and the recipients of the envelope that no header field names."""
        named = {address.casefold() for _name, address in self.mailboxes("to", "cc", "bcc")}
        recipients = [one.address for one in self.message.envelope.recipients]
        return [*self.mailboxes("bcc"), *(("", one) for one in recipients if one.casefold() not in named)]


Condition = Callable[[LazyMessage], bool]


class Criteria:
    """A compiled filter.

    Raises: ProblemError if the filter is malformed.
    """

    def __init__(self, wanted: MessageFilter, world: World) -> None:
        self._mail = world.mail
        self._findings = MessageFindings(world)
        now = world.journal.real()
        given = {name: getattr(wanted, name) for name in NAMED}
        self._conditions = [NAMED[name](value, now) for name, value in given.items() if value is not None]
        keys = _keys(now)
        self._conditions += [_compile_clause(clause, now) for clause in parse_q(wanted.q, keys)]

    @property
    def matches_all(self) -> bool:
        """True if there are no conditions."""
        return not self._conditions

    def missed(self, message: Message, enough: int = 1) -> tuple[int, int]:
        """Return how many conditions a message misses, counted up to `enough`, and how many bytes were read."""
        lazy = LazyMessage(self._mail, message, self._findings)
        missed = 0
        try:
            for condition in self._conditions:
                missed += not condition(lazy)
                if missed == enough:
                    break
        except (MessageGone, OSError):
            return enough, MIN_MESSAGE_COST
        return missed, max(lazy.bytes_read, MIN_MESSAGE_COST)


def addressees(message: Message) -> list[str]:
    """Return the recipients of the envelope, and the mailboxes it was delivered to."""
    envelope = [recipient.address for recipient in message.envelope.recipients]
    return [*envelope, *(one.mailbox for one in message.delivered_to if one.mailbox not in envelope)]


def _compile_clause(clause: Clause, now: float) -> Condition:
    terms = [_compile_term(term, now) for term in clause]
    return lambda lazy: any(term(lazy) for term in terms)


def _compile_term(term: Term, now: float) -> Condition:
    conditions = [_compile_value(term.key, value, now) for value in term.values]
    return lambda lazy: any(condition(lazy) for condition in conditions) is not term.negated


def _compile_value(key: str, value: Value, now: float) -> Condition:
    if key == "size":
        return lambda lazy: value.compare(lazy.message.size)
    return CONDITIONS[key](value.text, now)


def _to(wanted: str, _now: float) -> Condition:
    return lambda lazy: (
        any(matches_address(wanted, one) for one in addressees(lazy.message))
        or _matches_name(wanted, lazy.mailboxes("to") if _is_name(wanted) else [])
    )


def _sender(wanted: str, _now: float) -> Condition:
    return lambda lazy: (
        matches_address(wanted, lazy.message.envelope.reverse_path) or _matches_box(wanted, lazy.mailboxes("from"))
    )


def _cc(wanted: str, _now: float) -> Condition:
    return lambda lazy: _matches_box(wanted, lazy.mailboxes("cc"))


def _bcc(wanted: str, _now: float) -> Condition:
    return lambda lazy: _matches_box(wanted, lazy.blind)


def _mailbox(wanted: str, _now: float) -> Condition:
    return lambda lazy: any(matches_address(wanted, one.mailbox) for one in lazy.message.delivered_to)


def _subject(wanted: str, _now: float) -> Condition:
    subject = normalize(wanted)
    return lambda lazy: subject in normalize(lazy.subject)


def _header(wanted: str, _now: float) -> Condition:
    name, _colon, rest = wanted.partition(":")
    name, value = name.strip().casefold(), normalize(rest.strip())
    return lambda lazy: any(each.casefold() == name and value in normalize(held) for each, held in lazy.headers)


def _text(wanted: str, _now: float) -> Condition:
    text = normalize(wanted.strip())
    return lambda lazy: text in lazy.text


def _word(wanted: str, now: float) -> Condition:
    """Search where a reader would look: in subject and texts, names and addresses, and the names of files."""
    in_text, word = _text(wanted, now), normalize(wanted.strip())

    def condition(lazy: LazyMessage) -> bool:
        boxes = lazy.mailboxes("from", "to", "cc", "bcc", "reply-to", "sender")
        plain = [*(text for box in boxes for text in box), lazy.message.envelope.reverse_path]
        plain += addressees(lazy.message)
        if any(word in normalize(one) for one in plain) or in_text(lazy):
            return True
        return any(word in normalize(part.filename) for part in lazy.content.parts)

    return condition


def _filename(wanted: str, _now: float) -> Condition:
    name = normalize(wanted.strip())
    return lambda lazy: any(
        part.filename and name in normalize(part.filename)
        for part in (node.part for node in lazy.content.root.walk())
        if part is not None
    )


def _link(wanted: str, _now: float) -> Condition:
    return lambda lazy: any(wanted in link for link in lazy.links)


def _has(wanted: str, _now: float) -> Condition:
    return FEATURES[wanted]


def _level(wanted: str, _now: float) -> Condition:
    levels = LEVELS[LEVELS.index(wanted) :]
    return lambda lazy: any(one in levels for one in lazy.levels)


def _after(wanted: str, now: float) -> Condition:
    earliest = _parse_time(wanted, now)
    return lambda lazy: lazy.message.time > earliest


def _before(wanted: str, now: float) -> Condition:
    latest = _parse_time(wanted, now)
    return lambda lazy: lazy.message.time < latest


def _peer(wanted: str, _now: float) -> Condition:
    def condition(lazy: LazyMessage) -> bool:
        peer = lazy.message.envelope.peer
        return peer is not None and wanted in (peer[0], address_text(peer))

    return condition


def _of_envelope(read: Callable[[Message], str]) -> Callable[[str, float], Condition]:
    """Return a maker of conditions that compare a text of the envelope."""

    def make(wanted: str, _now: float) -> Condition:
        return lambda lazy: read(lazy.message).casefold() == wanted.casefold()

    return make


FEATURES: dict[str, Condition] = {
    "attachment": lambda lazy: bool(lazy.content.attachments),
    "html": lambda lazy: bool(lazy.content.readable("text/html")),
    "text": lambda lazy: bool(lazy.content.readable("text/plain")),
    "link": lambda lazy: bool(lazy.links),
    "finding": lambda lazy: bool(lazy.levels),
    "unread": lambda lazy: not lazy.message.read,
}
CONDITIONS: dict[str, Callable[[str, float], Condition]] = {
    "": _word,
    "to": _to,
    "from": _sender,
    "cc": _cc,
    "bcc": _bcc,
    "subject": _subject,
    "header": _header,
    "text": _text,
    "has": _has,
    "filename": _filename,
    "link": _link,
    "mailbox": _mailbox,
    "after": _after,
    "before": _before,
    "level": _level,
    "conn": _of_envelope(lambda message: message.envelope.conn),
    "peer": _peer,
    "service": _of_envelope(lambda message: message.envelope.service),
    "auth": _of_envelope(lambda message: message.envelope.auth),
    "id": _of_envelope(lambda message: message.id),
}
"""Makers of conditions by key, all but `size`: they take a value, and the current real time."""
NAMED: dict[str, Callable[..., Condition]] = {
    **{name: CONDITIONS[name] for name in ("to", "cc", "bcc", "mailbox", "after", "before")},
    "sender": _sender,
    "subject": _subject,
    "header": _header,
    "has": _has,
    "larger": lambda size, _now: lambda lazy: lazy.message.size > size,
    "smaller": lambda size, _now: lambda lazy: lazy.message.size < size,
    "text": _text,
}
"""Makers of conditions by the name of a parameter, those that read most of a message last."""


def _keys(now: float) -> dict[str, Key]:
    """Return the keys of the filter language for messages."""
    keys = {name: Key() for name in CONDITIONS if name}
    keys["after"] = keys["before"] = Key(read=lambda text: _read_time(text, now))
    keys["has"] = Key(among=get_args(Feature))
    keys["level"] = Key(among=LEVELS)
    keys["size"] = Key(read=Size.parse, ordered=True)
    return keys


def matches_address(wanted: str, address: str) -> bool:
    """Return True if an address matches: a whole address, a local part, or @domain."""
    wanted, address = wanted.lower(), address.lower()
    if wanted.startswith("@"):
        return address.endswith(wanted)
    if "@" in wanted or not wanted:
        return address == wanted
    return address.rpartition("@")[0] == wanted


def _is_name(wanted: str) -> bool:
    """Return True if a text can be a part of a display name: a sender could put any address into one."""
    return "@" not in wanted and bool(wanted.strip())


def _matches_name(wanted: str, boxes: list[tuple[str, str]]) -> bool:
    part = normalize(wanted.strip())
    return any(part in normalize(name) for name, _address in boxes)


def _matches_box(wanted: str, boxes: list[tuple[str, str]]) -> bool:
    """Return True if an address matches, or a display name contains the text."""
    found = any(matches_address(wanted, address) for _name, address in boxes if address)
    return found or (_is_name(wanted) and _matches_name(wanted, boxes))


def _read_time(text: str, now: float) -> float:
    """Parse a time, or a day, which begins at midnight UTC. Raises: ValueError."""
    return parse_moment(f"{text}T00:00:00Z" if DAY.fullmatch(text) else text, now)


def _parse_time(text: str, now: float) -> float:
    try:
        return _read_time(text, now)
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None
