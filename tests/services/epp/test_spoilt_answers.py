"""Faults of EPP, planned or triggered by a name: before a command is carried out, after it, and in its frame."""

import msgspec
import pytest
from conftest import make_world
from services.epp.caller import Caller, check, command_xml, create, delete, info, logged_in

from homeport.protocol.effects import LogFault, Misbehave, Send
from homeport.protocol.events import Data
from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.faults import FaultError, Match, Plan
from homeport.services import find_service
from homeport.services.epp.framing import frame
from homeport.services.epp.grammar import read
from homeport.services.epp.results import CLOSING, RESULTS

CLOSE = {"close": {}}


def planned(world, do, *, verb=None, argument=None, direction="out", times=1, after=0):
    """Plan a fault as the API does."""
    plan = msgspec.convert(
        {
            "service": "epp",
            "match": {key: value for key, value in (("verb", verb), ("argument", argument)) if value},
            "do": do,
            "direction": direction,
            "times": times,
            "after": after,
        },
        Plan,
    )
    validate_plan(plan, {"epp": find_service("epp")})
    world.faults.add(plan)


@pytest.mark.parametrize("code", RESULTS)
def test_any_result_code_takes_the_place_of_a_command_which_is_not_done(code):
    world = make_world()
    caller = logged_in(world=world)
    planned(world, {"reply": {"code": code, "text": "for a test"}}, verb="create", argument="new.test")
    answer = caller.ask(create("new.test"))
    assert (answer.code, answer.reasons) == (code, ["for a test"])
    assert world.registry.domain("new.test") is None
    assert caller.closed == (code in CLOSING)
    if not caller.closed:
        assert caller.ask(create("new.test")).code == 1000


def test_an_unknown_planned_code_is_answered_as_2400():
    world = make_world()
    world.faults.add(
        msgspec.convert({"service": "epp", "match": {"verb": "login"}, "do": {"reply": {"code": 451}}}, Plan)
    )
    answer = Caller(world).login()
    assert answer.code == 2400
    assert "451" in answer.reasons[0]


@pytest.mark.parametrize("verb", ["create", "domain:create", None])
def test_a_fault_matches_a_command_by_verb_object_or_argument(verb):
    world = make_world()
    caller = logged_in(world=world)
    planned(world, {"reply": {"code": 2306}}, verb=verb, argument="new.test")
    assert caller.ask(check("new.test" if verb else "another.test")).code == 1000
    assert caller.ask(create("new.test")).code == 2306


def test_a_close_after_the_command_leaves_it_done_and_unanswered():
    world = make_world()
    caller = logged_in(world=world)
    planned(world, CLOSE, verb="domain:create")
    with pytest.raises(AssertionError, match="closed by the fault"):
        ask_under_fault(caller, create("new.test"))
    assert caller.faults == ["close"]
    assert world.registry.domain("new.test") is not None


def test_a_close_before_the_command_leaves_it_undone():
    world = make_world()
    caller = logged_in(world=world)
    planned(world, CLOSE, verb="domain:create", direction="in")
    with pytest.raises(AssertionError, match="closed by the fault"):
        ask_under_fault(caller, create("new.test"))
    assert caller.closed
    assert world.registry.domain("new.test") is None
    assert caller.verdicts()[-1] == ("domain:create", "")


def ask_under_fault(caller, command, cl_trid="F-1"):
    """Send a command whose answer a fault replaces, so there is no response to parse."""
    effects = caller.session.handle(Data(frame(command_xml(command, cl_trid))))
    caller.do(effects)
    assert not any(isinstance(effect, Misbehave) for effect in effects), "closed by the fault"


@pytest.mark.parametrize(
    ("fault", "closes"),
    [
        ("half", True),
        ("length-without-header", False),
        ("length-too-long", False),
        ("little-endian", False),
        ("not-well-formed", False),
    ],
)
def test_the_frame_of_an_answer_is_spoilt(fault, closes):
    world = make_world()
    caller = logged_in(world=world)
    planned(world, {"frame": fault}, verb="info")
    caller.send(frame(command_xml(info("homeport.test"))))
    said, caller.octets = caller.octets, b""
    size, rest = int.from_bytes(said[:4]), said[4:]
    match fault:
        case "half":
            assert size // 2 == len(said)
        case "length-without-header":
            assert size == len(rest)
            read(rest)
        case "length-too-long":
            assert size == len(said) + 4
        case "little-endian":
            assert int.from_bytes(said[:4], "little") == len(said)
        case _:
            assert size == len(said)
            with pytest.raises(Exception, match="not well-formed"):
                read(rest)
    assert caller.closed == closes
    if not closes:
        assert caller.ask(check("a.test")).code == 1000


def test_another_cltrid_or_none_is_echoed():
    world = make_world()
    caller = logged_in(world=world)
    planned(world, {"frame": "wrong-cltrid"}, verb="check")
    planned(world, {"frame": "no-cltrid"}, verb="info")
    caller.send(*framed(check("a.test"), "MINE-1"), *framed(info("homeport.test"), "MINE-2"))
    assert [caller.answer().cl_trid, caller.answer().cl_trid] == ["not-MINE-1", None]


def framed(command, cl_trid):
    return (frame(command_xml(command, cl_trid)),)


@pytest.mark.parametrize(
    ("name", "code"),
    [("result-2400.fault.test", 2400), ("result-2304.fault.test", 2304), ("RESULT-2303.FAULT.TEST", 2303)],
)
def test_a_client_asks_for_a_fault_by_a_name_where_it_may(name, code):
    caller = logged_in()
    caller.world.faults.by_client = True
    assert caller.ask(info(name)).code == code
    assert caller.ask('<poll op="req"/>', name).code == code
    assert caller.ask(check("a.test")).code == 1000
    caller.world.faults.by_client = False
    assert caller.ask(check(name)).code == 1000


def test_2500_triggered_by_name_closes():
    caller = logged_in()
    caller.world.faults.by_client = True
    assert caller.ask(info("result-2500.fault.test")).code == 2500
    assert caller.closed


def test_names_close_after_the_command_and_with_lost_before_it():
    for name, done in (("close.fault.test", True), ("lost-close.fault.test", False)):
        caller = logged_in()
        caller.world.faults.by_client = True
        with pytest.raises(AssertionError, match="closed by the fault"):
            ask_under_fault(caller, create("new.test"), name)
        assert (caller.world.registry.domain("new.test") is not None) == done


def test_faults_of_one_command_in_a_batch_spoil_no_other():
    world = make_world()
    caller = logged_in(world=world)
    planned(world, {"frame": "wrong-cltrid"}, verb="check", after=1)
    commands = [*framed(check("a.test"), "B-1"), *framed(check("a.test"), "B-2"), *framed(check("a.test"), "B-3")]
    caller.send(b"".join(commands))
    assert [caller.answer().cl_trid for _ in commands] == ["B-1", "not-B-2", "B-3"]


def test_the_greeting_has_faults_too():
    world = make_world()
    planned(world, {"frame": "little-endian"}, verb="greeting")
    with pytest.raises(AssertionError):
        Caller(world)
    assert Caller(world).greeting


@pytest.mark.parametrize(
    ("service", "fields", "words"),
    [
        (
            "epp",
            {"match": Match(verb="create"), "do": {"latency": {"ms": 1}}, "direction": "in"},
            "cannot lose a command",
        ),
        ("epp", {"do": {"frame": "half"}, "direction": "in"}, "leave the direction out"),
        ("ftp", {"match": Match(verb="RETR"), "do": CLOSE, "direction": "in"}, "leave the direction out"),
        ("ftp", {"do": {"frame": "half"}}, "does not support frame"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_in_words(service, fields, words):
    fields = {key: msgspec.to_builtins(value) for key, value in fields.items()}
    plan = msgspec.convert({"service": service, **fields}, Plan)
    with pytest.raises(FaultError, match=words):
        validate_plan(plan, {service: find_service(service)})


def test_a_delete_lost_by_name_of_its_transaction_is_undone():
    caller = logged_in()
    caller.ask(create("mine.test"))
    caller.world.faults.by_client = True
    effects = framed(delete("mine.test"), "lost-reset.fault.test")
    caller.send(*effects)
    assert caller.faults == ["reset"]
    assert caller.world.registry.domain("mine.test") is not None


def test_an_unknown_fault_name_is_refused_with_the_nearest():
    caller = logged_in()
    caller.world.faults.by_client = True
    for name in ("hnag.fault.test", "lost-hnag.fault.test"):
        answer = caller.ask(check(name))
        assert answer.code == 2306
        assert answer.reasons == ["there is no fault 'hnag'; did you mean 'hang'?"]


def test_a_spoilt_frame_is_logged_before_it_with_what_it_would_have_said():
    world = make_world()
    caller = logged_in(world=world)
    planned(world, {"frame": "half"}, verb="check")
    effects = caller.session.handle(Data(frame(command_xml(check("new.test")))))
    kinds = [type(effect) for effect in effects]
    (event,) = (effect for effect in effects if type(effect) is LogFault)
    assert event.instead_of == "1000 Command completed successfully"
    assert kinds.index(LogFault) + 1 == kinds.index(Send)
