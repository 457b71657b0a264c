"""A message as SEARCH, SORT and THREAD see it: decoded and normalized texts, computed when they are asked for."""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeVar

from homeport.world.mail.extracts import readable
from homeport.world.mail.message_facts import MessageFacts
from homeport.world.mail.mime.charsets import decode_text
from homeport.world.mail.mime.content import TEXT_TYPES
from homeport.world.mail.mime.encoded_words import decode_value
from homeport.world.mail.mime.envelope import parse_address_list
from homeport.world.mail.mime.parsed import HEAD_BYTES, ParsedMessage, is_enough
from homeport.world.mail.mime.sent_date import SentDate, parse_sent_date
from homeport.world.mail.mime.structure import Entity
from homeport.world.mail.mime.transfer import decode_pieces
from homeport.world.mail.searching import MAX_SEARCHED, normalize

T = TypeVar("T")

TEXT_BYTES = 1 << 20
"""Bytes of one part that are searched."""


MAX_PLAIN = 1 << 18
"""Bytes of a message that are looked at before it is taken apart: such calls hold the interpreter's lock."""
ENCODED = re.compile(rb"base64|quoted-printable|html")
PLAIN_CHARSET = re.compile(rb'charset="?(?:us-ascii|utf-8|iso-8859-\d+|windows-125\d)(?![\w-])')
"""Charsets that leave ASCII as it is."""
ADDRESS_FIELDS = frozenset({"from", "sender", "reply-to", "to", "cc", "bcc"})
OTHERWISE_SPELLED = re.compile(rb'[("\\]|\s[@.]|[@.]\s')
"""In addresses that the envelope shows in another form than the header field."""


class SearchedMessage:
    """A message.

    read: returns its bytes, or the first `limit` of them. size: its bytes. facts: keeps what is
    found out, by `content`, the identifier of its bytes.
    """

    def __init__(
        self, read: Callable[[int | None], bytes], size: int, facts: MessageFacts | None = None, content: str = ""
    ) -> None:
        self._read = read
        self._size = size
        self._facts = facts
        self._content = content

    def fact(self, what: object, find: Callable[[], T]) -> T:
        """Return what was found out about the message before, or find it out."""
        return find() if self._facts is None else self._facts.get(self._content, what, find)

    @cached_property
    def whole(self) -> ParsedMessage:
        """The message."""
        return ParsedMessage(self._read(None))

    @cached_property
    def head(self) -> ParsedMessage:
        """The message, or so much of it that it has the header."""
        if "whole" not in self.__dict__ and self._size > HEAD_BYTES:
            head = self._read(HEAD_BYTES)
            if is_enough(head, self._size):
                return ParsedMessage(head)
        return self.whole

    def lacks(self, word: bytes) -> bool:
        """Return True if the message certainly lacks a word. word: lower case, without white space.

        Most messages do not match a search: this finds out without taking them apart.
        """
        plain = self._plain
        return plain is not None and word not in plain

    @cached_property
    def _plain(self) -> bytes | None:
        """The message in lower case; None if it may have words in another form."""
        if self._size > MAX_PLAIN:
            return None
        raw = bytes(self.whole.raw).lower()
        if not _is_plain(raw) or ENCODED.search(raw) or raw.count(b"charset") != len(PLAIN_CHARSET.findall(raw)):
            return None
        return raw

    def fields(self, name: str) -> tuple[str, ...]:
        """Return the normalized values of the fields with that name in lower case."""
        return self.fact(name, lambda: self._find_fields(name))

    def _find_fields(self, name: str) -> tuple[str, ...]:
        raw = self.head.raw
        values = [bytes(raw[field.value : field.end]) for field in self.head.header.fields if field.name == name]
        found = [normalize(decode_value(value)) for value in values]
        if name in ADDRESS_FIELDS:
            found += (address for value in values for address in _spell_addresses(value))
        return tuple(found)

    @property
    def sent(self) -> SentDate | None:
        """Its Date; None if it has none that is valid."""
        return self.fact(SentDate, self._find_sent)

    def _find_sent(self) -> SentDate | None:
        for field in self.head.header.fields:
            if field.name == "date":
                return parse_sent_date(bytes(self.head.raw[field.value : field.end]))
        return None

    @property
    def texts_extracted(self) -> bool:
        """True if its texts were needed."""
        return "body_text" in self.__dict__ or "whole_text" in self.__dict__

    @cached_property
    def body_text(self) -> str:
        """Its texts, without any header."""
        return self._texts(headers=False)

    @cached_property
    def whole_text(self) -> str:
        """Its texts, with its header and those of its parts."""
        return self._texts(headers=True)

    def _texts(self, *, headers: bool) -> str:
        pieces: list[str] = []
        left = MAX_SEARCHED
        for entity in self.whole.root.walk():
            if headers:
                pieces += _header_texts(entity)
            if not entity.children and left > 0:
                for text in _body_texts(entity):
                    pieces.append(normalize(text[:left]))
                    left -= len(text)
        return "\n".join(pieces)


def _spell_addresses(value: bytes) -> Iterator[str]:
    """Yield addresses as the envelope has them (RFC 9051 6.4.4), if comments, quotes or white space differ."""
    if OTHERWISE_SPELLED.search(value):
        for address in parse_address_list(value):
            if address.mailbox is not None and address.host is not None:
                yield normalize(decode_value(address.mailbox + b"@" + address.host))


def _is_plain(raw: bytes) -> bool:
    """Return True if words of a header are in it as they are shown: there are no encoded ones, and none are cut."""
    return raw.isascii() and b"=?" not in raw and raw.count(b"\r") == raw.count(b"\r\n")


def _header_texts(entity: Entity) -> list[str]:
    raw = entity.raw
    return [
        normalize(f"{field.name}: {decode_value(bytes(raw[field.value : field.end]))}")
        for field in entity.header.fields
    ]


def _body_texts(entity: Entity) -> list[str]:
    """Return the text of a part; of HTML also what a reader sees. A multipart without parts is text."""
    kind = entity.media_type
    if not kind.startswith((*TEXT_TYPES, "multipart/", "message/")):
        return []
    charset = entity.content_type.parameters.get(b"charset") if entity.content_type is not None else None
    body = memoryview(entity.raw)[entity.body : min(entity.end, entity.body + 2 * TEXT_BYTES)]
    decoded = b"".join(decode_pieces(body, entity.encoding))[:TEXT_BYTES]
    text = decode_text(decoded, charset.text if charset is not None else "")
    return [text, readable("text/html", text)] if "html" in kind else [text]
