"""Planned defects of key exchanges and of protected answers, and those that clients ask for by a server name."""

import pytest
from cryptography.exceptions import InvalidTag
from nts_client import (
    AEAD,
    COOKIE,
    COOKIE_FIELD,
    END,
    ERROR,
    NEXT,
    SERVER,
    UNIQUE,
    WARNING,
    bodies,
    fields,
    numbers,
    parse,
    record,
    request,
)
from services.nts.conftest import tls

from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.faults import WORDS, Do, FaultError, Match, Offset, Plan
from homeport.services import find_service
from homeport.services.ntp.nts.planned import FRAMES, OF_ANSWERS, OF_EXCHANGES, RECIPES

SERVICES = {"ntp": find_service("ntp")}


def plan(ntp, word, **fields):
    """Plan a defect, as the API would."""
    one = Plan(service="ntp", do=Do(frame=word), **fields)
    validate_plan(one, SERVICES)
    return ntp.world.faults.add(one)


def client_of(ntp, **given):
    return ntp.association(ntp.exchange(request(), **given).sent)


def ends_well(records):
    return records[-1] == (END, True, b"")


EXPECTED = {
    "no-cookies": lambda records: not [kind for kind, _, _ in records if kind == COOKIE] and ends_well(records),
    "corrupt-cookies": lambda records: [kind for kind, _, _ in records].count(COOKIE) == 8,
    "wrong-server": lambda records: (SERVER, True, b"192.0.2.1") in records,
    "unrecognized-record": lambda records: records == [(ERROR, True, numbers(0)), (END, True, b"")],
    "bad-request": lambda records: records == [(ERROR, True, numbers(1)), (END, True, b"")],
    "internal-error": lambda records: records == [(ERROR, True, numbers(2)), (END, True, b"")],
    "critical-record": lambda records: (0x3FFF, True, b"") in records and ends_well(records),
    "unknown-record": lambda records: (0x3FFF, False, b"ignore me") in records and ends_well(records),
    "warning": lambda records: [body for kind, _, body in records if kind == WARNING] == [numbers(0xFFFF)],
    "no-end": lambda records: END not in [kind for kind, _, _ in records],
    "other-protocol": lambda records: (NEXT, True, numbers(0x8000)) in records,
    "other-algorithm": lambda records: (AEAD, True, numbers(17)) in records,
}


@pytest.mark.parametrize("word", OF_EXCHANGES)
def test_each_defect_of_a_key_exchange_is_what_it_says_and_acts_once(ntp, word):
    fault = plan(ntp, word)
    talk = ntp.exchange(request())
    assert EXPECTED[word](parse(talk.sent))
    assert talk.closed
    assert ntp.acted == [f"answered with {WORDS[word]}"]
    assert fault.acted == 1
    assert len(bodies(ntp.exchange(request()).sent, COOKIE)) == 8


def test_corrupt_cookies_get_ntsn(ntp):
    plan(ntp, "corrupt-cookies")
    client = client_of(ntp)
    assert ntp.ask(client.packet())[12:16] == b"NTSN"


def test_a_bad_request_is_no_match_of_a_defect(ntp):
    fault = plan(ntp, "no-cookies")
    ntp.exchange(record(END))
    assert fault.acted == 0


def test_a_defect_may_be_for_one_server_name(ntp):
    fault = plan(ntp, "no-end", match=Match(argument="time.test"), times=0)
    ntp.exchange(request())
    assert fault.acted == 0
    ntp.exchange(request(), agreed=tls(name="time.test"))
    assert fault.acted == 1


@pytest.mark.parametrize("verb", ["exchange", "EXCHANGE"])
@pytest.mark.parametrize("word", ["no-end", "no-cookies"])
def test_a_defect_of_an_exchange_is_planned_by_its_verb_in_any_case(ntp, word, verb):
    fault = plan(ntp, word, match=Match(verb=verb))
    assert EXPECTED[word](parse(ntp.exchange(request()).sent))
    assert fault.acted == 1


@pytest.mark.parametrize(("word", "verb"), [("no-end", "client"), ("unprotected", "exchange"), ("bad-mac", "exchange")])
def test_a_defect_that_the_verb_cannot_have_is_refused(ntp, word, verb):
    with pytest.raises(FaultError, match=f"{word} does not act on {verb}, only on"):
        plan(ntp, word, match=Match(verb=verb))


def test_a_wrong_time_is_no_fault_of_an_exchange():
    one = Plan(service="ntp", do=Do(offset=Offset(500)), match=Match(verb="exchange"))
    with pytest.raises(FaultError, match="offset does not act on exchange, only on CLIENT"):
        validate_plan(one, SERVICES)


def test_each_defect_of_an_answer_is_what_it_says(ntp):
    client = client_of(ntp)

    def under(word):
        packet = client.packet(cookie=client.cookies[0], placeholders=1)
        ntp.world.faults.clear()
        fault = plan(ntp, word)
        answer = ntp.ask(packet)
        assert fault.acted == 1
        assert ntp.acted == [f"answered with {WORDS[word]}"]
        return answer

    assert under("nts-nak")[12:16] == b"NTSN"
    assert len(under("unprotected")) == 48
    other = under("wrong-unique-id")
    assert fields(other[48:])[0][1] != client.unique
    client.unique = fields(other[48:])[0][1]
    assert client.read(other) == 2  # it is authentic
    with pytest.raises(InvalidTag):
        client.read(under("wrong-authenticator"))
    assert client.read(under("no-cookies")) == 0
    clear = under("cookies-in-clear")
    assert [kind for kind, _, _ in fields(clear[48:])][:3] == [UNIQUE, COOKIE_FIELD, COOKIE_FIELD]
    first = len(client.cookies)
    assert client.read(under("corrupt-new-cookies")) == 2
    assert ntp.ask(client.packet(cookie=client.cookies[first]))[12:16] == b"NTSN"


def test_two_defects_act_on_one_answer(ntp):
    client = client_of(ntp)
    plan(ntp, "wrong-unique-id")
    plan(ntp, "nts-nak")
    answer = ntp.ask(client.packet())
    assert answer[12:16] == b"NTSN"
    assert fields(answer[48:])[0][1] != client.unique


def test_a_request_that_gets_ntsn_anyway_is_no_match(ntp):
    client = client_of(ntp)
    fault = plan(ntp, "unprotected")
    assert ntp.ask(client.packet(key=bytes(32)))[12:16] == b"NTSN"
    assert fault.acted == 0


def test_the_third_of_some_answers_may_have_a_defect(ntp):
    client = client_of(ntp)
    plan(ntp, "nts-nak", after=2)
    kisses = [ntp.ask(client.packet())[12:16] == b"NTSN" for _ in range(4)]
    assert kisses == [False, False, True, False]


def test_clients_ask_for_defects_by_the_server_name_if_they_may(ntp):
    ntp.world.faults.by_client = True
    talk = ntp.exchange(request(), agreed=tls(name="frame-no-cookies.fault.test"))
    assert bodies(talk.sent, COOKIE) == []
    wanted = record(SERVER, b"frame-bad-request.fault.test", False)
    assert bodies(ntp.exchange(request(wanted)).sent, ERROR) == [numbers(1)]
    ntp.world.faults.by_client = False
    talk = ntp.exchange(request(), agreed=tls(name="frame-no-cookies.fault.test"))
    assert len(bodies(talk.sent, COOKIE)) == 8


@pytest.mark.parametrize("word", [one for one in OF_ANSWERS if one not in OF_EXCHANGES])
def test_cookies_remember_the_defect_of_answers_that_their_client_has_asked_for(ntp, word):
    ntp.world.faults.by_client = True
    client = client_of(ntp, agreed=tls(name=f"frame-{word}.fault.test"))
    assert len(client.cookies) == 8
    for _ in range(2):
        ntp.ask(client.packet(placeholders=1))
        assert ntp.acted == [f"answered with {WORDS[word]}"]
    ntp.world.faults.by_client = False
    ntp.ask(client.packet())
    assert ntp.acted == []


def test_faults_of_the_network_are_asked_for_by_the_server_name(ntp):
    from homeport.protocol.effects import Misbehave
    from homeport.protocol.events import Data, Opened

    ntp.world.faults.by_client = True
    session = ntp.service.session(ntp.context("nts"))
    session.handle(Opened(tls(name="reset-after-100.fault.test")))
    wrapped = [one for one in session.handle(Data(request())) if isinstance(one, Misbehave)]
    assert [one.fault.plan.do.kind for one in wrapped] == ["limit"]


def test_plans_name_listeners_that_can_have_the_defect():
    with pytest.raises(FaultError, match=r"nts-nak acts on ntp\.udp only"):
        validate_plan(Plan(service="ntp", listener="nts", do=Do(frame="nts-nak")), SERVICES)
    with pytest.raises(FaultError, match=r"no-end acts on ntp\.nts only"):
        validate_plan(Plan(service="ntp", listener="udp", do=Do(frame="no-end")), SERVICES)


def test_every_recipe_can_be_planned():
    for recipe in RECIPES:
        validate_plan(recipe.plan("ntp"), SERVICES)
    assert FRAMES.keys() <= WORDS.keys()
