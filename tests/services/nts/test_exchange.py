"""Key exchanges: requests to responses (RFC 8915 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from nts_client import (
    AEAD,
    COOKIE,
    END,
    ERROR,
    GCM_SIV,
    NEXT,
    PORT,
    SERVER,
    SIV,
    WARNING,
    bodies,
    numbers,
    parse,
    record,
    request,
)

NTPV4 = record(NEXT, numbers(0))
SIV_ONLY = record(AEAD, numbers(SIV))
BAD_REQUEST = [(ERROR, True, numbers(1)), (END, True, b"")]


def test_a_request_gets_eight_cookies_and_the_port_of_the_worlds_ntp(ntp):
    talk = ntp.every_way(request())
    assert talk.closed
    assert talk.findings == []
    records = parse(talk.sent)
    assert records[:2] == [(NEXT, True, numbers(0)), (AEAD, True, numbers(SIV))]
    assert [(kind, critical) for kind, critical, _ in records[2:10]] == [(COOKIE, False)] * 8
    assert records[10:] == [(PORT, True, numbers(10123)), (END, True, b"")]
    cookies = bodies(talk.sent, COOKIE)
    assert {len(one) for one in cookies} == {104}
    assert len(set(cookies)) == 8
    assert talk.logs == [("command", {"verb": "exchange", "argument": "", "code": "AES-SIV-CMAC-256"})]


def test_no_host_is_named_that_the_client_has_already(ntp):
    assert bodies(ntp.exchange(request()).sent, SERVER) == []


def test_a_host_is_named_if_ntp_is_not_where_the_keys_were_exchanged(ntp):
    talk = ntp.exchange(request(), local=("192.0.2.7", 14460))
    assert bodies(talk.sent, SERVER) == [b"127.0.0.1"]


def test_a_host_that_the_client_wants_is_named_if_it_is_the_servers(ntp):
    assert bodies(ntp.exchange(request(record(SERVER, b"::1", False))).sent, SERVER) == [b"::1"]
    assert bodies(ntp.exchange(request(record(SERVER, b"192.0.2.1", False))).sent, SERVER) == []
    talk = ntp.exchange(request(record(PORT, numbers(4000), False)))
    assert bodies(talk.sent, PORT) == [numbers(10123)]


def test_options_name_another_server_and_the_number_of_cookies(make_ntp):
    ntp = make_ntp(nts_server="time.homeport.test", nts_server_port=4123, nts_cookies=3)
    talk = ntp.exchange(request())
    assert bodies(talk.sent, SERVER) == [b"time.homeport.test"]
    assert bodies(talk.sent, PORT) == [numbers(4123)]
    assert len(bodies(talk.sent, COOKIE)) == 3


def test_port_123_needs_no_name(make_ntp):
    assert bodies(make_ntp(nts_server_port=123).exchange(request()).sent, PORT) == []


def test_of_several_algorithms_the_clients_first_is_taken(make_ntp):
    export = record(1024, critical=False)
    both = request(export, algorithms=(17, GCM_SIV, SIV))
    talk = make_ntp().exchange(both)
    assert bodies(talk.sent, AEAD) == [numbers(GCM_SIV)]
    assert bodies(talk.sent, 1024) == [b""]
    assert {len(one) for one in bodies(talk.sent, COOKIE)} == {72}
    assert bodies(make_ntp(nts_algorithms=["AES-SIV-CMAC-256"]).exchange(both).sent, AEAD) == [numbers(SIV)]


def test_gcm_siv_is_not_taken_of_a_client_that_may_export_other_keys_and_has_a_second_algorithm(ntp):
    talk = ntp.exchange(request(algorithms=(GCM_SIV, SIV)))
    assert bodies(talk.sent, AEAD) == [numbers(SIV)]
    assert bodies(ntp.exchange(request(algorithms=(GCM_SIV,))).sent, AEAD) == [numbers(GCM_SIV)]


def test_without_an_algorithm_in_common_the_list_is_empty_and_there_are_no_cookies(ntp):
    talk = ntp.every_way(request(algorithms=(16, 17)))
    assert parse(talk.sent) == [(NEXT, True, numbers(0)), (AEAD, True, b""), (END, True, b"")]
    assert talk.findings == ["nts-no-common-algorithm"]


def test_without_a_protocol_in_common_the_list_is_empty(ntp):
    talk = ntp.every_way(record(NEXT, numbers(1, 0x8000)) + record(END))
    assert parse(talk.sent) == [(NEXT, True, b""), (END, True, b"")]
    assert talk.findings == ["nts-no-ntpv4"]


def test_unknown_records_are_ignored_unless_they_are_critical(ntp):
    assert len(bodies(ntp.exchange(request(record(0x4000, b"x", False))).sent, COOKIE)) == 8
    talk = ntp.every_way(request(record(0x4000, b"x")))
    assert parse(talk.sent) == [(ERROR, True, numbers(0)), (END, True, b"")]
    assert talk.findings == ["nts-unknown-critical"]
    assert talk.closed


@pytest.mark.parametrize(
    ("sent", "finding"),
    [
        (SIV_ONLY + record(END), "nts-no-next-protocol"),
        (record(END), "nts-no-next-protocol"),
        (NTPV4 + record(END), "nts-no-algorithm"),
        (NTPV4 + NTPV4 + SIV_ONLY + record(END), "nts-record-twice"),
        (NTPV4 + SIV_ONLY + SIV_ONLY + record(END), "nts-record-twice"),
        (request(record(PORT, numbers(1)), record(PORT, numbers(2))), "nts-record-twice"),
        (record(NEXT, b"\0") + SIV_ONLY + record(END), "nts-bad-body"),
        (record(NEXT) + SIV_ONLY + record(END), "nts-bad-body"),
        (NTPV4 + record(AEAD) + record(END), "nts-bad-body"),
        (NTPV4 + record(AEAD, b"\0\x0f\0") + record(END), "nts-bad-body"),
        (request(record(PORT, b"\0")), "nts-bad-body"),
        (request(record(PORT, numbers(0))), "nts-bad-body"),
        (request(record(SERVER, b"")), "nts-bad-body"),
        (request(record(SERVER, b"caf\xc3\xa9")), "nts-bad-body"),
        (request(record(SERVER, b"a\r\nb")), "nts-bad-body"),
        (request(record(ERROR, numbers(0))), "nts-server-record"),
        (request(record(WARNING, numbers(0), False)), "nts-server-record"),
        (NTPV4 + SIV_ONLY + record(END, b"now"), "nts-end-body"),
    ],
)
def test_a_bad_request_is_one_finding_and_error_1(ntp, sent, finding):
    talk = ntp.every_way(sent)
    assert parse(talk.sent) == BAD_REQUEST
    assert talk.findings == [finding]
    assert talk.closed
    assert talk.logs[-1][1]["code"] == "bad request"


def test_a_request_that_ends_before_its_last_record_is_bad(ntp):
    talk = ntp.every_way(NTPV4 + SIV_ONLY[:-1], eof=True)
    assert parse(talk.sent) == BAD_REQUEST
    assert talk.findings == ["nts-no-end"]


def test_a_connection_without_a_request_is_closed_in_silence(ntp):
    talk = ntp.exchange(eof=True)
    assert (talk.sent, talk.closed, talk.findings) == (b"", True, [])


def test_a_request_has_a_time_limit_from_its_first_octet_on(ntp):
    from homeport.protocol.events import Data, Opened, TimerFired

    session = ntp.service.session(ntp.context("nts"))
    assert list(session.handle(Opened())) == []
    effects = session.handle(Data(NTPV4))
    assert [one.seconds for one in effects] == [30.0]
    assert list(session.handle(Data(SIV_ONLY))) == []
    found = [getattr(one, "id", None) for one in session.handle(TimerFired("first"))]
    assert "nts-no-end" in found


def test_octets_after_the_end_are_a_finding_and_the_request_is_answered(ntp):
    talk = ntp.every_way(request() + b"more")
    assert len(bodies(talk.sent, COOKIE)) == 8
    assert talk.findings == ["nts-after-end"]


def test_a_critical_bit_that_is_missing_and_a_cookie_of_the_client_are_findings_that_strict_servers_refuse(make_ntp):
    clear = record(NEXT, numbers(0), False) + SIV_ONLY + record(END)
    talk = make_ntp().every_way(clear)
    assert len(bodies(talk.sent, COOKIE)) == 8
    assert talk.findings == ["nts-not-critical"]
    strict = make_ntp(syntax="strict").every_way(clear)
    assert parse(strict.sent) == BAD_REQUEST
    assert strict.findings == ["nts-not-critical"]
    talk = make_ntp().every_way(request(record(COOKIE, b"1234")))
    assert talk.findings == ["nts-cookie-sent", "nts-critical-cookie"]
    assert len(bodies(talk.sent, COOKIE)) == 8


def test_a_client_without_alpn_is_reported_and_refused_by_strict_servers(make_ntp):
    from homeport.protocol.events import Tls

    without = Tls(version="TLSv1.3", cipher="x", export=lambda _label, size, _context: bytes(size))
    talk = make_ntp().every_way(request(), agreed=without)
    assert talk.findings == ["nts-no-alpn"]
    assert len(bodies(talk.sent, COOKIE)) == 8
    assert parse(make_ntp(syntax="strict").every_way(request(), agreed=without).sent) == BAD_REQUEST


def test_an_overlong_request_is_refused_before_it_is_stored(ntp):
    head = record(0x4000, bytes(8000), False)
    talk = ntp.exchange(NTPV4, SIV_ONLY, head, head, head, record(END))
    assert parse(talk.sent) == BAD_REQUEST
    assert talk.findings == ["nts-too-long"]


@given(st.lists(st.binary(max_size=60), max_size=8))
@examples(60)
def test_no_input_breaks_a_key_exchange(pieces):
    from homeport.protocol.events import Data, Eof, Opened

    ntp = fresh()
    session = ntp.service.session(ntp.context("nts"))
    sent = b""
    for event in (Opened(), *map(Data, filter(None, pieces)), Eof()):
        for effect in session.handle(event):
            sent += bytes(getattr(effect, "data", b"")) if type(effect).__name__ == "Send" else b""
    assert not sent or parse(sent)[-1] == (END, True, b"")


RECORDS = st.lists(
    st.builds(record, st.integers(0, 9) | st.integers(0, 0x7FFF), st.binary(max_size=6), st.booleans()), max_size=8
)


@given(RECORDS)
@examples(100)
def test_any_records_get_one_response(records):
    talk = fresh().exchange(b"".join(records) + record(END))
    assert talk.closed
    answered = parse(talk.sent)
    assert answered[-1] == (END, True, b"")
    assert answered[0][0] in (ERROR, NEXT)


def fresh():
    """Return a service; its world is shared, since a new one takes more time than an example."""
    if not SHARED:
        from services.nts.conftest import Ntp

        SHARED.append(Ntp())
    return SHARED[0]


SHARED = []


def test_records_are_text_in_transcripts(ntp):
    sent = request(record(SERVER, b"::1", False), record(0x4000, b"x"))
    assert ntp.service.transcribe(sent + b"\x80") == (
        ["next protocol (critical): 0", "algorithms (critical): 15", "server: ::1", "type 16384 (critical): 78",
         "end of message (critical)"],
        b"\x80",
    )  # fmt: skip
    shown = ntp.service.transcribe(ntp.exchange(request()).sent)
    assert "cookie: 104 octets" in shown[0]
