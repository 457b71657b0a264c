"""The Telnet engine, by RFC 854, RFC 1123 3 and their options: each test reads like a transcript."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.telnet.engine import OPENING, Connection, Parrot, every_way

from homeport.protocol.events import Closed, Data, Eof, Stopping, TimerFired, UrgentPending
from homeport.services.telnet.parsing import MAX_SUBNEGOTIATION, Parser
from homeport.services.telnet.session import LOOP

SGA, ECHO, BOTH = b"\xff\xfd\x03", b"\xff\xfd\x01", b"\xff\xfd\x03\xff\xfd\x01"
DO_EVERYTHING_NOT = b"".join(b"\xff\xfe" + bytes((one,)) for one in (3, 1)) + b"".join(
    b"\xff\xfc" + bytes((one,)) for one in (0x18, 0x1F, 0x20, 0x27)
)


# Negotiation (RFC 855, RFC 1143; RFC 1123 3.2.1 to 3.2.3).


@pytest.mark.requirement("TEL-3.3.4-1")
@pytest.mark.requirement("TEL-3.2.2-1")
def test_the_server_opens_with_the_mode_that_it_expects_and_its_prompt_in_one_segment():
    assert Connection().opening == OPENING + b"% "


@pytest.mark.requirement("TEL-3.2.1-1")
def test_negotiation_and_subnegotiation_leave_nothing_in_the_text():
    done = every_way(b"\xff\xfd\x01\xff\xfa\x18\x00x\xff\xf0hi\r\n")
    assert done.heard == ["hi"]
    assert done.findings == ["sb-unasked"]


@pytest.mark.requirement("TEL-3.2.1-2")
def test_a_request_for_the_state_in_force_gets_no_answer():
    done = every_way(SGA * 20 + b"\xff\xfe\x63" * 3)
    assert done.talk.sent == OPENING + b"% "
    assert done.findings.count("answers-own-state") == 22
    assert done.findings.count("negotiation-loop") == 1
    assert LOOP < 20


@pytest.mark.requirement("TEL-3.2.1-3")
@pytest.mark.parametrize(("asked", "refused"), [(b"\xff\xfd\x63", b"\xff\xfc\x63"), (b"\xff\xfb\x63", b"\xff\xfe\x63")])
def test_options_that_are_not_supported_are_refused_once_each(asked, refused):
    assert Connection().say(asked) == refused
    assert Connection().say(asked * 2) == refused * 2


@pytest.mark.requirement("TEL-3.2.1-4")
def test_negotiation_works_at_any_time():
    one = Connection(Parrot)
    for _ in range(60):
        one.say(b"line\r\n")
    assert one.say(b"\xff\xfd\x63") == b"\xff\xfc\x63"


@pytest.mark.requirement("TEL-3.2.1-5")
def test_with_all_options_refused_it_is_a_plain_nvt():
    one = Connection(Parrot)
    assert one.say(DO_EVERYTHING_NOT) == b""
    assert one.say(b"help\r\n") == b"help\r\n> "
    assert one.findings == ["refused-sga"]


@pytest.mark.requirement("TEL-3.2.2-2")
def test_suppress_go_ahead_is_always_accepted():
    one = Connection()
    assert one.say(b"\xff\xfd\x03") == b""
    assert one.say(b"\xff\xfb\x03") == b"\xff\xfd\x03"
    assert Connection(without=["ECHO", "TTYPE"]).say(b"\xff\xfb\x03") == b"\xff\xfd\x03"


@pytest.mark.requirement("TEL-3.2.2-D1")
def test_no_go_ahead_is_sent_unless_it_is_configured_and_not_suppressed():
    assert b"\xff\xf9" not in every_way(b"\xff\xfe\x03hi\r\n").talk.sent
    one = Connection(Parrot, go_ahead=True)
    assert one.say(b"\xff\xfe\x03hi\r\n").endswith(b"> \xff\xf9")
    assert b"\xff\xf9" not in Connection(Parrot, go_ahead=True).say(SGA + b"hi\r\n")


def test_opposite_requests_in_flight_settle_without_a_loop():
    one = Connection(mode="line")
    one.program.terminal.echo = False
    one.program.terminal.echo = True  # WILL ECHO is not answered yet: RFC 1143's OPPOSITE
    assert one.on() == b""
    assert one.say(b"\xff\xfd\x01") == b"\xff\xfb\x01\xff\xfc\x01"
    assert one.say(b"\xff\xfe\x01") == b""
    assert one.findings == []


def test_an_answer_to_a_refusal_and_a_refusal_of_suppress_go_ahead_are_findings():
    one = Connection()
    one.say(b"\xff\xfb\x63\xff\xfc\x63\xff\xfe\x03")
    assert one.findings == ["dont-answered-dont", "refused-sga"]


def test_what_was_agreed_to_and_not_kept_is_a_finding_of_clients_that_typed():
    one = Connection()
    one.say(b"\xff\xfb\x1f\xff\xfb\x18hi\r\n")
    one.talk.do(one.session.handle(Closed("closed")))
    assert one.findings == ["option-not-kept", "option-not-kept"]


@pytest.mark.requirement("TEL-3.3.3-1")
def test_binary_and_suppress_go_ahead_are_accepted():
    assert Connection().say(b"\xff\xfd\x00") == b"\xff\xfb\x00"
    assert Connection().say(b"\xff\xfb\x00") == b"\xff\xfd\x00"


@pytest.mark.requirement("TEL-3.3.3-2")
def test_echo_status_end_of_record_and_extended_options_are_accepted():
    one = Connection(Parrot)
    assert one.say(b"\xff\xfd\x05") == b"\xff\xfb\x05"
    one.say(ECHO)
    assert one.say(b"\xff\xfa\x05\x01\xff\xf0") == b"\xff\xfa\x05\x00\xfb\x01\xfb\x05\xff\xf0"
    assert one.say(b"\xff\xfd\x19") == b"\xff\xfb\x19"
    assert one.say(b"hi\r\n").endswith(b"> \xff\xef")
    assert one.say(b"\xff\xfd\xff") == b"\xff\xfb\xff"
    assert one.say(b"\xff\xfa\xff\xfd\x07\xff\xf0") == b"\xff\xfa\xff\xfc\x07\xff\xf0"


@pytest.mark.requirement("TEL-3.3.3-3")
@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (b"\x00\x50\x00\x18", (80, 24)),
        (b"\x00\x00\x00\x00", (80, 24)),
        (b"\x00\xff\xff\x00\x32", (255, 50)),
        (b"\x01\x00\x00\x10", (256, 16)),
    ],
)
def test_the_window_is_as_the_client_tells_also_with_a_doubled_255(told, shown):
    one = Connection()
    assert one.say(b"\xff\xfb\x1f") == b""
    one.say(b"\xff\xfa\x1f" + told + b"\xff\xf0")
    assert (one.session.terminal.width, one.session.terminal.height) == shown
    assert one.findings == []


def test_a_window_before_do_naws_was_answered_by_will_is_a_finding():
    assert every_way(b"\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0").findings == ["sb-unasked"]


@pytest.mark.requirement("TEL-3.3.5-1")
def test_linemode_has_the_client_echo():
    one = Connection()
    one.say(ECHO)
    assert one.say(b"\xff\xfb\x22") == b"\xff\xfd\x22\xff\xfa\x22\x01\x03\xff\xf0\xff\xfc\x01"
    assert one.say(b"\xff\xfa\x22\x01\x07\xff\xf0\xff\xfe\x01") == b""
    assert one.say(b"\xff\xfa\x22\x03\x03\x03\x03\xff\xf0") == b"\xff\xfa\x22\x03\x03\x83\x03\xff\xf0"
    assert one.say(b"password\r\n") == b"\xff\xfb\x01Password: "
    assert Connection(without=["LINEMODE"]).say(b"\xff\xfb\x22") == b"\xff\xfe\x22"


# What the client tells.


@pytest.mark.requirement("TEL-3.2.8-2")
def test_any_terminal_type_is_accepted_and_the_list_ends_by_repetition():
    one = Connection()
    send, name = b"\xff\xfa\x18\x01\xff\xf0", b"\xff\xfa\x18\x00weird-term-9\xff\xf0"
    assert one.say(b"\xff\xfb\x18") == send
    assert one.say(name) == send
    assert one.say(b"\xff\xfa\x18\x00VT\xff\xf0") == send
    assert one.say(b"\xff\xfa\x18\x00VT\xff\xf0") == send  # back to the first name
    assert one.say(name) == b""
    assert one.session.terminal.terminal_type == "weird-term-9"
    assert one.findings == ["ttype-lower-case"]


def test_an_endless_list_of_terminal_types_ends():
    one = Connection()
    one.say(b"\xff\xfb\x18")
    sent = [one.say(b"\xff\xfa\x18\x00T%d\xff\xf0" % number) for number in range(100)]
    assert 10 < sum(map(bool, sent)) < 20


def test_a_terminal_has_its_official_name():
    one = Connection()
    one.say(b"\xff\xfb\x18\xff\xfa\x18\x00VT100\xff\xf0")
    assert one.findings == ["ttype-unofficial"]


def test_speed_display_location_and_environment_are_told():
    one = Connection()
    assert one.say(b"\xff\xfb\x20\xff\xfb\x23\xff\xfb\x17\xff\xfb\x27") == (
        b"\xff\xfa\x20\x01\xff\xf0\xff\xfd\x23\xff\xfa\x23\x01\xff\xf0\xff\xfd\x17\xff\xfa\x27\x01\xff\xf0"
    )
    one.say(b"\xff\xfa\x20\x0038400,19200\xff\xf0\xff\xfa\x17here\xff\xf0")
    one.say(b"\xff\xfa\x27\x00\x00USER\x01alice\x03X\x01a\x02\x01b\x00GONE\xff\xf0")
    terminal = one.session.terminal
    assert (terminal.speed, terminal.location) == ("38400,19200", "here")
    assert dict(terminal.environment) == {"USER": "alice", "X": "ab"}
    assert one.findings == []


def test_charset_is_agreed_by_the_requests_of_either_side():
    one = Connection()
    assert one.say(b"\xff\xfd\x2a") == b"\xff\xfb\x2a\xff\xfa\x2a\x01;UTF-8;ISO-8859-1;US-ASCII\xff\xf0"
    one.say(b"\xff\xfa\x2a\x02ISO-8859-1\xff\xf0")
    assert one.say(b"accent\r\n").endswith(b"\xe9\r\n")
    other = Connection()
    other.say(b"\xff\xfb\x2a")
    assert other.say(b"\xff\xfa\x2a\x01 KOI8-R utf-8\xff\xf0") == b"\xff\xfa\x2a\x02utf-8\xff\xf0"
    other.say("é\r\n".encode())
    assert other.heard == ["é"]
    assert other.findings == []


def test_logout_on_demand():
    one = Connection()
    assert one.say(b"\xff\xfd\x12") == b"\xff\xfb\x12"
    assert one.talk.closed


# Commands (RFC 1123 3.2.3).


@pytest.mark.requirement("TEL-3.2.3-1")
def test_ao_ayt_dm_ip_nop_sb_and_se_are_obeyed():
    one = Connection()
    assert one.say(b"\xff\xf6") == b"\r\n[Yes]\r\n"
    assert one.say(b"\xff\xf1\xff\xf2\xff\xf0\xff\xfa\x63xyz\xff\xf0") == b""
    one.say(b"hal\xff\xf4\xff\xf2")
    assert one.say(b"\xff\xf5") == b"\xff\xf2"
    one.say(b"next\r\n")
    assert one.heard == ["^C", "^O", "next"]


@pytest.mark.requirement("TEL-3.2.3-2")
def test_ec_el_and_break_edit_the_line():
    assert every_way(b"abX\xff\xf7c\r\n").heard == ["abc"]
    assert every_way(b"abX\xff\xf8c\r\n").heard == ["c"]
    assert every_way(b"abX\xff\xf3c\r\n").heard == ["^C", "c"]


@pytest.mark.requirement("TEL-3.2.3-3")
def test_control_functions_that_are_not_supported_are_ignored():
    done = every_way(b"he\xff\xefll\xff\xec\xff\xf9o\r\n")
    assert done.heard == ["hello"]
    assert done.findings == ["unknown-command", "unknown-command"]


@pytest.mark.requirement("TEL-3.2.3-D1")
def test_ip_drops_output_that_waits():
    one = Connection()
    assert len(one.say(b"long\r\n")) < 5000
    assert one.say(b"\xff\xf4").endswith(b"\xff\xf2")
    assert one.drain() == b""


@pytest.mark.requirement("TEL-3.2.4-1")
def test_text_before_the_mark_of_urgent_data_is_discarded_and_commands_are_not():
    one = Connection()
    assert one.urgent(b"junk\r\njunk\xff\xf6\xff", b"\xf2ok\r\n") == b"\r\n[Yes]\r\n"
    assert one.heard == ["ok"]


def test_a_mark_inside_urgent_data_does_not_end_it_and_one_behind_dm_does():
    one = Connection()
    one.urgent(b"a\xff\xf2b\xff", b"\xf2ok\r\n")
    one.on(UrgentPending(False), Data(b"c\xff\xf2"), UrgentPending(True), Data(b"fine\r\n"))
    assert one.heard == ["ok", "fine"]


def test_urgent_data_that_ends_without_dm_is_discarded_up_to_the_next():
    one = Connection()
    one.on(UrgentPending(True), Data(b"junk\r\n"))
    one.say(b"junk\r\n\xff\xf2ok\r\n")
    assert one.heard == ["ok"]


@pytest.mark.requirement("TEL-3.2.4-3")
def test_ip_is_answered_by_a_synch_where_it_drops_output():
    one = Connection()
    one.say(b"long\r\n")
    assert one.say(b"\xff\xf4") == b"\xff\xf2"
    assert one.say(b"\xff\xf4") == b""


@pytest.mark.requirement("TEL-3.2.4-4")
def test_ao_is_answered_by_a_synch_and_drops_output():
    one = Connection()
    one.say(b"long\r\n")
    assert one.say(b"\xff\xf5") == b"\xff\xf2"
    assert one.drain() == b""
    assert one.heard == ["long", "^O"]


def test_long_output_leaves_in_pieces_whole():
    one = Connection()
    sent = one.say(b"long\r\n") + one.drain()
    assert sent == b"".join(b"line %d\r\n" % number for number in range(2000))


def test_ip_without_a_synch_is_a_finding_and_one_with_it_is_not():
    assert every_way(b"\xff\xf4next\r\n").findings == ["ip-without-synch"]
    assert every_way(b"\xff\xf4\xff\xf2next\r\n").findings == []


def test_a_timing_mark_is_answered_after_all_that_was_typed_before():
    one = Connection()
    assert one.say(b"busy\r\nmore\r\n\xff\xfd\x06") == b""
    assert one.say(b"\xff\xf4\xff\xf2") == b"\xff\xfb\x06"
    assert one.heard == ["busy", "^C"]
    assert one.say(b"\xff\xfd\x06" * 2) == b"\xff\xfb\x06" * 2
    assert one.say(b"\xff\xfb\x06") == b"\xff\xfe\x06"


def test_a_timing_mark_that_is_asked_for_is_to_be_answered():
    one = Connection(ask=["TM"])
    assert one.opening.startswith(b"\xff\xfb\x03\xff\xfb\x01\xff\xfd\x06")
    one.say(b"hi\r\n")
    one.talk.do(one.session.handle(Closed("closed")))
    assert one.findings == ["no-timing-mark"]


def test_go_ahead_of_a_client_that_suppresses_it_is_a_finding():
    assert every_way(b"\xff\xfb\x03\xff\xf9").findings == ["go-ahead"]


# Characters and line ends (RFC 1123 3.2.5 to 3.2.7, 3.3.1).


@pytest.mark.requirement("TEL-3.2.5-1")
@pytest.mark.requirement("TEL-3.2.5-2")
def test_nvt_output_has_seven_bits():
    assert every_way(b"accent\r\n").talk.sent.endswith(b"% ?\r\n")


@pytest.mark.requirement("TEL-3.2.5-3")
def test_eight_bits_are_offered_by_binary_and_each_way_is_for_itself():
    assert b"\xff\xfb\x00\xff\xfd\x00" in Connection(eight_bit=True).opening
    one = Connection()
    one.say(b"\xff\xfd\x00")
    assert one.say(b"accent\r\n") == "é\r\n".encode()
    one.say("é\r\n".encode())
    assert one.findings == ["eight-bit-in-nvt"]  # WILL BINARY was not agreed
    other = Connection()
    other.say(b"\xff\xfb\x00" + "é\r\n".encode())
    assert other.heard == ["é"]
    assert other.findings == []
    assert other.say(b"accent\r\n") == b"?\r\n"


@pytest.mark.requirement("TEL-3.4.1-6")
def test_parity_is_masked_where_syntax_is_strict():
    assert every_way(b"\xe8\xe5\xec\xf0\r\n", syntax="strict").heard == ["help"]
    assert every_way(b"\xe8\xe5\xec\xf0\r\n").heard[0] != "help"


@pytest.mark.requirement("TEL-3.2.6-1")
@pytest.mark.requirement("TEL-3.2.7-1")
@pytest.mark.parametrize("binary", [b"", b"\xff\xfd\x00\xff\xfb\x00"])
def test_255_is_doubled_both_ways(binary):
    one = Connection()
    one.say(binary + b"bytes\r\n")
    assert one.say(b"A\xff\xffB") == b"A\xff\xffB"
    assert one.heard[-1] == ("bytes", b"A\xffB")


@pytest.mark.requirement("TEL-3.2.7-2")
def test_commands_are_obeyed_in_binary():
    one = Connection()
    one.say(b"\xff\xfd\x00\xff\xfb\x00bytes\r\n")
    assert one.say(b"A\xff\xf6B") == b"A\r\n[Yes]\r\nB"
    assert one.say(b"\xff\xfe\x00") == b"\xff\xfc\x00"


@pytest.mark.requirement("TEL-3.2.7-3")
def test_binary_has_no_line_ends():
    one = Connection()
    one.say(b"\xff\xfd\x00\xff\xfb\x00bytes\r")
    one.say(b"\n")
    assert one.say(b"\r\x41\r\n\r\x00").endswith(b"\r\x41\r\n\r\x00")


@pytest.mark.requirement("TEL-3.3.1-1")
@pytest.mark.requirement("TEL-3.3.1-2")
@pytest.mark.parametrize("end", [b"\r\n", b"\r\x00", b"\r", b"\n"])
def test_every_end_of_a_line_ends_it_once(end):
    done = every_way(BOTH + b"one" + end + b"two" + end)
    assert done.heard == ["one", "two"]
    assert set(done.findings) == {b"\r": {"bare-cr"}, b"\n": {"bare-lf"}}.get(end, set())
    assert done.talk.sent.endswith(b"% one\r\ntwo\r\n")


@pytest.mark.requirement("TEL-3.3.1-6")
def test_output_ends_its_lines_with_cr_lf():
    one = Connection()
    sent = one.say(BOTH + b"long\r\n") + one.drain() + one.say(b"a\x1b[A\x05\r\n")
    assert b"\n" not in sent.replace(b"\r\n", b"")
    assert b"\r" not in sent.replace(b"\r\n", b"").replace(b"\r\0", b"")


def test_a_command_may_stand_between_cr_and_lf():
    done = every_way(b"one\r\xff\xf1\ntwo\r\n")
    assert (done.heard, done.findings) == (["one", "two"], [])


def test_an_iac_that_was_not_doubled_is_a_finding():
    done = every_way(b"a\xffb\r\n")
    assert (done.heard, done.findings) == (["ab"], ["iac-not-doubled"])


# The line discipline.


def test_characters_are_echoed_once_the_client_agrees():
    one = Connection()
    assert one.say(b"ab") == b""
    assert one.say(ECHO + b"c\x7fd\x01\x15") == b"c\b \bd^A" + b"\b \b" * 5
    assert one.say(b"one two\x17\r\n") == b"one two" + b"\b \b" * 3 + b"\r\n"
    assert one.heard == ["one "]


def test_control_characters_act_on_the_program():
    one = Connection()
    one.say(b"x\x03\x0f\x16\x03\r\n")
    assert one.heard == ["^C", "^O", "\x03"]
    one.say(b"\x04")
    assert one.heard[-1] == "^D"
    assert one.talk.closed


def test_output_is_stopped_and_resumed():
    one = Connection(Parrot)
    assert one.say(b"\x13") == b""
    one.program.terminal.write("later")
    assert one.say(b"\x11").endswith(b"later")


def test_what_is_typed_ahead_is_kept_and_an_interrupt_drops_it():
    one = Connection()
    one.say(b"busy\r\none\r\ntwo\r\n")
    assert one.heard == ["busy"]
    one.program.terminal.busy = False
    one.on(TimerFired("x"))
    assert one.heard == ["busy", "one", "two"]
    one.say(b"busy\r\nlost\r\n\x03\r\nthree\r\n")
    assert one.heard[3:] == ["busy", "^C", "", "three"]


def test_a_line_is_bounded():
    done = every_way(b"x" * 100 + b"\r\nnext\r\n", max_line=16)
    assert done.heard == ["x" * 16, "next"]
    assert done.findings == ["line-too-long"]


def test_keys_reach_a_program_that_wants_them():
    one = Connection()
    one.say(b"raw\r\nq\r\n\x7f")
    assert one.heard[1:] == [("key", "q"), ("key", "\n"), ("key", "\x7f")]


def test_a_half_closed_client_gets_its_whole_answer():
    one = Connection()
    one.say(b"long\r\nlast")
    sent = one.on(Eof()) + one.drain()
    assert one.heard == ["long", "last", "^D"]
    assert sent.endswith(b"line 1999\r\n")
    assert one.talk.closed


def test_a_stopping_server_says_so():
    assert Connection().on(Stopping()) == b"\r\nThe server is shutting down.\r\n"


# Secrets.


def test_a_password_is_not_echoed_and_is_masked_whole():
    one = Connection()
    one.say(BOTH + b"password\r\n")
    for byte in b"s3cret\r\n":
        one.say(bytes((byte,)))
    assert one.heard == ["password", "s3cret"]
    assert b"s" not in one.talk.sent.partition(b"Password: ")[2]
    assert one.talk.concealed >= 6
    assert one.findings == []


def test_a_password_before_its_prompt_is_masked_too():
    one = Connection()
    one.say(b"password\r\ns3cret\r\n")
    assert one.findings == ["password-before-prompt"]
    assert one.talk.concealed >= 6


def test_what_is_typed_ahead_before_a_login_is_masked():
    one = Connection()
    one.say(b"busy\r\ns3cret\r\n")
    assert one.talk.concealed == 6


def test_in_line_mode_echo_is_offered_for_the_password_alone():
    one = Connection(mode="line")
    assert b"\xff\xfb\x01" not in one.opening
    assert one.say(b"password\r\n") == b"\xff\xfb\x01Password: "
    assert one.say(ECHO + b"s3cret\r\n") == b"\r\n\xff\xfc\x01"


# Hostile input.


def test_a_subnegotiation_without_end_is_bounded():
    one = Connection()
    one.say(b"\xff\xfa\x18" + b"x" * (MAX_SUBNEGOTIATION + 10) + b"\xff\xf0hi\r\n")
    assert (one.findings, one.heard) == (["sb-too-long"], ["hi"])
    for _ in range(100):
        one.say(b"\xff\xfa\x18" + b"y" * 10_000)
    assert one.session._parser._parameters is None or len(one.session._parser._parameters) <= MAX_SUBNEGOTIATION + 1
    other = Connection()
    other.say(b"\xff\xfa\x18\x00XTERM\xff\xf1hi\r\n")
    assert other.findings == ["sb-without-se"]


@pytest.mark.parametrize("doubled", [b"\xff\xff", b"a"])
def test_iac_iac_inside_a_subnegotiation_is_data(doubled):
    one = Connection()
    one.say(b"\xff\xfb\x17\xff\xfa\x17" + doubled + b"b\xff\xf0")
    assert one.session.terminal.location[-1] == "b"


def test_a_flood_of_questions_that_reads_no_answers_ends():
    one = Connection()
    one.say(b"long\r\n")
    for _ in range(100):
        one.say(b"\xff\xf6" * 1000)
    assert one.talk.closed
    assert len(one.session._output._queue) == 0


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4))
@examples(200)
def test_any_input_gives_the_same_tokens_however_it_is_cut(data, cuts):
    def tokens(*pieces):
        parser = Parser()
        found = []
        for piece in pieces:
            for token in parser.feed(piece):
                plain = token._replace(after=0)
                if type(plain).__name__ == "Text" and found and type(found[-1]).__name__ == "Text":
                    last = found.pop()
                    plain = plain._replace(data=last.data + plain.data, size=last.size + plain.size)
                found.append(plain)
        return found

    places = sorted({min(cut, len(data)) for cut in cuts})
    pieces = [data[begin:end] for begin, end in zip([0, *places], [*places, len(data)], strict=True)]
    assert tokens(data) == tokens(*pieces)


@given(
    st.lists(
        st.sampled_from(
            [bytes((255, verb, option)) for verb in range(251, 255) for option in (0, 1, 3, 24, 31, 34, 42)]
        )
        | st.binary(min_size=1, max_size=12)
        | st.just(b"\xff\xfa\x27\x00\x00A\x02\x01b\x03\xff\xf0"),
        max_size=40,
    )
)
@examples(200)
def test_no_input_raises_and_each_is_answered_by_a_bounded_number_of_bytes(pieces):
    one = Connection(Parrot)
    for piece in pieces:
        sent = one.say(piece)
        assert len(sent) <= 400 + 20 * len(piece) + len(one.talk.sent) // 2
        one.on(*([] if one.talk.closed else [TimerFired("telnet-late")]))
