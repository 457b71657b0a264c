"""Bounds of work and memory: long names and values cost little, and are not kept; and what a failed change leaves."""

import pytest
from services.ldap.asker import (
    ALICE,
    BASE,
    Asker,
    bind,
    compare,
    control,
    delete,
    encode,
    encode_sequence,
    equals,
    extended,
    message,
    modify,
    octets,
    present,
    search,
)

from homeport.protocol.effects import ConcealSent
from homeport.protocol.events import Data
from homeport.world.directory import matching, names

START, CONTROL, END = "1.3.6.1.1.21.1", "1.3.6.1.1.21.2", "1.3.6.1.1.21.3"
PASSWORD_MODIFY = "1.3.6.1.4.1.4203.1.11.1"


@pytest.mark.parametrize(
    "name",
    ["ou=" + "x" * 1_000_000, "+".join(f"ou={number}" for number in range(17)), "ou=" + "x" * 4_100],
    ids=["a megabyte", "17 values of a component", "4,103 characters"],
)
def test_a_name_that_is_too_long_is_no_name(client, name):
    assert client().code(search(name, 0)) == 34


def test_a_filter_has_few_bytes_of_values(client):
    pieces = encode_sequence(octets("x" * 20_000, 0x80), octets("y" * 20_000, 0x82))
    for chosen in (
        equals("cn", "x" * 32_769),
        encode(0xA2, equals("cn", "x" * 1_000_000)),
        encode_sequence(octets("cn"), pieces, tag=0xA4),
        encode_sequence(*[equals("cn", "x" * 400)] * 100, tag=0xA1),
    ):
        assert client().code(search(chosen=chosen)) == 11
    assert client().code(search(chosen=equals("cn", "x" * 32_768))) == 0
    assert client().code(compare(ALICE, "description", "x" * 32_769)) == 11


def test_long_names_and_values_are_not_kept(client):
    one = client()
    assert one.code(search(f"ou=short,{BASE}", 0)) == 32  # the names of the world are parsed, and kept
    assert one.code(search(BASE, 0, equals("description", "short"))) == 0
    before = names._parse_short_dn.cache_info().currsize, matching._folded_short.cache_info().currsize
    for number in range(3):
        assert one.code(search(f"ou={number}{'x' * 1_000},{BASE}", 0)) == 32
        assert one.code(search(BASE, 0, equals("description", f"{number}{'x' * 1_000}"))) == 0
    after = names._parse_short_dn.cache_info().currsize, matching._folded_short.cache_info().currsize
    assert after[0] - before[0] <= 2
    assert after[1] - before[1] <= 20


def test_a_failed_transaction_leaves_identifiers_and_times(admin):
    asked = search(f"uid=dave,ou=people,{BASE}", 0, attributes=("*", "+"))
    crew = search(f"cn=crew,ou=groups,{BASE}", 0, attributes=("*", "+"))
    before = [admin.ask(one)[0].attributes for one in (asked, crew)]
    (begun,) = admin.ask(extended(START))
    within = control(CONTROL, begun.more[0x8B], critical=True)
    admin.code(modify(f"uid=dave,ou=people,{BASE}", (2, "roomNumber", ("9",))), within)
    admin.code(modify(f"cn=crew,ou=groups,{BASE}", (2, "description", ("x",))), within)
    admin.code(delete(f"cn=missing,{BASE}"), within)
    assert admin.code(extended(END, encode_sequence(octets(begun.more[0x8B])))) == 32
    assert [admin.ask(one)[0].attributes for one in (asked, crew)] == before


def test_a_password_of_a_person_is_utf_8(admin):
    assert admin.code(modify(ALICE, (2, "userPassword", (b"\xff\xfe\0x",)))) == 21
    assert admin.code(bind(ALICE, "alice-pass")) == 0


def concealed(one: Asker, request: bytes) -> list[ConcealSent]:
    """Send a request; return what the journal masks of the answer."""
    one.number += 1
    effects = one.session.handle(Data(message(one.number, request)))
    return [effect for effect in effects if isinstance(effect, ConcealSent)]


def test_passwords_in_answers_are_masked(admin):
    assert admin.code(search(BASE, 0)) == 0
    (masked,) = concealed(admin, search(ALICE, 0, present("objectClass"), ("userPassword", "cn")))
    assert (masked.secret, masked.before) == (b"alice-pass", b"\x04\x0a")
    assert concealed(admin, search(ALICE, 0, present("objectClass"), ("cn",))) == []


def test_a_password_that_the_server_has_made_is_masked(admin):
    assert admin.code(search(BASE, 0)) == 0
    value = encode_sequence(octets(f"uid=bob,ou=people,{BASE}", 0x80))
    (masked,) = concealed(admin, extended(PASSWORD_MODIFY, value))
    assert masked.secret == admin.world.people.get("bob").password.encode()


def test_a_planned_referral_names_a_server(admin):
    admin.world.faults.by_client = True
    (answer,) = admin.ask(search(f"ou=referral,ou=fault,{BASE}"))
    assert (answer.code, answer.referrals) == (10, ["ldap://elsewhere.homeport.test/"])


@pytest.mark.parametrize(
    "request_",
    [
        search(BASE, 3 + 6),
        search(chosen=encode(0xAA, b"")),
        search(size=-1),
        search(chosen=encode_sequence(octets("cn"), encode_sequence(), tag=0xA4)),
        bind(ALICE, "alice-pass", version=-1),
    ],
    ids=["scope", "filter", "size limit", "substrings", "version"],
)
def test_rfc_4511_4_1_1_a_value_that_a_field_cannot_have_is_answered(client, request_):
    one = client()
    (answer,) = one.ask(request_)
    assert (answer.id, answer.code) == (1, 2)
    assert one.talk.findings == ["malformed-message"]
    assert one.code(search(BASE, 0)) == 0


SORT, SORTED, VLV, PLACE = (
    "1.2.840.113556.1.4.473",
    "1.2.840.113556.1.4.474",
    "2.16.840.1.113730.3.4.9",
    "2.16.840.1.113730.3.4.10",
)


@pytest.mark.parametrize(("kind", "code"), [("nothing", 16), ("jpegPhoto", 18)])
def test_rfc_2891_2_an_order_that_cannot_be_had_is_told_by_its_control(client, kind, code):
    keys = encode_sequence(encode_sequence(octets(kind)))
    (done,) = client().ask(search(), control(SORT, keys, critical=True))
    assert (done.code, done.controls[SORTED]) == (12, encode_sequence(encode(0x0A, bytes([code]))))


def test_a_window_that_cannot_be_had_is_told_by_its_control(client):
    one = client()
    offset = encode_sequence(encode(2, b"\0"), encode(2, b"\0"), tag=0xA0)
    window = control(VLV, encode_sequence(encode(2, b"\0"), encode(2, b"\1"), offset))
    assert one.ask(search(), window)[-1].controls[PLACE].endswith(b"\x0a\x01\x3c")
    order = control(SORT, encode_sequence(encode_sequence(octets("cn"))))
    done = one.ask(search(), order, window)[-1]
    assert (done.code, done.controls[PLACE][-3:]) == (61, b"\x0a\x01\x3d")


def test_rfc_4523_2_1_a_certificate_is_returned_with_the_option_binary(admin):
    assert admin.code(modify(ALICE, (0, "userCertificate;binary", (b"0\x00",)))) == 0
    for asked in ((), ("userCertificate",), ("userCertificate;binary",)):
        (found, _done) = admin.ask(search(ALICE, 0, attributes=asked))
        assert found.attributes["userCertificate;binary"] == [b"0\x00"]
