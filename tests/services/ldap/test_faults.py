"""Faults of LDAP: every result, defects of responses, and those that a client asks for by a name."""

import msgspec
import pytest
from conftest import make_world
from services.ldap.asker import (
    ALICE,
    BASE,
    Asker,
    add,
    bind,
    compare,
    control,
    delete,
    equals,
    extended,
    message,
    modify,
    octets,
    read,
    rename,
    search,
    value_of,
)

from homeport.protocol.ber import encode_integer, encode_sequence
from homeport.protocol.events import Data, TimerFired
from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.faults import Plan
from homeport.services import find_service
from homeport.services.ldap.client_faults import parse_name
from homeport.services.ldap.spoiling import FRAMES
from homeport.world.directory.results import Code

SERVICES = {"ldap": find_service("ldap")}
PAGED = "1.2.840.113556.1.4.319"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"
REQUESTS = {
    "bind": bind(ALICE, "alice-pass"),
    "search": search(chosen=equals("uid", "alice")),
    "modify": modify(ALICE, (2, "telephoneNumber", ("+1 555",))),
    "add": add(f"cn=x,{BASE}", objectClass="person", cn="x", sn="x"),
    "delete": delete(ALICE),
    "modrdn": rename(ALICE, "uid=eve"),
    "compare": compare(ALICE, "cn", "Alice"),
    "extended": extended(WHO_AM_I),
}
PEOPLE = search(f"ou=people,{BASE}", 1, equals("objectClass", "person"))


@pytest.fixture
def planned():
    """Plan a fault, and open a connection: `planned("search", {"frame": "wrong-id"})`."""

    def make(verb, do, **fields):
        world = make_world()
        match = {"match": {"verb": verb}} if verb else {}
        plan = msgspec.convert({"service": "ldap", "do": do, **match, **fields}, Plan)
        validate_plan(plan, SERVICES)
        world.faults.add(plan)
        return Asker(world)

    return make


@pytest.fixture
def lenient():
    """A connection of a client that may ask for faults."""
    world = make_world()
    world.faults.by_client = True
    return Asker(world)


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.text)
def test_every_result_can_be_planned_by_its_name(planned, code):
    one = planned("search", {"reply": {"result": code.text, "text": "as planned"}})
    (answer,) = one.ask(REQUESTS["search"])
    assert (answer.code, answer.text) == (int(code), "as planned")
    assert len(one.entries(REQUESTS["search"])) == 1


@pytest.mark.parametrize("verb", REQUESTS)
def test_every_operation_can_be_answered_by_a_result_and_is_not_done(planned, verb):
    reply = {"result": "51", "text": "later", "matched_dn": BASE, "referrals": ["ldap://other.test/"]}
    one = planned(verb, {"reply": reply})
    (answer,) = one.ask(REQUESTS[verb])
    assert (answer.code, answer.text, answer.matched, answer.referrals) == (51, "later", BASE, ["ldap://other.test/"])
    assert one.world.people.get("alice") is not None
    assert one.ask(extended(WHO_AM_I))[0].more.get(0x8B, b"") == b""


def test_a_defect_names_only_operations_whose_responses_can_have_it(planned):
    with pytest.raises(ValueError, match="does not act on bind"):
        planned("bind", {"frame": "slow-entries"})
    with pytest.raises(ValueError, match="have no defect"):
        planned("search", {"frame": "no-final-dot"})


@pytest.mark.parametrize("verb", REQUESTS)
def test_a_response_can_have_the_id_of_another_request(planned, verb):
    one = planned(verb, {"frame": "wrong-id"})
    assert {answer.id for answer in one.ask(REQUESTS[verb])} == {1001}
    assert one.ask(search(BASE, 0))[0].id == 2


def test_a_response_can_end_in_the_middle_with_the_connection(planned):
    one = planned("compare", {"frame": "drop-in-message"})
    sent = one.hear(Data(message(1, REQUESTS["compare"])))
    assert 2 < len(sent) < 2 + sent[1]
    assert one.talk.closed


def test_a_length_can_be_too_long(planned):
    one = planned("compare", {"frame": "length-too-long"})
    sent = one.hear(Data(message(1, REQUESTS["compare"])))
    assert sent[1] == len(sent) - 2 + 7


def test_the_notice_of_disconnection_can_come_instead_of_an_answer(planned):
    one = planned("modify", {"frame": "notice-of-disconnection"})
    (notice,) = one.ask(REQUESTS["modify"])
    assert (notice.id, notice.code, notice.more[0x8A]) == (0, 52, b"1.3.6.1.4.1.1466.20036")
    assert one.talk.closed


def test_the_result_can_be_missing(planned):
    one = planned(None, {"frame": "no-result"})
    assert [answer.tag for answer in one.ask(PEOPLE)] == [0x64] * len(list(one.world.people))
    assert not one.talk.closed
    assert one.code(bind()) == 0


def test_a_search_can_end_after_its_entries_with_the_connection(planned):
    one = planned("search", {"frame": "ends-after-entries"})
    assert {answer.tag for answer in one.ask(PEOPLE)} == {0x64}
    assert one.talk.closed


def test_entries_can_come_one_at_a_time_and_other_operations_meanwhile(planned):
    one = planned("search", {"frame": "slow-entries"})
    number = len(list(one.world.people))
    assert one.ask(PEOPLE) == []
    for _ in range(number - 1):
        assert one.talk.timers.pop("wait-1") == 0.2
        (answer,) = read(one.hear(TimerFired("wait-1")))
        assert (answer.id, answer.tag) == (1, 0x64)
    assert one.code(bind()) == 0  # a bind abandons the search (RFC 4511 4.2.1)
    one.talk.timers.pop("wait-1", None)
    assert read(one.hear(TimerFired("wait-1"))) == []


def test_the_cookie_of_a_page_can_be_wrong(planned):
    page = control(PAGED, encode_sequence(encode_integer(1), octets("")))
    one = planned("search", {"frame": "wrong-cookie"})
    *_entries, done = one.ask(PEOPLE, page)
    _size, cookie = value_of(done.controls[PAGED])
    assert cookie == b"stale"
    again = control(PAGED, encode_sequence(encode_integer(1), octets(cookie)))
    assert one.code(PEOPLE, again) == 53


def test_a_defect_is_journaled_and_counted_once_for_an_operation(planned):
    one = planned(None, {"frame": "wrong-id"}, times=2)
    one.ask(PEOPLE)
    assert {answer.id for answer in one.ask(search(BASE, 0))} == {1002}
    assert one.ask(search(BASE, 0))[0].id == 3
    (fault,) = one.world.faults
    assert fault.acted == 2


@pytest.mark.parametrize(
    ("name", "code"),
    [("busy-51", 51), ("52", 52), ("noSuchObject", 32), ("OTHER", 80), ("fault-3", 3), ("syncRefresh-4096", 4096)],
)
def test_a_base_asks_for_a_result(lenient, name, code):
    assert lenient.code(search(f"ou={name},ou=fault,{BASE}")) == code
    assert lenient.code(search(BASE, 0)) == 0


def test_the_components_that_ask_for_a_fault_are_left_out(lenient):
    found = lenient.entries(search(f"ou=wrong-id,ou=fault,ou=people,{BASE}", 2, equals("uid", "alice")))
    assert found == [ALICE]
    name = ALICE.replace("ou=people", "OU=latency-20, OU=Fault, ou=people")
    assert lenient.code(compare(name, "uid", "alice")) == 6


@pytest.mark.parametrize("word", FRAMES)
def test_a_base_asks_for_a_defect(lenient, word):
    lenient.hear(Data(message(1, search(f"ou={word},ou=fault,{BASE}", 0))))
    assert parse_name(word).frame == word


def test_a_login_asks_for_a_result_or_for_a_reason_of_active_directory(lenient):
    assert lenient.code(bind("uid=fault-52,ou=people", "x")) == 52
    (answer,) = lenient.ask(bind(f"uid=fault-data-775,ou=people,{BASE}", "x"))
    assert answer.code == 49
    assert "data 775," in answer.text


def test_a_name_in_sasl_asks_for_a_result(lenient):
    def plain(name):
        sasl = encode_sequence(octets("PLAIN"), octets(f"\0{name}\0alice-pass"), tag=0xA3)
        return encode_sequence(encode_integer(3), octets(""), sasl, tag=0x60)

    assert lenient.code(plain("alice+busy")) == 51
    assert lenient.code(plain("alice")) == 0


def test_an_unknown_name_is_told_with_the_nearest(lenient):
    (answer,) = lenient.ask(search(f"ou=slow-entry,ou=fault,{BASE}"))
    assert answer.code == 53
    assert "did you mean 'slow-entries'" in answer.text


def test_names_ask_for_nothing_unless_clients_may(client):
    assert client().code(search(f"ou=busy,ou=fault,{BASE}")) == 32
    assert client().code(bind("uid=fault-52,ou=people", "x")) == 49
