"""AUTH by a digest (RFC 2229 3.11), and SASLAUTH with SASLRESP (3.12)."""

import re
from base64 import b64encode
from hmac import compare_digest

from homeport.protocol.commands import command
from homeport.protocol.dialogue import Reply
from homeport.protocol.effects import Log
from homeport.protocol.fault_names import nearest_fault_name, parse_fault_name
from homeport.protocol.secrets import shown_mechanism
from homeport.sasl import MECHANISMS, Challenge, Exchange, Failure, Step, Success, offered, start
from homeport.sasl.choosing import choose_authority
from homeport.sasl.encoding import decode_initial, decode_line
from homeport.services.dict.dialogue import DictDialogue
from homeport.services.dict.lookup import words_of
from homeport.services.dict.replies import Refused, reply, serialize_text, status
from homeport.services.dict.spoiling import FRAMES

DIGEST = re.compile(r"[0-9a-f]{32}", re.ASCII)
WRONG = "access denied: wrong login or authentication string (RFC 2229 3.11)"


class Login:
    """Login of the client. stamp: the banner's msg-id, with its angle brackets."""

    __slots__ = ("_authority", "_dialogue", "_exchange", "_presence", "stamp")

    def __init__(self, dialogue: DictDialogue) -> None:
        self._dialogue = dialogue
        world = dialogue.context.world
        self._authority = choose_authority(world, dialogue.options.host_name)
        self._exchange: Exchange | None = None
        self._presence = ""
        self.stamp = f"<{world.random.randbytes(9).hex()}@{dialogue.options.host_name}>"

    def capabilities(self) -> list[str]:
        """Return the capabilities of the banner (RFC 2229 3.1)."""
        names = [name.lower() for name in ("AUTH", "MIME") if self._dialogue.offers(name)]
        return names + [name.lower() for name in self._mechanisms()]

    @command("AUTH", "Log in by a digest.", syntax="user digest", reference="RFC 2229 3.11")
    def auth(self, argument: str) -> Reply:
        import hashlib

        self._begin("AUTH", "AUTH")
        name, digest = words_of(argument, 2, "AUTH user digest")
        if not DIGEST.fullmatch(digest):
            self._dialogue.report("digest-form", b"AUTH " + name.encode("utf-8", "replace"))
        identity = self._authority.identity(name)
        wanted = None if identity is None else self._authority.password(identity)
        made = hashlib.md5(f"{self.stamp}{wanted}".encode(), usedforsecurity=False).hexdigest()
        right = wanted is not None and compare_digest(made.encode(), digest.encode("utf-8", "surrogateescape"))
        return self._enter(identity if right and identity else "", name, "AUTH")

    @command("SASLAUTH", "Log in by SASL.", syntax="mechanism [response]", reference="RFC 2229 3.12")
    def saslauth(self, argument: str) -> Reply:
        self._begin("SASLAUTH", "SASLAUTH")
        name, _, initial = argument.strip().partition(" ")
        name, initial = name.upper(), initial.strip(' "')
        shown = self._mechanisms()
        if name not in shown:
            listed = ", ".join(shown) or "none"
            text = f"access denied: unknown mechanism {shown_mechanism(name)!r}; offered: {listed} (RFC 2229 3.12)"
            raise Refused(532, text, "not-announced")
        if MECHANISMS[name].clear:
            self._dialogue.report("plain-in-clear", f"SASLAUTH {name}".encode())
        self._dialogue.login_open = True
        exchange = start(name, self._authority, None, advertised=shown, final_challenge=True)
        decoded = decode_initial(initial.encode("utf-8", "replace")) if initial else None
        return self._continue(exchange, decoded if isinstance(decoded, Failure) else exchange.begin(decoded))

    @command("SASLRESP", "Answer a challenge of SASL.", syntax="[response]", reference="RFC 2229 3.12")
    def saslresp(self, argument: str) -> Reply:
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            raise Refused(501, "send SASLAUTH first: SASLRESP answers its challenge (RFC 2229 3.12)", "saslresp-alone")
        decoded = decode_line(argument.strip(' "').encode("utf-8", "replace"))
        return self._continue(exchange, decoded if isinstance(decoded, Failure) else exchange.respond(decoded))

    def cancel(self) -> None:
        """Forget an exchange: a command came that is not the response to its challenge."""
        self._exchange = None

    def log_out(self) -> None:
        """Release what the login holds."""
        if self._presence:
            self._dialogue.context.world.presence.leave(self._presence)
            self._presence = ""

    def _mechanisms(self) -> list[str]:
        return list(offered(None, self._authority)) if self._dialogue.offers("SASLAUTH") else []

    def _begin(self, capability: str, verb: str) -> None:
        dialogue = self._dialogue
        if not dialogue.offers(capability):  # type: ignore[arg-type]  # one of them
            raise Refused(502, f"{verb} is not offered here: look at the banner (RFC 2229 3.1)", "not-announced")
        if dialogue.login:
            raise Refused(501, f"{dialogue.login} is logged in already: connect again", "auth-twice")
        if dialogue.context.world.faults.by_client:  # forget what an earlier attempt asked for
            self._authority = choose_authority(dialogue.context.world, dialogue.options.host_name)

    def _continue(self, exchange: Exchange, step: Step) -> Reply:
        """Return the reply that a step of an exchange leads to."""
        for finding in step.findings:
            self._dialogue.report(finding)
        if isinstance(step, Challenge):
            self._exchange = exchange
            challenge = serialize_text([b64encode(step.data).decode()])
            return Reply("130", status(130, "challenge follows") + challenge + status(330, "send response"))
        if isinstance(step, Success):
            return self._enter(step.authorization, step.authorization, exchange.name)
        assert isinstance(step, Failure)  # noqa: S101 - the third kind of step
        self._dialogue.effect(Log("login", {"login": "", "mechanism": exchange.name, "code": "531"}))
        return reply(531, f"access denied: {step.reason} (RFC 2229 3.12)")

    def _enter(self, login: str, name: str, mechanism: str) -> Reply:
        """Log in. login: empty if the password was wrong."""
        dialogue, world = self._dialogue, self._dialogue.context.world
        asked = getattr(self._authority, "asked", "") if login else ""
        answer = self._asked(asked) if asked else None
        if answer is None:
            answer = reply(230, "authentication successful") if login else reply(531, WRONG)
        dialogue.effect(Log("login", {"login": login or name, "mechanism": mechanism, "code": answer.code}))
        if answer.code == "230":
            dialogue.login, dialogue.login_open = login, False
            now = world.clock.now()
            self._presence = world.presence.enter(
                login, "dict", dialogue.context.peer[0], now, conn=dialogue.context.conn
            )
        return answer

    def _asked(self, name: str) -> Reply | None:
        """Collect the fault that a user name asks for, `alice+NAME`; return the reply that it plans, or None."""
        do = parse_fault_name(name)
        if do is None or do.kind == "frame":
            raise Refused(501, f"there is no fault {name[:60]!r}; {nearest_fault_name(name, [*FRAMES])}")
        answer: Reply | None = self._dialogue.ask_for_fault(do)
        return answer
