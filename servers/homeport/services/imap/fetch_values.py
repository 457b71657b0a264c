"""The FETCH response of one message: the value of each item (RFC 9051 7.5.2)."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from homeport.services.imap.contents import Contents
from homeport.services.imap.grammar import writing
from homeport.services.imap.grammar.dates import serialize_date_time
from homeport.services.imap.grammar.fetch_items import FetchItem
from homeport.services.imap.grammar.structures import serialize_body, serialize_envelope
from homeport.services.imap.labels import gmail_id
from homeport.services.imap.replies import no
from homeport.services.imap.selection import Modes, serialize_flags
from homeport.services.imap.threads import thread_id, thread_number
from homeport.world.mail.mailbox import Entry
from homeport.world.mail.mime.parsed import ParsedMessage

MAX_RESPONSE_BYTES = 16 << 20
"""A response may have that many bytes, and always three times those of its message."""
LARGE_MESSAGE = 8 << 10
"""Size of a message that is taken apart in a thread: it may have thousands of parts, or of tags."""
LARGE_HEADER = 32 << 10
"""Size of a message whose header is taken apart in a thread."""


class Job(msgspec.Struct, frozen=True, gc=False):
    """A message to be shown."""

    number: int
    entry: Entry
    recent: bool
    """True if it has \\Recent in this session."""
    seen: bool = False
    """True if this command has set \\Seen, so that its flags are told."""
    labels: bytes = b""
    """Its labels, serialized, if they are asked for."""


class Shown:
    """The message of a job; it is read when its bytes are needed."""

    __slots__ = ("_contents", "_entry", "_parsed")

    def __init__(self, entry: Entry, contents: Contents) -> None:
        self._entry = entry
        self._contents = contents
        self._parsed: ParsedMessage | None = None

    @property
    def parsed(self) -> ParsedMessage:
        """Its content."""
        if self._parsed is None:
            self._parsed = self._contents.unread(self._entry)
        return self._parsed

    @property
    def thread(self) -> int:
        """The number of its thread."""
        return thread_number(self._contents.searched(self._entry), self._entry.content)

    def fact(self, what: object, find: Callable[[], bytes]) -> bytes:
        """Return what was found out about the message before, or find it out."""
        return self._contents.fact(self._entry, what, find)


Value = Callable[[Job, Any], bytes]
"""The message is None for items that need nothing but the entry."""


def email_id(entry: Entry) -> str:
    """Return the EMAILID of an entry: equal for equal messages, without dots (RFC 8474 4)."""
    return entry.content.replace(".", "-")


def _flags(job: Job, _message: Shown | None) -> bytes:
    return serialize_flags(job.entry.flags, job.recent)


def _uid(job: Job, _message: Shown | None) -> bytes:
    return b"%d" % job.entry.uid


def _modseq(job: Job, _message: Shown | None) -> bytes:
    return b"(%d)" % job.entry.modseq


ENTRY_VALUES: dict[str, Value] = {
    "FLAGS": _flags,
    "UID": _uid,
    "MODSEQ": _modseq,
    "INTERNALDATE": lambda job, _message: serialize_date_time(job.entry.internal, job.entry.zone),
    "SAVEDATE": lambda job, _message: serialize_date_time(job.entry.saved),
    "RFC822.SIZE": lambda job, _message: b"%d" % job.entry.size,
    "EMAILID": lambda job, _message: b"(%s)" % email_id(job.entry).encode(),
    "X-GM-MSGID": lambda job, _message: b"%d" % gmail_id(job.entry.message),
    "X-GM-LABELS": lambda job, _message: job.labels,
}
"""Items that need nothing but the entry."""


class Response:
    """The response to one FETCH: which items it has, for every message.

    with_uid: True for UID commands. with_modseq: True for CHANGEDSINCE.
    """

    def __init__(self, items: tuple[FetchItem, ...], modes: Modes, *, with_uid: bool, with_modseq: bool) -> None:
        names = {item.name for item in items}
        self.has_flags = "FLAGS" in names
        self.has_labels = "X-GM-LABELS" in names
        self.sets_seen = any(not item.peek for item in items)
        self.needs_content = not names <= ENTRY_VALUES.keys()
        self.contents = max(1, sum(item.name in ("BODY[]", "BINARY") for item in items))
        """Number of items that may have the whole content."""
        self.shown = b" ".join([item.label for item in items]).decode("latin-1")
        """The items, for people."""
        self.large_bytes = min(map(_large_bytes, items), default=sys.maxsize)
        """Size of messages that are too large to be taken apart on the reactor."""
        self._utf8 = modes.utf8
        values: list[tuple[bytes, Value]] = []
        if with_uid and "UID" not in names:
            values.append((b"UID", _uid))
        values += [(item.label, self._value(item)) for item in items]
        if with_modseq and "MODSEQ" not in names:
            values.append((b"MODSEQ", _modseq))
        self._values = values
        self._told: list[tuple[bytes, Value]] = [] if self.has_flags else [(b"FLAGS", _flags)]
        if modes.condstore and "MODSEQ" not in names and not with_modseq:
            self._told.append((b"MODSEQ", _modseq))

    def line(self, job: Job, contents: Contents | None) -> bytes:
        """Return the response line. contents: of the mailbox, if `needs_content`.

        Raises: UnknownEncoding; MessageGone; OSError; Refused if the response would be much longer than the message.
        """
        message = Shown(job.entry, contents) if contents is not None else None
        values = self._values + self._told if job.seen else self._values
        shown, size = [], 0
        for label, value in values:
            shown.append(b"%s %s" % (label, value(job, message)))
            size += len(shown[-1])
            if size > MAX_RESPONSE_BYTES and size > 3 * job.entry.size:
                raise no("the items of this FETCH repeat the message too often: fetch fewer at once", "LIMIT")
        return b"* %d FETCH (%s)\r\n" % (job.number, b" ".join(shown))

    def _value(self, item: FetchItem) -> Value:
        if (known := ENTRY_VALUES.get(item.name)) is not None:
            return known
        return partial(MESSAGE_VALUES[item.name], item, self._utf8)


def _envelope(_item: FetchItem, utf8: bool, _job: Job, message: Shown) -> bytes:  # noqa: FBT001 - by `partial`
    return message.fact(("ENVELOPE", utf8), lambda: serialize_envelope(message.parsed.envelope, utf8=utf8))


def _structure(item: FetchItem, utf8: bool, _job: Job, message: Shown) -> bytes:  # noqa: FBT001
    extended = item.name == "BODYSTRUCTURE"
    return message.fact((item.name, utf8), lambda: serialize_body(message.parsed.body, extended=extended, utf8=utf8))


def _section(item: FetchItem, _utf8: bool, _job: Job, message: Shown) -> bytes:  # noqa: FBT001
    assert item.section is not None  # noqa: S101 - the parser has set it
    data = message.parsed.section(item.section, item.partial)
    if data is None:
        return writing.NIL
    if not data:
        return b'""'
    return writing.literal(data.replace(b"\0", b"\x80") if b"\0" in data else data)  # RFC 9051 4.3.1: without NUL


def _binary(item: FetchItem, _utf8: bool, _job: Job, message: Shown) -> bytes:  # noqa: FBT001
    assert item.section is not None  # noqa: S101
    data = message.parsed.decoded(item.section.part, item.partial)
    if data is None:
        return writing.NIL
    return writing.literal8(data) if b"\0" in data else writing.literal(data)


def _binary_size(item: FetchItem, _utf8: bool, _job: Job, message: Shown) -> bytes:  # noqa: FBT001
    assert item.section is not None  # noqa: S101
    return b"%d" % (message.parsed.decoded_size(item.section.part) or 0)


def _preview(_item: FetchItem, utf8: bool, _job: Job, message: Shown) -> bytes:  # noqa: FBT001
    preview = message.fact("PREVIEW", lambda: message.parsed.preview().encode(errors="replace"))
    return writing.string(preview, utf8=utf8)


def _thread_id(_item: FetchItem, _utf8: bool, _job: Job, message: Shown) -> bytes:  # noqa: FBT001
    return b"(%s)" % thread_id(message.thread).encode()


def _gmail_thread(_item: FetchItem, _utf8: bool, _job: Job, message: Shown) -> bytes:  # noqa: FBT001
    return b"%d" % message.thread


MESSAGE_VALUES: dict[str, Callable[[FetchItem, bool, Job, Shown], bytes]] = {
    "ENVELOPE": _envelope,
    "BODY": _structure,
    "BODYSTRUCTURE": _structure,
    "BODY[]": _section,
    "BINARY": _binary,
    "BINARY.SIZE": _binary_size,
    "PREVIEW": _preview,
    "THREADID": _thread_id,
    "X-GM-THRID": _gmail_thread,
}
"""Items that need the message."""


def _large_bytes(item: FetchItem) -> int:
    """Return the size of a message for which an item is too much work on the reactor."""
    if item.name in ENTRY_VALUES:
        return sys.maxsize
    section = item.section
    if item.name in ("ENVELOPE", "THREADID", "X-GM-THRID") or (
        section is not None and section.fields and not section.part
    ):
        return LARGE_HEADER
    return sys.maxsize if item.name == "BODY[]" and section is not None and not section.part else LARGE_MESSAGE
