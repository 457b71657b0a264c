"""Gmail's labels over the mailboxes of a person ([imap] labels): a label is a mailbox that a message is in.

Nothing is stored besides the mailboxes: `catching_up` brings them into line with what Gmail shows, also after changes
by other protocols.

- A message is in `[Gmail]/All Mail` from when it is first in another mailbox; no EXPUNGE and no MOVE takes it away.
- A message that gets into Trash or Spam leaves all other mailboxes, and the other way round; only there is it deleted.
- A message is in a mailbox once, and has the same flags in all of them, but for \\Deleted.
- Starred has the messages with \\Flagged.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from homeport.services.imap.grammar import writing
from homeport.world.mail.account import Keep, keep_all
from homeport.world.mail.flags import DELETED
from homeport.world.mail.mailbox import Entry, Mailbox
from homeport.world.mail.mailbox_names import INBOX, SEPARATOR
from homeport.world.mail.mailbox_problem import MailboxProblem

if TYPE_CHECKING:
    from homeport.world.mail.account import Account, How
    from homeport.world.world import World

ALL_MAIL = "[Gmail]/All Mail"
DRAFTS = "[Gmail]/Drafts"
IMPORTANT = "[Gmail]/Important"
SENT = "[Gmail]/Sent Mail"
SPAM = "[Gmail]/Spam"
STARRED = "[Gmail]/Starred"
TRASH = "[Gmail]/Trash"
LEVEL = "[Gmail]"
MAILBOXES = (
    (ALL_MAIL, "\\All", ""),
    (DRAFTS, "\\Drafts", "Drafts"),
    (IMPORTANT, "\\Important", ""),
    (SENT, "\\Sent", "Sent"),
    (SPAM, "\\Junk", "Junk"),
    (STARRED, "\\Flagged", ""),
    (TRASH, "\\Trash", "Trash"),
)
"""Gmail's mailboxes with their special use, and the name that another server gives them."""
USES = {use.lower(): use for _name, use, _old in MAILBOXES}
UNUSED = "Archive"
"""A mailbox that Gmail does not have: `All Mail` has what is archived."""
REMOVED = (TRASH, SPAM)
SYSTEM_LABELS = {
    INBOX: "\\Inbox",
    DRAFTS: "\\Draft",
    IMPORTANT: "\\Important",
    SENT: "\\Sent",
    SPAM: "\\Spam",
    STARRED: "\\Starred",
    TRASH: "\\Trash",
}
"""Labels of Gmail's own mailboxes; the label of any other is its name."""
BY_LABEL = {label.lower(): name for name, label in SYSTEM_LABELS.items()} | {"\\drafts": DRAFTS}
FLAGGED = "\\Flagged"
PIECE_MESSAGES = 32
"""Messages that are brought into line in one step."""
MAX_ROUNDS = 8
"""Times that `catching_up` looks again at what its own changes have led to; three are enough."""
FIRST_ID = 1 << 60
"""X-GM-MSGID has 64 bits; Gmail's are of about this size."""


def gmail_id(message: str) -> int:
    """Return the X-GM-MSGID of a captured message (`m12`) or an appended one (`a3`)."""
    return FIRST_ID + 2 * int(message[1:]) + (message[0] == "a")


def label_key(name: str) -> str:
    """Return a label as searches compare it: Gmail's `label:` has `-` for spaces and levels."""
    return name.casefold().replace(" ", "-").replace("/", "-")


def refuse_own(name: str) -> None:
    """Refuse to create, delete or rename a mailbox that is Gmail's own. Raises: MailboxProblem."""
    if name.partition(SEPARATOR)[0] == LEVEL:
        text = f"{LEVEL} and the mailboxes below it cannot be created, deleted and renamed: use another name"
        raise MailboxProblem("cannot", text)


def mailbox_of(label: str) -> str:
    """Return the name of the mailbox of a label."""
    return BY_LABEL.get(label.lower(), label)


class Labels:
    """The labels of one person's messages."""

    def __init__(self, account: "Account") -> None:
        self.account = account
        self._shelves: dict[Mailbox, _Shelf] = {}
        self._arrange()

    def forget(self) -> None:
        """Look at all mailboxes again: changes were rolled back."""
        self._shelves.clear()

    # What a message is.

    def shown(self, entry: Entry, mailbox: Mailbox, *, utf8: bool) -> bytes:
        """Serialize the labels of a message, without that of the mailbox in which it is looked at."""
        names = [one for one in self._names(entry.message) if one != mailbox.name]
        return writing.parenthesized([_serialize(name, utf8=utf8) for name in names])

    def keys(self, message: str) -> frozenset[str]:
        """Return the labels of a message as searches compare them."""
        return frozenset(label_key(SYSTEM_LABELS.get(name, name)) for name in self._names(message))

    def _names(self, message: str) -> list[str]:
        return sorted(mailbox.name for mailbox in self.account.places(message) if mailbox.name != ALL_MAIL)

    # What a session does in the selected mailbox.

    def store(
        self,
        mailbox: Mailbox,
        uids: Iterable[int],
        how: "How",
        flags: Iterable[str],
        unchanged_since: int | None = None,
    ) -> tuple[list[int], list[int]]:
        """Change flags, as `Account.store`; the other mailboxes get them when they are brought into line."""
        return self.account.store(mailbox, uids, how, flags, unchanged_since)

    def copy(
        self, source: Mailbox, uids: Iterable[int], target: Mailbox, keep: Keep = keep_all
    ) -> list[tuple[int, int]]:
        """Give messages a label, as `Account.copy`; those that have it keep their UID there."""
        uids, shelf = list(uids), self._shelf(target)
        there = {uid: shelf.uids[message] for uid, message in _messages(source, uids) if message in shelf.uids}
        new = self.account.copy(source, [uid for uid in uids if uid not in there], target, keep)
        return sorted([*there.items(), *new])

    def move(
        self, source: Mailbox, uids: Iterable[int], target: Mailbox, keep: Keep = keep_all
    ) -> list[tuple[int, int]]:
        """Replace a label by another, as `Account.move`."""
        uids = list(uids)
        if target is source:
            return []
        pairs = self.copy(source, uids, target, keep)
        self.expunge(source, uids)
        return pairs

    def expunge(self, mailbox: Mailbox, uids: Iterable[int]) -> list[int]:
        """Remove a label, as `Account.expunge`; in Trash and Spam this deletes messages."""
        if mailbox.name == ALL_MAIL:
            return []
        uids = list(uids)
        if mailbox.name not in REMOVED:
            self._keep(mailbox, uids)
        return self.account.expunge(mailbox, uids)

    def change(self, mailbox: Mailbox, uids: Sequence[int], how: "How", labels: Iterable[str]) -> None:
        """Change labels of messages of a mailbox, by UID. Raises: MailboxProblem."""
        named = {mailbox_of(label) for label in labels} - {ALL_MAIL}
        if how != "remove":
            for name in named:
                self._labelled(name, create=True)
        if how == "replace":
            lost: dict[str, list[int]] = {}
            for uid, message in _messages(mailbox, uids):
                for other in {*self._names(message)} - named - {mailbox.name}:
                    lost.setdefault(other, []).append(uid)
            for other, losing in lost.items():
                self._remove(mailbox, losing, other)
        for name in named:
            if how == "remove":
                self._remove(mailbox, uids, name)
            elif (target := self._labelled(name, create=False)) is not None and target is not mailbox:
                self.copy(mailbox, uids, target)

    def _labelled(self, name: str, *, create: bool) -> Mailbox | None:
        found = self.account.find(name)
        if found is None and create:
            refuse_own(name)
            found = self.account.create(name)
            self.account.subscribe(name)
        return found

    def _remove(self, mailbox: Mailbox, uids: Sequence[int], name: str) -> None:
        """Take a label away."""
        target = self._labelled(name, create=False)
        if target is not None:
            self._keep(mailbox, uids)
            shelf = self._shelf(target)
            found = [shelf.uids[message] for _uid, message in _messages(mailbox, uids) if message in shelf.uids]
            self.account.expunge(target, found)

    def _keep(self, mailbox: Mailbox, uids: Sequence[int]) -> None:
        """Have messages in All Mail before a label is taken away, which may be their last one."""
        kept = self._require(ALL_MAIL)
        missing = [uid for uid, message in _messages(mailbox, uids) if kept not in self.account.places(message)]
        if missing and mailbox is not kept:
            self.account.copy(mailbox, missing, kept)

    # Bringing mailboxes into line.

    def catching_up(self) -> Iterator[int]:
        """Bring all mailboxes into line, in steps of bounded work. Yields: the messages of each. Raises: StoreError."""
        if any(self.account.find(name) is None for name, _use, _old in MAILBOXES):
            self._arrange()
        for _round in range(MAX_ROUNDS):
            changed = [mailbox for mailbox in self.account.mailboxes if self._shelf_of(mailbox).is_behind]
            if not changed:
                return
            for mailbox in changed:
                while (piece := self._shelf_of(mailbox).take()) is not None:
                    with suppress(MailboxProblem):  # such as a quota: then the message is not shown everywhere
                        self._follow(mailbox, piece)
                    yield len(piece.added) + len(piece.changed) + len(piece.removed) + len(piece.again)

    def _follow(self, mailbox: Mailbox, news: "_News") -> None:
        """Do what a change of one mailbox leads to in others."""
        account = self.account
        if news.again:
            account.expunge(mailbox, news.again)
        if mailbox.name in REMOVED:
            self._withdraw(news.added, [one for one in account.mailboxes if one is not mailbox])
        elif news.added:
            self._withdraw(news.added, [self._require(name) for name in REMOVED])
            self._add_missing(mailbox, news.added, self._require(ALL_MAIL))
        starred, kept = self._require(STARRED), self._require(ALL_MAIL)
        if mailbox is starred:
            account.store(starred, [one.uid for one in news.added if FLAGGED not in one.flags], "add", [FLAGGED])
            for message in news.removed:
                if kept in account.places(message):
                    account.store(kept, [self._shelf(kept).uids[message]], "remove", [FLAGGED])
        elif mailbox.name not in REMOVED:
            self._add_missing(mailbox, [one for one in (*news.added, *news.changed) if FLAGGED in one.flags], starred)
            self._withdraw([one for one in news.changed if FLAGGED not in one.flags], [starred])
        for entry in news.changed:
            self._spread_flags(mailbox, entry)

    def _withdraw(self, entries: Iterable[Entry], mailboxes: Iterable[Mailbox]) -> None:
        """Remove messages from mailboxes."""
        messages = [entry.message for entry in entries]
        for mailbox in mailboxes:
            shelf = self._shelf(mailbox)
            self.account.expunge(mailbox, [shelf.uids[one] for one in messages if one in shelf.uids])

    def _add_missing(self, source: Mailbox, entries: Iterable[Entry], target: Mailbox) -> None:
        """Add those messages to a mailbox that are not in it."""
        places = self.account.places
        if source is not target:
            self.account.copy(source, [one.uid for one in entries if target not in places(one.message)], target)

    def _spread_flags(self, mailbox: Mailbox, entry: Entry) -> None:
        flags = entry.flags - {DELETED}
        for other in self.account.places(entry.message):
            uid = 0 if other is mailbox else self._shelf(other).uids.get(entry.message, 0)
            there = other.find(uid)
            if there is not None and there.flags - {DELETED} != flags:
                self.account.store(other, [uid], "replace", flags | (there.flags & {DELETED}))

    # Mailboxes.

    def _arrange(self) -> None:
        """Make Gmail's mailboxes of those that the person has."""
        account = self.account
        first = account.find(ALL_MAIL) is None
        for name, use, old in MAILBOXES:
            if account.find(name) is not None:
                continue
            known = account.find(old) if old else None
            if known is not None and known.special_use == use:
                account.rename(old, name)
                account.unsubscribe(old)
            else:
                account.create(name, use, uses=USES)
            account.subscribe(name)
            self.forget()  # what is to be in it is in other mailboxes, and was followed before
        unused = account.find(UNUSED)
        if first and unused is not None and not len(unused):
            account.delete(UNUSED)
            account.unsubscribe(UNUSED)

    def _require(self, name: str) -> Mailbox:
        """Return one of Gmail's mailboxes; another client may have deleted it since. Raises: MailboxProblem."""
        mailbox = self.account.find(name)
        if mailbox is None:
            self._arrange()
            mailbox = self.account.find(name)
        assert mailbox is not None  # noqa: S101 - `_arrange` has made it
        return mailbox

    def _shelf_of(self, mailbox: Mailbox) -> "_Shelf":
        shelf = self._shelves.get(mailbox)
        if shelf is None:
            self._shelves = {one: known for one, known in self._shelves.items() if not one.gone}
            shelf = self._shelves[mailbox] = _Shelf(mailbox)
        return shelf

    def _shelf(self, mailbox: Mailbox) -> "_Shelf":
        """Return the messages of a mailbox as they are now."""
        shelf = self._shelf_of(mailbox)
        shelf.look()
        return shelf


class _News(msgspec.Struct):
    """What has changed in a mailbox."""

    added: list[Entry]
    changed: list[Entry]
    removed: list[str]
    """Messages."""
    again: list[int]
    """UIDs of messages that the mailbox has already."""


class _Shelf:
    """The messages of a mailbox, and what has changed there."""

    __slots__ = ("_messages", "_modseq", "_pending", "mailbox", "uids")

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.uids: dict[str, int] = {}
        """UIDs by message."""
        self._messages: dict[int, str] = {}
        self._modseq = 0
        self._pending = _News([], [], [], [])

    @property
    def is_behind(self) -> bool:
        """True if changes have not been followed."""
        mailbox = self.mailbox
        changed = mailbox.highest_modseq != self._modseq or len(mailbox) != len(self._messages)
        return changed or self.has_news

    @property
    def has_news(self) -> bool:
        """True if changes were seen that have not been followed."""
        news = self._pending
        return bool(news.added or news.changed or news.removed or news.again)

    def _begin_again(self) -> None:
        self.uids.clear()
        self._messages.clear()
        self._modseq = 0
        self._pending = _News([], [], [], [])

    def look(self) -> None:
        """Look at what has changed, without following it yet."""
        mailbox, news = self.mailbox, self._pending
        if mailbox.highest_modseq == self._modseq:
            if len(self._messages) == len(mailbox):
                return
            self._begin_again()  # changes that could not be stored were undone
            news = self._pending
        expunged = mailbox.expunged_since(self._modseq)
        if expunged is None:
            present = {*mailbox.uids}
            expunged = [uid for uid in self._messages if uid not in present]
        for uid in expunged:
            message = self._messages.pop(uid, "")
            if message and self.uids.get(message) == uid:
                del self.uids[message]
                news.removed.append(message)
        for entry in mailbox.changed_since(self._modseq):
            if entry.uid in self._messages:
                news.changed.append(entry)
                continue
            self._messages[entry.uid] = entry.message
            if self.uids.setdefault(entry.message, entry.uid) == entry.uid:
                news.added.append(entry)
            else:
                news.again.append(entry.uid)
        self._modseq = mailbox.highest_modseq

    def take(self) -> _News | None:
        """Return a piece of what has changed, which is to be followed; None if nothing is left."""
        self.look()
        if not self.has_news:
            return None
        news, size = self._pending, PIECE_MESSAGES
        piece = _News(
            self._now(news.added[:size]), self._now(news.changed[:size]), news.removed[:size], news.again[:size]
        )
        del news.added[:size], news.changed[:size], news.removed[:size], news.again[:size]
        return piece

    def _now(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return entries as they are now, without those that are gone."""
        found = (self.mailbox.find(entry.uid) for entry in entries)
        return [entry for entry in found if entry is not None]


def _messages(mailbox: Mailbox, uids: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Yield UID and message of the entries that exist."""
    for uid in uids:
        entry = mailbox.find(uid)
        if entry is not None:
            yield uid, entry.message


def _serialize(name: str, *, utf8: bool) -> bytes:
    label = SYSTEM_LABELS.get(name)
    return writing.mailbox(name, utf8=utf8) if label is None else writing.quoted(label.encode())


def labels_of(world: "World", account: "Account") -> Labels:
    """Return the labels of a person's messages, which all sessions share."""
    everyone: dict[str, Labels] = world.of_service("imap labels", dict)
    labels = everyone.get(account.login)
    if labels is None or labels.account is not account:
        labels = everyone[account.login] = Labels(account)
    return labels
