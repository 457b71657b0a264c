"""CATENATE (RFC 4469): messages made of texts, and of what IMAP URLs name.

The parts are read one by one, large ones in the thread pool, and written to the new message at once, so that no more
than one of them is in memory with a store on disk.
"""

import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

import msgspec

from homeport.protocol.effects import AwaitFlush, Call
from homeport.protocol.waiting import Steps
from homeport.services.imap.contents import Contents
from homeport.services.imap.grammar.append_arguments import AppendedMessage, Piece
from homeport.services.imap.grammar.imap_urls import MessageUrl, parse_message_url
from homeport.services.imap.replies import Refused, no
from homeport.services.imap.rights import rights_of
from homeport.services.imap.selected import Selected
from homeport.world.mail.appended import AppendedBody
from homeport.world.mail.mailbox import Entry, Mailbox
from homeport.world.mail.store import MessageGone

LARGE_BYTES = 256 << 10
"""Content that is taken apart in the thread pool."""
TURN_BYTES = 64 << 10
"""Content that is looked at in one turn, if no single message is larger."""
PIECE_WORK = 2 << 10
"""The least work of a part, as bytes that are looked at."""
WRITTEN_BYTES = 1 << 20
"""Content that is written in one turn."""
SHOWN_URL = 1000
"""Characters of a URL that a reply repeats."""
USER = re.compile(rb"imap://([^/@;]*)[^/@]*@", re.IGNORECASE)


class Catenating:
    """Makes messages of their parts."""

    __slots__ = ("dialogue", "selected")

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue

    def assemble(self, messages: Sequence[AppendedMessage], made: list[AppendedBody]) -> Steps:
        """Return messages with a body each. made: gets the bodies that the caller must drop. Raises: Refused."""
        limit = int(self.dialogue.options.max_size)
        size = work = 0
        assembled = []
        for message in messages:
            if message.pieces:
                body = self.selected.account.begin(0)
                made.append(body)
                for piece in message.pieces:
                    if work > TURN_BYTES:
                        work = 0
                        yield AwaitFlush()
                    read, looked_at = self._reader(piece)
                    work += looked_at + PIECE_WORK
                    size += yield from _add(body, read, limit - size, large=looked_at > LARGE_BYTES)
                assembled.append(msgspec.structs.replace(message, body=body, pieces=()))
            else:
                assembled.append(message)
        return assembled

    def _reader(self, piece: Piece) -> tuple[Callable[[], bytes], int]:
        """Return a function that reads a part, in any thread; and the bytes that it looks at. Raises: Refused."""
        if piece.url is None:
            return piece.content.content, piece.content.size
        text = piece.url
        url, mailbox, entry = self._resolve(text)
        contents = Contents(self.dialogue.context.world, mailbox)

        def read() -> bytes:
            try:
                data = contents.unread(entry).section(url.section, url.partial)
            except MessageGone:
                data = None
            if data is None:
                raise bad_url(text, "there is no such part")
            return data

        return read, entry.size

    def _resolve(self, text: bytes) -> tuple[MessageUrl, Mailbox, Entry]:
        """Return what a URL names. Raises: Refused."""
        user = USER.match(text)
        if user is not None and user[1].decode("latin-1").lower() not in ("", self.dialogue.login):
            raise bad_url(text, "it names the mailbox of another user")
        selection = self.selected.selection
        whole = text
        if text.startswith(b";") and selection is not None:  # relative to the selected mailbox (RFC 5092 7.2)
            whole = b"/" + quote(selection.mailbox.name).encode() + text
        url = parse_message_url(whole)
        if url is None:
            raise bad_url(text, "no URL of a message: write /mailbox;UIDVALIDITY=n/;UID=n/;SECTION=s")
        if url.partial is not None and not self.dialogue.allows("URL-PARTIAL"):
            raise bad_url(text, "PARTIAL needs URL-PARTIAL, which this server does not announce")
        mailbox = self.selected.account.find(url.mailbox)
        if mailbox is None:
            raise bad_url(text, "there is no such mailbox")
        if not mailbox.shared and "r" not in rights_of(self.dialogue, mailbox):
            raise bad_url(text, f"there is no right to read {mailbox.name}")
        if url.uid_validity not in (None, mailbox.uid_validity):
            raise bad_url(text, f"the mailbox has UIDVALIDITY {mailbox.uid_validity}")
        entry = mailbox.find(url.uid)
        if entry is None:
            raise bad_url(text, "there is no such message")
        return url, mailbox, entry


def _add(body: AppendedBody, read: Callable[[], bytes], room: int, *, large: bool) -> Steps:
    """Add a part to a message; return its size. room: its maximum size. Raises: Refused, OSError."""
    data = yield (Call(read) if large else read)
    if len(data) > room:
        raise no("the messages that CATENATE makes are too large together ([imap] max_size; RFC 4469 4)", "TOOBIG")
    for at in range(0, len(data), WRITTEN_BYTES):
        if at:
            yield AwaitFlush()
        body.write(data[at : at + WRITTEN_BYTES])
    return len(data)


def bad_url(url: bytes, text: str) -> Refused:
    """Return the refusal of a URL (RFC 4469 4.1)."""
    shown = quote(url[:SHOWN_URL], safe="!#$%&'()*+,-./:;<=>?@^_`{|}~")
    return no(f"{text} (RFC 4469 3)", "BADURL " + (shown or '""'))
