"""Decoding for people: charsets, encoded words, parameters, and messages that are not quite in order."""

import pytest

from homeport.world.mail.mime.charsets import CODECS, LABELS, decode_text, find_codec, is_valid
from homeport.world.mail.mime.content import parse_headers, parse_message, parse_senders
from homeport.world.mail.mime.encoded_words import decode_value
from homeport.world.mail.mime.parameters import parse_parameters


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("日本 =?utf-8?q?caf=C3=A9?= 日", "日本 café 日"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=\r\n =?iso-8859-1?q?=E9?=", "abé"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("=?utf-8?b?8J+Z?=\r\n =?utf-8?b?gg==?=", "🙂"),
        ("=?UTF-8*en?Q?a_b?=", "a b"),
        ("=?iso-8859-1?q?=93x=94?=", "“x”"),
        ("=?gb2312?b?6UY=?=", "镕"),
        ("=?utf-8?q?hello world?=", "hello world"),
        ("=?utf-8?b?YWJjZ?=", "abc"),
        ("=?utf-8?q?a=ZZ?=", "a=ZZ"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?no-such?q?=C3=A9?=", "é"),
        ("=? =?= ?= =?utf-8?q?", "=? =?= ?= =?utf-8?q?"),
        ('"=?utf-8?q?J=C3=B6rg?=" <a@b.example>', '"Jörg" <a@b.example>'),
        ("a\r\n\tb", "a\tb"),
        ("\\u65e5 日 =?utf-8?q?=E6=97=A5?=", "\\u65e5 日 日"),
    ],
)
def test_a_field_is_decoded_for_display(value, text):
    assert decode_value(value.encode()) == text


def test_raw_bytes_that_are_not_utf_8_are_replaced():
    assert decode_value(b"caf\xe9 =?utf-8?q?=C3=A9?=") == "caf\ufffd é"


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("iso-8859-1", b"\x80 \x93a\x94 \xe9", "€ “a” é"),
        ("latin1", b"\x85", "…"),
        ("us-ascii", "é".encode(), "é"),
        ("us-ascii", b"\x93a\x94", "“a”"),
        ("ANSI_X3.4-1968", b"\xe9", "é"),
        ("iso-8859-9", b"\x80\xfd", "€ı"),
        ("iso-8859-11", b"\x80\xa1", "€ก"),
        ("tis-620", b"\xa1\x85", "ก…"),
        ("gb2312", "镕€".encode("gb18030"), "镕€"),
        ("GB2312", b"\x80", "€"),
        ("gbk", "𠀀".encode("gb18030"), "𠀀"),
        ("x-gbk", "镕".encode("gbk"), "镕"),
        ("ks_c_5601-1987", "똠방각하".encode("cp949"), "똠방각하"),
        ("euc-kr", "펲".encode("cp949"), "펲"),
        ("shift_jis", "①髙～ｱ".encode("cp932"), "①髙～ｱ"),
        ("x-sjis", "﨑".encode("cp932"), "﨑"),
        ("iso-2022-jp", b"\x1b$B-!Fs\x1b(B!", "①二!"),
        ("iso-2022-jp", b"\x1b(I1\x1b(B", "ｱ"),
        ("iso-2022-jp", "日本語テスト".encode("iso2022_jp"), "日本語テスト"),
        ("euc-jp", b"\xad\xa1\xc6\xfc\x8e\xb1", "①日ｱ"),
        ("big5", b"\xa3\xe1\xa4@", "€一"),
        ("Big5-HKSCS", b"\x87\x40", "䏰"),
        ("utf-16", b"a\x00", "a"),
        ("utf-16be", b"\x00a", "a"),
        ("utf-16", b"\xfe\xff\x00a", "a"),
        ("UTF8", b"\xef\xbb\xbfa", "a"),
        ("unicode-1-1-utf-8", "é".encode(), "é"),
        ("windows-1252", b"\x81", "\x81"),
        ("cp437", b"\x82", "é"),
        ("iso-2022-kr", "한".encode("iso2022_kr"), "한"),
        ("base64", "é".encode(), "é"),
        ("", "é".encode(), "é"),
        ("  UTF-8 ", "é".encode(), "é"),
    ],
)
def test_a_charset_label_is_what_senders_mean_by_it(label, data, text):
    assert decode_text(data, label) == text


def test_every_label_has_a_codec_and_one_only():
    assert sum(len(labels.split()) for labels in LABELS.values()) == len(CODECS) > 220
    for label in CODECS:
        assert decode_text(b"a", label) in ("a", "\ufffd")
    assert [find_codec(label) for label in ("base64", "punycode", "unicode_escape", "no-such", "\0", "é")] == [""] * 6


@pytest.mark.parametrize("codec", ["euc_jp", "iso2022_jp"])
def test_japanese_is_decoded_as_by_pythons_codecs_where_those_know_the_characters(codec):
    for row in range(0x21, 0x75):
        for cell in range(0x21, 0x7F):
            text = bytes((row | 0x80, cell | 0x80)).decode("euc_jp", "replace")
            if "\ufffd" not in text and text not in "\\¢£¬‖−〜＼":  # these have two forms, of JIS and of Windows
                assert decode_text(text.encode(codec), codec) == text


def test_text_is_judged_by_its_charset():
    assert is_valid("é".encode(), "utf-8")
    assert is_valid(b"\xe9", "utf-8") is False
    assert is_valid("€".encode("cp950"), "big5")
    assert is_valid(b"x", "no-such") is None


@pytest.mark.parametrize(
    ("field", "name", "value"),
    [
        (b"a/b; n=x", b"n", "x"),
        (b'a/b; n="a;b\\"c"; m=y', b"n", 'a;b"c'),
        (b"a/b; (c) n (c) = (c) x (c); m=y", b"n", "x"),
        (b"a/b; n*=utf-8'en'%e2%82%ac", b"n", "€"),
        (b"a/b; n*=gb2312''%E9F", b"n", "镕"),
        (b"a/b; n*1=b; n*0=a", b"n", "ab"),
        (b"a/b; n*0*=utf-8''%e2%82; n*1*=%ac; n*2=%41", b"n", "€%41"),
        (b"a/b; n=plain; n*=utf-8''extended", b"n", "extended"),
        (b"a/b; n=first; n=second", b"n", "first"),
        (b"a/b; n*0=a; n*2=c", b"n", "a"),
        (b"a/b; filename=two words.txt; m=y", b"filename", "two words.txt"),
        (b'a/b; n="open', b"n", "open"),
        (b"a/b n=x", b"n", "x"),
        (b"a/b;;n=x;", b"n", "x"),
        (b"a/b; n=\xc3\xa9", b"n", "é"),
        (b'a/b;\r\n n="a\r\n b"', b"n", "a b"),
    ],
)
def test_a_parameter_is_read(field, name, value):
    assert parse_parameters(field).parameters[name].text == value


def test_an_encoded_word_brings_in_no_boundary():
    raw = (
        b"Content-Type: multipart/mixed; =?utf-8?q?x=3B_boundary=3Dfalse=3B?=; boundary=true\r\n\r\n"
        b"--false\r\n\r\nhidden\r\n--false--\r\n--true\r\n\r\nshown\r\n--true--\r\n"
    )
    assert parse_message(raw).readable("text/plain") == "shown"


def test_a_boundary_is_used_as_written_and_not_decoded():
    raw = (
        b'Content-Type: multipart/mixed; boundary="=?utf-8?q?b?="\r\n\r\n'
        b"--b\r\n\r\nhidden\r\n--b--\r\n--=?utf-8?q?b?=\r\n\r\nshown\r\n--=?utf-8?q?b?=--\r\n"
    )
    assert [part.content() for part in parse_message(raw).parts] == [b"shown"]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'attachment; filename="=?utf-8?q?a=3B_b=22.txt?="', 'a; b".txt'),
        (b"attachment; filename==?utf-8?b?w6k=?=", "é"),
        (b"attachment; filename*=utf-8''%3D%3Futf-8%3Fq%3Fa%3F%3D", "=?utf-8?q?a?="),
        ('attachment; filename="日=?utf-8?q?=C3=A9?="'.encode(), "日é"),
    ],
)
def test_a_file_name_is_decoded_after_its_field_was_parsed(disposition, name):
    [part] = parse_message(b"Content-Disposition: " + disposition + b"\r\n\r\nx").parts
    assert (part.filename, part.disposition) == (name, "attachment")


def test_an_encoded_name_brings_in_no_sender():
    raw = b"From: =?utf-8?q?x_=3Cevil=40a.example=3E=2C?= <real@b.example>, c@d.example\r\n\r\n"
    assert parse_senders(raw) == ["real@b.example", "c@d.example"]
    assert parse_headers(raw) == [("From", "x <evil@a.example>, <real@b.example>, c@d.example")]


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: x\r\nhello\r\n",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nhello\r\n",
        b"Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nhello\r\n",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--c\r\n\r\nhello\r\n--c--\r\n",
        b"Subject: x\r\nContent-Type: text\r\n\r\nhello\r\n",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nhello\r\n",
    ],
)
def test_the_text_of_a_malformed_message_is_shown(raw):
    content = parse_message(raw)
    assert content.header("Subject") == "x"
    assert "hello\r\n" in content.readable("text/plain")
