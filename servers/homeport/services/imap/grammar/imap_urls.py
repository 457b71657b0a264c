"""URLs of messages and parts as CATENATE has them (RFC 5092, RFC 4469): `/INBOX;UIDVALIDITY=9/;UID=20/;SECTION=1.2`."""

import re
from urllib.parse import unquote_to_bytes

import msgspec

from homeport.services.imap.grammar.fetch_items import FetchItem, parse_item
from homeport.services.imap.grammar.mailbox_names import BadName, decode_name
from homeport.services.imap.grammar.tokens import MAX_NUMBER, MAX_NUMBER64, Cursor, SyntaxProblem
from homeport.world.mail.mime.sections import Section

URL = re.compile(
    rb"(?:imap://[^/]*)?/(?P<mailbox>[^;?]+)(?:;UIDVALIDITY=(?P<validity>\d{1,10}))?/?;UID=(?P<uid>\d{1,10})"
    rb"(?:/?;SECTION=(?P<section>[^;]+?))?(?:/?;PARTIAL=(?P<first>\d{1,19})(?:\.(?P<length>\d{1,19}))?)?",
    re.IGNORECASE,
)
MAX_URL_BYTES = 4000


class MessageUrl(msgspec.Struct, frozen=True):
    """A URL of a message, or of a part of it."""

    mailbox: str
    uid: int
    uid_validity: int | None
    section: Section
    partial: tuple[int, int] | None = None


def parse_message_url(url: bytes) -> MessageUrl | None:
    """Parse a URL; None if it is malformed, or is not one of a message: `NO [BADURL ...]` (RFC 4469 4)."""
    match = URL.fullmatch(url) if len(url) <= MAX_URL_BYTES else None
    if match is None:
        return None
    try:
        mailbox = decode_name(unquote_to_bytes(match["mailbox"]).rstrip(b"/"), utf8=True)
        section = _parse_section(unquote_to_bytes(match["section"])) if match["section"] else Section((), "", ())
    except (BadName, SyntaxProblem):
        return None
    partial = None
    if match["first"]:
        partial = int(match["first"]), int(match["length"]) if match["length"] else MAX_NUMBER64
        if not partial[1] or max(partial) > MAX_NUMBER64:
            return None
    if not mailbox:
        return None
    uid, validity = int(match["uid"]), int(match["validity"]) if match["validity"] else None
    if not 0 < uid <= MAX_NUMBER or (validity is not None and not 0 < validity <= MAX_NUMBER):
        return None
    return MessageUrl(mailbox, uid, validity, section, partial)


def _parse_section(text: bytes) -> Section:
    cursor = Cursor(b"BODY.PEEK[%s]" % text)
    item: FetchItem = parse_item(cursor)
    cursor.end()
    if item.section is None or item.partial is not None:
        raise SyntaxProblem("a section expected")
    return item.section
