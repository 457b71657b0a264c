"""Logins that are sent wrongly, and the proof that their secret is nowhere in what a farm records or replies.

`wrong_logins` generates them for any protocol of lines; `Recorder` hears a session as the driver does. For example:

    @given(wrong_logins([b"PASS"], SECRET))
    def test_a_secret_in_a_wrong_login_is_masked(pieces):
        assert_masked(session(), pieces, SECRET)
"""

import base64
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from conftest import LOCAL, PEER
from hypothesis import strategies as st

from homeport.protocol.effects import Call, Conceal, Log, Misbehave, ReportFinding, Send
from homeport.protocol.events import Called, Closed, Data, Eof, Opened, Tls
from homeport.protocol.session import Session
from homeport.world.journal import Source

LEADS = (b"", b" ", b"\t", b"  \t ", b"\0", b"\x7f", b"\xef\xbb\xbf", b'"', b"a1 ", b" " * 20_000)
"""Bytes before the command."""
GAPS = (b" ", b"  ", b"\t", b" \t ", b"=", b":", b",", b";", b" = ", b"\0", b"\r", b"\x01", b" " * 600)
"""Bytes between the words, and before the secret."""
ENDS = (b"\r\n", b"\n", b"\r", b"", b" \r\n", b"\t\r\n", b"\0\r\n", b"\x01\r\n", b"\xe9\r\n", b" more\r\n")
"""Bytes after the secret."""
PADDING = (b"x" * 20_000 + b"\r\n", b" " * 20_000 + b"\r\n", b"x" * 20_000)
"""Ends that make the line too long."""
CASES = (bytes, bytes.lower, bytes.upper, bytes.title, bytes.swapcase)
FRAGMENT = 5
"""Bytes of a secret that must not be seen together."""


@st.composite
def wrong_logins(
    draw: st.DrawFn, words: Sequence[bytes], secret: bytes, around: Sequence[bytes] = (b"", b"NOOP\r\n", b"QUIT\r\n")
) -> list[bytes]:
    """Generate the pieces of an input in which a login is wrong somehow, or in a wrong place.

    words: the words before the secret, such as AUTH and PLAIN. around: whole lines that may come before and after it.
    """
    spelt = [draw(st.sampled_from(CASES))(word) for word in words]
    login = draw(st.sampled_from(LEADS))
    for word in spelt:
        login += word + draw(st.sampled_from(GAPS))
    if draw(st.booleans()) and draw(st.booleans()):
        login = login.rstrip(b"".join(GAPS))  # nothing between the word before it and the secret
    whole = draw(st.sampled_from(tuple(around))) + login + secret + draw(st.sampled_from((*ENDS, *PADDING)))
    whole += draw(st.sampled_from(tuple(around)))
    cuts = sorted(draw(st.lists(st.integers(1, max(len(whole) - 1, 1)), max_size=4)))
    edges = [0, *cuts, len(whole)]
    return [whole[begin:end] for begin, end in pairwise(edges) if begin < end]


def single_mistakes(words: Sequence[bytes], secret: bytes, before: bytes = b"") -> Iterator[bytes]:
    """Yield the correct login, and each one with a single mistake, after other input."""
    line = b" ".join((*words, secret))
    for lead in LEADS:
        yield before + lead + line + b"\r\n"
    for gap in (*GAPS, b""):
        yield before + gap.join((*words, secret)) + b"\r\n"
        yield before + b" ".join(words) + gap + secret + b"\r\n"
    for end in (*ENDS, *PADDING):
        yield before + line + end
    for spell in CASES:
        yield before + b" ".join((*map(spell, words), secret)) + b"\r\n"
    for other in (b"NOOP\r\n", b"QUIT\r\n", line + b"\r\n"):
        yield before + other + line + b"\r\n"


class Recorder:
    """What a farm records of one connection, and replies to it."""

    def __init__(self, session: Session, tls: Tls | None = None) -> None:
        self.session = session
        context = session.context
        self.journal = context.world.journal
        self.connection = self.journal.open(Source(context.service, context.listener), PEER, LOCAL)
        self.other: list[str] = []
        """Log entries, findings and replies."""
        self.tell(Opened(tls))

    def tell(self, event: Any) -> None:
        """Pass an event to the session, and record as the driver does."""
        effects = list(self.session.handle(event))
        for effect in effects:
            while isinstance(effect, Misbehave):
                effect = effect.effects[0]
            if isinstance(effect, Conceal):
                self.journal.conceal(self.connection, effect.size, effect.after)
            elif isinstance(effect, Log | ReportFinding):
                self.other.append(repr(effect))
            elif isinstance(effect, Send):
                self.other.append(bytes(effect.data).decode("latin-1"))
            elif isinstance(effect, Call):
                result = effect.work()
                effect.then()
                self.tell(Called(result, None))

    def feed(self, data: bytes) -> None:
        """Receive bytes."""
        self.connection.received += len(data)
        if self.connection.room:
            self.journal.record_bytes(self.connection, "in", data)
        self.tell(Data(data))

    def received(self) -> bytes:
        """Return the input as the journal shows it."""
        return b"".join(base64.b64decode(event["bytes"]) for event in self.journal.events() if event["type"] == "in")


def assert_masked(
    session: Session, pieces: Sequence[bytes], secret: bytes, *, ending: str = "closed", tls: Tls | None = None
) -> None:
    """Feed pieces to a session, end it, and check that no part of the secret is seen."""
    recorder = Recorder(session, tls)
    for piece in pieces:
        recorder.feed(piece)
    if ending == "eof":
        recorder.tell(Eof())
    recorder.tell(Closed("broken: connection reset" if ending == "broken" else "closed"))
    seen = recorder.received().decode("latin-1").lower() + "\n" + "\n".join(recorder.other).lower()
    text = secret.decode("latin-1").lower()
    for at in range(len(text) - FRAGMENT + 1):
        fragment = text[at : at + FRAGMENT]
        assert fragment not in seen, f"{fragment!r} of the secret is seen: {seen[-600:]!r}"


ENDINGS = st.sampled_from(("closed", "eof", "broken"))
