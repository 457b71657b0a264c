"""THREAD (RFC 5256 3): ORDEREDSUBJECT and REFERENCES.

Conversations may be thousands of replies deep, so nothing here calls itself.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from homeport.services.imap.sorting import base_subject, sent_time
from homeport.world.mail.base_subject import BaseSubject
from homeport.world.mail.searched_message import SearchedMessage

Thread = tuple[int | None, Sequence["Thread"]]
"""A message by its number, None for one that is missing, and the threads of its answers."""
IDENTIFIER = re.compile(rb"<([^<>]{1,998})>")
SPACE = re.compile(rb"\s+")
MAX_STEPS = 2_000_000
"""Steps from answers to what they answer, in all of a command, that are taken to find loops."""
MAX_REFERENCES = 500
"""Identifiers of one message that are looked at: the last ones."""


class Threaded(msgspec.Struct, frozen=True):
    """A message as threading sees it."""

    number: int
    sent: float
    subject: BaseSubject
    identifier: bytes
    """Its Message-ID without brackets; empty if there is none."""
    references: tuple[bytes, ...]


def make_threaded(number: int, entry: Any, message: SearchedMessage) -> Threaded:
    """Return a message as threading sees it. number: sequence number or UID."""
    identifier, references = message.fact(Threaded, lambda: _find_identifiers(message))
    return Threaded(number, sent_time(entry, message), base_subject(message), identifier, references)


def _find_identifiers(message: SearchedMessage) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the identifier of a message, and those that it refers to."""
    envelope = message.head.envelope
    identifiers = _identifiers(envelope.message_id)
    references: tuple[bytes, ...] = ()
    raw = message.head.raw
    for field in message.head.header.fields:
        if field.name == "references":
            references = _identifiers(bytes(raw[field.value : field.end]))[-MAX_REFERENCES:]
            break
    if not references:
        references = _identifiers(envelope.in_reply_to)[:1]
    return identifiers[0] if identifiers else b"", references


def _identifiers(value: bytes | None) -> tuple[bytes, ...]:
    """Return the message identifiers of a field, normalized (RFC 5256 3: without quotes that are not needed)."""
    if not value:
        return ()
    return tuple(SPACE.sub(b"", one).replace(b'"', b"").replace(b"\\", b"") for one in IDENTIFIER.findall(value))


def thread_number(message: SearchedMessage, content: str) -> int:
    """Return the number of the thread of a message, which depends on nothing else (RFC 8474 5.2).

    Messages with the same base subject and the same first reference are one thread: all answers refer to what a thread
    began with. content: identifier of its bytes.
    """
    return message.fact(thread_number, lambda: _find_thread(message, content))


def thread_id(number: int) -> str:
    """Return a thread's number as an identifier (RFC 8474 4)."""
    return f"T{number:x}"


def _find_thread(message: SearchedMessage, content: str) -> int:
    identifier, references = message.fact(Threaded, lambda: _find_identifiers(message))
    root = references[0] if references else identifier or content.encode()
    subject = base_subject(message).text.encode(errors="replace")
    return int.from_bytes(sha256(root + b"\0" + subject).digest()[:8]) >> 1


def thread_by_subject(messages: Iterable[Threaded]) -> list[Thread]:
    """Return threads of messages with the same base subject; all others answer the first (ORDEREDSUBJECT)."""
    groups: dict[str, list[Threaded]] = {}
    for one in sorted(messages, key=lambda one: (one.sent, one.number)):
        groups.setdefault(one.subject.text, []).append(one)
    return [
        (group[0].number, [(one.number, ()) for one in group[1:]])
        for group in sorted(groups.values(), key=lambda group: (group[0].sent, group[0].number))
    ]


class _Node:
    """A message in a thread, or the place of one that is missing."""

    __slots__ = ("children", "message", "parent")

    def __init__(self, message: Threaded | None = None) -> None:
        self.message = message
        self.parent: _Node | None = None
        self.children: dict[_Node, None] = {}

    def adopt(self, child: "_Node") -> None:
        """Make a node a child of this one."""
        if child.parent is not None:
            del child.parent.children[child]
        child.parent = self
        self.children[child] = None

    @property
    def shown(self) -> Threaded:
        """The message, or the first one below a missing message, which is never without children."""
        node = self
        while node.message is None:
            node = next(iter(node.children))
        return node.message

    @property
    def order(self) -> tuple[float, int]:
        """Key for sorting siblings."""
        return self.shown.sent, self.shown.number


def thread_by_references(messages: Sequence[Threaded]) -> list[Thread]:
    """Return threads by References and In-Reply-To, joined by subject (REFERENCES); numbers in brackets are steps."""
    roots = _prune(_link(messages))  # (1), (2), (3)
    _sort_families(roots)  # (4), and what (5) needs to know of missing messages
    roots.sort(key=lambda node: node.order)
    roots = _join_subjects(roots)  # (5)
    _sort_families(roots)  # (6)
    roots.sort(key=lambda node: node.order)
    return [_as_thread(root) for root in roots]


class _Loops:
    """Finds the links that would make a loop."""

    def __init__(self) -> None:
        self._steps_left = MAX_STEPS

    def would_close(self, parent: _Node, child: _Node) -> bool:
        """Return True if the parent is the child or one of its descendants, or if that takes too much work to know."""
        if parent is child or not child.children:
            return parent is child
        node = parent.parent
        while node is not None and node is not child and self._steps_left > 0:
            node = node.parent
            self._steps_left -= 1
        return node is not None


def _link(messages: Sequence[Threaded]) -> list[_Node]:
    """Link messages with those that they refer to; return the nodes without parents."""
    loops = _Loops()
    nodes: dict[object, _Node] = {}
    for one in messages:
        key: object = one.identifier or one.number
        node = nodes.get(key)
        if node is None or node.message is not None:  # a Message-ID that is missing, or there twice, is unique
            key = key if node is None else one.number
            node = nodes[key] = _Node()
        node.message = one
        parent: _Node | None = None
        for reference in one.references:
            referred = nodes.get(reference)
            if referred is None:
                referred = nodes[reference] = _Node()
            if parent is not None and referred.parent is None and not loops.would_close(parent, referred):
                parent.adopt(referred)
            parent = referred
        if parent is not None and not loops.would_close(parent, node):
            parent.adopt(node)
    return [node for node in nodes.values() if node.parent is None]


def _postorder(roots: Iterable[_Node]) -> list[_Node]:
    """Return all nodes, children before their parents."""
    found, left = [], list(roots)
    while left:
        node = left.pop()
        found.append(node)
        left += node.children
    return found[::-1]


def _prune(roots: list[_Node]) -> list[_Node]:
    """Remove missing messages without answers, and put answers in the place of a missing one below the root."""
    kept = dict.fromkeys(roots)
    for node in _postorder(roots):
        if node.message is not None:
            continue
        parent, children = node.parent, list(node.children)
        if parent is None:
            if len(children) > 1:
                continue
            del kept[node]
            for child in children:
                child.parent = None
                kept[child] = None
            continue
        for child in children:
            parent.adopt(child)
        del parent.children[node]
    return list(kept)


def _sort_families(roots: Iterable[_Node]) -> None:
    """Sort the children of every node."""
    for node in _postorder(roots):
        if len(node.children) > 1:
            node.children = dict.fromkeys(sorted(node.children, key=lambda child: child.order))


def _join_subjects(roots: list[_Node]) -> list[_Node]:
    """Join threads with the same subject."""
    table: dict[str, _Node] = {}
    for root in roots:
        subject = root.shown.subject
        if not subject.text:
            continue
        known = table.get(subject.text)
        if (
            known is None
            or (root.message is None and known.message is not None)
            or (known.message is not None and known.message.subject.is_reply and not subject.is_reply)
        ):
            table[subject.text] = root
    kept = dict.fromkeys(roots)
    for root in roots:
        known = table.get(root.shown.subject.text)
        if known is None or known is root or root not in kept:
            continue
        del kept[root]
        if known.message is None and root.message is None:
            for child in list(root.children):
                known.adopt(child)
        elif known.message is None or (
            root.message is not None and root.message.subject.is_reply and not known.message.subject.is_reply
        ):
            known.adopt(root)
        else:
            both = _Node()
            del kept[known]
            kept[both] = None
            table[root.shown.subject.text] = both
            both.adopt(known)
            both.adopt(root)
    return list(kept)


def _as_thread(root: _Node) -> Thread:
    """Return a node as it is answered."""
    made: dict[_Node, Thread] = {}
    for node in _postorder([root]):
        number = node.message.number if node.message is not None else None
        made[node] = (number, [made.pop(child) for child in node.children])
    return made[root]


def serialize_thread(thread: Thread) -> bytes:
    """Serialize a thread: `(1 2 (3)(4 5))` (RFC 5256 4)."""
    pieces: list[bytes] = []
    left: list[Thread | bytes] = [b")", thread, b"("]
    while left:
        one = left.pop()
        if isinstance(one, bytes):
            pieces.append(one)
            continue
        number, answers = one
        if number is not None:
            pieces.append(b"%d" % number)
        if len(answers) == 1 and number is not None:
            left += [answers[0], b" "]
            continue
        if answers and number is not None:
            pieces.append(b" ")
        for answer in reversed(answers):
            left += [b")", answer, b"("]
    return b"".join(pieces)


def serialize_threads(threads: Iterable[Thread]) -> Iterator[bytes]:
    """Yield the serialized threads of a response."""
    yield from map(serialize_thread, threads)
