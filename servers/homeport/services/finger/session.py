"""The Finger session: parsing of queries, and forwarding."""

from collections.abc import Sequence
from typing import ClassVar

from homeport.protocol.effects import AskHost, Close, Effect, Log, Send
from homeport.protocol.events import HostAnswered
from homeport.protocol.plaintext import safe, wire
from homeport.protocol.query import QuerySession
from homeport.protocol.rules import HTTP_REQUEST, Rule
from homeport.protocol.session import Context
from homeport.services.finger.answers import Answers
from homeport.services.finger.options import HOST, MAX_QUERY_BYTES, RULES

MAX_ANSWER_BYTES = 64 << 10
"""Limit of another host's answer that is passed on."""
FINGER_PORT = 79
DENIED = "Finger forwarding service denied"  # RFC 1288 3.2.1


class Finger(QuerySession):
    """One query and its answer."""

    __slots__ = ("_asked",)

    limit = MAX_QUERY_BYTES
    rules: ClassVar[dict[str, Rule]] = {rule.id: rule for rule in RULES}

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._asked = ""  # the other host, while its answer is pending

    def refusal(self, finding: str, reason: str) -> bytes:
        if finding == HTTP_REQUEST.id:  # Finger's own negative answer, by which scanners recognize a server
            return wire(["finger: HTTP/1.0: no such user.", f"finger: {reason}"])
        return refusal(reason)

    def answer(self, query: bytes) -> list[Effect]:
        text = query.decode("ascii", "replace")
        if "@" in text:
            return self._forward(text)
        words = text.split()
        # RFC 1288 2.3 puts /W first; RFC 742 has no grammar, so it is accepted anywhere.
        names = [word for word in words if word not in ("/W", "/w")]
        verbose = len(names) != len(words)
        name = " ".join(names)
        answers = Answers(self.context.world, self.context.options)
        found = answers.about(name, verbose=verbose) if name else answers.who_is_on(verbose=verbose)
        # RFC 1288 3.2.7: the administrator can audit queries.
        fields = {"verb": "user" if name else "list", "argument": safe(text.strip()), "code": found.code}
        return [Log("command", fields), Send(wire(found.lines)), Close()]

    def _forward(self, text: str) -> list[Effect]:
        """Forward the part before the last `@` to the host after it (RFC 1288 2.4)."""
        query, _at, wanted = text.rpartition("@")
        wanted = wanted.strip()
        allowed = find_host(wanted, self.context.options.forward_to)
        fields = {"verb": "forward", "argument": safe(text.strip()), "code": "forwarded" if allowed else "denied"}
        if allowed is None:
            return [Log("command", fields), Send(wire([DENIED])), Close()]
        host, port = allowed
        self.state = "waiting"
        self._asked = wanted
        return [Log("command", fields), AskHost(host, port, wire([query]), MAX_ANSWER_BYTES)]

    def pass_on(self, event: HostAnswered) -> Sequence[Effect]:
        self.state = "answered"
        lines = event.data.decode("utf-8", "replace").splitlines()
        if event.error:
            lines.append(f"finger: {self._asked}: {event.error}")
        return (Send(wire(lines)), Close()) if lines else (Close(),)


def find_host(wanted: str, allowed: Sequence[str]) -> tuple[str, int] | None:
    """Return host and port of the configured entry for that host; None if it has none."""
    name = wanted.strip("[]").removesuffix(".").lower()
    for entry in allowed:
        if match := HOST.match(entry):
            host = match[1] or match[2]
            if host.lower() == name:
                return host, int(match[3] or FINGER_PORT)
    return None


def refusal(reason: str) -> bytes:
    """Serialize a refusal: one line."""
    return wire([f"finger: {reason}"])
