"""Any bytes in any pieces: never an exception, always a known effect, and bounded buffers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.imap.talking import Program

from homeport.protocol.effects import Effect
from homeport.protocol.events import Data

VERBS = [row.verb.encode() for row in type(Program(login="").session).table]
PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(VERBS),
    st.sampled_from(
        [
            *(b"a1 ", b" ", b"\r\n", b"\n", b"\r", b"\0", b'"', b"\\", b"(", b")", b"[", b"]", b"<0.5>", b"*", b"%"),
            *(b"{3}\r\n", b"{3+}\r\nabc", b"{0+}\r\n", b"~{2+}\r\n\0\0", b"{70000+}\r\n", b"{99999999999}\r\n"),
            *(b"INBOX", b"1:*", b"4294967295", b"$", b"FLAGS", b"BODY[]", b"BODY.PEEK[1.MIME]", b"(\\Seen)", b"NIL"),
            *(b"+FLAGS", b"(UNCHANGEDSINCE 1)", b"RETURN (STATUS (MESSAGES))", b"DONE", b"&AOk-", b"&", b"\xc3\xa9"),
            *(
                b"CATENATE (URL /INBOX;UID=1)",
                b"CATENATE (TEXT {3+}\r\nabc URL {11+}\r\n;UID=1;PART)",
                b"alice",
                b"+lrc",
            ),
            *(b"/private/comment", b"(/shared/comment ~{2+}\r\n\0a)", b"(DEPTH 1)", b"RETURN (MYRIGHTS)", b"COMPRESS"),
        ]
    ),
)


def command(parts):
    return b"a1 " + b" ".join(parts) + b"\r\n"


COMMANDS = st.lists(PIECES, min_size=1, max_size=8).map(command)


def cut(data, sizes):
    at = 0
    for size in sizes:
        if at >= len(data):
            return
        yield data[at : at + size]
        at += size
    if at < len(data):
        yield data[at:]


@pytest.mark.parametrize("selected", [False, True])
@given(
    inputs=st.lists(COMMANDS | st.lists(PIECES, max_size=6).map(b"".join), max_size=6),
    sizes=st.lists(st.integers(1, 30), max_size=200),
)
def test_no_bytes_raise_an_exception(selected, inputs, sizes):
    program = Program(max_line=2000, max_literals=2000, max_size=100_000)
    program.add("INBOX")
    if selected:
        program.ask("SELECT INBOX")
    for piece in cut(b"".join(inputs), sizes):
        program.tell(Data(piece))
        assert len(program.session._held) <= 2000 + 100
    program.end()


@given(data=st.binary(max_size=600), sizes=st.lists(st.integers(1, 30), max_size=200))
def test_no_bytes_before_login_raise_an_exception(data, sizes):
    program = Program(login="", listener="starttls", clear_passwords=True, max_line=300)
    for piece in cut(data, sizes):
        for effect in program.session.handle(Data(piece)):
            assert isinstance(effect, Effect)
    program.vanish()


@given(commands=st.lists(COMMANDS.filter(lambda one: b"IDLE" not in one and b"AUTH" not in one), max_size=5))
def test_commands_cut_anywhere_have_the_same_answers(commands):
    data = b"".join(commands)
    outcomes = set()
    for size in (1, 7, len(data) or 1):
        program = Program(max_line=2000, max_literals=2000)
        program.add("INBOX")
        program.ask("SELECT INBOX")
        for at in range(0, len(data), size):
            program.tell(Data(data[at : at + size]))
        outcomes.add(program.talk.sent)
    assert len(outcomes) == 1
