"""CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 6.3.4 to 6.3.8, RFC 6154), and quotas (RFC 9208)."""

from homeport.protocol.commands import command
from homeport.protocol.effects import AwaitFlush
from homeport.protocol.waiting import Steps
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem
from homeport.services.imap.grammar.writing import mailbox as written
from homeport.services.imap.labels import refuse_own
from homeport.services.imap.listing import AFTER_LOGIN
from homeport.services.imap.replies import Reply, no, ok
from homeport.services.imap.rights import require
from homeport.services.imap.selected import Selected
from homeport.services.imap.selection import CHANGED_MESSAGES, PIECE_MESSAGES, pieces
from homeport.world.mail.account import Account
from homeport.world.mail.mailbox import Mailbox
from homeport.world.mail.mailbox_names import INBOX, SEPARATOR, SPECIAL_USES, canonical

KIB = 1024
"""Bytes of a unit of STORAGE (RFC 9208 5.1)."""
ROOT = ""
"""The quota root of all mailboxes of a person."""


class Managing:
    """Changes which mailboxes there are."""

    __slots__ = ("dialogue", "selected")

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue

    def _name(self, cursor: Cursor, *, last: bool = True) -> str:
        """Read the name of a mailbox. last: True if nothing may follow it."""
        name = cursor.mailbox()
        if last:
            cursor.end()
            self.dialogue.accept(cursor)
        return name

    @command("CREATE", "Create a mailbox.", syntax="mailbox", states=AFTER_LOGIN, reference="RFC 9051 6.3.4")
    def create(self, cursor: Cursor) -> Reply:
        """Create a mailbox, and the levels above it that do not exist."""
        name = self._name(cursor, last=False)
        use = ""
        if not cursor.at_end:
            cursor.space()
            use = self._special_use(cursor)
        cursor.end()
        self.dialogue.accept(cursor)
        account = self.selected.account
        self._refuse_own(name)
        parent = self._check_parent(account, name, "CREATE")
        mailbox = account.create(name, use, parent, superiors=True)  # RFC 9051 6.3.4
        code = f"MAILBOXID ({mailbox.identifier})" if self.dialogue.allows("OBJECTID") else ""
        return ok("CREATE completed", code)

    def _special_use(self, cursor: Cursor) -> str:
        """Parse `(USE (\\Sent))` (RFC 6154 5). Raises: Refused."""
        at = cursor.at
        cursor.expect(b"(")
        if not cursor.take_word(b"USE"):
            raise SyntaxProblem("the only parameter of CREATE is USE", "RFC 6154 5", at)
        cursor.need("CREATE-SPECIAL-USE")
        cursor.space()
        uses = cursor.list_of(cursor.flag, empty=True)
        cursor.expect(b")")
        self.dialogue.accept(cursor)
        if len(uses) > 1:
            raise no("a mailbox has one special use here", "USEATTR")
        if uses and uses[0].lower() not in SPECIAL_USES:
            known = " ".join(SPECIAL_USES.values())
            raise no(f"no mailbox can have the special use {uses[0]}: use {known}", "USEATTR")
        return uses[0] if uses else ""

    def _check_parent(self, account: Account, name: str, what: str) -> Mailbox | None:
        """Return the nearest mailbox above a name, in which the client may create others. Raises: Refused."""
        levels = name.removesuffix(SEPARATOR).split(SEPARATOR)
        above = (account.find(SEPARATOR.join(levels[:end])) for end in range(len(levels) - 1, 0, -1))
        parent = next((one for one in above if one is not None), None)
        if parent is not None:
            require(self.dialogue, parent, "k", what)
        return parent

    def _refuse_own(self, name: str) -> None:
        """Refuse to change a mailbox that is Gmail's own. Raises: MailboxProblem."""
        if self.dialogue.labels is not None:
            refuse_own(name)

    @command("DELETE", "Delete a mailbox.", syntax="mailbox", states=AFTER_LOGIN, reference="RFC 9051 6.3.5")
    def delete(self, cursor: Cursor) -> Steps:
        """Delete a mailbox with its messages; those below it stay."""
        name, account = self._name(cursor), self.selected.account
        self._refuse_own(name)
        self._check_removal(account, name, "DELETE")
        mailbox = account.find(name)
        if mailbox is not None and mailbox is not account.inbox and not mailbox.shared:
            while len(mailbox) > PIECE_MESSAGES and not mailbox.gone:  # what is left goes with the mailbox
                account.expunge(mailbox, [*mailbox.uids[:CHANGED_MESSAGES]])
                yield AwaitFlush()
        account.delete(name)
        return ok("DELETE completed")

    def _check_removal(self, account: Account, name: str, what: str) -> None:
        """Check that a mailbox may lose its name. Raises: Refused."""
        mailbox = account.find(name)
        if mailbox is not None:
            require(self.dialogue, mailbox, "x", what)

    @command("RENAME", "Rename a mailbox.", syntax="mailbox name", states=AFTER_LOGIN, reference="RFC 9051 6.3.6")
    def rename(self, cursor: Cursor) -> Steps:
        """Rename a mailbox and those below it."""
        old = self._name(cursor, last=False)
        cursor.space()
        new = self._name(cursor)
        account = self.selected.account
        self._refuse_own(old)
        self._refuse_own(new)
        parent = None
        if account.find(old) is not None:
            self._check_removal(account, old, "RENAME")
            parent = self._check_parent(account, new, "RENAME")
        if canonical(old) != INBOX:
            account.rename(old, new, parent, superiors=True)  # RFC 9051 6.3.6
            return ok("RENAME completed")
        inbox, target = account.inbox, account.create_for_inbox(new, parent, superiors=True)
        for piece in pieces([*inbox.uids], CHANGED_MESSAGES):
            account.move(inbox, piece, target)
            yield AwaitFlush()
        return ok("RENAME completed")

    @command("SUBSCRIBE", "Subscribe to a mailbox.", syntax="mailbox", states=AFTER_LOGIN, reference="RFC 9051 6.3.7")
    def subscribe(self, cursor: Cursor) -> Reply:
        """Subscribe to a name."""
        name, account = self._name(cursor), self.selected.account
        if account.find(name) is None and not any(one.startswith(name + SEPARATOR) for one in account.names()):
            raise no(f"there is no mailbox {name} to subscribe to (RFC 9051 6.3.7)", "NONEXISTENT")
        account.subscribe(name)
        return ok("SUBSCRIBE completed")

    @command("UNSUBSCRIBE", "Remove a subscription.", syntax="mailbox", states=AFTER_LOGIN, reference="RFC 9051 6.3.8")
    def unsubscribe(self, cursor: Cursor) -> Reply:
        """Remove a subscription."""
        self.selected.account.unsubscribe(self._name(cursor))
        return ok("UNSUBSCRIBE completed")

    # Quotas.

    @command(
        "GETQUOTA", "Tell a quota.", syntax="root", states=AFTER_LOGIN, needs={"QUOTA"}, reference="RFC 9208 4.1.1"
    )
    def getquota(self, cursor: Cursor) -> Reply:
        """Tell the usage and the limit of a quota root."""
        root = cursor.astring()
        cursor.end()
        self.dialogue.accept(cursor)
        if root.decode("utf-8", "replace") != ROOT or not self._quotas():
            raise no('there is no such quota root: the only one is "", if there is a limit', "NONEXISTENT")
        self._tell_quota()
        return ok("GETQUOTA completed")

    @command(
        "GETQUOTAROOT",
        "Tell the quotas of a mailbox.",
        syntax="mailbox",
        states=AFTER_LOGIN,
        needs={"QUOTA"},
        reference="RFC 9208 4.1.2",
    )
    def getquotaroot(self, cursor: Cursor) -> Reply:
        """Tell the quota roots of a mailbox, with usage and limit."""
        name = self._name(cursor)
        account = self.selected.account
        mailbox = account.find(name)
        if mailbox is None:
            raise no(f"there is no mailbox {name}", "NONEXISTENT")
        limited = bool(self._quotas()) and not mailbox.shared
        roots = b' ""' if limited else b""
        self.dialogue.untagged(b"QUOTAROOT %s%s" % (written(name, utf8=self.dialogue.utf8), roots))
        if limited:
            self._tell_quota()
        return ok("GETQUOTAROOT completed")

    def _tell_quota(self) -> None:
        self.dialogue.untagged(b'QUOTA "" (%s)' % b" ".join(self._quotas()))

    def _quotas(self) -> list[bytes]:
        """Return name, usage and limit of each resource that has a limit (RFC 9208 5)."""
        account = self.selected.account
        quotas = []
        if account.quota_limit is not None:
            quotas.append(b"STORAGE %d %d" % (-(-account.usage.size // KIB), account.quota_limit // KIB))
        if account.messages_limit is not None:
            quotas.append(b"MESSAGE %d %d" % (account.usage.messages, account.messages_limit))
        return quotas
