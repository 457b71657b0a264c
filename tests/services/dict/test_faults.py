"""Planned faults of DICT: replies, defects of answers, and those that clients ask for by a word."""

import msgspec
import pytest
from conftest import make_world
from services.dict.conftest import Client

from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.faults import FaultError, Plan
from homeport.services import find_service
from homeport.services.dict.recipes import RECIPES
from homeport.services.dict.spoiling import FRAMES

SERVICES = {"dict": find_service("dict")}


def plan(verb=None, **fields):
    fault = msgspec.convert({"service": "dict", "match": {"verb": verb} if verb else {}, **fields}, Plan)
    validate_plan(fault, SERVICES)
    return fault


def planned(verb, do, **options):
    world = make_world()
    world.faults.add(plan(verb, do=do))
    return Client(world, client=False, **options)


@pytest.fixture
def asking():
    world = make_world()
    world.faults.by_client = True
    return Client(world)


@pytest.mark.parametrize("code", [420, 421, 500, 501, 502, 503, 530, 531, 532, 550, 551, 552, 554, 555, 250])
def test_each_refusal_can_be_planned(code):
    one = planned("DEFINE", {"reply": {"code": code}})
    assert one.say("DEFINE * octet").startswith(f"{code} ")
    assert one.talk.closed is (code in (420, 421))


@pytest.mark.parametrize("reply", [{"code": 451}, {"code": 150}, {"status": "NO"}, {"code": 420, "enhanced": "4.0.0"}])
def test_replies_that_dict_does_not_have_are_refused(reply):
    with pytest.raises(FaultError):
        plan("DEFINE", do={"reply": reply})


def test_a_banner_can_be_refused():
    one = planned("CONNECT", {"reply": {"code": 420, "text": "later"}})
    assert one.greeting == "420 later"
    assert one.talk.closed


@pytest.mark.parametrize(
    ("verb", "word", "line", "has", "lacks"),
    [
        ("DEFINE", "no-final-dot", "DEFINE * octet", "RFCs.\r\n250 ok", "\r\n.\r\n"),
        ("DEFINE", "unstuffed-dots", "DEFINE * dot-stuffing", "\r\n.\r\n..\r\n", "\r\n...\r\n"),
        ("DEFINE", "wrong-count", "DEFINE * octet", "150 2 definitions", "150 1 "),
        ("MATCH", "wrong-count", "MATCH * exact octet", "152 2 matches", "152 1 "),
        ("SHOW", "wrong-count", "SHOW DB", "110 4 databases", "110 3 "),
        ("HELP", "no-final-status", "HELP", "\r\n.", "250 ok"),
        ("MATCH", "no-final-status", "MATCH * exact octet", "\r\n.", "250 ok"),
        ("DEFINE", "drop-in-message", "DEFINE * octet", "150 1 ", "250 ok"),
    ],
)
def test_an_answer_has_the_planned_defect_once(verb, word, line, has, lacks):
    one = planned(verb, {"frame": word})
    said = one.say(line)
    assert has in said
    assert lacks not in said
    if word == "drop-in-message":
        assert one.talk.closed
    else:
        assert one.say(line).endswith("\r\n.\r\n250 ok")


def test_a_banner_can_lack_its_msg_id():
    assert "<" not in planned("CONNECT", {"frame": "no-msg-id"}).greeting


def test_a_defect_waits_for_an_answer_that_can_have_it():
    one = planned("DEFINE", {"frame": "unstuffed-dots"})
    one.say("DEFINE * octet", "DEFINE * nothing")
    assert "\r\n..\r\n...\r\n" not in one.say("DEFINE * dot-stuffing")


def test_every_recipe_and_every_defect_is_valid():
    for recipe in RECIPES:
        validate_plan(recipe.plan("dict"), SERVICES)
    for word, verbs in FRAMES.items():
        for verb in verbs:
            plan(verb, do={"frame": word})


@pytest.mark.parametrize(
    "line", ["DEFINE * {}.fault.test", "MATCH homeport exact {}.FAULT.test", "DEFINE ! '{}.fault.test'"]
)
def test_a_client_asks_for_a_reply_by_a_word(asking, line):
    assert asking.say(line.format("reply-550")).startswith("550 ")
    assert asking.say("DEFINE * octet").startswith("150 ")


def test_a_client_asks_for_a_defect_by_a_word_that_is_defined_then(asking):
    assert asking.say("DEFINE * frame-wrong-count.fault.test").startswith("150 2 ")
    assert "\r\n..  " in asking.say("DEFINE * slice-3.fault.test")
    assert asking.say("MATCH * . frame-no-final-status.fault.test").endswith("\r\n.")


@pytest.mark.parametrize("name", ["explode", "frame-bogus", "reply-451", "frame-no-msg-id"])
def test_unknown_faults_are_explained(asking, name):
    assert asking.say(f"DEFINE * {name}.fault.test").startswith("552 no match: ")
    assert asking.findings == []


def test_without_by_client_such_words_are_words(client):
    assert client().say("DEFINE * reply-550.fault.test") == "552 no match"


def test_a_client_asks_by_its_user_name(asking):
    from base64 import b64encode

    response = b64encode(b"\0alice+reply-531\0alice-pass").decode()
    assert asking.say(f"SASLAUTH PLAIN {response}") == '531 access denied, use "SHOW INFO" for server information'
