"""NOTIFY (RFC 5465): what changes in any mailbox is sent without a command that asks for it.

The states that a client has been told are kept here, so that one look at the mailboxes finds what is new. Without a
group for the selected mailbox nothing of it is told, in commands and in IDLE neither (RFC 5465 3.1).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from homeport.protocol.commands import command
from homeport.protocol.effects import AwaitFlush
from homeport.protocol.waiting import Steps
from homeport.services.imap.fetch_values import Response
from homeport.services.imap.fetching import Fetching
from homeport.services.imap.grammar.fetch_items import FetchItem
from homeport.services.imap.grammar.notify_arguments import BadEvent, EventGroup, parse_notify
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.grammar.writing import astring
from homeport.services.imap.grammar.writing import mailbox as written
from homeport.services.imap.listing import AFTER_LOGIN
from homeport.services.imap.pushing import Watched
from homeport.services.imap.replies import no, ok
from homeport.services.imap.rights import rights_of
from homeport.services.imap.selected import Selected
from homeport.services.imap.selection import Selection
from homeport.world.mail.annotations import ACCESS
from homeport.world.mail.mailbox import Mailbox
from homeport.world.mail.mailbox_names import EVERYTHING, INBOX, SEPARATOR
from homeport.world.mail.mailboxes import ANNOTATED

EVENTS = ("MessageNew", "MessageExpunge", "FlagChange", "MailboxName", "SubscriptionChange")
"""The events that are known here, besides those of METADATA."""
MESSAGE_EVENTS = frozenset(EVENTS[:3])
OF_METADATA = {"MailboxMetadataChange": "METADATA", "ServerMetadataChange": "METADATA-SERVER"}
"""The events of annotations, with the capability that each needs."""
MAX_GROUPS = 20
MAX_WATCHED = 500
"""Mailboxes that one session watches."""
PIECE = 100
"""Mailboxes that are looked at in one step."""
READING = frozenset("rswip")
"""Rights of which one is needed to read annotations (RFC 5464 3.3)."""
Annotations = Mapping[str, dict[str, bytes]]
"""Values by the mailbox's identifier and entry; those of the server by an empty one."""
EMPTY: Mapping[Any, Any] = MappingProxyType({})
"""State of a session without NOTIFY."""
Told = tuple[int, int, int, int]
"""UIDNEXT, HIGHESTMODSEQ, number of messages and UIDVALIDITY of a mailbox, as the client has been told."""


class _Filter:
    """A group of NOTIFY."""

    def __init__(self, group: EventGroup) -> None:
        self.where = group.where
        self.events = group.events
        self._names = frozenset(group.mailboxes)

    def matches(self, name: str, subscriptions: Iterable[str]) -> bool:
        """Return True if a mailbox is in the group, other than as the selected one."""
        match self.where:
            case "INBOXES":
                return name == INBOX
            case "PERSONAL":
                return name != EVERYTHING
            case "SUBSCRIBED":
                return name in subscriptions
            case "MAILBOXES":
                return name in self._names
            case "SUBTREE":
                levels = name.split(SEPARATOR)
                return any(SEPARATOR.join(levels[:end]) in self._names for end in range(1, len(levels) + 1))
        return False


class Notifying:
    """Sends what the client has asked for by NOTIFY."""

    __slots__ = (
        *(
            "_annotations",
            "_filters",
            "_names",
            "_next_uid",
            "_of_selected",
            "_subscriptions",
            "_told",
            "active",
            "dialogue",
        ),
        *("fetching", "selected", "watched"),
    )

    def __init__(self, selected: Selected, fetching: Fetching, watched: Watched) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue
        self.fetching = fetching
        self.watched = watched
        self.active = False
        """True after NOTIFY SET."""
        self._filters: Sequence[_Filter] = ()
        self._of_selected: EventGroup | None = None
        self._told: Mapping[Mailbox, Told] = EMPTY
        self._names: Mapping[str, str] = EMPTY
        self._subscriptions: frozenset[str] = frozenset()
        self._annotations: Annotations = EMPTY
        self._next_uid = 0
        selected.following.append(self)

    @command("NOTIFY", "Ask for notifications.", syntax="NONE or SET (mailboxes (event ...)) ...", states=AFTER_LOGIN,
             needs={"NOTIFY"}, reference="RFC 5465 3.1")  # fmt: skip
    def notify(self, cursor: Cursor) -> Steps:
        """Replace what the client has asked for before."""
        try:
            request = parse_notify(cursor)
        except BadEvent as error:
            raise no(f"{error.text.partition(':')[0]} ({error.reference})", self._known_events) from None
        self.dialogue.accept(cursor)
        asked = {event for group in request.groups for event in group.events}
        unknown = {one for one in asked.difference(EVENTS) if not self.dialogue.allows(OF_METADATA.get(one, ""))}
        if unknown:
            raise no(f"{min(unknown)} is not known here (RFC 5465 3.1)", self._known_events)
        if len(request.groups) > MAX_GROUPS:
            raise no(f"NOTIFY takes at most {MAX_GROUPS} groups here", "NOTIFICATIONOVERFLOW")
        filters = [_Filter(group) for group in request.groups]
        watched = yield from self._find(filters)
        if len(watched) > MAX_WATCHED:
            raise no(f"at most {MAX_WATCHED} mailboxes are watched here", "NOTIFICATIONOVERFLOW")
        self._stop()
        if not request.groups:
            return ok("NOTIFY completed")
        self.active = True
        self._filters = filters
        self._of_selected = next((one for one in request.groups if one.where.startswith("SELECTED")), None)
        self.selected.events = self._selected_events
        self.dialogue.tells_uids = "FlagChange" in self._selected_events
        self._remember(watched)
        self._send_no_access(request.groups)
        if request.status:
            yield from self._send_all_status(watched)
        return ok("NOTIFY completed")

    @property
    def _known_events(self) -> str:
        """The response code that lists the events (RFC 5465 3.1)."""
        of_metadata = [event for event, capability in OF_METADATA.items() if self.dialogue.allows(capability)]
        return f"BADEVENT ({' '.join([*EVENTS, *of_metadata])})"

    @property
    def _selected_events(self) -> frozenset[str]:
        return frozenset() if self._of_selected is None else self._of_selected.events

    @property
    def _items(self) -> tuple[FetchItem, ...]:
        return () if self._of_selected is None else self._of_selected.items

    def _stop(self) -> None:
        """Send nothing from now on, not of the selected mailbox either."""
        self.selected.events = frozenset()
        self.active = self.dialogue.tells_uids = False
        self._filters, self._of_selected = (), None
        self._told = EMPTY
        self.watched.replace("NOTIFY", ())

    # Mailboxes.

    def _events_of(self, name: str, filters: Sequence[_Filter]) -> frozenset[str]:
        """Return the events of a mailbox that is not selected: of all groups that it is in, up to one with NONE."""
        subscriptions = self.selected.account.subscriptions
        events: frozenset[str] = frozenset()
        for one in filters:
            if one.matches(name, subscriptions):
                if not one.events:
                    break
                events |= one.events
        return events

    def _find(self, filters: Sequence[_Filter]) -> Steps:
        """Return the mailboxes whose messages are watched, each with its events."""
        account = self.selected.account
        found: dict[Mailbox, frozenset[str]] = {}
        names = [*account.names(), *(() if self.dialogue.labels is not None else (EVERYTHING,))]
        for at, name in enumerate(names):
            if at % PIECE == PIECE - 1:
                yield AwaitFlush()
            events = self._events_of(name, filters) & MESSAGE_EVENTS
            mailbox = account.find(name) if events else None
            if mailbox is not None and "r" in rights_of(self.dialogue, mailbox):
                found[mailbox] = events
        return found

    def _send_no_access(self, groups: Iterable[EventGroup]) -> None:
        """Name the mailboxes that were asked for by name, and that the client may not watch (RFC 5465 3.1)."""
        named = {name for group in groups if group.where == "MAILBOXES" and group.events for name in group.mailboxes}
        for name in sorted(named):
            mailbox = self.selected.account.find(name)
            if mailbox is not None and "r" not in rights_of(self.dialogue, mailbox):
                self.dialogue.untagged(b'LIST (\\NoAccess) "%s" %s' % (SEPARATOR.encode(), self._written(name)))

    def _remember(self, watched: Iterable[Mailbox]) -> None:
        """Take the state of everything as told."""
        self._told = {mailbox: _state(mailbox) for mailbox in watched}
        self.skip_names()
        if self.selected.selection is not None:
            self._note_last(self.selected.selection)
        self._watch()

    def _watch(self) -> None:
        topics = [self.selected.account.topic, ANNOTATED, *(mailbox.topic for mailbox in self._told)]
        if self._selected_events:
            topics += self.selected.topics()
        self.watched.replace("NOTIFY", topics)

    def _send_all_status(self, watched: dict[Mailbox, frozenset[str]]) -> Steps:
        for at, mailbox in enumerate(watched):
            if at % PIECE == PIECE - 1:
                yield AwaitFlush()
            if not self._is_selected(mailbox):
                self._send_status(mailbox, ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN"])

    def _is_selected(self, mailbox: Mailbox) -> bool:
        selection = self.selected.selection
        return selection is not None and selection.mailbox is mailbox

    # Notifications.

    def tell(self) -> Steps:
        """Send what has changed, and go on watching."""
        if not self.active:
            return
        yield from self.selected.catch_up()
        yield from self.selected.settle()
        of_selected = self._of_selected
        if self.selected.selection is not None and of_selected is not None and of_selected.events:
            yield from self.selected.conclude("IDLE" if of_selected.where == "SELECTED" else "FETCH")
        self.tell_names()
        watched = yield from self._find(self._filters)
        if len(watched) > MAX_WATCHED:
            self._stop()
            self.dialogue.untagged(b"OK [NOTIFICATIONOVERFLOW] there are too many mailboxes: no more notifications")
            return
        for at, (mailbox, events) in enumerate(watched.items()):
            if at % PIECE == PIECE - 1:
                yield AwaitFlush()
            self._tell_messages(mailbox, events)
        self._told = {mailbox: _state(mailbox) for mailbox in watched}
        self._watch()

    def _tell_messages(self, mailbox: Mailbox, events: frozenset[str]) -> None:
        """Send the STATUS of a mailbox that is not selected, if an event has happened there that is asked for."""
        before, now = self._told.get(mailbox, NEW), _state(mailbox)
        if before == now or self._is_selected(mailbox):
            return
        expunged = mailbox.expunged_since(before[1])
        happened = set()
        if now[0] != before[0]:
            happened.add("MessageNew")
        if expunged is None or expunged:
            happened.add("MessageExpunge")
        if any(entry.uid < before[0] for entry in mailbox.changed_since(before[1])):
            happened.add("FlagChange")
        happened &= events
        items = []
        if happened & {"MessageNew", "MessageExpunge"}:
            items += ["MESSAGES", "UIDNEXT"]
        if before[3] and now[3] != before[3]:  # RFC 5465 5.1 demands it for every mailbox that is watched
            items = ["MESSAGES", "UIDNEXT", "UIDVALIDITY"]
        elif "FlagChange" in happened:
            items.append("UIDVALIDITY")
        if items:
            self._send_status(mailbox, [*items, "UNSEEN"])

    def _send_status(self, mailbox: Mailbox, items: list[str]) -> None:
        values = {
            "MESSAGES": len(mailbox.entries),
            "UIDNEXT": mailbox.uid_next,
            "UIDVALIDITY": mailbox.uid_validity,
            "UNSEEN": mailbox.unseen,
            "HIGHESTMODSEQ": mailbox.highest_modseq,
        }
        if self.dialogue.condstore or self.dialogue.qresync:
            items.append("HIGHESTMODSEQ")
        shown = " ".join(f"{item} {values[item]}" for item in items).encode()
        self.dialogue.untagged(b"STATUS %s (%s)" % (self._written(mailbox.name), shown))

    def tell_names(self) -> None:
        """Send what has changed in names and subscriptions (RFC 5465 5.4, 5.5)."""
        before, told, annotations = self._names, self._subscriptions, self._annotations
        self.skip_names()
        if self._names != before:
            for line in self._changed_names(before, self._names):
                self.dialogue.untagged(line)
        for name in sorted(told ^ self._subscriptions):
            if "SubscriptionChange" in self._events_of(name, self._filters):
                self.dialogue.untagged(self._listed(name))
        if annotations != self._annotations:
            self._tell_annotations(annotations)

    def _tell_annotations(self, before: Annotations) -> None:
        """Name the annotations that have changed, also those that are gone (RFC 5465 5.6, 5.7)."""
        of_server = any("ServerMetadataChange" in one.events for one in self._filters)
        for identifier, values in self._annotations.items():
            name, known = self._names.get(identifier, EVERYTHING if identifier else ""), before.get(identifier, {})
            changed = sorted(one for one in known.keys() | values.keys() if known.get(one) != values.get(one))
            wanted = "MailboxMetadataChange" in self._events_of(name, self._filters) if name else of_server
            if changed and wanted:
                entries = b" ".join(astring(entry.encode()) for entry in changed)
                self.dialogue.untagged(b"METADATA %s %s" % (self._written(name), entries))

    def skip_names(self) -> None:
        """Take names, subscriptions and annotations as told: the client has changed them itself (RFC 5465 5)."""
        account = self.selected.account
        self._names = {mailbox.identifier: mailbox.name for mailbox in account.mailboxes}
        self._subscriptions = frozenset(account.subscriptions)
        if not any(one.events & OF_METADATA.keys() for one in self._filters):
            return
        mailboxes = account.mailboxes
        if self.dialogue.labels is None and (everything := account.find(EVERYTHING)) is not None:
            mailboxes.append(everything)
        readable = (one for one in mailboxes if rights_of(self.dialogue, one) & READING)
        self._annotations = {"": self._read_annotations(None)} | {
            one.identifier: self._read_annotations(one) for one in readable
        }

    def _read_annotations(self, mailbox: Mailbox | None) -> dict[str, bytes]:
        stored = self.dialogue.context.world.mailboxes.annotations(self.dialogue.login, mailbox)
        return {name: value for name, value in stored.items() if not name.startswith(ACCESS)}

    def _changed_names(self, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[bytes]:
        def wanted(*names: str) -> bool:
            return any("MailboxName" in self._events_of(name, self._filters) for name in names)

        for identifier in before.keys() - now.keys():
            if wanted(before[identifier]):
                yield self._listed(before[identifier])
        for identifier, name in now.items():
            old = before.get(identifier)
            if old is None and wanted(name):
                yield self._listed(name)
            elif old is not None and old != name and wanted(old, name):
                yield self._listed(name) + b' ("OLDNAME" (%s))' % self._written(old)

    def _listed(self, name: str) -> bytes:
        """Return the LIST response of a name as it is now."""
        account, begin = self.selected.account, name + SEPARATOR
        mailbox = account.find(name)
        shown = ["\\Subscribed"] if name in account.subscriptions else []
        shown += ["\\NonExistent"] if mailbox is None else []
        if self.dialogue.allows("CHILDREN"):
            has_children = any(other.startswith(begin) for other in account.names())
            shown.append("\\HasChildren" if has_children else "\\HasNoChildren")
        if mailbox is not None and mailbox.special_use and self.dialogue.allows("SPECIAL-USE"):
            shown.append(mailbox.special_use)
        return b'LIST (%s) "%s" %s' % (" ".join(shown).encode(), SEPARATOR.encode(), self._written(name))

    def _written(self, name: str) -> bytes:
        return written(name, utf8=self.dialogue.utf8)

    # The selected mailbox.

    def leave(self, selection: Selection) -> Iterator[bytes]:  # noqa: ARG002 - nothing precedes EXPUNGE
        """Yield nothing."""
        return iter(())

    def update(self, selection: Selection) -> Steps:
        """Send the items that the client wants of new messages (RFC 5465 5.2)."""
        new = [uid for uid in selection.view.uids_from(self._next_uid) if selection.mailbox.find(uid) is not None]
        self._note_last(selection)
        if new and self._items:
            response = Response(self._items, self.selected.modes, with_uid=True, with_modseq=False)
            yield from self.fetching.show(selection, new, response, sets_seen=False)

    def compare(self) -> None:
        """Do nothing: what was told is compared each time."""

    def begin(self, selection: Selection) -> None:
        """Take note of a mailbox that is selected: its messages are not new."""
        self._next_uid = 0
        self._note_last(selection)
        if self.active:
            self._watch()

    def _note_last(self, selection: Selection) -> None:
        uids = selection.view.uids
        self._next_uid = uids[-1] + 1 if uids else self._next_uid

    def end(self) -> None:
        """Do nothing: the groups stay when another mailbox is selected."""


NEW: Told = (1, 1, 0, 0)
"""State of a mailbox that has just been made."""


def _state(mailbox: Mailbox) -> Told:
    return mailbox.uid_next, mailbox.highest_modseq, len(mailbox.entries), mailbox.uid_validity
