"""Tokens of IMAP: what each reads, what it refuses, and with which section of the RFC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.imap.grammar.mailbox_names import BadName, decode_name, encode_name
from homeport.services.imap.grammar.tokens import MAX_LIST, Cursor, SyntaxProblem
from homeport.services.imap.grammar.writing import astring, literal8, mailbox, nstring, quoted, string


def read(line, *literals, utf8=False, method="astring"):
    cursor = Cursor(line, literals, utf8=utf8)
    value = getattr(cursor, method)()
    cursor.end()
    return value


def refused(line, *literals, utf8=False, method="astring"):
    with pytest.raises(SyntaxProblem) as problem:
        read(line, *literals, utf8=utf8, method=method)
    return problem.value


def test_a_command_is_read_token_by_token():
    cursor = Cursor(b'"Sent Items" (\\Seen) {3}\r\n', [b"abc"])
    assert cursor.mailbox() == "Sent Items"
    cursor.space()
    assert cursor.flag_list() == ["\\Seen"]
    cursor.space()
    assert not cursor.at_end
    assert cursor.literal() == b"abc"
    cursor.end()
    assert cursor.at_end


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"abc", b"abc"),
        (b"a]b", b"a]b"),
        (b"nil", b"nil"),
        (b'""', b""),
        (b'"a\\"b\\\\"', b'a"b\\'),
        (b'"(a) {3}"', b"(a) {3}"),
    ],
)
def test_an_astring_is_an_atom_or_a_quoted_string(line, value):
    assert read(line) == value


@pytest.mark.parametrize("mark", [b"{3}\r\n", b"{3+}\r\n", b"{3-}\r\n", b"{0003}\r\n"])
def test_a_literal_is_a_string(mark):
    assert read(mark, b'a"\n') == b'a"\n'
    assert read(b"{0}\r\n", b"") == b""


@pytest.mark.parametrize("line", [b"{3}", b"{3} ", b"{3}\n", b"{}\r\n", b"{a}\r\n", b"{-1}\r\n", b"{3*}\r\n"])
def test_a_literal_mark_without_its_line_end_is_a_syntax_error(line):
    assert refused(line, b"abc").reference == "RFC 9051 4.3"


def test_a_literal_without_bytes_is_a_syntax_error_and_not_an_exception():
    assert refused(b"{3}\r\n").reference == "RFC 9051 4.3"


def test_a_literal8_is_allowed_only_where_content_may_be_binary():
    assert refused(b"~{3}\r\n", b"a\0b").reference == "RFC 9051 4.3.1"
    cursor = Cursor(b"~{3}\r\n", [b"a\0b"])
    assert cursor.literal(binary=True) == b"a\0b"
    assert cursor.needs == {"BINARY": 0}


def test_a_literal_with_nul_is_no_string():
    assert "NUL" in refused(b"{3}\r\n", b"a\0b").text


def test_the_content_of_a_message_is_no_string():
    assert "content of a message" in refused(b"{3}\r\n", object()).text


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (b"pass%word", "unquoted-specials"),
        (b"pass*word", "unquoted-specials"),
        (b"pass\\word", "unquoted-specials"),
        (b'pass"word', "unquoted-specials"),
        (b"pass{word", "unquoted-specials"),
        (b"caf\xc3\xa9", "unquoted-specials"),
        (b"%", "unquoted-specials"),
        (b"\x00", "unquoted-specials"),
        (b"", ""),
        (b" a", ""),
        (b'"a', ""),
        (b'"a\\b"', ""),
        (b'"a\r\nb"', ""),
        (b'"a\0b"', ""),
    ],
)
def test_other_bytes_of_a_string_must_be_quoted(line, finding):
    problem = refused(line)
    assert problem.finding == finding
    assert problem.reference.startswith("RFC 9051")


def test_an_error_says_what_was_expected_and_where():
    cursor = Cursor(b"FLAGS X")
    cursor.word()
    with pytest.raises(SyntaxProblem) as problem:
        cursor.end()
    assert (problem.value.text, problem.value.at) == ("the end of the command expected, found ' X'", 5)


def test_nil_and_an_empty_string_differ():
    assert read(b"NIL", method="nstring") is None
    assert read(b"nil", method="nstring") is None
    assert read(b'""', method="nstring") == b""
    assert read(b'"NIL"', method="nstring") == b"NIL"
    assert refused(b"x", method="nstring").text == "a string or NIL expected, found 'x'"
    assert (nstring(None), nstring(b""), nstring(b"NIL")) == (b"NIL", b'""', b'"NIL"')


def test_eight_bit_quoted_strings_are_noted_until_utf8_is_enabled_and_must_then_be_valid():
    cursor = Cursor('"café"'.encode())
    assert cursor.astring() == "café".encode()
    assert cursor.notes == {"eight-bit-quoted": 0}
    cursor = Cursor('"café"'.encode(), utf8=True)
    assert cursor.astring() == "café".encode()
    assert cursor.notes == {}
    assert refused(b'"caf\xe9"', utf8=True).finding == "eight-bit-quoted"


@pytest.mark.parametrize(
    ("line", "value"), [(b"0", 0), (b"007", 7), (b"4294967295", 4294967295), (b"4294967296", None), (b"-1", None),
                        (b"", None), (b"9" * 5000, None)]
)  # fmt: skip
def test_a_number_has_32_bits(line, value):
    if value is None:
        refused(line, method="number")
    else:
        assert read(line, method="number") == value


def test_a_long_number_has_63_bits():
    assert read(b"9223372036854775807", method="number64") == (1 << 63) - 1
    refused(b"9223372036854775808", method="number64")
    refused(b"0", method="nz_number")


def test_flags_have_the_case_that_clients_know():
    line = b"(\\SEEN \\deleted $Forwarded NonJunk \\X-Own \\Seen)"
    assert read(line, method="flag_list") == ["\\Seen", "\\Deleted", "$Forwarded", "NonJunk", "\\X-Own"]
    assert read(b"()", method="flag_list") == []


@pytest.mark.parametrize("line", [b"(\\Seen", b"(\\Seen )", b"( \\Seen)", b"(\\Seen  a)", b"(\\)", b"(\\*)", b"(a%)"])
def test_malformed_flag_lists_are_refused(line):
    refused(line, method="flag_list")


def test_recent_cannot_be_set():
    assert refused(b"(\\rEcent)", method="flag_list").reference == "RFC 3501 2.3.2"


def test_a_list_is_bounded():
    refused(b"(" + b" ".join([b"a"] * (MAX_LIST + 1)) + b")", method="flag_list")


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        (b"INBOX", "INBOX"),
        (b"inbox", "INBOX"),
        (b"Inbox/Sub", "INBOX/Sub"),
        (b"Inboxes", "Inboxes"),
        (b"R&-D", "R&D"),
        (b"Entw&APw-rfe", "Entwürfe"),
        (b"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
        (b"&2D3cEg-", "\U0001f412"),
    ],
)
def test_modified_utf7_names(wire, name):
    assert decode_name(wire, utf8=False) == name
    assert decode_name(name.encode(), utf8=True) == name
    if not wire.lower().startswith(b"inbox"):
        assert encode_name(name, utf8=False) == wire


@pytest.mark.parametrize(
    "wire",
    [b"R&D", b"&", b"&Jjo", b"&Jjo!", b"&!!-", b"&AGE-", b"&2D0-", b"&A-", b"&AAk-", b"a\tb", b"a\x7f", b"\xff"],
)
def test_names_that_are_no_modified_utf7_are_refused(wire):
    with pytest.raises(BadName):
        decode_name(wire, utf8=False)


def test_an_ampersand_is_plain_in_utf8():
    assert decode_name(b"R&D", utf8=True) == "R&D"
    assert encode_name("R&D", utf8=True) == b"R&D"


def test_names_are_composed():
    assert decode_name("Cafe\u0301".encode(), utf8=True) == "Café"


def test_a_name_has_at_most_1000_bytes():
    with pytest.raises(BadName):
        decode_name(b"a" * 1001, utf8=False)


def test_a_bad_name_is_a_syntax_problem_of_the_command():
    assert refused(b"R&D", method="mailbox").reference == "RFC 3501 5.1.3"


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=50))
def test_every_name_comes_back_in_both_forms(name):
    decoded = decode_name(encode_name(name, utf8=True), utf8=True)
    assert decode_name(encode_name(decoded, utf8=False), utf8=False) == decoded
    assert decode_name(encode_name(decoded, utf8=True), utf8=True) == decoded


@given(st.binary(max_size=40))
def test_names_of_any_bytes_are_read_or_refused(data):
    for utf8 in (True, False):
        try:
            name = decode_name(data, utf8=utf8)
        except BadName:
            continue
        assert decode_name(encode_name(name, utf8=utf8), utf8=utf8) == name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", b"INBOX"),
        ("Sent Items", b'"Sent Items"'),
        ("a]b", b"a]b"),
        ("a%b", b'"a%b"'),
        ('a"b', b'"a\\"b"'),
        ("", b'""'),
        ("NIL", b'"NIL"'),
        ("Entwürfe", b"Entw&APw-rfe"),
    ],
)
def test_names_are_quoted_only_where_they_must_be(name, written):
    assert mailbox(name) == written
    assert read(written, method="mailbox") == name


def test_names_are_utf8_after_enable():
    assert mailbox("Entwürfe", utf8=True) == '"Entwürfe"'.encode()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (b"a b", b'"a b"'),
        (b"", b'""'),
        (b"a\\", b'"a\\\\"'),
        (b"a\nb", b"{3}\r\na\nb"),
        (b"a\rb", b"{3}\r\na\rb"),
        (b"caf\xc3\xa9", b"{5}\r\ncaf\xc3\xa9"),
        (b"x" * 1001, b"{1001}\r\n" + b"x" * 1001),
        (b"a\0b", b"{3}\r\na\x80b"),
    ],
)
def test_strings_are_quoted_or_literals(text, written):
    assert string(text) == written


def test_strings_after_enable_are_quoted_if_they_are_utf8():
    assert string(b"caf\xc3\xa9", utf8=True) == b'"caf\xc3\xa9"'
    assert string(b"caf\xe9", utf8=True) == b"{4}\r\ncaf\xe9"
    assert literal8(b"\0") == b"~{1}\r\n\0"


@given(st.binary(max_size=60), st.booleans())
def test_what_is_written_is_read_again(data, utf8):
    data = data.replace(b"\0", b"")
    for written in (string(data, utf8=utf8), astring(data, utf8=utf8)):
        if written.startswith(b"{"):
            mark, _, content = written.partition(b"\r\n")
            assert read(mark + b"\r\n", content, utf8=utf8) == data
        else:
            assert read(written, utf8=utf8) == data
    if data.isascii() and not set(data) & set(b"\r\n"):
        assert read(quoted(data)) == data


METHODS = ["astring", "string", "nstring", "mailbox", "list_mailbox", "number", "number64", "flag_list", "literal",
           "word", "atom"]  # fmt: skip


@given(st.binary(max_size=30) | st.text('({})"\\~ 0a&%*\r\n', max_size=20).map(str.encode), st.sampled_from(METHODS),
       st.booleans())  # fmt: skip
def test_any_bytes_are_read_or_are_a_syntax_problem(line, method, utf8):
    cursor = Cursor(line, [b"abc", b"\0", object()], utf8=utf8)
    try:
        getattr(cursor, method)()
    except SyntaxProblem as error:
        problem = error
    else:
        problem = SyntaxProblem("none", "RFC 0")
    assert problem.text
    assert problem.reference.startswith("RFC ")
    assert 0 <= problem.at <= len(line)
    assert 0 <= cursor.at <= len(line)
