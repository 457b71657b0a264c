"""Descriptions of client and server: the greeting, CAPABILITY, ID, ENABLE, STARTTLS, NOOP and LOGOUT."""

from homeport.protocol.commands import command
from homeport.protocol.effects import StartTls
from homeport.protocol.events import Tls
from homeport.protocol.waiting import Steps
from homeport.sasl import MECHANISMS, offered
from homeport.sasl.authority import WorldAuthority
from homeport.services.imap.capabilities import announced
from homeport.services.imap.dialogue import ImapDialogue
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem
from homeport.services.imap.grammar.writing import quoted
from homeport.services.imap.replies import Reply, bad, ok
from homeport.version import __version__

POLLING = 5
"""NOOPs in a row that are polling."""
MAX_ENABLED = 100
"""Names of one ENABLE."""
MAX_ID_FIELDS = 30
"""RFC 2971 3.3."""
MAX_ID_NAME = 30
MAX_ID_VALUE = 1024


class Identity:
    """Answers what the server is and can do, and starts TLS."""

    __slots__ = ("_noops", "dialogue", "selected_once")

    def __init__(self, dialogue: ImapDialogue) -> None:
        self.dialogue = dialogue
        self._noops = 0
        self.selected_once = False
        """True once a mailbox has been selected."""

    def observe(self, verb: str) -> None:
        """Take note of a command that is about to be executed."""
        self._noops = self._noops + 1 if verb == "NOOP" else 0
        dialogue = self.dialogue
        self.selected_once = self.selected_once or dialogue.state == "selected"
        if self._noops == POLLING and dialogue.state == "selected" and dialogue.allows("IDLE"):
            dialogue.report_once("noop-polling", b"NOOP")

    # Capabilities.

    @property
    def clear_allowed(self) -> bool:
        """True if passwords may be sent as they are."""
        return self.dialogue.tls is not None or self.dialogue.options.clear_passwords

    def mechanisms(self) -> list[str]:
        """Return the SASL mechanisms that are offered now, by preference."""
        dialogue = self.dialogue
        if not dialogue.allows("AUTH"):
            return []
        shown = offered(dialogue.tls, WorldAuthority(dialogue.context.world, dialogue.options.host_name))
        return shown if self.clear_allowed else [name for name in shown if not MECHANISMS[name].clear]

    def capabilities(self) -> str:
        """Return what CAPABILITY tells now."""
        dialogue = self.dialogue
        logged_in = bool(dialogue.login)
        words = announced(
            dialogue.options,
            logged_in=logged_in,
            may_start_tls=dialogue.tls is None and dialogue.context.listener != "tls",
            mechanisms=[] if logged_in else self.mechanisms(),
            may_login=self.clear_allowed and dialogue.allows("LOGIN"),
        )
        return "CAPABILITY " + " ".join(words)

    def greet(self) -> None:
        """Send the greeting (RFC 9051 7.1.1)."""
        text = Reply("OK", f"{self.dialogue.options.host_name} Homeport ready", self.capabilities())
        self.dialogue.say(b"* " + text.line())

    @command("CAPABILITY", "List the capabilities.", reference="RFC 9051 6.1.1")
    def capability(self, _cursor: Cursor) -> Reply:
        """List the capabilities."""
        self.dialogue.untagged(self.capabilities().encode())
        return ok("CAPABILITY completed")

    @command("NOOP", "Do nothing, and hear what is new.", reference="RFC 9051 6.1.2")
    def noop(self, _cursor: Cursor) -> Reply:
        """Do nothing; what is new is told before the reply."""
        return ok("NOOP completed")

    @command("ID", "Exchange names of programs.", syntax="(field value ...) or NIL", needs={"ID"}, reference="RFC 2971")
    def identify(self, cursor: Cursor) -> Reply:
        """Take the client's description of itself, and return the server's."""
        self._read_fields(cursor)
        cursor.end()
        self.dialogue.accept(cursor)
        self.dialogue.untagged(b'ID ("name" "Homeport" "version" %s)' % quoted(__version__.encode()))
        return ok("ID completed")

    def _read_fields(self, cursor: Cursor) -> None:
        """Check the fields of ID (RFC 2971 3.3). Raises: SyntaxProblem."""
        if cursor.rest.upper() == b"NIL":
            cursor.nstring()
            return
        names: set[bytes] = set()
        cursor.expect(b"(")
        while not cursor.take(b")"):
            if names:
                cursor.space()
            at = cursor.at
            name = cursor.string()
            cursor.space()
            value = cursor.nstring() or b""
            if len(name) > MAX_ID_NAME or len(value) > MAX_ID_VALUE or len(names) >= MAX_ID_FIELDS:
                text = (
                    f"ID has at most {MAX_ID_FIELDS} fields, names of {MAX_ID_NAME} and values of {MAX_ID_VALUE} bytes"
                )
                raise SyntaxProblem(text, "RFC 2971 3.3", at)
            if name.lower() in names:
                raise SyntaxProblem("a field of ID occurs twice", "RFC 2971 3.3", at)
            names.add(name.lower())

    @command(
        "ENABLE",
        "Enable extensions.",
        syntax="capability ...",
        states={"authenticated", "selected"},
        needs={"ENABLE"},
        reference="RFC 9051 6.3.1",
    )
    def enable(self, cursor: Cursor) -> Reply:
        """Enable extensions, and tell which were enabled by this command."""
        words = [cursor.atom().upper()]
        while not cursor.at_end:
            cursor.space()
            words.append(cursor.atom().upper())
            if len(words) > MAX_ENABLED:
                raise SyntaxProblem(f"ENABLE takes at most {MAX_ENABLED} names", "RFC 9051 6.3.1", cursor.at)
        dialogue = self.dialogue
        if dialogue.state == "selected" or self.selected_once:
            if dialogue.syntax == "strict":
                raise bad("ENABLE comes before a mailbox is selected (RFC 5161 3.1)", finding="enable-after-select")
            dialogue.report_once("enable-after-select", b"ENABLE")
        done = [name for name in dict.fromkeys(words) if self._enable(name)]
        shown = "".join(f" {NAMES[name]}" for name in done)
        dialogue.untagged(f"ENABLED{shown}".encode())
        return ok("ENABLE completed")

    def _enable(self, name: str) -> bool:
        """Enable one extension. Return False if it is unknown, not announced, or enabled already."""
        dialogue = self.dialogue
        if name not in NAMES or not dialogue.allows(NAMES[name]) or name in dialogue.enabled:
            return False
        dialogue.enabled |= {name}
        if name == "IMAP4REV2":
            dialogue.rev2 = dialogue.utf8 = True
        elif name == "UTF8=ACCEPT":
            dialogue.utf8 = True
        else:
            dialogue.condstore = True
            dialogue.qresync = dialogue.qresync or name == "QRESYNC"
        return True

    # TLS.

    @command("STARTTLS", "Start TLS.", states={"not authenticated"}, needs={"STARTTLS"}, reference="RFC 9051 6.2.1")
    def starttls(self, _cursor: Cursor) -> Steps:
        """Start TLS."""
        dialogue = self.dialogue
        if dialogue.tls is not None:
            raise bad("TLS is on already (RFC 9051 6.2.1)", finding="starttls-twice")
        dialogue.reply("STARTTLS", "", ok("begin TLS negotiation now"))
        return self._start()

    def _start(self) -> Steps:
        yield StartTls()

    def tls_started(self, tls: Tls) -> None:
        """Continue under TLS: what the client said and enabled before does not count (RFC 9051 6.2.1)."""
        self.dialogue.tls = tls


NAMES = {"IMAP4REV2": "IMAP4rev2", "UTF8=ACCEPT": "UTF8=ACCEPT", "CONDSTORE": "CONDSTORE", "QRESYNC": "QRESYNC"}
"""Extensions that ENABLE knows, as they are announced."""
