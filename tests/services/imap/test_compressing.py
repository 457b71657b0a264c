"""COMPRESS=DEFLATE (RFC 4978): when it starts, and what ends it. `tests/io/test_deflated.py` has the compression."""

import pytest
from services.imap.talking import Program, every_way

from homeport.protocol.effects import Send, StartCompression
from homeport.protocol.events import Data, InflateFailed


def test_it_is_announced_after_login_and_not_before():
    program = Program(login="")
    assert "COMPRESS=DEFLATE" not in program.greeting
    assert "COMPRESS=DEFLATE" in program.last("LOGIN alice alice-pass")


def test_compression_starts_after_the_reply():
    program = Program()
    effects = program.session.handle(Data(b"c COMPRESS DEFLATE\r\n"))
    kinds = [type(effect) for effect in effects if isinstance(effect, Send | StartCompression)]
    assert kinds == [Send, StartCompression]
    assert effects[-2:] == [Send(b"c OK DEFLATE active\r\n"), StartCompression()]


def test_it_starts_in_a_selected_mailbox_too_after_what_is_new():
    program = Program()
    program.ask("SELECT INBOX")
    program.add()
    told = program.ask("compress deflate")
    assert (told[0], told[-1]) == ("* 1 EXISTS", "OK DEFLATE active")
    assert program.talk.compressed


def test_a_second_time_it_is_active():
    program = Program()
    program.ask("COMPRESS DEFLATE")
    assert program.last("COMPRESS DEFLATE").startswith("NO [COMPRESSIONACTIVE] COMPRESS has turned DEFLATE on already")
    assert program.last("NOOP") == "OK NOOP completed"


def test_it_works_after_starttls():
    program = Program(login="", listener="starttls").start_tls()
    program.ask("LOGIN alice alice-pass")
    assert program.last("COMPRESS DEFLATE") == "OK DEFLATE active"
    assert program.talk.compressed


@pytest.mark.parametrize("argument", ["", " ", " DEFLATE x", " (DEFLATE)", " LZ4"])
def test_other_arguments_are_bad_and_start_nothing(argument):
    program = Program()
    assert program.last(f"COMPRESS{argument}").startswith("BAD")
    assert not program.talk.compressed


def test_before_login_it_is_bad():
    program = Program(login="")
    assert program.last("COMPRESS DEFLATE").startswith("BAD log in before COMPRESS")
    assert program.findings == ["bad-sequence"]


def test_withdrawn_it_is_bad():
    program = Program(without=["COMPRESS=DEFLATE"])
    assert program.last("COMPRESS DEFLATE").startswith("BAD COMPRESS needs COMPRESS=DEFLATE")
    assert program.findings == ["capability-not-announced"]
    assert not program.talk.compressed


def test_a_client_that_does_not_wait_for_the_reply_stays_in_the_clear():
    program = Program()
    answer = program.send(b"c COMPRESS DEFLATE\r\nd NOOP\r\n")
    assert answer == ["c BAD data follow COMPRESS: send nothing before its reply (RFC 4978 3)", "d OK NOOP completed"]
    assert program.findings == ["compress-injection"]
    assert not program.talk.compressed


def test_cut_anywhere_it_is_the_same():
    def look(program):
        return program.talk.sent.decode().split("\r\n")[-2:], program.talk.compressed

    assert every_way(b"c COMPRESS DEFLATE\r\n", look) == (["c OK DEFLATE active", ""], True)


def test_input_that_is_not_deflate_ends_the_session():
    program = Program()
    program.ask("COMPRESS DEFLATE")
    assert program.tell(InflateFailed("the input is not valid DEFLATE")) == "* BYE the input is not valid DEFLATE"
    assert program.talk.closed
    assert program.findings == ["bad-compression"]


def test_input_that_is_not_deflate_ends_an_append_too():
    program = Program()
    program.ask("COMPRESS DEFLATE")
    program.ask("APPEND INBOX {10}")
    assert program.tell(InflateFailed("wrong")) == "* BYE wrong"
    assert program.talk.closed
    assert program.mailbox("INBOX").entries == []
