"""EDNS(0): when OPT is in the answer, its sizes, versions, flags and options."""

import dns.edns
import dns.flags
import dns.message
import pytest

COOKIE, NSID, KEEPALIVE, PADDING, EDE = 10, 3, 11, 12, 15
CLIENT = b"\1\2\3\4\5\6\7\x08"


def option(code, data=b""):
    return dns.edns.GenericOption(code, data)


def edns(*options, **query):
    return {"use_edns": 0, "options": list(options), **query}


def test_opt_is_in_the_answer_if_it_was_in_the_query_and_only_then(client):
    assert client().ask("www").message.edns == -1
    assert client().ask("www", **edns()).message.edns == 0
    assert client().ask("nope", **edns()).message.edns == 0
    assert client().ask("www.invalid.", **edns()).message.edns == 0


def test_the_answer_over_udp_is_as_large_as_both_sides_take(client):
    assert "TC" in client().ask("big", "TXT").flags
    assert "TC" in client().ask("big", "TXT", **edns(payload=1232)).flags
    assert "TC" not in client(max_udp_size=4096).ask("big", "TXT", **edns(payload=4096)).flags
    assert "TC" in client(max_udp_size=4096).ask("big", "TXT", **edns(payload=1000)).flags


def test_what_is_truncated_over_udp_is_whole_over_tcp(client):
    cut = client().ask("huge", "TXT", **edns())
    assert "TC" in cut.flags
    assert cut.message.question
    assert cut.message.edns == 0
    assert cut.texts() == []
    whole = client().ask("huge", "TXT", "tcp")
    assert "TC" not in whole.flags
    assert len(whole.message.answer[0]) == 240


def test_glue_that_does_not_fit_sets_tc(client):
    reply = client(max_udp_size=900).ask("x.wide", "A", **edns())
    assert len(reply.message.authority[0]) == 13
    assert "TC" in reply.flags
    assert len(client().ask("x.wide", "A", "tcp").message.additional) == 13


def test_additional_data_that_are_no_glue_are_left_out_without_tc(client):
    reply = client(max_udp_size=512).ask("", "MX", **edns(option(NSID), option(PADDING, bytes(8))))
    assert "TC" not in reply.flags
    assert len(reply.wire) <= 512
    reply = client(nsid="n" * 128).ask("", "MX", **edns(option(NSID)), payload=512)
    assert "TC" not in reply.flags
    assert len(reply.message.answer[0]) == 10
    assert len(reply.message.additional) < 10


def test_a_size_below_512_counts_as_512(client):
    reply = client().ask("", "MX", **edns(payload=100))
    assert "TC" not in reply.flags
    assert reply.findings == ["edns-small-size"]


@pytest.mark.parametrize("version", [1, 2, 255])
def test_an_unknown_version_is_BADVERS_with_version_0_and_nothing_else(client, version):
    reply = client().ask("www", use_edns=version)
    assert (reply.rcode, reply.texts(), reply.message.edns) == ("BADVERS", [], 0)
    assert reply.findings == ["edns-unknown-version"]


def test_unknown_options_and_flags_are_ignored_and_not_copied(client):
    reply = client().ask("www", **edns(option(65001, b"x"), option(8, b"\0\1\0\0")))
    assert (reply.rcode, reply.message.options) == ("NOERROR", ())
    reply = client().ask("www", use_edns=0, ednsflags=0x00C0)
    assert reply.message.ednsflags == 0
    assert reply.findings == ["edns-flags"]


def test_DO_is_copied(client):
    assert client().ask("www", want_dnssec=True).message.ednsflags == dns.flags.DO


def raw(client, additional, count, sections="0000 0000", **options):
    query = bytes.fromhex(f"0007 0000 0001 {sections} {count:04x}") + b"\3www\7example\4test\0\0\1\0\1"
    return client(**options).send(query + additional)


OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"


def test_two_opts_are_a_format_error(client):
    assert raw(client, OPT, 1).rcode == "NOERROR"
    reply = raw(client, OPT + OPT, 2)
    assert (reply.rcode, reply.findings) == ("FORMERR", ["opt-twice"])


def test_opt_in_another_section_or_with_a_name_is_a_format_error(client):
    assert raw(client, OPT, 0, "0001 0000").findings == ["opt-misplaced"]
    assert raw(client, OPT, 0, "0000 0001").rcode == "FORMERR"
    assert raw(client, b"\xc0\x0c" + OPT[1:], 1).findings == ["opt-misplaced"]


def test_an_option_longer_than_opt_is_a_format_error(client):
    reply = raw(client, OPT[:-2] + b"\0\4\0\3\0\1", 1)
    assert (reply.rcode, reply.findings) == ("FORMERR", ["bad-option"])


def test_nsid_is_the_configured_name_or_that_of_the_world(client):
    assert client(nsid="quay 7").ask("www", **edns(option(NSID))).option(NSID).nsid == b"quay 7"
    assert client().ask("www", **edns(option(NSID))).option(NSID).nsid == b"default"
    assert client().ask("www", **edns()).option(NSID) is None


def cookie_of(reply):
    found = reply.option(COOKIE)
    return found and found.client + found.server


def test_a_client_gets_a_server_cookie_and_keeps_it(client):
    asked = client()
    cookie = cookie_of(asked.ask("www", **edns(option(COOKIE, CLIENT))))
    assert cookie[:8] == CLIENT
    assert len(cookie) == 24
    assert cookie_of(asked.ask("www", **edns(option(COOKIE, cookie)))) == cookie


def test_the_cookie_of_another_client_is_not_valid(client):
    strict = client(cookies="require")
    cookie = cookie_of(strict.ask("www", **edns(option(COOKIE, CLIENT))))
    assert strict.ask("www", **edns(option(COOKIE, cookie))).rcode == "NOERROR"
    strict.peer = ("127.0.0.9", 40000)
    refused = strict.ask("www", **edns(option(COOKIE, cookie)))
    assert refused.rcode == "BADCOOKIE"
    assert cookie_of(refused)[8:] != cookie[8:]
    assert strict.ask("www", transport="tcp", **edns(option(COOKIE, cookie))).rcode == "NOERROR"


def test_a_forged_address_gets_no_flood(client):
    """A longer answer than the client may have is truncated, until a cookie or TCP has proved its address."""
    careful = client(amplification=3)
    assert "TC" not in careful.ask("www").flags
    cut = careful.ask("", "MX")
    assert (cut.flags, cut.texts()) == ({"QR", "AA", "TC"}, [])
    assert careful.ask("", "MX", "tcp").texts()
    cookie = cookie_of(careful.ask("", "MX", **edns(option(COOKIE, CLIENT))))
    assert len(careful.ask("", "MX", **edns(option(COOKIE, cookie))).message.answer[0]) == 10


@pytest.mark.parametrize("size", [0, 7, 9, 15, 41])
def test_a_cookie_of_a_wrong_size_is_a_format_error(client, size):
    reply = client().ask("www", **edns(option(COOKIE, bytes(size))))
    assert (reply.rcode, reply.findings) == ("FORMERR", ["bad-cookie-size"])


def test_cookies_can_be_off(client):
    assert cookie_of(client(cookies="off").ask("www", **edns(option(COOKIE, CLIENT)))) is None


def test_a_query_without_a_question_may_ask_for_a_cookie(client):
    query = bytes.fromhex("0007 0000 0000 0000 0000 0001")
    opt = OPT[:-2] + b"\0\x0c" + b"\0\x0a\0\x08" + CLIENT
    reply = client().send(query + opt)
    assert reply.rcode == "NOERROR"
    assert cookie_of(reply)[:8] == CLIENT
    assert client().send(query + OPT).rcode == "FORMERR"


def test_keepalive_is_answered_over_tcp_alone(client):
    assert client(idle_timeout=12.5).ask("www", transport="tcp", **edns(option(KEEPALIVE))).option(KEEPALIVE).data == (
        125
    ).to_bytes(2)
    udp = client().ask("www", **edns(option(KEEPALIVE)))
    assert (udp.option(KEEPALIVE), udp.findings) == (None, ["keepalive-over-udp"])


def test_padding_fills_encrypted_answers_to_a_block_and_no_others(client):
    padded = edns(option(PADDING, bytes(100)))
    assert len(client().ask("www", transport="tls", **padded).wire) == 468
    assert len(client().ask("huge", "TXT", "tls", **padded).wire) % 468 == 0
    assert len(client().ask("www", transport="tls", **edns()).wire) < 100
    clear = client().ask("www", transport="tcp", **padded)
    assert len(clear.wire) < 100
    assert clear.findings == ["padding-in-clear"]


def test_an_error_says_why_to_clients_with_edns(client):
    ede = client().ask("www.invalid.", **edns()).option(EDE)
    assert (ede.code, ede.text) == (20, "www.invalid. is in no zone of this world")
