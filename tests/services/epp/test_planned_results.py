"""A planned result code leaves the session, the registry and the client's record where a real one leaves them."""

import pytest
from conftest import make_world
from services.epp.caller import Caller, about, check, command_xml, create, delete, info, logged_in, login_xml
from services.epp.test_spoilt_answers import planned

from homeport.services.epp.framing import frame
from homeport.services.epp.grammar import read
from homeport.services.epp.results import CLOSING, RESULTS

COMMANDS = {
    "create": create("new.test"),
    "check": check("new.test"),
    "info": info("tides.test"),
    "delete": delete("tides.test"),
    "renew": about(
        "renew", "domain", "<domain:name>tides.test</domain:name><domain:curExpDate>2027-01-01</domain:curExpDate>"
    ),
    "poll": '<poll op="req"/>',
    "logout": "<logout/>",
}


def refuse(world, verb, code, **rest):
    planned(world, {"reply": {"code": code}}, verb=verb, **rest)


def state(world):
    registry = world.registry
    return (
        dict(registry.domains),
        dict(registry.contacts),
        {name: one.balance for name, one in registry.registrars.items()},
        {name: registry.messages.count(name) for name in registry.registrars},
    )


@pytest.mark.parametrize("code", RESULTS)
@pytest.mark.parametrize("verb", COMMANDS)
def test_a_planned_result_ends_the_session_as_a_real_one_and_changes_nothing_else(verb, code):
    world = make_world()
    caller = logged_in(world=world)
    before = state(world)
    refuse(world, verb, code)
    answer = caller.ask(COMMANDS[verb], "MINE-1")
    assert (answer.code, answer.cl_trid) == (code, "MINE-1")
    assert caller.closed == (code in CLOSING)
    assert state(world) == before
    if not caller.closed:
        again = caller.ask("<logout/>")
        assert again.code == 1500
        assert again.sv_trid != answer.sv_trid
    caller.gone()
    assert caller.findings == []
    assert world.presence.of("harbour") == []


def test_planned_2200_counts_as_a_failed_login():
    world = make_world()
    caller = Caller(world, login_failures=3)
    refuse(world, "login", 2200, times=2)
    assert [caller.login().code for _ in range(2)] == [2200, 2200]
    assert caller.login("harbour", "wrong-pass").code == 2501
    assert caller.closed
    logins = [(fields["login"], fields["code"]) for kind, fields in caller.logs if kind == "login"]
    assert logins == [("harbour", "2200"), ("harbour", "2200"), ("harbour", "2501")]


def test_the_last_planned_2200_that_is_allowed_is_2501_and_closes():
    world = make_world()
    caller = Caller(world, login_failures=2)
    refuse(world, "login", 2200, times=0)
    assert [caller.login().code for _ in range(2)] == [2200, 2501]
    assert caller.closed


@pytest.mark.parametrize("code", [2400, 2306, 2002])
def test_another_planned_refusal_of_a_login_is_no_failed_authentication(code):
    world = make_world()
    caller = Caller(world, login_failures=2)
    refuse(world, "login", code, times=3)
    assert [caller.login().code for _ in range(4)] == [code, code, code, 1000]
    assert world.presence.of("harbour") != []


@pytest.mark.parametrize("code", [2200, 2400])
def test_a_login_that_a_fault_refused_changes_no_password(code):
    world = make_world()
    refuse(world, "login", code)
    assert Caller(world).login(new="another-pass").code == code
    assert Caller(world).login().code == 1000


def test_commands_pipelined_with_a_login_that_a_fault_refused_are_no_finding():
    world = make_world()
    caller = Caller(world)
    refuse(world, "login", 2400)
    caller.send(b"".join(frame(command_xml(one, f"T-{at}")) for at, one in enumerate((login_xml(), check("a.test")))))
    assert [caller.answer().code for _ in range(2)] == [2400, 2002]
    assert caller.login().code == 1000
    assert caller.findings == []
    other = Caller(world)
    other.login("harbour", "wrong-pass")
    assert other.ask(check("a.test")).code == 2002
    assert other.findings == ["command-before-login"]


def test_commands_pipelined_after_a_planned_close_are_no_finding():
    world = make_world()
    caller = logged_in(world=world)
    refuse(world, "check", 2500)
    caller.send(b"".join(frame(command_xml(check(name), name)) for name in ("a.test", "b.test")))
    assert caller.answer().code == 2500
    assert caller.closed
    caller.send(frame(command_xml(check("c.test"), "c")))
    assert caller.findings == []


def test_data_after_a_logout_stays_a_finding():
    caller = logged_in()
    caller.ask("<logout/>")
    caller.send(frame(command_xml(check("c.test"), "c")))
    assert caller.findings == ["data-after-logout"]


def test_a_client_whose_logout_a_fault_refused_may_close():
    world = make_world()
    caller = logged_in(world=world)
    refuse(world, "logout", 2400)
    assert caller.ask("<logout/>").code == 2400
    caller.eof()
    assert caller.findings == []
    caller = logged_in(world=world)
    refuse(world, "logout", 2400)
    caller.ask("<logout/>")
    caller.ask(check("a.test"))
    caller.eof()
    assert caller.findings == ["no-logout"]


@pytest.mark.parametrize("code", [2400, 2500])
def test_sessions_that_a_fault_cut_short_are_no_finding(code):
    world = make_world()
    refuse(world, "check", code, times=0)
    for _ in range(6):
        caller = logged_in(world=world)
        caller.ask(check("a.test"))
        if code == 2400:
            caller.ask("<logout/>")
        caller.gone()
        assert caller.findings == []


def test_a_message_whose_acknowledgement_a_fault_refused_stays_first_and_may_be_polled_again():
    world = make_world()
    changes = world.registry.begin()
    changes.message("harbour", "note", None, note="a message")
    world.registry.commit(changes)
    caller = logged_in(world=world)
    first = caller.ask('<poll op="req"/>')
    assert first.code == 1301
    refuse(world, "poll", 2400, argument="ack", times=0)
    for _ in range(4):
        assert caller.ask(f'<poll op="ack" msgID="{first.waiting[1]}"/>').code == 2400
        assert caller.ask('<poll op="req"/>').waiting == first.waiting
    assert caller.findings == []


def test_a_planned_result_waits_for_a_command_and_is_not_used_up_by_a_greeting():
    world = make_world()
    planned(world, {"reply": {"code": 2400}})
    caller = Caller(world)
    caller.hello()
    assert caller.login().code == 2400
    assert caller.login().code == 1000


def test_a_result_that_is_planned_for_the_greeting_takes_its_place():
    world = make_world()
    refuse(world, "greeting", 2502)
    caller = Caller(world)
    assert caller.greeting.result[0].code == 2502
    assert caller.closed
    assert not Caller(world).closed


def test_a_planned_result_answers_a_command_that_the_schema_refuses_too():
    world = make_world()
    caller = logged_in(world=world)
    refuse(world, "check", 2400)
    assert caller.ask(about("check", "domain", "<domain:nam>a.test</domain:nam>")).code == 2400
    assert caller.ask(check("a.test")).code == 1000


def test_the_answer_to_a_planned_result_is_read_by_the_grammar():
    world = make_world()
    caller = logged_in(world=world)
    refuse(world, "create", 2302)
    assert read(caller.ask(create("new.test")).xml.encode()).result[0].code == 2302
