"""The arguments of NOTIFY (RFC 5465)."""

import msgspec

from homeport.services.imap.grammar.fetch_items import FetchItem, parse_item
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem

MESSAGE_EVENTS = ("MessageNew", "MessageExpunge", "FlagChange", "AnnotationChange")
OTHER_EVENTS = ("MailboxName", "SubscriptionChange", "MailboxMetadataChange", "ServerMetadataChange")
EVENTS = {event.upper(): event for event in (*MESSAGE_EVENTS, *OTHER_EVENTS)}
FILTERS = ("SELECTED", "SELECTED-DELAYED", "INBOXES", "PERSONAL", "SUBSCRIBED", "SUBTREE", "MAILBOXES")
MAX_GROUPS = 100
MAX_MAILBOXES = 1000
NOTIFY = "RFC 5465 8"


class BadEvent(SyntaxProblem):
    """An event that is unknown: `NO [BADEVENT (...)]`."""


class EventGroup(msgspec.Struct, frozen=True):
    """Events of some mailboxes."""

    where: str
    """One of `FILTERS`."""
    mailboxes: tuple[str, ...]
    """Of SUBTREE and MAILBOXES."""
    events: frozenset[str]
    """Empty for NONE."""
    items: tuple[FetchItem, ...] = ()
    """Items of FETCH that a new message in the selected mailbox is told with."""


class NotifyRequest(msgspec.Struct, frozen=True):
    """The arguments of NOTIFY."""

    groups: tuple[EventGroup, ...]
    """None for NOTIFY NONE."""
    status: bool = False
    """True if a STATUS response of each mailbox comes first."""


def parse_notify(cursor: Cursor) -> NotifyRequest:
    """Parse the arguments."""
    at, word = cursor.at, cursor.word()
    if word == "NONE":
        cursor.end()
        return NotifyRequest(())
    if word != "SET":
        raise SyntaxProblem("SET or NONE expected", NOTIFY, at)
    cursor.space()
    status = cursor.take_word(b"STATUS")
    if status:
        cursor.space()
    groups = [_parse_group(cursor)]
    while not cursor.at_end:
        cursor.space()
        groups.append(_parse_group(cursor))
        if len(groups) > MAX_GROUPS:
            raise SyntaxProblem(f"NOTIFY takes at most {MAX_GROUPS} groups", NOTIFY, cursor.at)
    if sum(group.where.startswith("SELECTED") for group in groups) > 1:
        raise SyntaxProblem("SELECTED and SELECTED-DELAYED are there once", "RFC 5465 6.1", at)
    return NotifyRequest(tuple(groups), status)


def _parse_group(cursor: Cursor) -> EventGroup:
    cursor.expect(b"(")
    at, where = cursor.at, cursor.word()
    if where not in FILTERS:
        raise SyntaxProblem(f"unknown choice of mailboxes: {where}", "RFC 5465 6", at)
    mailboxes: list[str] = []
    if where in ("SUBTREE", "MAILBOXES"):
        cursor.space()
        mailboxes = cursor.list_of(cursor.mailbox) if cursor.next_is(b"(") else [cursor.mailbox()]
        if len(mailboxes) > MAX_MAILBOXES:
            raise SyntaxProblem(f"NOTIFY takes at most {MAX_MAILBOXES} mailboxes", NOTIFY, at)
    cursor.space()
    at = cursor.at
    events: frozenset[str] = frozenset()
    items: tuple[FetchItem, ...] = ()
    if not cursor.take_word(b"NONE"):
        events, items = _parse_events(cursor)
    cursor.expect(b")")
    _check_events(where, events, items, at)
    return EventGroup(where, tuple(dict.fromkeys(mailboxes)), events, items)


def _parse_events(cursor: Cursor) -> tuple[frozenset[str], tuple[FetchItem, ...]]:
    events: set[str] = set()
    items: list[FetchItem] = []

    def read() -> None:
        at, word = cursor.at, cursor.word()
        event = EVENTS.get(word)
        if event is None:
            raise BadEvent(f"unknown event {word}: use one of {', '.join(EVENTS.values())}", "RFC 5465 5", at)
        events.add(event)
        if event == "MessageNew" and cursor.next_is(b" ("):
            cursor.space()
            items.extend(cursor.list_of(lambda: parse_item(cursor)))

    cursor.list_of(read)
    return frozenset(events), tuple(items)


def _check_events(where: str, events: frozenset[str], items: tuple[FetchItem, ...], at: int) -> None:
    """Check which events go together (RFC 5465 5, 6.1)."""
    if ("MessageNew" in events) != ("MessageExpunge" in events):
        raise SyntaxProblem("MessageNew and MessageExpunge are there together", "RFC 5465 5.2", at)
    if events & {"FlagChange", "AnnotationChange"} and "MessageNew" not in events:
        raise SyntaxProblem("FlagChange and AnnotationChange need MessageNew and MessageExpunge", "RFC 5465 5.3", at)
    if where.startswith("SELECTED"):
        if events & set(OTHER_EVENTS):
            raise SyntaxProblem("the selected mailbox has events of messages only", "RFC 5465 6.1", at)
    elif items:
        raise SyntaxProblem("items of FETCH are for the selected mailbox", "RFC 5465 5.1", at)
