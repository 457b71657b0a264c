"""The dialogue of an IMAP session: tag, replies, untagged responses, and what the client has enabled."""

import re
from typing import TYPE_CHECKING

from homeport.protocol.dialogue import NOTHING, Dialogue, command_fields
from homeport.protocol.effects import Log, Send, StartCompression, under_faults
from homeport.protocol.events import Tls
from homeport.protocol.faults import OF_ANSWERS
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.secrets import LOGIN_WORD, MASKED, secret_start
from homeport.protocol.service import Syntax
from homeport.protocol.session import Context
from homeport.services.imap.capabilities import allowed
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.options import ImapOptions
from homeport.services.imap.replies import Refused, Reply, bad

if TYPE_CHECKING:
    from homeport.protocol.dialogue import Refused as Refusal
    from homeport.protocol.faults import Do
    from homeport.services.imap.labels import Labels
    from homeport.services.imap.spoiling import Spoiling
    from homeport.world.mail.account import Account

TAGGED_LOGIN = re.compile(
    rb"(?P<tag>[\x00-\x09\x0b-\x20]*+"
    rb"(?:[^\x00-\x20]++[\x00-\x09\x0b-\x20]++|[^\x00-\x20=:,;\"']++[\x00-\x09\x0b-\x20=:,;\"']++)?"
    rb"(?:[A-Za-z]{1,3}[0-9]{0,6}[ \t]++){0,2})" + LOGIN_WORD.pattern,
    re.IGNORECASE,
)
"""The beginning of a line that logs in, after any tag, and with any blanks or control characters around that."""
MAX_LITERAL_MINUS = 4096
"""Bytes of a non-synchronizing literal under LITERAL- (RFC 7888 5)."""


def find_secret(line: bytes) -> int:
    """Return the offset of the secret in a line that may begin with a tag; -1 if there is none."""
    start = secret_start(line)
    if start < 0 and (match := TAGGED_LOGIN.match(line)) is not None:
        begin = match.end("tag")
        found = secret_start(line[begin:])
        start = begin + found if found >= 0 else -1
    return start


class ImapDialogue(Dialogue):
    """The dialogue with one client; the package's docstring draws its states."""

    __slots__ = (
        "account",
        "allowed",
        "asked",
        "commands_left",
        "condstore",
        "enabled",
        "errors",
        "labels",
        "login",
        "noted",
        "options",
        "qresync",
        "rev2",
        "shown",
        "spoiling",
        "syntax",
        "tag",
        "tells_uids",
        "tls",
        "utf8",
        "verb",
    )

    counted_later = frozenset(OF_ANSWERS)

    def __init__(self, context: Context) -> None:
        super().__init__(context, "not authenticated")
        self.options: ImapOptions = context.options
        self.syntax: Syntax = "strict" if self.options.is_strict else self.options.syntax
        """Strictness of the syntax that is accepted."""
        self.tag = b"*"
        """Tag of the current command; `*` if there is none."""
        self.verb = ""
        """Name of the current command, such as `UID FETCH`."""
        self.shown = ""
        """Its arguments as the journal shows them."""
        self.tls: Tls | None = None
        self.login = ""
        """Login of the client; empty before login."""
        self.account: Account | None = None
        """The mailboxes of the client; None before login."""
        self.labels: Labels | None = None
        """The labels of the client's messages, after login with [imap] labels."""
        self.allowed = allowed(self.options)
        """Names of the capabilities that the client may use."""
        self.has = self.allowed
        self.enabled = NOTHING
        """Extensions that ENABLE has enabled."""
        self.rev2 = False
        """True after ENABLE IMAP4rev2, or if IMAP4rev1 is not offered."""
        self.utf8 = False
        """True after ENABLE IMAP4rev2 or UTF8=ACCEPT: UTF-8 in quoted strings and mailbox names, both ways."""
        self.condstore = False
        """True once the client has used CONDSTORE (RFC 7162 3.1)."""
        self.qresync = False
        """True after ENABLE QRESYNC."""
        self.tells_uids = False
        """True after NOTIFY with FlagChange: every FETCH response has the UID (RFC 5465 5.1)."""
        self.errors = 0
        """BAD in a row."""
        self.commands_left = -1
        """Commands after which the connection ends, because the client asked for that; -1: any number."""
        self.asked: Do | None = None
        """Defect that the client asked for by its user name; None for none."""
        self.spoiling: Spoiling | None = None
        """Defects of the answer to the current command; None for none."""
        self.noted = NOTHING
        """Findings that are reported once per connection, and have been."""
        if "IMAP4rev1" not in self.allowed:
            self.rev2 = self.utf8 = True

    # What may be used.

    def allows(self, capability: str) -> bool:
        """Return True if a capability is announced."""
        return capability in self.allowed

    def accept(self, cursor: Cursor) -> None:
        """Check what a command that was parsed uses, and report what is wrong in it. Raises: Refused."""
        for capability in cursor.needs:
            if self.allowed.isdisjoint(capability.split(" or ")):
                raise self.not_announced(capability, f"{self.verb} with this argument")
        for finding in cursor.notes:
            if self.rev2 or finding != "recent-in-rev2":
                self.report_once(finding, self.verb.encode())

    def not_announced(self, capability: str, what: str) -> Refused:
        """Return the refusal of what needs a capability that is not announced."""
        text = f"{what} needs {capability}, which this server does not announce (RFC 9051 6.1.1)"
        return bad(text, finding="capability-not-announced")

    # Output.

    def untagged(self, data: bytes) -> None:
        """Send an untagged response. data: without `* ` and the line end."""
        self.say(b"* " + data + b"\r\n")

    def continue_(self, text: str = "go on") -> None:
        """Send a continuation request (RFC 9051 7.6), at once."""
        self.say(f"+ {text}\r\n".encode())

    def say(self, data: bytes, *, closes: bool = False) -> None:
        """Send bytes. Faults of the current command act on all its responses of a turn together."""
        if self.over:
            return
        self._said.append(data)
        if closes:
            self.over = True

    def reply(self, verb: str, argument: str, reply: Reply) -> None:
        """Send the tagged reply to a command, or an untagged one without a command, and journal it."""
        if self.over:
            return
        if reply.status == "BAD":
            self.errors += 1
            if self.errors >= self.options.max_errors and not reply.closes:
                text = f"too many errors: {self.errors} commands in a row were wrong ([imap] max_errors)"
                self.untagged(Reply("BYE", text).line().rstrip(b"\r\n"))
                reply = Reply(reply.status, reply.text, reply.code, closes=True)
        else:
            self.errors = 0
        if verb in ("LOGIN", "AUTHENTICATE"):
            self.login_open = self.wary = reply.status != "OK"
        wire = (b"*" if reply.status == "BYE" else self.tag) + b" " + reply.line()
        self.effects.append(Log("command", command_fields(verb, argument, reply.status), self.place(len(wire))))
        self.say(wire, closes=reply.closes)
        if self.faults:
            self.flush()
        if reply.compresses:
            self.effect(StartCompression())

    def refuse(self, line: bytes, refused: "Refusal") -> None:
        if self.over:
            return
        if refused.finding:
            self.report(refused.finding, line)
        self.reply(self.verb, self.shown, refused.reply)

    def report_once(self, finding: str, shown: bytes = b"") -> None:
        """Report a finding, once in a connection."""
        if finding not in self.noted:
            self.noted |= {finding}
            self.report(finding, shown)

    def mask(self, line: bytes) -> bytes:
        if self.wary and not TAGGED_LOGIN.match(line):
            return MASKED
        start = find_secret(line)
        return line if start < 0 else line[:start] + MASKED

    # Faults.

    def plan(self, verb: str, argument: str) -> Reply | None:
        self.flush()
        made: Reply | None = super().plan(verb, argument)
        return made

    def _take_reply(self, verb: str) -> Reply | None:
        made: Reply | None = super()._take_reply(verb)
        if self.faults:
            from homeport.services.imap.spoiling import Spoiling, own_faults  # most farms never need it

            if own := own_faults(self.faults):
                self.faults = tuple(one for one in self.faults if one not in own)
                if self.spoiling is None:
                    self.spoiling = Spoiling(own, self.verb or verb)
                else:
                    self.spoiling.add(own)
        return made

    def planned(self, made: PlannedReply) -> Reply:
        from homeport.services.imap.planned import made_reply  # most farms never need it

        return made_reply(made)

    def flush(self) -> None:
        if self._said and (self.faults or self.spoiling is not None):
            said = b"".join(self._said)
            self._said.clear()
            if self.spoiling is not None:
                said = self.spoiling.spoil(self, said)
                self.over = self.over or self.spoiling.closes
            self.effects.extend(under_faults(self.take_faults(), (Send(said),)))
        else:
            super().flush()

    def take(self) -> list[object]:  # type: ignore[override]  # list is invariant
        self.flush()
        return super().take()  # type: ignore[return-value]
