"""GETACL, SETACL, DELETEACL, LISTRIGHTS and MYRIGHTS (RFC 4314)."""

from homeport.protocol.commands import command
from homeport.sasl.saslprep import Prohibited, saslprep
from homeport.services.imap.grammar import writing
from homeport.services.imap.grammar.acl_arguments import (
    OBSOLETE,
    RIGHTS,
    parse_acl_mailbox,
    parse_acl_target,
    parse_set_acl,
    serialize_rights,
)
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.listing import AFTER_LOGIN, myrights
from homeport.services.imap.replies import Reply, bad, no, ok
from homeport.services.imap.rights import REQUIRED, no_permission, permanent_flags, read_acl, rights_of
from homeport.services.imap.selected import Selected
from homeport.world.mail.annotations import ACCESS
from homeport.world.mail.mailbox import Mailbox
from homeport.world.mail.mailbox_problem import MailboxProblem

MAX_IDENTIFIER_BYTES = 255


class Access:
    """Tells and changes who may do what with a mailbox."""

    __slots__ = ("dialogue", "selected")

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue

    @command("GETACL", "Tell rights.", syntax="mailbox", states=AFTER_LOGIN, needs={"ACL"}, reference="RFC 4314 3.3")
    def getacl(self, cursor: Cursor) -> Reply:
        """Tell the rights of all identifiers."""
        name = parse_acl_mailbox(cursor)
        self.dialogue.accept(cursor)
        mailbox = self._administered(name, "GETACL")
        words = [self._written(name)]
        for identifier, rights in read_acl(self.dialogue, mailbox).items():
            words += (writing.astring(identifier.encode(), utf8=self.dialogue.utf8), _serialize(rights))
        self.dialogue.untagged(b"ACL " + b" ".join(words))
        return ok("GETACL completed")

    @command(
        "SETACL",
        "Change rights.",
        syntax="mailbox identifier rights",
        states=AFTER_LOGIN,
        needs={"ACL"},
        reference="RFC 4314 3.1",
    )
    def setacl(self, cursor: Cursor) -> Reply:
        """Give an identifier rights, or take them away."""
        request = parse_set_acl(cursor)
        self.dialogue.accept(cursor)
        identifier = self._prepare(request.identifier)
        mailbox = self._administered(request.mailbox, "SETACL")
        before = read_acl(self.dialogue, mailbox).get(identifier, frozenset())
        after = {"add": before | request.rights, "remove": before - request.rights, "replace": request.rights}
        self._store(mailbox, identifier, after[request.how])
        return ok("SETACL completed")

    @command(
        "DELETEACL",
        "Remove rights.",
        syntax="mailbox identifier",
        states=AFTER_LOGIN,
        needs={"ACL"},
        reference="RFC 4314 3.2",
    )
    def deleteacl(self, cursor: Cursor) -> Reply:
        """Remove an identifier from the list; the owner keeps what an owner always has."""
        name, identifier = parse_acl_target(cursor)
        self.dialogue.accept(cursor)
        identifier = self._prepare(identifier)
        self._store(self._administered(name, "DELETEACL"), identifier, frozenset())
        return ok("DELETEACL completed")

    @command(
        "LISTRIGHTS",
        "Tell which rights can be given.",
        syntax="mailbox identifier",
        states=AFTER_LOGIN,
        needs={"ACL"},
        reference="RFC 4314 3.4",
    )
    def listrights(self, cursor: Cursor) -> Reply:
        """Tell which rights an identifier always has, and which it can be given."""
        name, identifier = parse_acl_target(cursor)
        self.dialogue.accept(cursor)
        prepared = self._prepare(identifier)
        mailbox = self._administered(name, "LISTRIGHTS")
        required = REQUIRED if prepared == mailbox.owner else frozenset()
        optional = [letter for letter in (*RIGHTS, *OBSOLETE) if letter not in required]
        words = [self._written(name), writing.astring(identifier.encode(), utf8=self.dialogue.utf8)]
        words.append(writing.astring("".join(letter for letter in RIGHTS if letter in required).encode()))
        self.dialogue.untagged(b"LISTRIGHTS " + b" ".join([*words, *(letter.encode() for letter in optional)]))
        return ok("LISTRIGHTS completed")

    @command(
        "MYRIGHTS",
        "Tell the client's rights.",
        syntax="mailbox",
        states=AFTER_LOGIN,
        needs={"ACL"},
        reference="RFC 4314 3.5",
    )
    def myrights(self, cursor: Cursor) -> Reply:
        """Tell the client's rights."""
        name = parse_acl_mailbox(cursor)
        self.dialogue.accept(cursor)
        self.dialogue.untagged(myrights(self.dialogue, name, self._find(name)))
        return ok("MYRIGHTS completed")

    def _find(self, name: str) -> Mailbox:
        mailbox = self.selected.account.find(name)
        if mailbox is None:
            raise no(f"there is no mailbox {name}", "NONEXISTENT")
        return mailbox

    def _administered(self, name: str, what: str) -> Mailbox:
        """Return a mailbox on which the client has the right `a`: every one of its own. Raises: Refused."""
        mailbox = self._find(name)
        if mailbox.shared:
            raise no_permission(mailbox, "a", what)
        return mailbox

    def _prepare(self, identifier: str) -> str:
        """Return an identifier as it is stored (RFC 4314 3): the login of a person in lower case. Raises: Refused."""
        sign = "-" if identifier.startswith("-") else ""
        try:
            name = saslprep(identifier.removeprefix("-"))
        except Prohibited as error:
            raise bad(f"the identifier is prohibited: {error} (RFC 4314 3)") from None
        if not name or len(name.encode()) > MAX_IDENTIFIER_BYTES:
            raise bad(f"an identifier has 1 to {MAX_IDENTIFIER_BYTES} bytes (RFC 4314 3)")
        known = self.dialogue.context.world.people.get(name.lower()) is not None
        return sign + (name.lower() if known or name.lower() == "anyone" else name)

    def _store(self, mailbox: Mailbox, identifier: str, rights: frozenset[str]) -> None:
        """Store the rights of an identifier; without any it is not listed, unless it is the owner. Raises: Refused."""
        login, selection = self.dialogue.login, self.selected.selection
        before = rights_of(self.dialogue, mailbox)
        value = None if not rights and identifier != mailbox.owner else "".join(sorted(rights)).encode()
        try:
            self.dialogue.context.world.mailboxes.annotate(login, mailbox, [(ACCESS + identifier, value)])
        except MailboxProblem:
            raise no("the access control lists and annotations of a person are full: remove some", "LIMIT") from None
        if selection is not None and selection.mailbox is mailbox and before != rights_of(self.dialogue, mailbox):
            flags = permanent_flags(self.dialogue, mailbox)  # RFC 4314 5.1.1
            self.dialogue.untagged(b"OK [PERMANENTFLAGS %s] the rights have changed" % flags)

    def _written(self, name: str) -> bytes:
        return writing.mailbox(name, utf8=self.dialogue.utf8)


def _serialize(rights: frozenset[str]) -> bytes:
    return writing.astring(serialize_rights(rights).encode())
