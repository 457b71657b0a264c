"""Cancel (RFC 3909), and identifiers of operations that are not over."""

from conftest import make_world
from services.ldap.asker import BASE, encode_integer, extended, message, octets, read, search

from homeport.protocol.ber import encode, encode_sequence
from homeport.protocol.events import Data
from homeport.world.people import Person

CANCEL = "1.3.6.1.1.8"


def crowd():
    """Return a world in which a search takes several turns."""
    world = make_world()
    for number in range(200):
        world.people.put(Person(login=f"p{number}", name=f"Person {number}"))
    return world


def cancel(number):
    return extended(CANCEL, encode_sequence(encode_integer(number)))


def test_rfc_3909_2_2_a_canceled_search_ends_with_its_own_result(client):
    one = client(crowd())
    assert one.code(search(BASE, 0)) == 0  # the directory is open
    assert {answer.tag for answer in one.begin(search())} == {0x64}
    canceled, done = one.ask(cancel(2))
    assert (canceled.id, canceled.tag, canceled.code) == (2, 0x65, 118)
    assert (done.id, done.tag, done.code) == (3, 0x78, 0)


def test_rfc_3909_2_2_there_is_no_such_operation(client):
    one = client()
    assert one.code(search(BASE, 0)) == 0
    assert one.code(cancel(1)) == 119
    assert one.code(cancel(17)) == 119


def test_a_cancel_request_without_an_identifier_is_a_protocol_error(client):
    for value in (None, b"", b"x", encode_sequence(), encode_sequence(octets("1")), encode(0x30, b"\x02")):
        assert client().code(extended(CANCEL, value)) == 2


def test_rfc_4511_4_1_1_1_an_identifier_in_use_is_refused_and_the_first_operation_goes_on(client):
    one = client(crowd())
    one.begin(search())
    (refused, *rest) = read(one.hear(Data(message(1, search(BASE, 0)))))
    assert (refused.id, refused.tag, refused.code) == (1, 0x65, 2)
    assert one.talk.findings == ["id-reused"]
    assert rest[-1].tag == 0x65
    assert rest[-1].code == 0
    assert len(rest) > 100
