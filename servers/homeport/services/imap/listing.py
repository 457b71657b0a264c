"""LIST, LSUB, STATUS and NAMESPACE (RFC 9051 6.3.9 to 6.3.11, RFC 5258, RFC 5819, RFC 6154, RFC 3501 6.3.9)."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

import msgspec

from homeport.protocol.commands import command
from homeport.protocol.effects import AwaitFlush
from homeport.protocol.waiting import Steps
from homeport.services.imap.annotations import read, response
from homeport.services.imap.dialogue import ImapDialogue
from homeport.services.imap.grammar.acl_arguments import serialize_rights
from homeport.services.imap.grammar.list_patterns import ListRequest, Patterns, parse_list
from homeport.services.imap.grammar.status_items import parse_status_items
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.grammar.writing import mailbox as written
from homeport.services.imap.name_tree import Node, Walk
from homeport.services.imap.replies import Reply, bad, no, ok
from homeport.services.imap.rights import require, rights_of
from homeport.services.imap.selected import Selected
from homeport.world.mail.mailbox import Mailbox
from homeport.world.mail.mailbox_names import EVERYTHING, SEPARATOR, order

WORK_PER_PIECE = 6000
"""Characters that are compared with patterns in one turn, with those of the responses: a millisecond or two of work."""
NAMES_PER_PIECE = 200
"""Names that are sorted in the turn in which they are compared."""
COST_TOLD = 30
"""Work of a response, in characters."""
NO_PLACES: AbstractSet[int] = frozenset()
COST_OF_ANNOTATION = 50
AFTER_LOGIN = ("authenticated", "selected")


class Name(msgspec.Struct):
    """A name that LIST may return: a mailbox, a subscription, or a level above one of them."""

    name: str
    mailbox: Mailbox | None = None
    subscribed: bool = False
    has_children: bool = False


class Listing:
    """Tells which mailboxes there are, and how they are."""

    __slots__ = ("dialogue", "selected")

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue

    @command("LIST", "List mailboxes.", syntax="reference pattern", states=AFTER_LOGIN, reference="RFC 9051 6.3.9")
    def list_mailboxes(self, cursor: Cursor) -> Steps | Reply:
        """List the mailboxes whose names match a pattern."""
        request = parse_list(cursor)
        self.dialogue.accept(cursor)
        if request.patterns == ("",) and not request.extended:
            self.dialogue.untagged(b'LIST (\\Noselect) "%s" ""' % SEPARATOR.encode())
            return ok("LIST completed")
        return self._list(request)

    @command("LSUB", "List subscriptions.", syntax="reference pattern", states=AFTER_LOGIN, reference="RFC 3501 6.3.9")
    def lsub(self, cursor: Cursor) -> Steps | Reply:
        """List the subscribed names that match a pattern."""
        dialogue = self.dialogue
        if dialogue.rev2:
            if dialogue.syntax == "strict":
                raise bad("IMAP4rev2 has no LSUB: use LIST (SUBSCRIBED) (RFC 9051 E)", finding="lsub-in-rev2")
            dialogue.report_once("lsub-in-rev2", b"LSUB")
        request = parse_list(cursor, lsub=True)
        dialogue.accept(cursor)
        if request.patterns == ("",):
            dialogue.untagged(b'LSUB (\\Noselect) "%s" ""' % SEPARATOR.encode())
            return ok("LSUB completed")
        return self._lsub(request)

    # LIST.

    @property
    def _shared(self) -> tuple[str, ...]:
        """Names of mailboxes that no person owns, as far as they are listed: Gmail has none."""
        return () if self.dialogue.labels is not None else (EVERYTHING,)

    def _list(self, request: ListRequest) -> Steps:
        if request.status:
            yield from self.selected.catch_up()
        account = self.selected.account
        names = account.names()
        if "SUBSCRIBED" in request.selection:
            yield from _pause(names)
            names = sorted({*names, *account.subscriptions}, key=order)
        if EVERYTHING in names and self._shared:
            names.remove(EVERYTHING)
        names += self._shared
        yield from _pause(names)
        patterns = request.matcher()
        above = NO_PLACES
        if "RECURSIVEMATCH" in request.selection:
            above = yield from self._above_chosen(names, request, patterns)
        walk, work = Walk(names, patterns), 0
        for nodes in walk:
            for node in nodes:
                children = node.place in above
                if node.matched and (children or self._is_chosen(self._name(node), request)):
                    work += self._tell(self._name(node), request, children=children)
            if walk.cost + work > WORK_PER_PIECE:
                walk.cost = work = 0
                yield AwaitFlush()
        return ok("LIST completed")

    def _name(self, node: Node) -> Name:
        """Return what there is to tell about a name."""
        account = self.selected.account
        if not node.listed:
            return Name(node.name, has_children=True)
        mailbox = account.find(node.name)
        return Name(node.name, mailbox, node.name in account.subscriptions, node.has_children)

    def _above_chosen(self, names: list[str], request: ListRequest, patterns: Patterns) -> Steps:
        """Return the places of the nodes below which a name meets the selection options but matches no pattern."""
        account = self.selected.account
        above: set[int] = set()
        walk = Walk(names, patterns)
        for name, nodes in zip(names, walk, strict=True):
            listed = bool(nodes) and nodes[-1].listed
            if not (listed and nodes[-1].matched):
                one = Name(name, account.find(name), name in account.subscriptions)
                if self._is_chosen(one, request):
                    above |= walk.above(name)
            if walk.cost > WORK_PER_PIECE:
                walk.cost = 0
                yield AwaitFlush()
        return above

    def _is_chosen(self, one: Name, request: ListRequest) -> bool:
        """Return True if a name meets the selection options."""
        if "SUBSCRIBED" in request.selection and not one.subscribed:
            return False
        if "SPECIAL-USE" not in request.selection:
            return True
        return one.mailbox is not None and bool(one.mailbox.special_use)

    def _tell(self, one: Name, request: ListRequest, *, children: bool) -> int:
        """Send the LIST response of a name, and its STATUS if that was asked for. Returns the cost."""
        dialogue = self.dialogue
        name = written(one.name, utf8=dialogue.utf8)
        attributes = " ".join(self._attributes(one, request)).encode()
        line = b'LIST (%s) "%s" %s' % (attributes, SEPARATOR.encode(), name)
        if children:
            criteria = " ".join(
                f'"{option}"' for option in ("SUBSCRIBED", "SPECIAL-USE") if option in request.selection
            )
            line += b' ("CHILDINFO" (%s))' % criteria.encode()
        dialogue.untagged(line)
        cost = COST_TOLD + len(name)
        if one.mailbox is None:
            return cost
        if "MYRIGHTS" in request.returned:  # RFC 8440 3
            dialogue.untagged(myrights(dialogue, one.name, one.mailbox))
            cost += COST_TOLD
        if request.status and "r" in rights_of(dialogue, one.mailbox):
            dialogue.untagged(b"STATUS %s (%s)" % (name, self._status(one.mailbox, request.status)))
            cost += (1 + len(request.status)) * COST_TOLD
        if request.metadata:
            values = read(dialogue, one.mailbox)
            dialogue.untagged(response(dialogue, one.name, [(entry, values.get(entry)) for entry in request.metadata]))
            cost += COST_OF_ANNOTATION * len(request.metadata)
        return cost

    def _attributes(self, one: Name, request: ListRequest) -> Iterator[str]:
        dialogue = self.dialogue
        if one.mailbox is None:
            yield "\\NonExistent" if dialogue.allows("LIST-EXTENDED") and request.extended else "\\Noselect"
        if dialogue.allows("CHILDREN") or "CHILDREN" in request.returned:
            yield "\\HasChildren" if one.has_children else "\\HasNoChildren"
        if one.subscribed and ("SUBSCRIBED" in request.returned or "SUBSCRIBED" in request.selection):
            yield "\\Subscribed"
        if one.mailbox is not None and one.mailbox.special_use and dialogue.allows("SPECIAL-USE"):
            yield one.mailbox.special_use

    # LSUB.

    def _lsub(self, request: ListRequest) -> Steps:
        """List subscriptions, and with `%` the levels above them that are none (RFC 3501 6.3.9)."""
        names = sorted(self.selected.account.subscriptions, key=order)
        if EVERYTHING in names:
            names.remove(EVERYTHING)
            names.append(EVERYTHING)
        yield from _pause(names)
        levels = any("%" in pattern for pattern in (request.reference, *request.patterns))
        walk, work = Walk(names, request.matcher()), 0
        for nodes in walk:
            for node in nodes:
                if node.matched and (node.listed or levels):
                    attributes = b"" if node.listed else b"\\Noselect"
                    name = written(node.name, utf8=self.dialogue.utf8)
                    self.dialogue.untagged(b'LSUB (%s) "%s" %s' % (attributes, SEPARATOR.encode(), name))
                    work += COST_TOLD + len(name)
            if walk.cost + work > WORK_PER_PIECE:
                walk.cost = work = 0
                yield AwaitFlush()
        return ok("LSUB completed")

    # STATUS.

    @command("STATUS", "Describe a mailbox.", syntax="mailbox (items)", states=AFTER_LOGIN, reference="RFC 9051 6.3.11")
    def status(self, cursor: Cursor) -> Steps:
        """Describe a mailbox without selecting it."""
        name = cursor.mailbox()
        cursor.space()
        items = parse_status_items(cursor)
        cursor.end()
        dialogue = self.dialogue
        dialogue.accept(cursor)
        if dialogue.rev2 and "RECENT" in items:
            dialogue.report_once("recent-in-rev2", b"STATUS RECENT")
        mailbox = self.selected.account.find(name)
        if mailbox is None:
            raise no(f"there is no mailbox {name}", "NONEXISTENT")
        require(dialogue, mailbox, "r", "STATUS")
        selection = self.selected.selection
        if selection is not None and selection.mailbox is mailbox:
            dialogue.report_once("status-of-selected", b"STATUS")
        yield from self.selected.catch_up()
        if "HIGHESTMODSEQ" in items:
            self.selected.enable_condstore()
        dialogue.untagged(b"STATUS %s (%s)" % (written(name, utf8=dialogue.utf8), self._status(mailbox, items)))
        return ok("STATUS completed")

    def _status(self, mailbox: Mailbox, items: tuple[str, ...]) -> bytes:
        """Serialize items of STATUS."""
        values: dict[str, Callable[[], object]] = {
            "MESSAGES": lambda: len(mailbox.entries),
            "UIDNEXT": lambda: mailbox.uid_next,
            "UIDVALIDITY": lambda: mailbox.uid_validity,
            "UNSEEN": lambda: mailbox.unseen,
            "DELETED": lambda: mailbox.deleted,
            "SIZE": lambda: mailbox.size,
            "HIGHESTMODSEQ": lambda: mailbox.highest_modseq,
            "MAILBOXID": lambda: f"({mailbox.identifier})",
            "APPENDLIMIT": lambda: int(self.dialogue.options.max_size),
            "RECENT": partial(recent_in, mailbox),
            "DELETED-STORAGE": lambda: mailbox.deleted_size,
        }
        return " ".join(f"{item} {values[item]()}" for item in items).encode()

    @command("NAMESPACE", "List namespaces.", states=AFTER_LOGIN, needs={"NAMESPACE"}, reference="RFC 9051 6.3.10")
    def namespace(self, _cursor: Cursor) -> Reply:
        """List the namespaces: the person's own, and the shared mailbox with every message."""
        shared = "".join(f'("{name}" "/")' for name in self._shared)
        self.dialogue.untagged(f'NAMESPACE (("" "/")) NIL {f"({shared})" if shared else "NIL"}'.encode())
        return ok("NAMESPACE completed")


def myrights(dialogue: ImapDialogue, name: str, mailbox: Mailbox) -> bytes:
    """Return the MYRIGHTS response (RFC 4314 3.8)."""
    rights = serialize_rights(rights_of(dialogue, mailbox)).encode()
    return b"MYRIGHTS %s %s" % (written(name, utf8=dialogue.utf8), rights)


def _pause(names: Sequence[str]) -> Steps:
    """End the turn if many names have been sorted in it."""
    if len(names) > NAMES_PER_PIECE:
        yield AwaitFlush()


def recent_in(mailbox: Mailbox) -> int:
    """Count the entries that no session has been told of (RFC 3501 2.3.2)."""
    return len(mailbox.uids) - bisect_left(mailbox.uids, mailbox.recent_from)
