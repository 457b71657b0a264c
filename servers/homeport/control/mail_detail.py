"""A message as the API shows it: the summary in lists, and the whole with its parts.

All functions here read and parse messages, so they run in the thread pool.
"""

from collections.abc import Iterator
from http import HTTPStatus
from threading import Lock
from weakref import WeakKeyDictionary

from homeport.control.mail_findings import LEVELS, MessageFindings
from homeport.control.mail_shapes import (
    Delivered,
    EnvelopeSummary,
    FindingsSummary,
    FullEnvelope,
    MessageDetail,
    MessageSummary,
    PartNode,
    PartSummary,
    RecipientState,
    TlsState,
)
from homeport.control.problems import ProblemError
from homeport.protocol.addresses import Address, address_text
from homeport.world.findings import Finding
from homeport.world.journal import timestamp
from homeport.world.mail.extracts import extract_codes, extract_links, readable
from homeport.world.mail.mail import Mail
from homeport.world.mail.message import Message
from homeport.world.mail.mime.content import Content, Node, Part, first_header, parse_headers, parse_message
from homeport.world.mail.mime.structure import HEADER_LIMIT
from homeport.world.mail.remote import find_remote
from homeport.world.mail.store import MessageGone
from homeport.world.world import World

SNIPPET = 160
"""Characters of a text that a list shows."""
SNIPPET_SOURCE = 64 << 10
"""Characters of a text from which they are taken; HTML often begins with long styles."""
MAX_DIGESTS = 20_000
"""Messages of a world whose digests are remembered."""

Digest = tuple[int, str]
"""Number of attachments, and the beginning of the text."""


class Digests:
    """What a list shows of the bodies of messages: remembered, since a whole message must be parsed for it."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self._known: dict[str, Digest] = {}
        self._lock = Lock()  # several threads of the pool may list messages at once

    def find(self, message: Message) -> Digest:
        """Return the digest of a message. Raises: MessageGone; OSError."""
        digest = self._known.get(message.id)
        if digest is None:
            content = parse_message(self._mail.raw(message))
            digest = len(content.attachments), make_snippet(content)
            with self._lock:
                while len(self._known) >= MAX_DIGESTS:
                    del self._known[next(iter(self._known))]
                self._known[message.id] = digest
        return digest


_DIGESTS: WeakKeyDictionary[World, Digests] = WeakKeyDictionary()


def digests_of(world: World) -> Digests:
    """Return the digests of a world's messages, created on first use."""
    digests = _DIGESTS.get(world)
    if digests is None:
        digests = _DIGESTS[world] = Digests(world.mail)
    return digests


def make_snippet(content: Content) -> str:
    """Return the beginning of the text that a reader sees, on one line."""
    for kind in ("text/plain", "text/html"):
        text = readable(kind, content.readable(kind)[:SNIPPET_SOURCE])
        line = " ".join(text[: 20 * SNIPPET].split())
        if line:
            return line if len(line) <= SNIPPET else line[: SNIPPET - 1] + "\u2026"
    return ""


def read_raw(world: World, one: Message) -> bytes:
    """Return a message as received. Raises: ProblemError, 410, if its file is gone."""
    try:
        return world.mail.raw(one)
    except MessageGone:
        raise ProblemError(HTTPStatus.GONE, f"the file of message {one.id!r} no longer exists") from None


def summarize(world: World, findings: MessageFindings, one: Message) -> MessageSummary:
    """Summarize a message for a list."""
    envelope = one.envelope
    try:
        headers = parse_headers(world.mail.raw(one, HEADER_LIMIT))
        attachments, snippet = digests_of(world).find(one)
    except (MessageGone, OSError):
        headers, attachments, snippet = [], 0, ""
    return MessageSummary(
        id=one.id,
        number=one.number,
        time=timestamp(one.time),
        size=one.size,
        envelope=EnvelopeSummary(sender=envelope.reverse_path, to=[to.address for to in envelope.recipients]),
        sender=first_header(headers, "From"),
        to=first_header(headers, "To"),
        subject=first_header(headers, "Subject"),
        auth=envelope.auth or None,
        tls=envelope.tls.version if envelope.tls else None,
        conn=envelope.conn or None,
        peer=_address(envelope.peer),
        attachments=attachments,
        findings=summarize_findings(findings.about(one)),
        unread=not one.read,
        snippet=snippet,
        mailboxes=[to.mailbox for to in one.delivered_to],
        tags=[*world.mailboxes.tags(one.id)],
    )


def summarize_findings(findings: list[Finding]) -> FindingsSummary:
    """Return the number of findings, and their worst level."""
    levels = [LEVELS.index(one.level) for one in findings if one.level in LEVELS]
    return FindingsSummary(len(findings), LEVELS[max(levels)] if levels else None)


def show_message(world: World, one: Message) -> MessageDetail:
    """Show the whole message."""
    content = parse_message(read_raw(world, one))
    texts = [(part.content_type, part.text()) for part in content.parts if not part.attachment]
    html = content.readable("text/html")
    return MessageDetail(
        id=one.id,
        number=one.number,
        time=timestamp(one.time),
        world_time=timestamp(one.world_time),
        size=one.size,
        envelope=_envelope(one),
        delivered_to=[Delivered(to.mailbox, to.return_path) for to in one.delivered_to],
        conn=one.envelope.conn or None,
        headers=[list(pair) for pair in content.headers],
        subject=content.header("Subject"),
        text=content.readable("text/plain"),
        html=html,
        links=extract_links(texts),
        codes=extract_codes([("text/plain", content.header("Subject")), *texts]),
        parts=[_part(part) for part in content.parts],
        findings=MessageFindings(world).about(one),
        unread=not one.read,
        tags=[*world.mailboxes.tags(one.id)],
        tree=_node(content.root),
        remote=find_remote(html),
    )


def find_part(content: Content, identifier: str) -> Part:
    """Return a part by its index, or by its section if it has a dot. Raises: ProblemError, 404."""
    for node in content.root.walk():
        part = node.part
        if part is not None and identifier in (node.identifier, node.section if "." in node.section else ""):
            return part
    others = ", ".join(name for name in _nested(content.root))
    detail = f"unknown part {identifier!r}; the message has parts 1 to {len(content.parts)}"
    raise ProblemError(HTTPStatus.NOT_FOUND, f"{detail}; in enclosed messages: {others[:200]}" if others else detail)


def _nested(root: Node) -> Iterator[str]:
    """Yield the identifiers of the parts of enclosed messages."""
    return (node.identifier for node in root.walk() if node.part is not None and not node.part.index)


def _part(part: Part) -> PartSummary:
    return PartSummary(
        part.index,
        part.content_type,
        part.charset,
        part.filename,
        part.content_id,
        part.attachment,
        part.size(),
        part.disposition,
        part.encoding,
        part.begin,
        part.begin + len(part.body),
    )


def _node(node: Node) -> PartNode:
    entity, part = node.entity, node.part
    if part is None:
        kind = {"content_type": entity.media_type, "disposition": "", "filename": "", "charset": "", "content_id": ""}
    else:
        kind = {name: getattr(part, name) for name in KIND}
    return PartNode(
        **kind,
        encoding=entity.encoding if entity.find("content-transfer-encoding") is not None else "",
        section=node.section,
        part=node.identifier or None,
        size=part.size() if part is not None else entity.end - entity.body,
        attachment=part.attachment if part is not None else False,
        header=entity.begin,
        body=entity.body,
        end=entity.end,
        complete=entity.whole,
        subject=node.subject if node.is_message else None,
        children=[_node(child) for child in node.children],
    )


KIND = ("content_type", "disposition", "filename", "charset", "content_id")


def _envelope(one: Message) -> FullEnvelope:
    envelope, tls = one.envelope, one.envelope.tls
    return FullEnvelope(
        sender=envelope.reverse_path,
        to=[RecipientState(to.address, list(to.notify), to.orcpt) for to in envelope.recipients],
        helo=envelope.helo,
        peer=_address(envelope.peer),
        local=_address(envelope.local),
        listener=envelope.listener,
        protocol=envelope.protocol,
        tls=TlsState(tls.version, tls.cipher, tls.server_name, bool(tls.certificate), tls.verified) if tls else None,
        auth=envelope.auth or None,
        mechanism=envelope.mechanism or None,
        body=envelope.body,
        smtputf8=envelope.smtputf8,
        size=envelope.size,
        ret=envelope.ret,
        envid=envelope.envid,
        requiretls=envelope.requiretls,
        priority=envelope.priority,
        transaction=envelope.transaction or None,
        received=envelope.received.decode("utf-8", "replace"),
    )


def _address(address: Address | None) -> str | None:
    return address_text(address) if address else None
