"""Transactions (RFC 5805): changes that are made together or not at all."""

import pytest
from services.ldap.asker import (
    ALICE,
    BASE,
    Asker,
    add,
    bind,
    control,
    delete,
    extended,
    modify,
    octets,
    rename,
    search,
    value_of,
)

from homeport.protocol.ber import encode_boolean, encode_integer, encode_sequence

START, CONTROL, END, ABORTED = "1.3.6.1.1.21.1", "1.3.6.1.1.21.2", "1.3.6.1.1.21.3", b"1.3.6.1.1.21.4"
POST_READ = "1.3.6.1.1.13.2"


def begin(one):
    (answer,) = one.ask(extended(START))
    assert answer.code == 0
    identifier = answer.more[0x8B]
    return identifier, control(CONTROL, identifier, critical=True)


def end(identifier, *, commit=True):
    flag = [] if commit else [encode_boolean(value=False)]
    return extended(END, encode_sequence(*flag, octets(identifier)))


def thing(name):
    return add(f"cn={name},{BASE}", objectClass="device", cn=name)


def test_changes_are_made_at_the_end_and_not_before(admin):
    identifier, within = begin(admin)
    assert admin.code(thing("x"), within) == 0
    assert admin.code(modify(ALICE, (2, "telephoneNumber", ("+1 555",))), within) == 0
    assert admin.code(search(f"cn=x,{BASE}", 0)) == 32
    assert admin.world.people.get("alice").phone != "+1 555"
    assert admin.code(end(identifier)) == 0
    assert admin.code(search(f"cn=x,{BASE}", 0)) == 0
    assert admin.world.people.get("alice").phone == "+1 555"


def test_a_change_that_fails_undoes_all(admin):
    before = admin.world.people.get("alice")
    identifier, within = begin(admin)
    requests = [
        thing("x"),
        rename(f"cn=x,{BASE}", "cn=y"),
        modify(ALICE, (2, "mail", ("other@x.test",))),
        delete(f"uid=bob,ou=people,{BASE}"),
        delete(f"cn=missing,{BASE}"),
        thing("z"),
    ]
    for request in requests:
        assert admin.code(request, within) == 0
    failed = admin.number - 1
    (answer,) = admin.ask(end(identifier))
    assert answer.code == 32
    assert value_of(answer.more[0x8B]) == [bytes([failed])]
    assert [admin.code(search(f"cn={name},{BASE}", 0)) for name in "xyz"] == [32, 32, 32]
    assert admin.world.people.get("alice") == before
    assert admin.world.people.get("bob") is not None
    assert len(admin.entries(search(f"uid=bob,ou=people,{BASE}", 0))) == 1


def test_changes_can_be_forgotten(admin):
    identifier, within = begin(admin)
    assert admin.code(thing("x"), within) == 0
    assert admin.code(end(identifier, commit=False)) == 0
    assert admin.code(search(f"cn=x,{BASE}", 0)) == 32
    assert admin.code(end(identifier)) == 53


def test_controls_of_changes_come_with_the_end(admin):
    identifier, within = begin(admin)
    read = control(POST_READ, encode_sequence(octets("cn")))
    assert admin.ask(thing("x"), within, read)[0].controls == {}
    number = admin.number
    (answer,) = admin.ask(end(identifier))
    assert b"cn=x" in answer.more[0x8B]
    assert encode_integer(number) in answer.more[0x8B]


def test_a_transaction_ends_at_a_bind_and_the_client_is_told(admin):
    identifier, within = begin(admin)
    assert admin.code(thing("x"), within) == 0
    notice, answer = admin.ask(bind(f"cn=admin,{BASE}", "admin-pass"))
    assert (notice.id, notice.more[0x8A], notice.more[0x8B]) == (0, ABORTED, identifier)
    assert answer.code == 0
    assert admin.code(end(identifier)) == 53
    assert admin.talk.findings[-1] == "unknown-transaction"


def test_a_connection_has_one_transaction_of_at_most_32_changes(admin):
    identifier, within = begin(admin)
    assert admin.code(extended(START)) == 51
    assert [admin.code(thing(f"x{number}"), within) for number in range(33)] == [0] * 32 + [11]
    assert admin.code(end(identifier)) == 0
    assert len(admin.entries(search(BASE, 1))) >= 32


def test_transactions_of_another_connection_are_unknown(admin):
    identifier, within = begin(admin)
    other = Asker(admin.world).login()
    assert other.code(thing("x"), within) == 53
    assert other.code(end(identifier)) == 53


@pytest.mark.parametrize("value", [None, b"", b"x", encode_sequence(), encode_sequence(encode_integer(1))])
def test_an_end_without_an_identifier_is_a_protocol_error(admin, value):
    begin(admin)
    assert admin.code(extended(END, value)) == 2
    assert admin.code(extended(START, b"x")) == 2
