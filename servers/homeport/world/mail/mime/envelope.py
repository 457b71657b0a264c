"""The envelope of a message as IMAP and JMAP have it (RFC 9051 7.5.2): dates, subject, addresses, identifiers.

Values are bytes as sent, on one line: encoded words are not decoded. Addresses are taken apart without judging them, as
`fields` does: what is no address gets a placeholder, because a missing host would mean a group.
"""

import re

import msgspec

from homeport.world.mail.mime.encoded_words import unfold
from homeport.world.mail.mime.structure import Header
from homeport.world.mail.mime.tokens import Token, tokenize

NO_DOMAIN = b"MISSING_DOMAIN"
NO_MAILBOX = b"MISSING_MAILBOX"
"""Placeholders as Dovecot has them: clients know them."""
MAX_ADDRESSES = 5000
"""Addresses of one envelope field."""
ADDRESS_FIELDS = ("from", "sender", "reply-to", "to", "cc", "bcc")
TEXT_FIELDS = ("date", "subject", "in-reply-to", "message-id")
S = rb"(?:[ \t]|\r?\n[ \t])*+"
WORD = rb"[!#-'*+\-/-9=?A-Z^-~\x80-\xff]++"
DOT_ATOM = WORD + rb"(?:\." + WORD + rb")*+"
SIMPLE = re.compile(
    S + rb'(?:(?:"([^"\\\r\n]*+)"|(' + WORD + rb"(?: " + WORD + rb")*+))?" + S + rb"<(" + DOT_ATOM + rb")@("
    + DOT_ATOM + rb")>|(" + DOT_ATOM + rb")@(" + DOT_ATOM + rb"))" + S + rb"(?:,|(?:\r?\n)?\Z)"
)  # fmt: skip
"""An address in which nothing is unusual, with the comma after it."""
SPACED_FOLD = re.compile(rb"\r*\n[ \t]*+|\r++")
"""A line end in a field, with the white space after it: one space stands for both, as in other servers."""
PAIR = re.compile(rb"\\(.)", re.DOTALL)
COMMENT_PIECE = re.compile(rb"\\.|[()]", re.DOTALL)


class Address(msgspec.Struct, frozen=True, gc=False):
    """An address; the beginning of a group if it has no host, and the end of one if it has no mailbox either."""

    name: bytes | None
    """Display name, or the comment after the address; without quotes."""
    route: bytes | None
    """Source route (RFC 5322 4.4): `@a,@b`."""
    mailbox: bytes | None
    """Local part without quotes, or the name of a group."""
    host: bytes | None


GROUP_END = Address(None, None, None, None)


class Envelope(msgspec.Struct, frozen=True):
    """An envelope: None for fields that are missing."""

    date: bytes | None
    subject: bytes | None
    from_: tuple[Address, ...]
    sender: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    """As Sender: that of From if there is none."""
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    in_reply_to: bytes | None
    message_id: bytes | None


def make_envelope(raw: bytes, header: Header) -> Envelope:
    """Return the envelope of a header. raw: the message, or its beginning.

    The first field of a name counts, as in the API; addresses of several fields are joined.
    """
    texts: dict[str, bytes] = {}
    lists: dict[str, tuple[Address, ...]] = {}
    for field in header.fields:
        name = field.name
        if name in TEXT_FIELDS:
            if name not in texts:
                texts[name] = SPACED_FOLD.sub(b" ", bytes(raw[field.value : field.end]).strip(b" \t\r\n"))
        elif name in ADDRESS_FIELDS:
            found = parse_address_list(bytes(raw[field.value : field.end]))
            lists[name] = (lists[name] + found)[:MAX_ADDRESSES] if name in lists else found
    author = lists.get("from", ())
    return Envelope(
        texts.get("date"),
        texts.get("subject"),
        author,
        lists.get("sender") or author,
        lists.get("reply-to") or author,
        lists.get("to", ()),
        lists.get("cc", ()),
        lists.get("bcc", ()),
        texts.get("in-reply-to"),
        texts.get("message-id"),
    )


def parse_address_list(value: bytes) -> tuple[Address, ...]:
    """Parse a list of addresses and groups; malformed ones raise nothing."""
    found, at = [], 0
    while match := SIMPLE.match(value, at):
        quoted, words, local, domain, bare, host = match.groups()
        if bare is not None:
            found.append(Address(None, None, bare, host))
        else:
            found.append(Address(quoted or words or None, None, local, domain))
        at = match.end()
        if at == len(value):
            return tuple(found)
    return tuple(_Reader(value).read()[:MAX_ADDRESSES]) if value.strip() else ()


class _Reader:
    """Takes one list of addresses apart, token by token."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self._tokens = tokenize(value)
        self._at = 0
        self._found: list[Address] = []

    def read(self) -> list[Address]:
        tokens = self._tokens
        in_group = False
        while self._at < len(tokens):
            text = tokens[self._at].text
            if text == b",":
                self._at += 1
            elif text == b";":
                if in_group:
                    self._found.append(GROUP_END)
                in_group = False
                self._at += 1
            else:
                in_group = self._read_element(in_group=in_group)
        if in_group:
            self._found.append(GROUP_END)
        return self._found

    def _read_element(self, *, in_group: bool) -> bool:
        """Read an address, or the beginning of a group; return True if what follows is in a group."""
        tokens, begin = self._tokens, self._at
        while self._at < len(tokens) and tokens[self._at].text not in (b",", b";", b":", b"<", b"@"):
            self._at += 1
        phrase = tokens[begin : self._at]
        mark = tokens[self._at].text if self._at < len(tokens) else b""
        if mark == b":" and not in_group:
            self._at += 1
            self._found.append(Address(None, None, _phrase(phrase) or b"", None))
            return True
        if mark == b"<":
            self._at += 1
            self._read_angle(_phrase(phrase))
        else:
            self._read_bare(phrase)
        while self._at < len(tokens) and tokens[self._at].text not in (b",", b";"):
            self._at += 1
        return in_group

    def _read_angle(self, name: bytes | None) -> None:
        """Read what is in angle brackets."""
        tokens, begin = self._tokens, self._at
        while self._at < len(tokens) and tokens[self._at].text != b">":
            if tokens[self._at].text == b"<" or (len(tokens[self._at].text) > 1 and tokens[self._at].kind == "bad"):
                break
            self._at += 1
        inner = tokens[begin : self._at]
        route = None
        if inner and inner[0].text in (b"@", b","):
            colon = next((place for place, token in enumerate(inner) if token.text == b":"), -1)
            if colon >= 0:
                route, inner = _joined(inner[:colon]), inner[colon + 1 :]
        at = next((place for place, token in enumerate(inner) if token.text == b"@"), len(inner))
        self._add(name, route, inner[:at], inner[at + 1 :])

    def _read_bare(self, local: list[Token]) -> None:
        """Read an address without angle brackets, whose name may be the comment after it (RFC 5322 3.4)."""
        tokens = self._tokens
        domain: list[Token] = []
        if self._at < len(tokens) and tokens[self._at].text == b"@":
            self._at += 1
            begin = self._at
            while self._at < len(tokens) and (
                tokens[self._at].kind == "literal" or tokens[self._at].text == b"." or tokens[self._at].kind == "atom"
            ):
                self._at += 1
            domain = tokens[begin : self._at]
        self._add(self._comment(), None, local, domain)

    def _comment(self) -> bytes | None:
        """Return the comment before the next token."""
        tokens, value = self._tokens, self._value
        stop = tokens[self._at].begin if self._at < len(tokens) else len(value)
        between = value[tokens[self._at - 1].end if self._at else 0 : stop].strip()
        if not (between.startswith(b"(") and between.endswith(b")")):
            return None
        depth = end = 0
        for piece in COMMENT_PIECE.finditer(between):
            depth += {b"(": 1, b")": -1}.get(piece[0], 0)
            if not depth and not piece[0].startswith(b"\\"):
                end = piece.start()
                break
        return PAIR.sub(rb"\1", unfold(between[1:end])).strip() or None

    def _add(self, name: bytes | None, route: bytes | None, local: list[Token], domain: list[Token]) -> None:
        self._found.append(Address(name, route, _joined(local) or NO_MAILBOX, _joined(domain) or NO_DOMAIN))


def _plain(token: Token) -> bytes:
    """Return a token without quotes and line ends."""
    text = token.text
    if token.kind == "quoted":
        text = PAIR.sub(rb"\1", text[1:-1]) if b"\\" in text else text[1:-1]
    return unfold(text) if b"\n" in text or b"\r" in text else text


def _phrase(tokens: list[Token]) -> bytes | None:
    """Return words with a space wherever there was white space."""
    pieces: list[bytes] = []
    for token in tokens:
        if pieces and token.spaced:
            pieces.append(b" ")
        pieces.append(_plain(token))
    return b"".join(pieces) or None


def _joined(tokens: list[Token]) -> bytes:
    return b"".join(map(_plain, tokens))
