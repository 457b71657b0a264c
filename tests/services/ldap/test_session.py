"""The LDAP session: messages, several operations, binds, StartTLS, the end."""

import pytest
from conftest import cuts, make_world
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.ldap.asker import (
    ADMIN,
    ALICE,
    BASE,
    UNBIND,
    Asker,
    abandon,
    bind,
    control,
    equals,
    extended,
    message,
    octets,
    read,
    search,
)
from services.line_client import TLS

from homeport.protocol.ber import encode, encode_integer, encode_sequence
from homeport.protocol.events import Closed, Data, Eof, LimitReached, Stopping, TlsStarted
from homeport.world.people import Person

WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"
START_TLS = "1.3.6.1.4.1.1466.20037"


def who(client):
    (answer,) = client.ask(extended(WHO_AM_I))
    assert answer.code == 0
    return answer.more.get(0x8B, b"").decode()


# Messages


def test_the_same_requests_get_the_same_answers_however_they_are_cut():
    talk = (
        message(1, bind(ALICE, "alice-pass"))
        + message(2, search(chosen=equals("uid", "bob"), attributes=("cn",)))
        + message(3, extended(WHO_AM_I))
        + message(4, UNBIND)
    )
    outcomes = []
    for way in cuts(talk):
        client = Asker()
        for piece in way:
            client.hear(Data(piece))
        outcomes.append((client.talk.sent, client.talk.closed, client.talk.findings, client.talk.logs))
    for outcome in outcomes:
        assert outcome == outcomes[0]
    sent, closed, _findings, logs = outcomes[0]
    assert [(one.id, one.tag) for one in read(sent)] == [(1, 0x61), (2, 0x64), (2, 0x65), (3, 0x78)]
    assert closed
    assert [fields["verb"] for kind, fields in logs if kind == "command"] == ["bind", "search", "extended", "unbind"]


def test_rfc_4511_5_1_lengths_may_be_in_the_long_form(client):
    request = search("", 0)
    written = encode_integer(1) + request
    assert read(client().hear(Data(b"\x30\x84" + len(written).to_bytes(4, "big") + written)))[-1].code == 0


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x80\x02\x01\x01",
        b"\x04\x03abc",
        message(1, encode(0x5F, b"")),
        message(1, encode_sequence(octets(BASE), tag=0x63)),
        encode_sequence(octets("no number"), UNBIND),
        message(1, search(chosen=encode(0xA2, b""))),
        message(1, encode_sequence(encode_integer(3), octets(b"\xff"), octets("", 0x80), tag=0x60)),
        b"\0\0\0\0",
    ],
)
def test_rfc_4511_4_1_1_what_is_no_message_ends_the_session_with_a_notice(client, data):
    one = client()
    (notice,) = read(one.hear(Data(data)))
    assert (notice.id, notice.code, notice.more[0x8A]) == (0, 2, b"1.3.6.1.4.1.1466.20036")
    assert one.talk.closed
    assert one.talk.findings == ["malformed-message"]


def test_a_message_over_the_limit_is_refused_before_it_has_arrived(client):
    one = client(max_message=1000)
    (notice,) = read(one.hear(Data(b"\x30\x82\x10\x00")))
    assert notice.code == 2
    assert one.talk.findings == ["message-too-long"]


def test_deep_filters_are_refused_before_anything_recurses(client):
    chosen = equals("cn", "x")
    for _ in range(200):
        chosen = encode(0xA2, chosen)
    one = client()
    assert read(one.hear(Data(message(1, search(chosen=chosen)))))[-1].code == 2
    assert one.talk.findings == ["malformed-message"]


def test_rfc_4511_4_1_1_1_the_identifier_zero_is_refused(client):
    one = client()
    (notice,) = read(one.hear(Data(message(0, extended(WHO_AM_I)))))
    assert notice.code == 2
    assert one.talk.findings == ["id-zero"]


def test_a_web_page_gets_nothing_done(client):
    one = client()
    (notice,) = read(one.hear(Data(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n" + message(1, bind()))))
    assert (notice.id, notice.code) == (0, 2)
    assert one.talk.findings == ["http-request"]
    assert one.talk.closed


def test_a_client_hello_in_the_clear_is_told(client):
    one = client()
    assert "ldap.tls" in read(one.hear(Data(b"\x16\x03\x01\x02\x00\x01")))[0].text
    assert one.talk.findings == ["unexpected-tls"]


def test_a_message_that_does_not_end_times_out(client):
    one = client()
    one.hear(Data(b"\x30\x20\x02"))
    assert "rest" in one.talk.timers


def test_rfc_4511_4_3_unbind_has_no_answer(client):
    one = client()
    assert one.ask(UNBIND) == []
    assert one.talk.closed
    one.hear(Data(message(9, bind())))
    assert one.talk.findings == ["data-after-unbind"]


@pytest.mark.parametrize("event", [Stopping(), LimitReached("idle")])
def test_the_server_ends_a_session_with_a_notice(client, event):
    one = client()
    (notice,) = read(one.hear(event))
    assert (notice.id, notice.code) == (0, 52)
    assert one.talk.closed


def test_a_close_without_unbind_is_a_finding(client):
    one = client()
    one.ask(extended(WHO_AM_I))
    one.hear(Eof())
    one.hear(Closed("closed"))
    assert one.talk.findings == ["no-unbind"]


# Several operations


def crowded(number=500):
    world = make_world()
    for index in range(number):
        world.people.put(Person(login=f"user{index}", name=f"User {index}", password="x"))
    return world


def test_rfc_4511_4_11_an_abandoned_search_sends_nothing_more(client):
    one = client(crowded())
    one.entries(search(scope=0))  # now the directory is there
    assert 0 < len(one.begin(search())) < 500
    sent = one.talk.sent
    one.hear(Data(message(9, abandon(one.number))))
    assert one.talk.sent == sent
    assert one.code(extended(WHO_AM_I)) == 0


def test_other_requests_are_answered_while_a_long_search_goes_on(client):
    one = client(crowded())
    one.begin(search())
    assert [answer.id for answer in one.begin(extended(WHO_AM_I))] == [2]
    done = [answer for answer in one.ask(extended(WHO_AM_I)) if answer.tag == 0x65]
    assert [answer.id for answer in done] == [1]


def test_rfc_4511_4_1_1_1_an_identifier_in_use_is_a_finding(client):
    one = client(crowded())
    one.begin(search())
    one.hear(Data(message(1, extended(WHO_AM_I))))
    assert "id-reused" in one.talk.findings


def test_a_search_is_cut_into_pieces_of_bounded_work(client):
    one = client(crowded())
    assert len(one.entries(search(chosen=equals("objectClass", "person")))) == 505
    assert one.pieces > 5


# Binds


@pytest.mark.parametrize(
    ("name", "password", "code", "identity"),
    [
        ("", "", 0, ""),
        (ALICE, "alice-pass", 0, f"dn:{ALICE}"),
        (ALICE.upper(), "alice-pass", 0, f"dn:{ALICE}"),
        (ALICE, "wrong", 49, ""),
        ("uid=nobody,ou=people,dc=homeport,dc=test", "x", 49, ""),
        ("no name", "x", 49, ""),
        (ADMIN, "admin-pass", 0, f"dn:{ADMIN}"),
    ],
)
def test_rfc_4513_5_1_simple_binds(client, name, password, code, identity):
    one = client()
    assert one.code(bind(name, password)) == code
    assert who(one) == identity


def test_rfc_4513_5_1_2_a_name_without_a_password_is_no_login(client):
    one = client()
    assert one.code(bind(ALICE, "")) == 53
    assert one.talk.findings == ["unauthenticated-bind"]
    assert who(one) == ""


def test_rfc_4513_5_1_2_unauthenticated_binds_can_be_allowed(client):
    one = client(unauthenticated=True)
    assert one.code(bind(ALICE, "")) == 0
    assert one.talk.findings == ["unauthenticated-bind"]
    assert who(one) == ""


def test_rfc_4511_4_2_1_a_bind_that_fails_leaves_the_client_anonymous(client):
    one = client().login(ALICE, "alice-pass")
    assert one.code(bind(ALICE, "wrong")) == 49
    assert who(one) == ""


def test_version_2_is_refused(client):
    one = client()
    assert one.code(bind(version=2)) == 2
    assert one.talk.findings == ["v2-bind"]


def test_a_person_who_is_bound_is_present(client):
    one = client().login(ALICE, "alice-pass")
    assert [each.login for each in one.world.presence if each.conn == "c1"] == ["alice"]
    one.ask(UNBIND)
    assert not [each for each in one.world.presence if each.conn == "c1"]


def test_passwords_can_be_demanded_under_tls(client):
    one = client(clear_passwords=False)
    assert one.code(bind(ALICE, "alice-pass")) == 13
    assert one.start_tls().code(bind(ALICE, "alice-pass")) == 0


def test_the_journal_masks_passwords(client):
    one = client()
    one.ask(bind(ALICE, "alice-pass"))
    assert one.talk.concealed == len("alice-pass")


def test_rfc_4513_5_2_plain_by_sasl(client):
    one = client()
    sasl = encode_sequence(octets("PLAIN"), octets(b"\0alice\0alice-pass"), tag=0xA3)
    assert one.code(encode_sequence(encode_integer(3), octets(""), sasl, tag=0x60)) == 0
    assert who(one) == f"dn:{ALICE}"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("u:alice", 0),
        ("u:ALICE", 0),
        (f"dn:{ALICE}", 0),
        (f"dn:UID=Alice, OU=People,{BASE}", 0),
        ("", 0),
        ("u:bob", 49),
        ("u:", 49),
        ("dn:", 49),
        ("dn:nonsense", 49),
        (f"dn:{BASE}", 49),
        ("x:alice", 49),
    ],
)
def test_rfc_4513_5_2_1_8_an_authorization_identity_is_a_dn_or_a_user(client, authorization, code):
    one = client()
    sasl = encode_sequence(octets("PLAIN"), octets(f"{authorization}\0alice\0alice-pass"), tag=0xA3)
    assert one.code(encode_sequence(encode_integer(3), octets(""), sasl, tag=0x60)) == code


def test_rfc_4513_5_2_1_5_another_request_ends_a_sasl_exchange(client):
    one = client()
    sasl = encode_sequence(octets("CRAM-MD5"), tag=0xA3)
    (challenge,) = one.ask(encode_sequence(encode_integer(3), octets(""), sasl, tag=0x60))
    assert challenge.code == 14
    assert challenge.more[0x87].startswith(b"<")
    assert one.code(search()) == 1
    assert "request-in-sasl" in one.talk.findings
    assert one.code(search("", 0)) == 0


def test_external_needs_a_certificate(client):
    one = client()
    sasl = encode_sequence(octets("EXTERNAL"), octets(""), tag=0xA3)
    assert one.code(encode_sequence(encode_integer(3), octets(""), sasl, tag=0x60)) == 48
    assert one.talk.findings == ["sasl-external-without-certificate"]


# StartTLS


def test_rfc_4511_4_14_start_tls(client):
    one = client().start_tls()
    assert one.code(bind(ALICE, "alice-pass")) == 0
    assert "bind-in-clear" not in one.talk.findings
    assert one.code(extended(START_TLS)) == 1
    assert "starttls-twice" in one.talk.findings


def test_rfc_4511_4_14_2_what_follows_start_tls_in_the_clear_is_discarded(client):
    one = client()
    one.hear(Data(message(1, extended(START_TLS)) + message(2, bind(ALICE, "alice-pass"))))
    assert one.talk.findings == ["starttls-injection"]
    one.hear(TlsStarted(TLS))
    assert [answer.id for answer in read(one.talk.sent)] == [1]
    one.number = 2
    assert who(one) == ""


def test_rfc_4511_4_14_1_start_tls_waits_for_no_operation(client):
    one = client(crowded())
    one.begin(search())
    answers = one.ask(extended(START_TLS))
    assert next(answer for answer in answers if answer.id == 2).code == 1
    assert "starttls-outstanding" in one.talk.findings


# Controls and extended operations


def test_rfc_4511_4_1_11_an_unknown_control_counts_if_it_is_critical(client):
    one = client()
    assert one.code(search(), control("1.2.3")) == 0
    assert one.code(search(), control("1.2.3", critical=True)) == 12
    assert one.talk.findings == ["unknown-critical-control"]


def test_an_unknown_extended_operation_is_refused(client):
    one = client()
    assert one.code(extended("1.2.3.4")) == 2
    assert one.talk.findings == ["unknown-operation"]


def test_rfc_4512_5_1_the_root_dse_says_what_the_server_can(client):
    entry, _done = client().ask(search("", 0, attributes=("*", "+")))
    assert entry.attributes["namingContexts"] == [BASE.encode()]
    assert WHO_AM_I.encode() in entry.attributes["supportedExtension"]
    assert b"1.2.840.113556.1.4.319" in entry.attributes["supportedControl"]
    assert entry.attributes["subschemaSubentry"] == [b"cn=subschema"]


@examples()
@given(st.binary(max_size=200))
def test_no_bytes_break_a_session(data):
    client = Asker()
    client.hear(Data(data))
    client.hear(Eof())
    client.hear(Closed("closed"))


@examples()
@given(st.integers(0, 120), st.binary(min_size=1, max_size=4))
def test_no_change_of_a_message_breaks_a_session(offset, bytes_):
    whole = message(
        1, search(chosen=encode_sequence(equals("cn", "a"), equals("uid", "b"), tag=0xA0), attributes=("cn",))
    )
    at = offset % len(whole)
    client = Asker()
    client.hear(Data(whole[:at] + bytes_ + whole[at + len(bytes_) :]))
    client.hear(Eof())


@pytest.mark.parametrize(
    "chosen",
    [
        equals("userPassword", "alice-pass"),
        encode(0xA2, equals("userPassword;lang-de", "alice-pass")),
        encode_sequence(octets("userPassword"), encode_sequence(octets("alice-pass", 0x81)), tag=0xA4),
        encode_sequence(octets("userPassword", 0x82), octets("alice-pass", 0x83), tag=0xA9),
    ],
)
def test_a_password_in_a_filter_is_masked(client, chosen):
    one = client()
    one.ask(search(chosen=chosen))
    assert one.talk.concealed >= len("alice-pass")
    assert all("alice-pass" not in str(fields) for _kind, fields in one.talk.logs)


def test_deep_filters_are_looked_into_without_recursion(client):
    chosen = equals("userPassword", "alice-pass")
    for _ in range(5000):
        chosen = encode(0xA2, chosen)
    one = client()
    one.hear(Data(message(1, search(chosen=chosen))))
    assert one.talk.concealed >= len("alice-pass")


def test_a_piece_of_a_search_ends_after_few_large_entries(client):
    world = make_world()
    for number in range(8):
        world.people.put(Person(login=f"p{number}", name="x" * 30_000))
    one = client(world)
    assert one.code(search(BASE, 0)) == 0
    first = one.begin(search(f"ou=people,{BASE}", 1, equals("objectClass", "person")))
    assert len(first) < len(list(world.people))
