"""The AUTHORIZATION state: CAPA, STLS, and the ways to log in (RFC 1939 4, 7; RFC 2449; RFC 2595; RFC 5034)."""

from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from hmac import compare_digest

from homeport.protocol.commands import command
from homeport.protocol.dialogue import Reply
from homeport.protocol.effects import AwaitFlush, GroupCommit, Log, StartTls
from homeport.protocol.events import Tls
from homeport.protocol.secrets import MASKED, shown_mechanism
from homeport.protocol.waiting import NextLine, Steps
from homeport.sasl import MECHANISMS, Challenge, Failure, Success, offered, start
from homeport.sasl.choosing import choose_authority
from homeport.sasl.encoding import decode_initial, decode_line
from homeport.services.pop3.dialogue import Pop3Dialogue
from homeport.services.pop3.maildrop import Maildrop
from homeport.services.pop3.options import Capability
from homeport.services.pop3.replies import DONE, Refused, error, listing, ok
from homeport.version import __version__
from homeport.world.passwords import opens
from homeport.world.row_store import StoreError

BEFORE_LOGIN = frozenset({"authorization"})
AUTH_LINE_LIMIT = 12_288
"""Bytes of a line of a SASL exchange (RFC 5034 4 has no limit of its own; RFC 4954 4 asks for this)."""
LANGUAGE = "en"
WRONG = "wrong login or password"


class Login:
    """Who the client is. stamp: the timestamp of the greeting for APOP; empty if APOP is not offered."""

    __slots__ = ("_authority", "_dialogue", "_maildrop", "_name", "_presence", "stamp")

    def __init__(self, dialogue: Pop3Dialogue, maildrop: Maildrop) -> None:
        self._dialogue = dialogue
        self._maildrop = maildrop
        self._authority = choose_authority(dialogue.context.world, dialogue.options.host_name)
        self._name = ""
        self._presence = ""
        self.stamp = f"<{self._authority.nonce()}@{dialogue.options.host_name}>" if dialogue.offers("APOP") else ""

    def capabilities(self) -> Iterator[str]:
        """Yield the capabilities on offer now, each with its parameters (RFC 2449 6)."""
        dialogue, options = self._dialogue, self._dialogue.options
        mechanisms = self._mechanisms()
        names: tuple[Capability, ...] = ("TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "LANG")
        yield from (name for name in names if dialogue.offers(name))
        if dialogue.offers("USER") and self._accepts_clear:
            yield "USER"
        if dialogue.offers("SASL") and mechanisms:
            yield f"SASL {' '.join(mechanisms)}"
        if dialogue.offers("STLS") and dialogue.tls is None and dialogue.state == "authorization":
            yield "STLS"
        if dialogue.offers("UTF8"):
            yield "UTF8 USER" if dialogue.offers("USER") else "UTF8"
        if options.login_delay:
            yield f"LOGIN-DELAY {max(1, round(options.login_delay))}"
        yield "EXPIRE NEVER"
        yield f"IMPLEMENTATION Homeport-{__version__}"

    @command("CAPA", "List the capabilities.", reference="RFC 2449 5")
    def capa(self, _argument: str) -> Reply:
        if not self._dialogue.offers("CAPA"):
            raise Refused("unknown command 'CAPA' ([pop3] without)")  # no rule: how else would a client find out?
        return listing("capabilities follow", self.capabilities())

    @command("STLS", "Start TLS.", states=BEFORE_LOGIN, reference="RFC 2595 4")
    def stls(self, _argument: str) -> Steps:
        dialogue = self._dialogue
        if dialogue.tls is not None:
            raise Refused("TLS is on already (RFC 2595 4)", "stls-twice")
        self._require("STLS", "STLS")
        dialogue.state = "tls"
        dialogue.reply("STLS", "", ok("begin TLS"))
        yield StartTls()

    def tls_started(self, tls: Tls) -> None:
        """Discard everything that the client said before TLS (RFC 2595 4)."""
        self._dialogue.tls = tls
        self._dialogue.state = "authorization"
        self._dialogue.utf8 = False
        self.forget_name()

    def forget_name(self) -> None:
        """Forget what USER said: PASS is valid right after it only (RFC 1939 7)."""
        self._name = ""

    @command("UTF8", "Read mail with UTF-8 in its header.", states=BEFORE_LOGIN, reference="RFC 6856 2.1")
    def utf8(self, _argument: str) -> Reply:
        self._require("UTF8", "UTF8")
        self._dialogue.utf8 = True
        return ok("UTF-8 is on")

    @command("LANG", "Choose the language of replies.", syntax="[language]", reference="RFC 6856 3")
    def lang(self, argument: str) -> Reply:
        self._require("LANG", "LANG")
        if not argument:
            return listing("languages follow", [f"{LANGUAGE} English"])
        if argument.lower() not in (LANGUAGE, "*", "i-default") and not argument.lower().startswith("en-"):
            raise Refused(f"the only language here is {LANGUAGE} (RFC 6856 3)")
        return ok(f"{LANGUAGE} replies are in English")

    @command("USER", "Name the person to log in.", states=BEFORE_LOGIN, syntax="login", reference="RFC 1939 7")
    def user(self, argument: str) -> Reply:
        self._require("USER", "USER")
        self._require_tls("USER")
        self._name = argument
        self._dialogue.wary = True
        return ok("send PASS")  # RFC 1939 7: also for unknown names, so that they cannot be found out

    @command("PASS", "Log in by password.", states=BEFORE_LOGIN, syntax="password", reference="RFC 1939 7")
    def password(self, argument: str) -> Steps:
        self._require("USER", "PASS")
        name, self._name = self._name, ""
        if not name:
            raise Refused("send USER first (RFC 1939 7)", "pass-before-user")
        self._note_clear("PASS")
        self._begin_login()
        identity = self._authority.identity(name)
        authority = self._authority
        wanted = None if identity is None else authority.hashed(identity) or authority.password(identity)
        right = wanted is not None and opens(wanted, argument.encode("utf-8", "surrogateescape"))
        return (yield from self._enter(identity if right and identity else "", name, "PASS"))

    @command("APOP", "Log in by a digest.", states=BEFORE_LOGIN, syntax="login digest", reference="RFC 1939 7")
    def apop(self, argument: str) -> Steps:
        import hashlib

        self._dialogue.wary = True
        if not self.stamp:
            raise Refused("APOP is not offered: the greeting has no timestamp (RFC 1939 7)", "not-announced")
        name, _, digest = argument.partition(" ")
        if not digest or " " in digest:
            raise Refused("write APOP login digest (RFC 1939 7)", "syntax")
        self._begin_login()
        identity = self._authority.identity(name)
        wanted = None if identity is None else self._authority.password(identity)
        made = hashlib.md5(f"{self.stamp}{wanted}".encode(), usedforsecurity=False).hexdigest()
        right = wanted is not None and compare_digest(made.encode(), digest.encode("utf-8", "surrogateescape"))
        return (yield from self._enter(identity if right and identity else "", name, "APOP"))

    @command("AUTH", "Log in by SASL.", states=BEFORE_LOGIN, syntax="mechanism [initial]", reference="RFC 5034 4")
    def auth(self, argument: str) -> Steps:
        dialogue = self._dialogue
        dialogue.wary = True
        self._require("SASL", "AUTH")
        name, _, initial = argument.partition(" ")
        name = name.upper()
        shown = self._mechanisms()
        if name not in shown:
            if name in MECHANISMS and MECHANISMS[name].clear and not self._accepts_clear:
                self._require_tls(name)
            listed = ", ".join(shown) or "none"
            raise Refused(
                f"unknown mechanism {shown_mechanism(name)!r}; offered: {listed} (RFC 5034 4)", "not-announced"
            )
        if MECHANISMS[name].clear:
            self._note_clear(f"AUTH {name}")
        self._begin_login()
        exchange = start(name, self._authority, dialogue.tls, advertised=shown, final_challenge=True)
        argument = f"{name} {MASKED.decode()}" if initial else name
        decoded = decode_initial(initial.encode()) if initial else None
        step = decoded if isinstance(decoded, Failure) else exchange.begin(decoded)
        while isinstance(step, Challenge):
            self._report_all(step.findings)
            dialogue.reply("AUTH", argument, Reply("+", b"+ %s\r\n" % b64encode(step.data)))
            response = NextLine(AUTH_LINE_LIMIT, secret=True)
            line = yield response
            if response.rest:
                dialogue.report("pipelining-sync")
            argument = MASKED.decode()
            if line == b"*":
                raise Refused("authentication was cancelled by the client")
            if len(line) > AUTH_LINE_LIMIT:
                raise Refused(f"the response has more than {AUTH_LINE_LIMIT} bytes", "command-too-long")
            response_bytes = decode_line(line)
            step = response_bytes if isinstance(response_bytes, Failure) else exchange.respond(response_bytes)
        self._report_all(step.findings)
        if isinstance(step, Success):
            return (yield from self._enter(step.authorization, step.authorization, name))
        assert isinstance(step, Failure)  # noqa: S101 - the third kind of step
        dialogue.effect(Log("login", {"login": "", "mechanism": name, "code": "-ERR"}))
        return error(f"{step.reason} (RFC 5034 4)", "" if step.kind == "malformed" else self._auth_code)

    def log_out(self) -> None:
        """Release what the login holds."""
        self._maildrop.release()
        if self._presence:
            self._dialogue.context.world.presence.leave(self._presence)
            self._presence = ""

    @property
    def _accepts_clear(self) -> bool:
        return self._dialogue.tls is not None or self._dialogue.options.clear_passwords

    @property
    def _auth_code(self) -> str:
        return self._dialogue.code("AUTH") if self._dialogue.offers("AUTH-RESP-CODE") else ""

    def _mechanisms(self) -> list[str]:
        shown = offered(self._dialogue.tls, self._authority)
        return [name for name in shown if self._accepts_clear or not MECHANISMS[name].clear]

    def _require(self, capability: Capability, verb: str) -> None:
        if not self._dialogue.offers(capability):
            raise Refused(f"{verb} is not offered here: look at CAPA (RFC 2449 5)", "not-announced")

    def _require_tls(self, what: str) -> None:
        if not self._accepts_clear:
            text = (
                f"{what} sends the password in the clear: send STLS first, or use the listener pop3.tls (RFC 2595 2.2)"
            )
            raise Refused(text, "plain-in-clear", code=self._auth_code)

    def _note_clear(self, what: str) -> None:
        self._require_tls(what)
        if self._dialogue.tls is None:
            self._dialogue.report("plain-in-clear", what.encode())

    def _report_all(self, findings: tuple[str, ...]) -> None:
        for finding in findings:
            self._dialogue.report(finding)

    def _enter(self, login: str, name: str, mechanism: str) -> Steps:
        """Log in, lock the maildrop and open it. login: empty if the password was wrong."""
        dialogue, world = self._dialogue, self._dialogue.context.world
        reply = error(WRONG, self._auth_code) if not login else self._delayed(login)
        if reply is None:
            reply = self._asked()
        if reply is None:
            reply = yield from self._open(login)
        code = reply.code
        dialogue.effect(Log("login", {"login": login or name, "mechanism": mechanism, "code": code}))
        if code == DONE:
            dialogue.login, dialogue.state = login, "transaction"
            dialogue.wary = dialogue.login_open = False
            if dialogue.options.login_delay:
                self._last_logins[login] = world.clock.now()
            self._presence = world.presence.enter(
                login, "pop3", dialogue.context.peer[0], world.clock.now(), conn=dialogue.context.conn
            )
        return reply

    def _begin_login(self) -> None:
        """Forget what an earlier attempt asked for."""
        if self._dialogue.context.world.faults.by_client:
            dialogue = self._dialogue
            self._authority = choose_authority(dialogue.context.world, dialogue.options.host_name)

    def _asked(self) -> Reply | None:
        """Collect the fault that the user name asks for; return the reply that replaces that of the login, or None."""
        asked = getattr(self._authority, "asked", "")
        if not asked:
            return None
        from homeport.services.pop3.client_faults import asked_by_user  # most farms never need it

        return asked_by_user(self._dialogue, asked)

    def _delayed(self, login: str) -> Reply | None:
        """Return the refusal of a login that comes before LOGIN-DELAY is over."""
        dialogue = self._dialogue
        delay = dialogue.options.login_delay
        if not delay:
            return None
        now = dialogue.context.world.clock.now()
        before = self._last_logins.get(login, now - delay)
        if now - delay < before <= now:
            dialogue.report("polling-too-fast")
            text = f"log in {max(1, round(before + delay - now))} seconds later (RFC 2449 6.5)"
            return error(text, dialogue.code("LOGIN-DELAY"))
        return None

    @property
    def _last_logins(self) -> dict[str, float]:
        """Time of the last login of each person, by the world's clock."""
        last: dict[str, float] = self._dialogue.context.world.of_service("pop3", dict)
        return last

    def _open(self, login: str) -> Steps:
        """Open the maildrop of a person. Returns: the reply."""
        dialogue, boxes = self._dialogue, self._dialogue.context.world.mailboxes
        for _step in boxes.opening(login):
            yield AwaitFlush()
        try:
            account = boxes.account(login)
        except KeyError:
            return error("that person was removed meanwhile")
        if not account.inbox.lock(dialogue.context.conn):
            text = "the maildrop is locked by another session of POP3 (RFC 1939 8)"
            return error(text, dialogue.code("IN-USE"))
        said = self._maildrop.open(account)
        ticket = boxes.unsettled
        if ticket is not None:  # UIDs are safe before they are told
            try:
                yield GroupCommit(partial(boxes.flush, ticket))
            except StoreError as problem:
                boxes.rollback_failed()
                self._maildrop.release()
                return error(f"the maildrop cannot be opened: {problem}", dialogue.code("SYS/TEMP"))
        return ok(f"{login}'s maildrop has {said}")
