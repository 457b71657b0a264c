"""Answers with planned defects: what the client sees, and that no other session sees any of it."""

import msgspec
import pytest
from conftest import cuts, make_world
from services.imap.talking import Program

from homeport.protocol.effects import LogFault
from homeport.protocol.events import Data
from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.fault_kinds import example_of, schema_of
from homeport.protocol.faults import WORDS, FaultError, Plan
from homeport.services.imap import SERVICE
from homeport.services.imap.planned import FRAMES

BODY = b"Subject: UID 7 of us\r\n\r\nhello {3}\r\nabc\r\n"
SIZE = len(BODY)


def plan(world, verb=None, *, argument=None, after=0, times=1, **do):
    named = {name: value for name, value in (("verb", verb), ("argument", argument)) if value}
    made = msgspec.convert({"service": "imap", "match": named, "do": do, "after": after, "times": times}, Plan)
    validate_plan(made, {"imap": SERVICE})
    return world.faults.add(made)


@pytest.fixture
def program():
    """A client that has selected INBOX with three messages."""
    program = Program()
    for _ in range(3):
        program.add(message=BODY)
    program.ask("SELECT INBOX")
    return program


@pytest.fixture
def other(program):
    """Another session, which has selected INBOX too."""
    other = Program(program.world)
    other.ask("SELECT INBOX")
    return other


def validity(lines):
    return next(int(line.split()[3].rstrip("]")) for line in lines if "[UIDVALIDITY" in line)


COMMANDS = (
    b"a SELECT INBOX\r\nb NOOP\r\nc UID FETCH 1 (FLAGS BODY.PEEK[])\r\nd COPY 1 Trash\r\ne CAPABILITY\r\n"
    b"f IDLE\r\nDONE\r\ng LOGOUT\r\n"
)
"""Commands whose answers can have every defect."""


@pytest.mark.parametrize("times", [1, 0])
@pytest.mark.parametrize(
    "do",
    [
        *({"frame": word} for word in FRAMES),
        {"flood": {"count": 3}},
        {"unsolicited": {"text": "OK [ALERT] moved"}},
        {"capability": {"text": "IMAP4rev1"}},
    ],
    ids=lambda do: next(iter(do.values())) if "frame" in do else next(iter(do)),
)
def test_a_defect_is_the_same_however_the_commands_are_cut(do, times):
    outcomes = []
    for way in cuts(COMMANDS):
        program = Program()
        program.add(message=BODY)
        fault = plan(program.world, times=times, **do)
        for piece in way:
            program.tell(Data(piece))
        outcomes.append((bytes(program.talk.sent), program.talk.closed, fault.seen, fault.acted))
    assert all(one == outcomes[0] for one in outcomes)
    assert outcomes[0][3] > 0
    assert outcomes[0][1]


class TestUidValidity:
    def test_select_tells_a_higher_one_and_the_next_select_the_right_one(self, program, other):
        plan(program.world, "SELECT", frame="uidvalidity")
        real = program.mailbox("INBOX").uid_validity
        assert validity(program.ask("SELECT INBOX")) == real + 1
        assert validity(program.ask("SELECT INBOX")) == real
        assert validity(other.ask("SELECT INBOX")) == real
        assert other.ask("NOOP") == ["OK NOOP completed"]

    def test_every_answer_of_the_session_can_tell_it(self, program):
        plan(program.world, frame="uidvalidity", times=0)
        real = program.mailbox("INBOX").uid_validity
        trash = program.mailbox("Trash").uid_validity
        assert program.ask("STATUS INBOX (UIDVALIDITY)")[0] == f"* STATUS INBOX (UIDVALIDITY {real + 1})"
        assert program.last("COPY 1:2 Trash").startswith(f"OK [COPYUID {trash + 1} 1:2 1:2]")
        program.ask("APPEND INBOX {3+}\r\nabc")
        assert validity(program.ask("EXAMINE INBOX")) == real + 1


class TestLostUids:
    def test_fetch_answers_have_none_and_texts_are_as_they_were(self, program, other):
        plan(program.world, "UID FETCH", frame="lose-uid")
        fetched = program.ask("UID FETCH 1 (FLAGS UID ENVELOPE BODY.PEEK[])")
        assert fetched[0].startswith('* 1 FETCH (FLAGS (\\Recent) ENVELOPE (NIL "UID 7 of us" ')
        assert program.ask("UID FETCH 1 FLAGS")[0] == "* 1 FETCH (UID 1 FLAGS (\\Recent))"
        assert other.ask("UID FETCH 1 FLAGS")[0] == "* 1 FETCH (UID 1 FLAGS ())"

    def test_an_item_that_is_alone_or_at_the_end_is_left_out_too(self, program):
        plan(program.world, frame="lose-uid", times=0)
        assert program.ask("FETCH 1 UID")[0] == "* 1 FETCH ()"
        assert program.ask("FETCH 1 (RFC822.SIZE UID)")[0] == f"* 1 FETCH (RFC822.SIZE {SIZE})"
        assert program.last("COPY 1 Trash") == "OK COPY completed"
        assert program.last("APPEND Trash {3+}\r\nabc") == "OK APPEND completed"


class TestLiterals:
    def test_their_sizes_are_too_large_but_not_those_within_the_content(self, program, other):
        right = program.ask("FETCH 1:2 BODY.PEEK[]")
        plan(program.world, frame="wrong-literal-size")
        spoilt = program.ask("FETCH 1:2 BODY.PEEK[]")
        assert [line.replace(f"{{{SIZE}}}", f"{{{SIZE + 7}}}") for line in right] == spoilt
        assert other.ask("FETCH 1:2 BODY.PEEK[]") == program.ask("FETCH 1:2 BODY.PEEK[]") == right

    def test_the_connection_ends_in_the_middle_of_one(self, program, other):
        plan(program.world, frame="drop-in-literal")
        sent = program.send(b"a FETCH 1:3 BODY.PEEK[]\r\nb NOOP\r\n")
        assert "\r\n".join(sent) == f"* 1 FETCH (BODY[] {{{SIZE}}}\r\n" + BODY[: SIZE // 2].decode()
        assert program.talk.closed
        assert len(other.ask("FETCH 1:3 BODY.PEEK[]")) > 3

    def test_an_answer_without_a_literal_is_no_match(self, program):
        fault = plan(program.world, frame="drop-in-literal")
        assert program.last("FETCH 1:3 FLAGS").startswith("OK")
        assert (fault.seen, fault.acted) == (0, 0)
        program.ask("FETCH 1 BODY.PEEK[TEXT]")
        assert (fault.seen, fault.acted, program.talk.closed) == (1, 1, True)

    def test_an_answer_in_many_pieces_is_one_match(self, program):
        for _ in range(60):
            program.add(message=b"Subject: long\r\n\r\n" + b"x" * 4000)
        program.ask("NOOP")
        fault = plan(program.world, frame="wrong-literal-size", after=1)
        right = program.ask("FETCH 1:* BODY.PEEK[]")
        assert len(right) > 100
        assert all(
            one in ("{4024}", f"{{{SIZE + 7}}}")
            for one in [line.split()[-1] for line in program.ask("FETCH 1:* BODY.PEEK[]") if " FETCH (BODY[] " in line]
        )
        assert (fault.seen, fault.acted) == (2, 1)


class TestExpungeUnder:
    def test_the_first_message_goes_for_this_session_alone(self, program, other):
        plan(program.world, "NOOP", frame="expunge-under")
        assert program.ask("NOOP") == ["* 1 EXPUNGE", "OK NOOP completed"]
        assert program.ask("UID FETCH 1:* UID")[:-1] == ["* 1 FETCH (UID 2)", "* 2 FETCH (UID 3)"]
        assert program.ask("UID SEARCH ALL")[0] == "* SEARCH 2 3"
        assert program.last("FETCH 3 FLAGS").startswith("BAD")
        assert other.ask("NOOP") == ["OK NOOP completed"]
        assert other.ask("UID SEARCH ALL")[0] == "* SEARCH 1 2 3"
        assert "* 3 EXISTS" in program.ask("SELECT INBOX")

    def test_it_is_not_told_during_fetch_by_number(self, program):
        plan(program.world, "FETCH", frame="expunge-under")
        assert program.ask("FETCH 1:2 UID") == ["* 1 FETCH (UID 1)", "* 2 FETCH (UID 2)", "OK FETCH completed"]
        assert program.ask("NOOP")[0] == "* 1 EXPUNGE"

    def test_it_vanishes_in_a_session_with_qresync(self):
        program = Program()
        program.add()
        program.ask("ENABLE QRESYNC")
        program.ask("SELECT INBOX")
        plan(program.world, frame="expunge-under")
        assert program.ask("NOOP")[0] == "* VANISHED 1"

    def test_it_is_pushed_during_idle(self, program):
        plan(program.world, "IDLE", frame="expunge-under")
        assert program.ask("IDLE") == ["+ idling", "* 1 EXPUNGE"]

    def test_numbers_are_right_though_other_messages_are_expunged_for_real(self, program, other):
        plan(program.world, times=2, frame="expunge-under")
        program.add()
        program.add()
        program.ask("NOOP")
        program.ask("NOOP")
        other.ask("NOOP")
        other.ask("STORE 4 +FLAGS.SILENT \\Deleted")
        other.ask("EXPUNGE")
        assert program.ask("UID SEARCH ALL")[0] == "* SEARCH 3 5"
        assert program.ask("SEARCH ALL")[0] == "* SEARCH 1 2"

    def test_without_messages_it_waits(self):
        program = Program()
        fault = plan(program.world, frame="expunge-under")
        program.ask("SELECT INBOX")
        program.ask("NOOP")
        assert fault.seen == 0
        program.add()
        assert program.ask("NOOP") == ["* 1 EXISTS", "* 1 RECENT", "OK NOOP completed"]
        assert program.ask("NOOP")[0] == "* 1 EXPUNGE"


class TestIdle:
    def test_nothing_is_pushed_until_done(self, program, other):
        plan(program.world, frame="no-idle-push")
        assert program.ask("IDLE") == ["+ idling"]
        other.ask("IDLE")
        program.add()
        assert program.notice() == []
        assert other.notice()[0] == "* 4 EXISTS"
        assert program.send(b"DONE\r\n")[0] == "* 4 EXISTS"
        assert program.ask("IDLE") == ["+ idling"]
        program.add()
        assert program.notice()[0] == "* 5 EXISTS"


class TestUntagged:
    def test_exists_comes_many_times_before_the_answer(self, program, other):
        fault = plan(program.world, flood={"count": 1000})
        assert program.ask("NOOP") == ["* 3 EXISTS"] * 1000 + ["OK NOOP completed"]
        assert program.ask("NOOP") == ["OK NOOP completed"]
        assert other.ask("NOOP") == ["OK NOOP completed"]
        assert (fault.seen, fault.acted) == (1, 1)

    def test_without_a_verb_it_waits_for_a_selected_mailbox(self):
        world = make_world()
        plan(world, flood={"count": 2})
        program = Program(world)
        assert "* 0 EXISTS" not in program.ask("STATUS INBOX (MESSAGES)")
        program.ask("SELECT INBOX")
        assert program.ask("NOOP")[:2] == ["* 0 EXISTS"] * 2

    @pytest.mark.parametrize("text", ["OK [ALERT] moved\n5 EXPUNGE", "OK [ALERT] moved\r\n5 EXPUNGE\r\n"])
    def test_any_response_can_come_unasked(self, program, other, text):
        plan(program.world, unsolicited={"text": text})
        assert program.ask("NOOP") == ["* OK [ALERT] moved", "* 5 EXPUNGE", "OK NOOP completed"]
        assert other.ask("NOOP") == ["OK NOOP completed"]

    def test_it_comes_after_a_greeting_that_is_named_and_while_the_client_idles(self, program):
        plan(program.world, "CONNECT", unsolicited={"text": "OK hello"})
        plan(program.world, "IDLE", unsolicited={"text": "OK still here"})
        assert Program(program.world, login="").greeting.endswith("Homeport ready\r\n* OK hello")
        assert program.ask("IDLE") == ["+ idling", "* OK still here"]


class TestCapabilities:
    def test_another_list_is_announced_and_what_is_allowed_stays(self, program):
        plan(program.world, times=0, capability={"text": "IMAP4rev1 XYZZY"})
        one = Program(program.world, login="")
        assert one.greeting == "* OK [CAPABILITY IMAP4rev1 XYZZY] mail.homeport.test Homeport ready"
        assert one.ask("CAPABILITY")[0] == "* CAPABILITY IMAP4rev1 XYZZY"
        assert one.last("LOGIN alice alice-pass") == "OK [CAPABILITY IMAP4rev1 XYZZY] logged in as alice"
        assert one.last("ENABLE CONDSTORE").startswith("OK")
        assert program.world.faults.get("f1").acted == 3

    def test_one_announcement_alone_can_be_wrong(self, program):
        plan(program.world, "CAPABILITY", capability={"text": "IMAP4rev1"})
        assert program.ask("CAPABILITY")[0] == "* CAPABILITY IMAP4rev1"
        assert "IDLE" in program.ask("CAPABILITY")[0]


class TestPlans:
    @pytest.mark.parametrize(
        ("verb", "do", "field"),
        [
            ("NOOP", {"frame": "no-idle-push"}, "match.verb"),
            ("FETCH", {"frame": "uidvalidity"}, "match.verb"),
            ("SELECT", {"frame": "expunge-under"}, "match.verb"),
            ("NOOP", {"capability": {"text": "IDLE"}}, "match.verb"),
            (None, {"frame": "no-final-dot"}, "do.frame"),
        ],
    )
    def test_one_that_can_never_act_is_refused(self, verb, do, field):
        with pytest.raises(FaultError) as caught:
            plan(make_world(), verb, **do)
        assert caught.value.field == field

    @pytest.mark.parametrize(
        "do",
        [
            {"capability": {"text": "IDLE] OK"}},
            {"capability": {"text": "IDLE\r\n* BYE"}},
            {"capability": {"text": ""}},
            {"unsolicited": {"text": "a\0b"}},
            {"flood": {"count": 0}},
            {"flood": {"count": 100_001}},
        ],
    )
    def test_values_are_bounded_and_cannot_break_the_protocol_by_mistake(self, do):
        with pytest.raises(msgspec.ValidationError):
            plan(make_world(), **do)

    @pytest.mark.parametrize("service", ["smtp", "pop3", "epp"])
    @pytest.mark.parametrize("kind", ["flood", "unsolicited", "capability"])
    def test_other_protocols_do_not_have_them(self, service, kind):
        from homeport.services import find_service

        do = {kind: example_of(kind, SERVICE)}
        made = msgspec.convert({"service": service, "do": do}, Plan)
        with pytest.raises(FaultError, match=f"does not support {kind}"):
            validate_plan(made, {service: find_service(service)})

    def test_the_schema_names_the_defects_of_imap_alone(self):
        assert {one["const"] for one in schema_of("frame", SERVICE)["oneOf"]} == FRAMES.keys()
        assert FRAMES.keys() <= WORDS.keys()

    def test_each_verb_of_a_defect_is_a_command(self):
        assert {verb for verbs in FRAMES.values() for verb in verbs} <= {*SERVICE.verbs}

    def test_each_act_is_in_the_journal_once(self, program):
        plan(program.world, times=2, frame="uidvalidity")
        effects = program.session.handle(Data(b"a SELECT INBOX\r\n"))
        acts = [(one.fault.id, one.did) for one in effects if isinstance(one, LogFault)]
        assert acts == [("f1", f"answered with {WORDS['uidvalidity']}")]


class TestAskedByClients:
    @pytest.fixture
    def world(self):
        world = make_world()
        world.faults.by_client = True
        return world

    def login(self, world, name):
        program = Program(world, login="")
        assert "logged in as alice" in program.last(f'LOGIN "alice+{name}" alice-pass')
        return program

    def test_a_user_gets_a_defect_in_every_answer_that_can_have_it(self, world):
        asking = self.login(world, "wrong-literal-size")
        asking.add(message=BODY)
        asking.ask("SELECT INBOX")
        for _ in range(2):
            assert asking.ask("FETCH 1 BODY.PEEK[]")[0].endswith(f"{{{SIZE + 7}}}")
        plain = Program(world)
        plain.ask("SELECT INBOX")
        assert plain.ask("FETCH 1 BODY.PEEK[]")[0].endswith(f"{{{SIZE}}}")

    def test_a_user_can_ask_for_a_flood_and_for_any_response(self, world):
        asking = self.login(world, "flood-3")
        asking.ask("SELECT INBOX")
        assert asking.ask("NOOP") == ["* 0 EXISTS"] * 3 + ["OK NOOP completed"]
        asking = self.login(world, "unsolicited-OK_[ALERT]_moved")
        assert asking.ask("NOOP")[0] == "* OK [ALERT] moved"

    def test_a_user_can_ask_for_other_capabilities(self, world):
        asking = Program(world, login="")
        reply = asking.last("LOGIN alice+capability-IMAP4rev1_IDLE alice-pass")
        assert reply == "OK [CAPABILITY IMAP4rev1 IDLE] logged in as alice"
        assert asking.ask("CAPABILITY")[0] == "* CAPABILITY IMAP4rev1 IDLE"

    def test_a_mailbox_has_its_defect_while_it_is_selected(self, world):
        program = Program(world)
        program.account.create("fault/no-idle-push")
        program.account.create("fault/uidvalidity")
        real = program.mailbox("fault/uidvalidity").uid_validity
        assert validity(program.ask("SELECT fault/uidvalidity")) == real + 1
        assert program.last("SELECT fault/no-idle-push").startswith("OK")
        program.ask("IDLE")
        program.add("fault/no-idle-push")
        assert program.notice() == []
        program.send(b"DONE\r\n")
        program.ask("SELECT INBOX")
        program.ask("IDLE")
        program.add()
        assert program.notice()[0] == "* 1 EXISTS"

    def test_an_unknown_name_is_refused_with_the_nearest(self, world):
        assert "did you mean 'wrong-literal-size'" in Program(world, login="").last(
            "LOGIN alice+wrong-literal alice-pass"
        )
