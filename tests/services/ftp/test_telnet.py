"""The Telnet of a control connection: removed, refused, reported, in any cut."""

import pytest
from conftest import cuts
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.ftp.telnet import MAX_SUBNEGOTIATION_BYTES, TelnetFilter


def listen(parts):
    """Feed pieces to a filter and return data, answers and names of commands."""
    telnet = TelnetFilter()
    data, answers, heard = b"", b"", []
    for part in parts:
        filtered = telnet.feed(part)
        data += filtered.data
        answers += filtered.answers
        heard += [f"{name} {option}" if option is not None else name for name, option in filtered.commands]
    return data, answers, heard


def every_way(data):
    """As `heard`, and assert that no cut changes the result."""
    outcomes = [listen(way) for way in cuts(data)]
    assert all(outcome == outcomes[0] for outcome in outcomes)
    return outcomes[0]


def test_plain_lines_pass_unchanged():
    assert every_way(b"USER alice\r\nPASS x\r\n") == (b"USER alice\r\nPASS x\r\n", b"", [])


@pytest.mark.requirement("FTP-4.1.2.12-4")
def test_offers_and_demands_of_options_are_refused():
    assert every_way(b"\xff\xfd\x01NOOP\r\n") == (b"NOOP\r\n", b"\xff\xfc\x01", ["DO 1"])
    assert every_way(b"\xff\xfb\x03NOOP\r\n") == (b"NOOP\r\n", b"\xff\xfe\x03", ["WILL 3"])


def test_refusals_of_options_get_no_answer():
    assert every_way(b"\xff\xfe\x01\xff\xfc\x03NOOP\r\n") == (b"NOOP\r\n", b"", ["DONT 1", "WONT 3"])


def test_an_option_numbered_255_is_an_option():
    assert every_way(b"\xff\xfd\xff\xff\xffx") == (b"\xffx", b"\xff\xfc\xff", ["DO 255"])


@pytest.mark.requirement("FTP-4.1.2.12-4")
def test_a_doubled_iac_is_one_octet():
    assert every_way(b"RETR \xff\xff\xff\xffa\r\n") == (b"RETR \xff\xffa\r\n", b"", [])


@pytest.mark.requirement("FTP-4.1.2.12-5")
def test_interrupt_and_synch_before_abor_are_removed():
    assert every_way(b"\xff\xf4\xff\xf2ABOR\r\n") == (b"ABOR\r\n", b"", ["IP", "DM"])


def test_a_data_mark_that_was_lost_as_urgent_data_takes_nothing_of_abor_with_it():
    assert every_way(b"\xff\xf4\xffABOR\r\n") == (b"ABOR\r\n", b"", ["IP", "IAC"])


def test_a_subnegotiation_is_skipped_with_its_content():
    assert every_way(b"a\xff\xfa\x18\x01\xff\xff\r\nQUIT\xff\xf0b") == (b"ab", b"", ["SB 24"])


def test_a_subnegotiation_without_an_end_swallows_a_bounded_number_of_bytes():
    data, _answers, heard = every_way(b"\xff\xfa\x18" + b"x" * MAX_SUBNEGOTIATION_BYTES + b"NOOP\r\n")
    assert data == b"NOOP\r\n"
    assert heard == ["SB 24"]


def test_cr_nul_stays_so_that_it_ends_no_line():
    assert every_way(b"RETR a\r\0\nb\r\n")[0] == b"RETR a\r\0\nb\r\n"


def test_a_doubled_iac_is_passed_once():
    assert listen([b"a\xff\xff\xf4b"])[0] == b"a\xff\xf4b"


@pytest.mark.parametrize("name", ["NOP", "AYT", "EC", "EL", "AO", "BRK", "GA", "SE"])
def test_terminal_functions_are_reported_and_do_nothing(name):
    codes = {"NOP": 241, "BRK": 243, "AO": 245, "AYT": 246, "EC": 247, "EL": 248, "GA": 249, "SE": 240}
    assert every_way(bytes((255, codes[name])) + b"x") == (b"x", b"", [name])


def test_option_negotiation_is_distinguished_from_other_commands():
    commands = TelnetFilter().feed(b"\xff\xfb\x01\xff\xf4\xff\xfa\x01\xff\xf0").commands
    assert [(command.name, command.negotiates) for command in commands] == [("WILL", True), ("IP", False), ("SB", True)]


octets = st.lists(st.sampled_from([b"\xff", b"\xf0", b"\xfa", b"\xfb", b"\xfd", b"\xf2", b"ab", b"\r\n"]) | st.binary())


@given(octets)
def test_no_cut_of_any_bytes_changes_the_result(parts):
    assert listen(parts) == listen([b"".join(parts)]) == listen([bytes((octet,)) for octet in b"".join(parts)])


@given(octets)
def test_answers_are_no_longer_than_their_requests(parts):
    data, answers, _heard = listen(parts)
    assert len(data) + len(answers) <= len(b"".join(parts))


@given(st.binary())
def test_every_byte_can_be_sent(data):
    assert listen([data.replace(b"\xff", b"\xff\xff")]) == (data, b"", [])
