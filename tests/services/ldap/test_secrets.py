"""Passwords in requests: masked in the journal and in faults' arguments, wherever a client puts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.ldap.asker import (
    ALICE,
    BASE,
    add,
    bind,
    compare,
    control,
    delete,
    equals,
    extended,
    message,
    octets,
    rename,
    search,
)

from homeport.protocol.ber import ENUMERATED, encode, encode_integer, encode_sequence
from homeport.protocol.events import Data
from homeport.services.ldap.messages import MalformedMessage, read_message
from homeport.services.ldap.secrets import masked_name, secrets_in

SECRET = "alice-pass"
NAME = f"userPassword={SECRET},ou=people,{BASE}"
ASSERTION, WHO_AM_I, PASSWORD_MODIFY = "1.3.6.1.1.12", "1.3.6.1.4.1.4203.1.11.3", "1.3.6.1.4.1.4203.1.11.1"

WITH_SECRET = {
    "a bind": message(1, bind(ALICE, SECRET)),
    "a bind by SASL": message(
        1,
        encode_sequence(
            encode_integer(3),
            octets(""),
            encode_sequence(octets("PLAIN"), octets(f"\0alice\0{SECRET}"), tag=0xA3),
            tag=0x60,
        ),
    ),
    "a bind with a fourth field": message(
        1, encode_sequence(encode_integer(3), octets(ALICE), octets("", 0x80), octets(SECRET), tag=0x60)
    ),
    "a bind under the tag of a primitive value": message(1, encode(0x40, bind(ALICE, SECRET)[2:])),
    "a bind behind another element": encode_sequence(encode_integer(1), octets("x"), bind(ALICE, SECRET)),
    "an element behind the operation": encode_sequence(encode_integer(1), delete(ALICE), octets(SECRET)),
    "an element behind the controls": encode_sequence(
        encode_integer(1), delete(ALICE), encode_sequence(tag=0xA0), octets(SECRET)
    ),
    "an add": message(1, add(ALICE, objectClass="person", userPassword=SECRET)),
    "an add of an attribute with three fields": message(
        1,
        encode_sequence(
            octets(ALICE), encode_sequence(encode_sequence(octets("cn"), encode(0x31, b""), octets(SECRET))), tag=0x68
        ),
    ),
    "a compare": message(1, compare(ALICE, "userPassword", SECRET)),
    "a filter": message(1, search(chosen=encode(0xA2, equals("userPassword;lang-de", SECRET)))),
    "a filter by a rule alone": message(
        1, search(chosen=encode_sequence(octets("2.5.13.17", 0x81), octets(SECRET, 0x83), tag=0xA9))
    ),
    "a Not with two filters": message(
        1, search(chosen=encode(0xA2, equals("cn", "x") + equals("userPassword", SECRET)))
    ),
    "a Not before noise": message(
        1, search(chosen=encode(0xA2, equals("cn", "x") + encode(0xA3, b"") + octets(SECRET)))
    ),
    "the name of an add": message(1, add(NAME, objectClass="person")),
    "the name of a delete": message(1, delete(NAME)),
    "a new name": message(1, rename(ALICE, f"userPassword={SECRET}")),
    "a name by its OID": message(1, rename(ALICE, f"2.5.4.35={SECRET}")),
    "the base of a search": message(1, search(NAME)),
    "a password modify": message(
        1, extended(PASSWORD_MODIFY, encode_sequence(octets(ALICE, 0x80), octets(SECRET, 0x82)))
    ),
    "an assertion": message(1, delete(ALICE), control(ASSERTION, equals("userPassword", SECRET))),
    "a modify with one field": message(1, encode_sequence(octets(SECRET), tag=0x66)),
}


@pytest.mark.parametrize("wire", WITH_SECRET.values(), ids=WITH_SECRET)
def test_a_password_is_masked_wherever_it_is(client, wire):
    one = client()
    one.hear(Data(wire))
    at = wire.index(SECRET.encode())
    covered = set()
    for size, after in one.talk.conceals:
        covered |= set(range(len(wire) - after - size, len(wire) - after))
    assert covered >= set(range(at, at + len(SECRET)))
    assert SECRET not in str(one.talk.logs)
    assert SECRET.encode() not in one.talk.sent


MALFORMED = {
    "a bind of two fields": encode_sequence(encode_integer(3), octets("x"), tag=0x60),
    "a bind of none": encode_sequence(tag=0x60),
    "an add of one": encode_sequence(octets("x"), tag=0x68),
    "an attribute without values": encode_sequence(
        octets("x"), encode_sequence(encode_sequence(octets("userPassword"))), tag=0x68
    ),
    "a modify of one": encode_sequence(octets("x"), tag=0x66),
    "a change of one": encode_sequence(
        octets("x"), encode_sequence(encode_sequence(encode_integer(0, ENUMERATED))), tag=0x66
    ),
    "a compare of one": encode_sequence(octets("x"), tag=0x6E),
    "an assertion of none": encode_sequence(octets("x"), encode_sequence(), tag=0x6E),
    "an extended request of none": encode_sequence(tag=0x77),
    "a filter of none": search(BASE, 2, encode_sequence(tag=0xA3)),
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_a_request_without_its_fields_gets_the_notice_of_disconnection(client, request_):
    one = client()
    (notice,) = one.ask(request_)
    assert (notice.id, notice.code) == (0, 2)
    assert one.talk.closed


@given(st.binary(max_size=80), st.sampled_from([0x60, 0x63, 0x66, 0x68, 0x6E, 0x77, 0x6C, 0x4A]))
@examples(300)
def test_places_of_secrets_are_in_the_message_whatever_it_is(content, tag):
    wire = message(1, encode(tag, content))
    try:
        read_message(wire, 0, len(wire))
    except MalformedMessage:
        return
    for begin, end in secrets_in(wire, 0, len(wire)):
        assert 0 <= begin <= end <= len(wire)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (f"userPassword={SECRET},dc=x", "userPassword=***,dc=x"),
        (f"cn=a+USERPASSWORD = {SECRET}\\,more,dc=x", "cn=a+USERPASSWORD =***,dc=x"),
        (f'unicodePwd="{SECRET},more",dc=x', "unicodePwd=***,dc=x"),
        ("cn=alice,dc=x", "cn=alice,dc=x"),
    ],
)
def test_names_are_shown_without_passwords(name, shown):
    assert masked_name(name) == shown


def test_an_entry_is_not_named_by_its_password(admin):
    attributes = {"objectClass": ("person", "top"), "cn": "x", "sn": "x", "userPassword": "x"}
    assert admin.code(add(f"userPassword=x,{BASE}", **attributes)) == 64
    assert admin.code(add(f"cn=x,{BASE}", **attributes)) == 0
    assert admin.code(rename(f"cn=x,{BASE}", "userPassword=x")) == 64


@pytest.mark.parametrize("kind", ["userPassword;lang-de", "UNICODEPWD", "2.5.4.35", "pwdHistory", "sambaNTPassword"])
def test_every_attribute_of_passwords_is_masked_in_the_journals_argument_too(client, kind):
    one = client()
    one.ask(search(chosen=equals(kind, SECRET)))
    assert SECRET not in str(one.talk.logs)
    assert "***" in str(one.talk.logs)
