"""Faults in IMAP: planned replies, and faults that clients ask for by names."""

import msgspec
import pytest
from conftest import make_world
from services.imap.talking import Program

from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.faults import FaultError, Plan
from homeport.services.imap import SERVICE


def plan(world, verb=None, **do):
    match = {} if verb is None else {"match": {"verb": verb}}
    made = msgspec.convert({"service": "imap", "do": do, **match}, Plan)
    world.faults.add(made)


class TestPlannedReplies:
    @pytest.mark.parametrize(
        ("reply", "line"),
        [
            ({"status": "NO", "response_code": "INUSE", "text": "later"}, "NO [INUSE] later"),
            ({"status": "BAD"}, "BAD as planned by a fault"),
            ({"status": "OK", "text": "done"}, "OK done"),
        ],
    )
    def test_a_reply_takes_the_place_of_a_command(self, reply, line):
        program = Program()
        plan(program.world, "SELECT", reply=reply)
        assert program.ask("SELECT INBOX") == [line]
        assert program.last("FETCH 1 FLAGS").startswith("BAD select a mailbox")
        assert program.last("SELECT INBOX").startswith("OK")

    def test_bye_ends_the_connection(self):
        program = Program()
        plan(program.world, "UID FETCH", reply={"status": "BYE", "text": "restarting"})
        program.ask("SELECT INBOX")
        assert program.ask("UID FETCH 1 FLAGS")[0] == "* BYE restarting"
        assert program.talk.closed

    def test_a_greeting_can_be_planned(self):
        world = make_world()
        plan(world, "CONNECT", reply={"status": "BYE", "response_code": "UNAVAILABLE", "text": "too many users"})
        program = Program(world, login="")
        assert program.greeting == "* BYE [UNAVAILABLE] too many users"
        assert program.talk.closed

    def test_a_literal_is_read_before_the_planned_reply(self):
        program = Program()
        plan(program.world, "APPEND", reply={"status": "NO", "response_code": "OVERQUOTA"})
        assert program.ask("APPEND INBOX {3}") == ["+ go on"]
        assert program.send(b"abc\r\n")[0].startswith(f"a{program.tags} NO [OVERQUOTA]")
        assert program.mailbox("INBOX").entries == []

    @pytest.mark.parametrize("reply", [{"code": 451}, {"status": "+OK"}, {"status": "NO", "text": "a\nb"}, {}])
    def test_what_imap_does_not_have_is_refused(self, reply):
        made = msgspec.convert({"service": "imap", "do": {"reply": reply}}, Plan)
        with pytest.raises(FaultError):
            SERVICE.check_reply(made.do.reply, None)

    @pytest.mark.parametrize("recipe", SERVICE.recipes, ids=lambda one: one.name)
    def test_every_recipe_is_a_valid_plan(self, recipe):
        validate_plan(recipe.plan("imap"), {"imap": SERVICE})


class TestAskedByClients:
    @pytest.fixture
    def program(self):
        world = make_world()
        world.faults.by_client = True
        return Program(world)

    @pytest.mark.parametrize(
        ("command", "reply"),
        [
            ("SELECT fault/no-INUSE", "NO [INUSE] as planned by a fault"),
            ('STATUS "fault/no" (MESSAGES)', "NO as planned by a fault"),
            ("CREATE fault/bad", "BAD as planned by a fault"),
            ("SELECT {14+}\r\nfault/no-LIMIT", "NO [LIMIT] as planned by a fault"),
            ("COPY 1 fault/no-OVERQUOTA", "NO [OVERQUOTA] as planned by a fault"),
        ],
    )
    def test_a_mailbox_names_the_reply_to_its_command(self, program, command, reply):
        assert program.last(command) == reply
        assert program.last("NOOP") == "OK NOOP completed"

    def test_a_mailbox_can_end_the_connection(self, program):
        assert program.ask("SELECT fault/bye")[0] == "* BYE as planned by a fault"
        assert program.talk.closed

    def test_an_unknown_name_says_which_there_are(self, program):
        assert "there is no fault 'nonsense'" in program.last("SELECT fault/nonsense")

    def test_a_user_can_ask_for_the_end_after_some_commands(self, program):
        asking = Program(program.world, login="")
        assert asking.last("LOGIN alice+bye-after-2 alice-pass").endswith("logged in as alice")
        assert asking.last("NOOP").startswith("OK")
        assert asking.last("NOOP").startswith("OK")
        assert asking.ask("NOOP")[0].startswith("* BYE")
        assert asking.talk.closed

    def test_a_user_can_ask_for_a_refused_login(self, program):
        asking = Program(program.world, login="")
        assert asking.last("LOGIN alice+no-UNAVAILABLE alice-pass").startswith("NO [UNAVAILABLE]")
        assert asking.last("LOGIN alice+no-UNAVAILABLE wrong").startswith("NO [AUTHENTICATIONFAILED]")
        assert asking.last("LOGIN alice alice-pass").startswith("OK")

    def test_no_client_can_unless_it_is_allowed(self):
        program = Program()
        assert program.last("SELECT fault/bye").startswith("NO [NONEXISTENT]")
        assert Program(login="").last("LOGIN alice+bye alice-pass").startswith("NO [AUTHENTICATIONFAILED]")
