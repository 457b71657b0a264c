"""The mailboxes of one person, and what can be done with them.

Every method checks all that may refuse before it changes anything, so that a refused command has no effect, and makes
one change (`mailbox_changes.py`): all its UIDs and flags together, with one MODSEQ in each mailbox.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Literal

from homeport.world.mail.annotations import ACCESS
from homeport.world.mail.appended import AppendedBody, Contents
from homeport.world.mail.contents import MailContents, Usage
from homeport.world.mail.flags import DELETED, spell_flags
from homeport.world.mail.mailbox import Entry, Mailbox
from homeport.world.mail.mailbox_changes import Change, Ledger
from homeport.world.mail.mailbox_names import (
    EVERYTHING,
    INBOX,
    SEPARATOR,
    SPECIAL,
    SPECIAL_USES,
    above,
    below,
    canonical,
    order,
    validate_name,
)
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.mailbox_rows import AccountRow
from homeport.world.mail.uid_sets import summarize_uids, write_uids

MAX_MAILBOXES = 1000
MAX_SUBSCRIPTIONS = 2000
MAX_RETIRED = 1000
"""Names of deleted mailboxes whose UIDVALIDITY is remembered one by one."""
MAX_ITEMS = 200
"""Characters of an event that say what was read."""
How = Literal["add", "remove", "replace"]
SIGNS: dict[How, str] = {"add": "+", "remove": "-", "replace": ""}
"""The first character of the flags of an event."""


Keep = Callable[[frozenset[str]], frozenset[str]]
"""Returns those of some flags that are kept."""


def keep_all(flags: frozenset[str]) -> frozenset[str]:
    """Return the flags."""
    return flags


class Account:
    """The mailboxes of a person.

    login: in lower case. limits: returns those of the world. everything: returns the shared mailbox, opened on first
    use. on_shared: called with an entry there before and after a change of its flags.
    """

    def __init__(
        self,
        login: str,
        ledger: Ledger,
        contents: Contents,
        limits: Callable[[], MailContents],
        now: Callable[[], float],
        everything: Callable[[], Mailbox],
        on_shared: Callable[[Entry, Entry], None],
    ) -> None:
        self.login = login
        self.topic = f"account/{login}"
        """Published in `World.notices` when names, subscriptions or special uses change."""
        self.subscriptions: set[str] = set()
        self._mailboxes: dict[str, Mailbox] = {}
        self._retired: dict[str, int] = {}  # the last UIDVALIDITY of names of deleted mailboxes
        self._retired_floor = 0
        self._taken = 0
        self._gone: set[str] = set()  # contents of deliveries that were removed, if they are stored
        self._ledger = ledger
        self._contents = contents
        self._limits = limits
        self._now = now
        self._everything = everything
        self._on_shared = on_shared

    def __repr__(self) -> str:
        return f"<Account {self.login} {len(self._mailboxes)} mailboxes>"

    @property
    def inbox(self) -> Mailbox:
        """INBOX."""
        return self._mailboxes[INBOX]

    @property
    def mailboxes(self) -> list[Mailbox]:
        """All mailboxes of the person, without the shared one, by name."""
        return [self._mailboxes[name] for name in self.names()]

    @property
    def quota_limit(self) -> int | None:
        """Bytes that all mailboxes together may have; None: no limit."""
        return int(self._limits().mailbox_size) or None

    @property
    def messages_limit(self) -> int | None:
        """Messages that all mailboxes together may have; None: no limit."""
        return self._limits().mailbox_messages or None

    @property
    def quota_used(self) -> int:
        """Bytes of all mailboxes."""
        return self.usage.size

    @property
    def usage(self) -> Usage:
        """Bytes and messages of all mailboxes; a message that is in two of them counts twice."""
        every = self._mailboxes.values()
        return Usage(sum(mailbox.size for mailbox in every), sum(map(len, every)))

    # Names

    def names(self) -> list[str]:
        """Return the names of the mailboxes: INBOX first, then by level; not the levels that are no mailbox."""
        return sorted(self._mailboxes, key=order)

    def find(self, name: str) -> Mailbox | None:
        """Return the mailbox with a name, also the shared one, or None."""
        return self._everything() if name == EVERYTHING else self._mailboxes.get(canonical(name))

    def places(self, message: str) -> list[Mailbox]:
        """Return the mailboxes of the person that a message is in. message: as entries have it."""
        return [mailbox for mailbox in [*self._ledger.places(message)] if mailbox.owner == self.login]

    def create(
        self,
        name: str,
        special_use: str = "",
        parent: Mailbox | None = None,
        *,
        superiors: bool = False,
        uses: Mapping[str, str] = SPECIAL_USES,
    ) -> Mailbox:
        """Create a mailbox. Raises: MailboxProblem.

        parent: the one whose access control list it gets. superiors: create the levels above it that do not exist, too.
        uses: special uses that are allowed, by lower case.
        """
        name = validate_name(name.removesuffix(SEPARATOR))
        self._require_free(name)
        missing = self._missing_above(name) if superiors else []
        self._require_mailboxes(len(missing) + 1)
        if special_use and special_use.lower() not in uses:
            known = " ".join(uses.values())
            raise MailboxProblem("cannot", f"no mailbox can have the special use {special_use}: use {known}")
        self._make_all(missing, parent)
        return self._make_below(parent, name, uses.get(special_use.lower(), ""))

    def delete(self, name: str) -> None:
        """Delete a mailbox with its entries; mailboxes below it stay. Raises: MailboxProblem."""
        mailbox = self._owned(name, "deleted")
        if mailbox.name == INBOX:
            raise MailboxProblem("cannot", "INBOX cannot be deleted (RFC 9051 6.3.5)")
        with self._ledger.change() as change:
            before = self.row()
            change.delete(mailbox)
            del self._mailboxes[mailbox.name]
            self._retire(mailbox)
            change.put("account", self.login, self.row(), before)
            change.publish(self.topic)
        self._log("deleted", mailbox)

    def rename(self, old: str, new: str, parent: Mailbox | None = None, *, superiors: bool = False) -> None:
        """Rename a mailbox and all below it; INBOX is emptied into a new mailbox instead. parent, superiors: of levels
        above it that are created, as of `create`. Raises: MailboxProblem.
        """
        new = validate_name(new.removesuffix(SEPARATOR))
        old = canonical(old)
        moved = [name for name in (old, *below(old, self._mailboxes)) if name in self._mailboxes]
        if not moved:
            self._owned(old, "renamed")
        self._require_free(new)
        missing = self._missing_above(new) if superiors else []
        if old == INBOX:
            target = self.create_for_inbox(new, parent, superiors=superiors)
            self.move(self.inbox, [entry.uid for entry in self.inbox.entries], target)
            return
        if new.startswith(old + SEPARATOR):
            raise MailboxProblem("cannot", f"{new} would be below itself")
        names = {name: new + name[len(old) :] for name in moved}
        for name in names.values():
            validate_name(name)
            if name not in names:
                self._require_free(name)
        self._require_mailboxes(len(missing))
        self._make_all(missing, parent)
        with self._ledger.change() as change:
            before = self.row()
            mailboxes = [(self._mailboxes.pop(name), name) for name in moved]
            for mailbox, name in mailboxes:
                change.touch(mailbox)
                self._retire(mailbox)
                latest = self._latest_validity(names[name])
                validity = mailbox.uid_validity if mailbox.uid_validity > latest else self._ledger.uid_validity(latest)
                mailbox.rename(names[name], validity)
                self._mailboxes[names[name]] = mailbox
            change.put("account", self.login, self.row(), before)
            change.publish(self.topic)
        for mailbox, name in mailboxes:
            self._log("renamed", mailbox, old=name)

    def create_for_inbox(self, name: str, parent: Mailbox | None = None, *, superiors: bool = False) -> Mailbox:
        """Create the mailbox into which INBOX is emptied when it is renamed. parent, superiors: as of `rename`. Raises:
        MailboxProblem.
        """
        name = validate_name(name.removesuffix(SEPARATOR))
        self._require_free(name)
        missing = self._missing_above(name) if superiors else []
        self._require_mailboxes(len(missing) + 1)
        self._make_all(missing, parent)
        target = self.create(name)
        with self._ledger.change() as change:
            self._ledger.annotations.copy(change, self.inbox, target)
        return target

    def subscribe(self, name: str) -> None:
        """Subscribe to a name, whether it exists or not (RFC 9051 6.3.7). Raises: MailboxProblem."""
        self._set_subscriptions(self.subscriptions | {self.subscribable(name)})

    def subscribable(self, name: str) -> str:
        """Return a name as `subscribe` remembers it. Raises: MailboxProblem if it would refuse it."""
        name = name if name == EVERYTHING else validate_name(name)
        if name not in self.subscriptions and len(self.subscriptions) >= MAX_SUBSCRIPTIONS:
            raise MailboxProblem("limit", f"a person has at most {MAX_SUBSCRIPTIONS} subscriptions: remove some")
        return name

    def unsubscribe(self, name: str) -> None:
        """Remove a subscription; no effect if there is none."""
        self._set_subscriptions(self.subscriptions - {canonical(name)})

    # Entries

    def begin(self, size: int) -> AppendedBody:
        """Start to receive a message of that size, to be appended. Raises: MailboxProblem if there is no room."""
        self._require_room(1, size)
        return self._contents.begin(size)

    def append(
        self, mailbox: Mailbox, body: AppendedBody, flags: Iterable[str] = (), internal: float | None = None
    ) -> Entry:
        """Append a message; `body.save` has run in a thread if it blocks. internal: None is now.

        Raises: MailboxProblem, OSError if it cannot be stored.
        """
        return self.append_all(mailbox, [(body, flags, internal)])[0]

    def append_all(
        self,
        mailbox: Mailbox,
        messages: Sequence[tuple[AppendedBody, Iterable[str], float | None]],
        zones: Iterable[int] = (),
    ) -> list[Entry]:
        """Append several messages, or none of them (RFC 3502). zones: of their dates, one for each message; UTC if none
        is given. Raises: MailboxProblem, OSError.
        """
        self._require_writable(mailbox)
        self._require_room(len(messages), sum(body.size for body, _flags, _internal in messages))
        keywords = {**mailbox.keywords}
        spelled = [spell_flags(flags, keywords) for _body, flags, _internal in messages]
        for body, _flags, _internal in messages:
            body.save()
        now = self._now()
        entries = []
        with self._ledger.change() as change:
            for (body, _flags, internal), flags, zone in zip(messages, spelled, chain(zones, repeat(0)), strict=False):
                when = now if internal is None else internal
                name, size = body.identifier, body.size
                entry = change.add(mailbox, name, size=size, internal=when, saved=now, flags=flags, zone=zone)
                entries.append(entry)
                body.keep()
            mailbox.learn(keywords)
        self._log("appended", mailbox, [entry.uid for entry in entries])
        return entries

    def copy(
        self, source: Mailbox, uids: Iterable[int], target: Mailbox, keep: Keep = keep_all
    ) -> list[tuple[int, int]]:
        """Copy entries, without those that do not exist. Returns old and new UIDs. Raises: MailboxProblem.

        keep: returns those of an entry's flags that its copy gets.
        """
        self._require_writable(target)
        copied = [source.entries[at] for at in _indexes(source, uids)]
        self._require_room(len(copied), sum(entry.size for entry in copied))
        keywords = {**target.keywords}
        flags = self._flags_in(keywords, copied, keep)
        with self._ledger.change() as change:
            pairs = self._add_copies(change, copied, flags, target)
            target.learn(keywords)
        self._log("copied", source, [old for old, _new in pairs], to=target.name)
        return pairs

    def move(
        self, source: Mailbox, uids: Iterable[int], target: Mailbox, keep: Keep = keep_all
    ) -> list[tuple[int, int]]:
        """Move entries; otherwise as `copy`. Raises: MailboxProblem."""
        self._require_writable(source)
        self._require_writable(target)
        indexes = _indexes(source, uids)
        moved = [source.entries[at] for at in indexes]
        keywords = {**target.keywords}
        flags = self._flags_in(keywords, moved, keep)
        with self._ledger.change() as change:
            pairs = self._add_copies(change, moved, flags, target)
            target.learn(keywords)
            self._expunge(change, source, indexes)
        self._log("moved", source, [old for old, _new in pairs], to=target.name)
        return pairs

    def expunge(self, mailbox: Mailbox, uids: Iterable[int]) -> list[int]:
        """Remove entries, whether they have \\Deleted or not; the captured messages stay. Raises: MailboxProblem."""
        self._require_writable(mailbox)
        indexes = _indexes(mailbox, uids)
        with self._ledger.change() as change:
            gone = [entry.uid for entry in self._expunge(change, mailbox, indexes)]
        self._log("expunged", mailbox, gone)
        return gone

    def store(
        self,
        mailbox: Mailbox,
        uids: Iterable[int],
        how: How,
        flags: Iterable[str],
        unchanged_since: int | None = None,
    ) -> tuple[list[int], list[int]]:
        """Change flags. Returns the UIDs whose flags are others now, and those that were changed meanwhile.

        unchanged_since: leave entries with a higher MODSEQ as they are (RFC 7162 3.1.3). Raises: MailboxProblem.
        """
        keywords = {**mailbox.keywords}
        given = spell_flags(flags, keywords, adds=how != "remove")
        if mailbox.shared:
            given -= {DELETED}
        changed, failed = [], []
        with self._ledger.change() as change:
            for at in _indexes(mailbox, uids):
                entry = mailbox.entries[at]
                if unchanged_since is not None and entry.modseq > unchanged_since:
                    failed.append(entry.uid)
                    continue
                after = given if how == "replace" else entry.flags | given if how == "add" else entry.flags - given
                if after != entry.flags:
                    flagged = change.set_flags(mailbox, at, after)
                    changed.append(entry.uid)
                    if mailbox.shared:
                        self._on_shared(entry, flagged)
            if changed:
                mailbox.learn(keywords)
        self._log("flagged", mailbox, changed, flags=f"{SIGNS[how]}{' '.join(sorted(given))}")
        return changed, failed

    def note_fetched(self, mailbox: Mailbox, uids: Sequence[int], items: str) -> None:
        """Log that a client has read messages, by ascending UIDs. items: what it has read of each."""
        if uids:
            fields = {"what": "fetched", "login": self.login, "mailbox": mailbox.name}
            self._ledger.on_act({**fields, "uids": summarize_uids(uids), "items": items[:MAX_ITEMS]})

    def renew(self, mailbox: Mailbox) -> int:
        """Give a mailbox a higher UIDVALIDITY, and return it."""
        with self._ledger.change() as change:
            change.touch(mailbox)
            mailbox.renew(self._ledger.uid_validity(mailbox.uid_validity))
            change.publish(self.topic)
        self._log("renewed", mailbox)
        return mailbox.uid_validity

    # Inside

    def open(self) -> None:
        """Make the mailboxes that every person has."""
        self._make(INBOX, "")
        for name, use in SPECIAL:
            self._make(name, use)
        self._set_subscriptions({INBOX, *(name for name, _use in SPECIAL)})

    def restore(self, row: AccountRow, mailboxes: Iterable[Mailbox], gone: set[str]) -> None:
        """Return to a stored state."""
        self.subscriptions = {*row.subscriptions}
        self._retired, self._retired_floor, self._taken = dict(row.retired), row.retired_floor, row.taken
        self._mailboxes = {mailbox.name: mailbox for mailbox in mailboxes}
        self._gone = gone

    def deliveries(self) -> set[str]:
        """Return the contents of the deliveries that are in a mailbox, or were removed."""
        held = {entry.content for mailbox in self._mailboxes.values() for entry in mailbox.entries if entry.delivery}
        return held | self._gone

    @property
    def taken(self) -> int:
        """The messages up to that serial number are delivered, as far as they are for this person."""
        return self._taken

    @property
    def gone(self) -> set[str]:
        """The contents of later deliveries that the person has removed, if they are stored."""
        return self._gone

    def take(self, serial: int) -> None:
        """Note that the messages up to a serial number are delivered."""
        if serial > self._taken:
            with self._ledger.change() as change:
                before = self.row()
                self._taken = serial
                for content in self._gone:
                    change.put("gone", f"{self.login}/{content}", None, 1)
                self._gone = set()
                change.put("account", self.login, self.row(), before)

    def row(self) -> AccountRow:
        """Return its stored fields."""
        return AccountRow(sorted(self.subscriptions), dict(self._retired), self._retired_floor, self._taken)

    def _make(self, name: str, use: str) -> Mailbox:
        validity = self._ledger.uid_validity(self._latest_validity(name))
        mailbox = Mailbox(self._ledger.next_identifier(), self.login, name, validity, use)
        with self._ledger.change() as change:
            change.make(mailbox)
            self._mailboxes[name] = mailbox
            change.publish(self.topic)
        return mailbox

    def _latest_validity(self, name: str) -> int:
        return max(self._retired.get(name, 0), self._retired_floor)

    def _retire(self, mailbox: Mailbox) -> None:
        """Remember the UIDVALIDITY of a name that no mailbox has from now on."""
        self._retired.pop(mailbox.name, None)
        self._retired[mailbox.name] = mailbox.uid_validity
        if len(self._retired) > MAX_RETIRED:
            oldest = next(iter(self._retired))
            self._retired_floor = max(self._retired_floor, self._retired.pop(oldest))

    def _set_subscriptions(self, subscriptions: set[str]) -> None:
        if subscriptions != self.subscriptions:
            with self._ledger.change() as change:
                before = self.row()
                self.subscriptions = subscriptions
                change.put("account", self.login, self.row(), before)
                change.publish(self.topic)

    def _log(self, what: str, mailbox: Mailbox, uids: list[int] | None = None, **fields: str) -> None:
        """Log a change, unless it changed no entry."""
        if uids is None:
            self._ledger.on_act({"what": what, "login": self.login, "mailbox": mailbox.name, **fields})
        elif uids:
            fields["uids"] = write_uids(uids)
            self._ledger.on_act({"what": what, "login": self.login, "mailbox": mailbox.name, **fields})

    def _owned(self, name: str, what: str) -> Mailbox:
        """Return a mailbox that is to be deleted or renamed. Raises: MailboxProblem."""
        if name == EVERYTHING:
            raise MailboxProblem("cannot", f"{EVERYTHING} is the shared mailbox of every message: it cannot be {what}")
        mailbox = self._mailboxes.get(canonical(name))
        if mailbox is None:
            if below(canonical(name), self._mailboxes):
                raise MailboxProblem("has-children", f"{name} is only a level above other mailboxes")
            raise MailboxProblem("missing", f"there is no mailbox {name}")
        return mailbox

    def _require_free(self, name: str) -> None:
        if name in self._mailboxes:
            raise MailboxProblem("exists", f"there is a mailbox {name} already")

    def _require_mailboxes(self, number: int) -> None:
        if number and len(self._mailboxes) + number > MAX_MAILBOXES:
            raise MailboxProblem("limit", f"a person has at most {MAX_MAILBOXES} mailboxes: delete some")

    def _missing_above(self, name: str) -> list[str]:
        return [one for one in above(name) if one not in self._mailboxes]

    def _make_all(self, names: Iterable[str], parent: Mailbox | None) -> None:
        for name in names:
            self._make_below(parent, name, "")

    def _make_below(self, parent: Mailbox | None, name: str, use: str) -> Mailbox:
        """Make a mailbox. parent: the one whose access control list it gets."""
        mailbox = self._make(name, use)
        if parent is not None:
            with self._ledger.change() as change:
                self._ledger.annotations.copy(change, parent, mailbox, ACCESS)
        self._log("created", mailbox)
        return mailbox

    def _require_writable(self, mailbox: Mailbox) -> None:
        if mailbox.shared:
            raise MailboxProblem("cannot", f"{mailbox.name} has every message as captured: only flags can be changed")
        if mailbox.gone:
            raise MailboxProblem("missing", f"{mailbox.name} has been deleted")

    def _require_room(self, entries: int, size: int) -> None:
        limits = self._limits()
        if limits.limited and not limits.allows(self.usage, size, entries):
            quotas = (f"{int(limits.mailbox_size)} bytes", f"{limits.mailbox_messages} messages")
            allowed = " and ".join(text for text in quotas if not text.startswith("0 "))
            raise MailboxProblem("over-quota", f"the mailboxes of {self.login} may have {allowed} together")
        if self._ledger.entries + entries > limits.entries:
            raise MailboxProblem("limit", f"the world's mailboxes may have {limits.entries} messages together")

    def _flags_in(self, keywords: dict[str, str], entries: list[Entry], keep: Keep) -> list[frozenset[str]]:
        """Return the flags of entries in the spelling of other keywords. Raises: MailboxProblem."""
        spelled = {flags: spell_flags(keep(flags), keywords) for flags in {entry.flags for entry in entries}}
        return [spelled[entry.flags] for entry in entries]

    def _add_copies(
        self, change: Change, entries: list[Entry], flags: list[frozenset[str]], target: Mailbox
    ) -> list[tuple[int, int]]:
        now = self._now()
        pairs = []
        for entry, flags_there in zip(entries, flags, strict=True):
            added = change.add(
                target,
                entry.message,
                size=entry.size,
                internal=entry.internal,
                saved=now,
                flags=flags_there,
                delivery=entry.delivery,
                zone=entry.zone,
            )
            pairs.append((entry.uid, added.uid))
        return pairs

    def _expunge(self, change: Change, mailbox: Mailbox, indexes: list[int]) -> list[Entry]:
        gone = change.remove(mailbox, indexes)
        for entry in gone:
            if entry.delivery and self._ledger.store is not None:
                # Or a farm that is started again would deliver the captured message again.
                self._gone.add(entry.content)
                change.put("gone", f"{self.login}/{entry.content}", 1, None)
        return gone


def _indexes(mailbox: Mailbox, uids: Iterable[int]) -> list[int]:
    """Return the indexes of the entries with these UIDs, ascending; those that do not exist are left out."""
    return sorted({at for at in map(mailbox.index, uids) if at >= 0})
