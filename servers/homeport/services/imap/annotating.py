"""GETMETADATA and SETMETADATA (RFC 5464), and LIST RETURN (METADATA ...) (RFC 9590).

An entry that was asked for by its name and has no value is NIL, as other servers answer.
"""

from homeport.protocol.commands import command
from homeport.services.imap.annotations import ADMIN, SPECIAL_USE, is_below, read, response
from homeport.services.imap.grammar.metadata_arguments import parse_get_metadata, parse_set_metadata
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.listing import AFTER_LOGIN
from homeport.services.imap.replies import Reply, no, ok
from homeport.services.imap.rights import no_permission, rights_of
from homeport.services.imap.selected import Selected
from homeport.world.mail.mailbox import Mailbox


class Annotating:
    """Reads and sets annotations."""

    __slots__ = ("dialogue", "selected")

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue

    @command(
        "GETMETADATA",
        "Read annotations.",
        syntax="[(options)] mailbox entries",
        states=AFTER_LOGIN,
        needs={"METADATA-SERVER"},
        reference="RFC 5464 4.2",
    )
    def get(self, cursor: Cursor) -> Reply:
        """Read annotations of a mailbox, or of the server."""
        request = parse_get_metadata(cursor)
        dialogue = self.dialogue
        dialogue.accept(cursor)
        mailbox = self._find(request.mailbox)
        self._check_rights(mailbox, shared=False)
        values = read(dialogue, mailbox)
        shown: dict[str, bytes | None]
        if request.depth:
            entries = frozenset(request.entries)
            shown = {name: value for name, value in values.items() if is_below(name, entries, request.depth)}
        else:
            shown = {name: values.get(name) for name in request.entries}
        limit = request.max_size
        longest = max((len(value) for value in shown.values() if value is not None), default=0)
        if limit is not None and longest > limit:
            shown = {name: value for name, value in shown.items() if value is None or len(value) <= limit}
        else:
            longest = 0
        if shown:
            dialogue.untagged(response(dialogue, request.mailbox, shown.items()))
        return ok("GETMETADATA completed", f"METADATA LONGENTRIES {longest}" if longest else "")

    @command(
        "SETMETADATA",
        "Set annotations.",
        syntax="mailbox (entry value ...)",
        states=AFTER_LOGIN,
        needs={"METADATA-SERVER"},
        reference="RFC 5464 4.3",
    )
    def set(self, cursor: Cursor) -> Reply:
        """Set annotations, all or none of them."""
        request = parse_set_metadata(cursor)
        self.dialogue.accept(cursor)
        mailbox = self._find(request.mailbox)
        for name, _value in request.values:
            self._check_rights(mailbox, shared=name.startswith("/shared/"))
            if name == SPECIAL_USE and mailbox is not None:
                raise no("the special use of a mailbox is given by CREATE (RFC 6154 3)", "USEATTR")
            if name.startswith("/shared/") and mailbox is not None and mailbox.shared:
                raise no(f"{mailbox.name} is no person's: annotate it by /private entries", "NOPERM")
            if name == ADMIN and mailbox is None:
                raise no(f"{ADMIN} is the server's own (RFC 5464 6.2.1)", "NOPERM")
        self.dialogue.context.world.mailboxes.annotate(self.dialogue.login, mailbox, request.values)
        return ok("SETMETADATA completed")

    def _check_rights(self, mailbox: Mailbox | None, *, shared: bool) -> None:
        """Check that the client may read annotations, or set private or shared ones (RFC 5464 3.3). Raises: Refused."""
        if mailbox is not None and not mailbox.shared:
            rights = rights_of(self.dialogue, mailbox)
            if (shared and "w" not in rights) or not rights & {*"rswip"}:
                raise no_permission(mailbox, "w" if shared else "r", self.dialogue.verb)

    def _find(self, name: str) -> Mailbox | None:
        """Return a mailbox; None for the server. Raises: Refused."""
        if not name:
            return None
        if not self.dialogue.allows("METADATA"):
            raise self.dialogue.not_announced("METADATA", "an annotation of a mailbox")
        mailbox = self.selected.account.find(name)
        if mailbox is None:
            raise no(f"there is no mailbox {name}", "NONEXISTENT")
        return mailbox
