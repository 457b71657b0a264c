"""The mailboxes of a world: what mail programs see of its mail.

Each person has an account with INBOX and other mailboxes, made when it is first asked for. A captured message that was
delivered to a person becomes an entry of INBOX; what a mail program does to entries never touches the message. The
shared mailbox `All` has an entry for every captured message: `\\Seen` there is the mark that the API shows as read.

A world in which no mailbox was ever opened pays nothing for them: a delivery calls nothing here.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from homeport.world.mail.account import Account
from homeport.world.mail.addresses import split_address
from homeport.world.mail.appended import Contents
from homeport.world.mail.contents import Usage
from homeport.world.mail.flags import SEEN, share_flags
from homeport.world.mail.mailbox import Entry, Mailbox
from homeport.world.mail.mailbox_changes import Change, Ledger
from homeport.world.mail.mailbox_names import EVERYTHING
from homeport.world.mail.mailbox_rows import TYPES, MailboxTable
from homeport.world.mail.message import Message, trace
from homeport.world.mail.store import MessageGone
from homeport.world.row_store import Rows, Store, StoreError, Ticket

if TYPE_CHECKING:
    from homeport.world.world import World

ANNOTATED = "annotations"
"""Published in `World.notices` when annotations have changed, anyone's."""
NO_FLAGS = share_flags(frozenset())
OVER = object()
PIECE_DELIVERIES = 500
"""Messages and their deliveries that are added in one step, when a mailbox is opened."""
IS_SEEN = share_flags(frozenset({SEEN}))


class Mailboxes:
    """The mailboxes of a world. store: stores them; in memory by default."""

    def __init__(self, world: "World", store: Store | None = None) -> None:
        self._world = world
        self._mail = world.mail
        self._accounts: dict[str, Account] = {}
        self._everything: Mailbox | None = None
        self._filling: dict[str, Iterator[None]] = {}  # mailboxes that are being opened: by login, and `All`
        self._uids: dict[str, int] = {}  # in `everything`, by message
        self._tags: dict[str, tuple[str, ...]] = {}  # of messages that have any
        self._ledger = Ledger(world.notices, world.journal.real, self._discard)
        self._contents = Contents(world.mail, world.budget, self._ledger.next_content)
        self.rollbacks = 0
        """Number of times that changes were rolled back."""
        self._open = False  # True if anything here follows the mail
        self._everyone: Account | None = None
        self._ledger.store = store
        self._ledger.undo = self._restore
        self._log_other: Callable[[dict[str, Any]], object] = partial(world.journal.log, None, "mailbox")
        self._ledger.on_act = self._log_other

    @property
    def blocks(self) -> bool:
        """True if `read` waits for a disk, and changes wait for `flush`."""
        return self._mail.store.blocks

    def log_acts(self, log: Callable[[dict[str, Any]], object] | None) -> None:
        """Have what is done with mailboxes logged by a function, with the fields of an event `mailbox`.

        A session does so while it handles an event, so that its connection is in the journal; None: no session acts.
        """
        self._ledger.on_act = log or self._log_other

    @property
    def unsettled(self) -> Ticket | None:
        """The newest change that is not durable yet, if any: nothing that it has changed may be told before `flush`."""
        store = self._ledger.store
        return None if store is None else store.unsettled

    def flush(self, ticket: Ticket | None) -> None:
        """Block until the changes up to a ticket are durable; in any thread. Raises: StoreError if they were lost."""
        store = self._ledger.store
        if store is not None and ticket is not None:
            store.flush(ticket)
            self._contents.sweep()

    @property
    def failed(self) -> bool:
        """True while changes that could not be stored are not rolled back: no other can be made."""
        return self._ledger.failed

    def rollback_failed(self) -> None:
        """Roll back in memory all changes that could not be stored (`row_store.py`).

        Never between the changes of one turn: later ones would be kept although they depend on lost ones.
        """
        store = self._ledger.store
        if store is not None and store.failed:
            self.rollbacks += 1
            self._restore(store.take_failed())
            self._filling.clear()
            self._capture_missing()
            self._deliver_missing(self.accounts)

    @property
    def accounts(self) -> list[Account]:
        """The accounts that have been opened."""
        return [*self._accounts.values()]

    def account(self, login: str) -> Account:
        """Return the account of a person, opened on first use. Raises: KeyError if there is no such person."""
        login = login.lower()
        if self._world.people.get(login) is None:
            raise KeyError(login)
        account = self._begin_account(login)
        deque(self._filling.get(login, ()), maxlen=0)
        return account

    def _begin_account(self, login: str) -> Account:
        account = self._accounts.get(login)
        if account is None:
            self._follow()
            account = self._accounts[login] = self._make_account(login)
            account.open()
            self._filling[login] = self._fill(login, account)
        return account

    @property
    def everything(self) -> Mailbox:
        """The shared mailbox with every captured message, opened on first use."""
        mailbox = self._begin_everything()
        deque(self._filling.get(EVERYTHING, ()), maxlen=0)
        return mailbox

    def _begin_everything(self) -> Mailbox:
        mailbox = self._everything
        if mailbox is None:
            self._follow()
            ledger = self._ledger
            mailbox = Mailbox(ledger.next_identifier(), "", EVERYTHING, ledger.uid_validity(), "\\All")
            self._everything = mailbox
            with ledger.change() as change:
                change.make(mailbox)
            self._filling[EVERYTHING] = self._fill(EVERYTHING, None)
        return mailbox

    def opening(self, login: str, *, shared: bool = False) -> Iterator[None]:
        """Open the mailboxes of a person in steps of bounded work, after which `account` has nothing left to do.

        Others may have done it meanwhile, and the person may have gone: no step is made then. shared: True to open the
        shared mailbox too.
        """
        login = login.lower()
        if self._world.people.get(login) is not None:
            self._begin_account(login)
        if shared:
            self._begin_everything()
        for name in (login, EVERYTHING) if shared else (login,):
            steps = self._filling.get(name)
            while steps is not None and self._filling.get(name) is steps and next(steps, OVER) is not OVER:
                yield

    def read(self, mailbox: Mailbox, entry: Entry) -> bytes:  # noqa: ARG002 - named by its users, for their caches
        """Return the bytes of an entry: as delivered for a delivery, else as received; in any thread if `blocks`.

        Raises: MessageGone; OSError if it cannot be read.
        """
        if entry.message.startswith("a"):
            return self._contents.read(entry.message)
        message = self._mail.get(entry.message)
        if message is None:
            raise MessageGone(entry.message)
        raw = self._mail.raw(message)
        return self._trace(message, entry.delivery) + raw if entry.delivery else raw

    def mark(self, message: Message, *, read: bool) -> Message:
        """Mark a captured message as read or unread, and return it as it is now; `store.update` stores that."""
        uid = self._uids.get(message.id)
        if uid is None:
            return self._mail.mark(message, read=read)
        self._anyone().store(self.everything, [uid], "add" if read else "remove", [SEEN])
        return self._mail.get(message.id) or message

    def tag(self, message: Message, tags: Iterable[str]) -> None:
        """Give a captured message these tags and no others: keywords in the shared mailbox.

        Raises: MailboxProblem if one of them cannot be a keyword.
        """
        mailbox = self.everything
        entry = mailbox.find(self._uids.get(message.id, 0))
        if entry is not None:
            system = [flag for flag in entry.flags if flag.startswith("\\")]
            self._anyone().store(mailbox, [entry.uid], "replace", [*system, *tags])

    def tags(self, identifier: str) -> tuple[str, ...]:
        """Return the tags of a captured message, sorted; in any thread."""
        return self._tags.get(identifier, ())

    def annotations(self, login: str, mailbox: Mailbox | None) -> Mapping[str, bytes]:
        """Return the annotations of a mailbox as a person sees them. mailbox: None for the server."""
        return self._ledger.annotations.read(login, mailbox)

    def annotate(self, login: str, mailbox: Mailbox | None, values: Sequence[tuple[str, bytes | None]]) -> None:
        """Set annotations, all or none of them; None removes one. Raises: MailboxProblem."""
        annotations = self._ledger.annotations
        annotations.check(login, mailbox, values)
        with self._ledger.change() as change:
            annotations.write(change, login, mailbox, values)
            change.publish(ANNOTATED)

    def usage(self, address: str) -> Usage | None:
        """Return what the mailboxes of the person with an address have; None if they have not been opened."""
        account = self._account_at(address)
        return None if account is None else account.usage

    def reset(self) -> None:
        """Delete all accounts; UIDVALIDITY goes on growing, so that no client mistakes a new mailbox for an old one.

        Raises: StoreError if that cannot be stored.
        """
        mailboxes = self._all_mailboxes()
        self._accounts.clear()
        self._everything = None
        self._filling.clear()
        self._uids.clear()
        self._tags.clear()
        self._ledger.forget(mailboxes)
        if self._ledger.store is not None and mailboxes:
            self._ledger.store.replace({("counter", name): one for name, one in self._ledger.counters.items()})
        self._contents.clear()

    def close(self) -> None:
        """Write what is queued, and close the store."""
        if self._ledger.store is not None:
            self._ledger.store.close()
            self._contents.sweep()

    def settle(self) -> Callable[[], None] | None:
        """Return work that stores changes which no client waits for, such as deliveries; None if there are none.

        It blocks: run it in a thread. After a `StoreError`, call `rollback_failed`.
        """
        store = self._ledger.store
        if store is None:
            return None
        if store.failed:
            self.rollback_failed()  # the client that waited for it is gone
        return partial(self.flush, store.unsettled) if store.waiting else None

    def _anyone(self) -> Account:
        """Return an account without mailboxes, for changes in the shared mailbox over the API."""
        if self._everyone is None:
            self._everyone = self._make_account("")
        return self._everyone

    def _make_account(self, login: str) -> Account:
        return Account(
            login,
            self._ledger,
            self._contents,
            lambda: self._mail.contents,
            self._world.clock.now,
            lambda: self.everything,
            self._flagged,
        )

    def _flagged(self, before: Entry, after: Entry) -> None:
        """Show other flags in the shared mailbox over the API."""
        identifier = after.message
        message = self._mail.get(identifier)
        if message is not None and (SEEN in before.flags) != (SEEN in after.flags):
            self._mail.mark(message, read=SEEN in after.flags)
        self._show_tags(after)

    def _show_tags(self, entry: Entry) -> None:
        tags = tuple(sorted(flag for flag in entry.flags if not flag.startswith("\\")))
        if tags:
            self._tags[entry.message] = tags
        else:
            self._tags.pop(entry.message, None)

    def _follow(self) -> None:
        """Follow the mail from now on."""
        if not self._open:
            self._open = True
            self._mail.on_message.append(self._deliver)
            self._mail.on_removed = self._remove
            self._mail.usage = self.usage

    def _deliver(self, message: Message) -> None:
        """Add a message that was published to the mailboxes that are open."""
        if self._ledger.failed:  # it is added after the changes that were lost are rolled back
            return
        if self._everything is not None and EVERYTHING not in self._filling:
            with self._ledger.change() as change:
                self._capture(change, self._everything, message)
        for number, delivery in enumerate(message.delivered_to, 1):
            account = self._account_at(delivery.mailbox)
            if account is not None and account.login not in self._filling:
                with self._ledger.change() as change:
                    self._add(change, account, message, number)

    def _fill(self, name: str, account: Account | None) -> Iterator[None]:
        """Add all captured messages to a mailbox that is being opened. account: None for the shared one.

        What comes meanwhile is added at the end, so that the order stays that of the messages.
        """
        owners: dict[str, bool] = {}  # by address: most messages are for a few people
        last, goes_on = 0, False
        try:
            while messages := self._mail.messages(last):
                last = messages[-1].number
                for piece in _in_pieces(messages):
                    if goes_on:
                        yield
                    goes_on = True
                    present = [one for message in piece if (one := self._mail.get(message.id)) is not None]
                    with self._ledger.change() as change:
                        if account is None:
                            self._capture_all(change, present)
                        else:
                            self._deliver_all(change, present, account, owners)
        except StoreError:
            self._filling.pop(name, None)  # `rollback_failed` adds what is missing
            raise
        self._filling.pop(name, None)

    def _capture_all(self, change: Change, messages: Iterable[Message]) -> None:
        everything = self._everything
        for message in messages:
            if everything is not None and message.id not in self._uids:
                self._capture(change, everything, message)

    def _deliver_all(
        self, change: Change, messages: Iterable[Message], account: Account, owners: dict[str, bool]
    ) -> None:
        """Add the deliveries to a person. owners: whether an address is theirs, as far as that was found out."""
        for message in messages:
            for number, delivery in enumerate(message.delivered_to, 1):
                address = delivery.mailbox
                if address not in owners:
                    owners[address] = self._account_at(address) is account
                if owners[address]:
                    self._add(change, account, message, number)

    def _capture_missing(self) -> None:
        """Add the captured messages that the shared mailbox does not have, if it is open."""
        if self._everything is not None:
            with self._ledger.change() as change:
                self._capture_all(change, self._mail.messages())

    def _deliver_missing(self, accounts: Iterable[Account]) -> None:
        """Add the deliveries that these people's INBOX does not have, such as those from before it was opened."""
        held = {account.login: account.deliveries() for account in accounts}
        owners: dict[str, Account | None] = {}  # by address: most messages are for a few people
        with self._ledger.change() as change:
            for message in self._mail.messages():
                for number, delivery in enumerate(message.delivered_to, 1):
                    address = delivery.mailbox
                    if address not in owners:
                        owner = self._account_at(address)
                        owners[address] = owner if owner is not None and owner.login in held else None
                    account = owners[address]
                    if account is not None and message.serial > account.taken:
                        known = held[account.login]
                        if not known or f"{message.id}.{number}" not in known:
                            self._add(change, account, message, number)

    def _add(self, change: Change, account: Account, message: Message, number: int) -> None:
        when = message.world_time
        size = self._size(message, number)
        change.add(account.inbox, message.id, size=size, internal=when, saved=when, flags=NO_FLAGS, delivery=number)

    def _capture(self, change: Change, everything: Mailbox, message: Message) -> None:
        """Add a captured message to the shared mailbox."""
        when = message.world_time
        flags = IS_SEEN if message.read else NO_FLAGS
        entry = change.add(everything, message.id, size=message.size, internal=when, saved=when, flags=flags)
        self._uids[message.id] = entry.uid

    def _trace(self, message: Message, number: int) -> bytes:
        return trace(message, message.delivered_to[number - 1].return_path)

    def _size(self, message: Message, number: int) -> int:
        """Return the bytes of a message as delivered; -1 if it was not; 0: as received."""
        if number > len(message.delivered_to):
            return -1
        return message.size + (len(self._trace(message, number)) if number else 0)

    def _login_at(self, address: str) -> str:
        """Return the login of the person with an address; empty if it is no person's."""
        person = self._mail.verify(*split_address(address)).person
        return "" if person is None else person.login.lower()

    def _account_at(self, address: str) -> Account | None:
        return self._accounts.get(self._login_at(address))

    def _remove(self, messages: Iterable[Message]) -> None:
        """Expunge messages that are deleted everywhere."""
        if not self._ledger.failed:  # else they are expunged when the farm is started again
            self._expunge(message.id for message in messages)

    def _expunge(self, identifiers: Iterable[str]) -> None:
        """Remove all entries of captured messages."""
        places = self._ledger.places
        found: dict[Mailbox, list[str]] = {}
        for identifier in identifiers:
            if self._uids.pop(identifier, None) is not None and self._everything is not None:
                found.setdefault(self._everything, []).append(identifier)
            self._tags.pop(identifier, None)
            for mailbox, number in places(identifier).items():
                found.setdefault(mailbox, []).extend([identifier] * number)
        if found:
            with self._ledger.change() as change:
                for mailbox, identifiers in found.items():
                    change.remove(mailbox, _look_for(mailbox, identifiers))

    def _discard(self, identifiers: list[str]) -> None:
        self._contents.discard(identifiers, None if self._ledger.store is None else self._ledger.ticket)

    # The store

    def load(self) -> None:
        """Load what an earlier farm stored, and bring it into line with the mail. Raises: StoreError."""
        store = self._ledger.store
        rows = None if store is None else store.load(TYPES)
        if rows is None:
            return
        table = MailboxTable()
        table.apply(rows)
        self._use(table)
        self._contents.remove_others()
        if not self._accounts and self._everything is None:
            return
        self._follow()
        self._expunge(self._lost())
        self._capture_missing()
        self._deliver_missing(self.accounts)
        serials = [message.serial for message in self._mail.messages()]
        for account in self._accounts.values():
            account.take(max([*serials, self._mail.store.removed]))

    def _lost(self) -> set[str]:
        """Return the captured messages in mailboxes that are gone, or not what they were: an envelope was lost."""
        lost = set()
        for mailbox in self._all_mailboxes():
            for entry in mailbox.entries:
                if entry.message.startswith("m"):
                    message = self._mail.get(entry.message)
                    if message is None or entry.size != self._size(message, entry.delivery):
                        lost.add(entry.message)
        return lost

    def _restore(self, before: Rows) -> None:
        """Restore rows in memory."""
        table = MailboxTable()
        for account in self._accounts.values():
            table.add_account(account.login, account.row(), account.gone)
        for mailbox in self._all_mailboxes():
            table.add_mailbox(mailbox)
        table.annotations |= self._ledger.annotations.rows()
        table.apply(before.items())
        self._use(table)

    def _use(self, table: MailboxTable) -> None:
        """Bring everything here into the state of a table."""
        known = {mailbox.identifier: mailbox for mailbox in self._all_mailboxes()}
        owned: dict[str, list[Mailbox]] = {}
        for identifier, row in table.mailboxes.items():
            mailbox = known.pop(identifier, None) or Mailbox(identifier, row.owner, row.name, row.uid_validity)
            table.restore(mailbox)
            owned.setdefault(row.owner, []).append(mailbox)
        for mailbox in known.values():
            mailbox.end()
        self._everything = next(iter(owned.get("", ())), None)
        self._accounts = {login: self._accounts.get(login) or self._make_account(login) for login in table.accounts}
        for login, account in self._accounts.items():
            account.restore(table.accounts[login], owned.get(login, ()), table.gone(login))
        self._ledger.counters |= {name: max(one, self._ledger.counters[name]) for name, one in table.counters.items()}
        self._ledger.annotations.load(table.annotations)
        every = self._all_mailboxes()
        self._ledger.index(every)
        self._contents.load(
            {entry.message: entry.size for one in every for entry in one.entries if entry.message.startswith("a")}
        )
        self._index_everything()
        for mailbox in (*every, *known.values()):
            self._world.notices.publish(mailbox.topic)

    def _index_everything(self) -> None:
        self._uids.clear()
        self._tags.clear()
        for entry in self._everything.entries if self._everything is not None else ():
            self._uids[entry.message] = entry.uid
            self._show_tags(entry)
            message = self._mail.get(entry.message)
            if message is not None and message.read != (SEEN in entry.flags):
                self._mail.mark(message, read=SEEN in entry.flags)

    def _all_mailboxes(self) -> list[Mailbox]:
        owned = [mailbox for account in self._accounts.values() for mailbox in account.mailboxes]
        return owned if self._everything is None else [*owned, self._everything]


def _in_pieces(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Yield messages in pieces with a bounded number of deliveries, but for those of a single message."""
    begin = deliveries = 0
    for at, message in enumerate(messages):
        deliveries += 1 + len(message.delivered_to)
        if deliveries >= PIECE_DELIVERIES:
            yield messages[begin : at + 1]
            begin, deliveries = at + 1, 0
    if begin < len(messages):
        yield messages[begin:]


def _look_for(mailbox: Mailbox, identifiers: list[str]) -> list[int]:
    """Return the ascending indexes of the entries of captured messages, of which each is there once for each mention.

    Most entries are in the order in which the messages came, so the search begins at the end that is nearer.
    """
    entries, wanted = mailbox.entries, {*identifiers}
    middle = entries[len(entries) // 2].message
    if int(identifiers[0][1:]) <= int(middle[1:]):
        return [*islice((at for at, entry in enumerate(entries) if entry.message in wanted), len(identifiers))]
    indexes = range(len(entries) - 1, -1, -1)
    found = islice((at for at in indexes if entries[at].message in wanted), len(identifiers))
    return sorted(found)
