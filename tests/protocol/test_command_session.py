"""The engine: lines, commands in order, waiting, planned faults, timeouts, closing replies, limits."""

from collections import Counter

import pytest
from conftest import PEER, cuts
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol.bench import Bench, Beside, Failure
from protocol.conftest import Client

from homeport.protocol.command_session import MAX_HELD_BYTES, MAX_WAITING
from homeport.protocol.effects import CloseData, Effect, Misbehave, Send, SetTimer
from homeport.protocol.events import (
    Called,
    Closed,
    Data,
    DataDone,
    Eof,
    HostAnswered,
    LimitReached,
    Stopping,
    TimerFired,
    Tls,
    TlsStarted,
    Writable,
)
from homeport.protocol.faults import Do, Match, Plain, Plan, Reply

TLS = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")
EVERYTHING = (
    b"SEE 1\r\nNOPE x\r\nTAKE 5\r\na\r\nbcSEE 2\r\nASK\r\nsecret\r\nSEE\n" + b"x" * 100 + b"\r\nSAFE\r\nPOST\r\ntext"
    b"!WORK\r\nTAKE 0\r\nTAKE 3\r\nabcASK\r\n" + b"y" * 90 + b"\r\nSEE 3\r\nLATE\r\nQUIT\r\n"
)


def plan(client, verb, do, **rest):
    client.world.faults.add(Plan(service="toy", match=Match(verb=verb), do=do, **rest))


# Lines and replies.


def test_a_group_of_commands_is_answered_in_its_order_by_one_send():
    one = Client(Bench)
    one.send(b"SEE 1\r\nNOPE\r\nSEE 2\r\n")
    assert [bytes(effect.data) for effect in one.effects if isinstance(effect, Send)] == [
        b"OK 1\r\nNO unknown\r\nOK 2\r\n"
    ]
    assert one.commands == [("SEE", "1", "OK"), ("NOPE", "", "NO"), ("SEE", "2", "OK")]


def test_the_result_is_the_same_for_every_segmentation():
    outcomes = []
    for way in cuts(EVERYTHING):
        one = Client(Bench)
        for piece in way:
            one.send(piece)
        one.talk.concealed = 0  # of a secret that is too long the rest is told of piece by piece
        outcomes.append((one.talk.sent, one.talk.findings, one.commands, one.talk.closed))
    assert outcomes[0][0].split(b"\r\n") == (
        b"HI|OK 1|NO unknown|OK a|bc|OK 2|GO|OK 6|OK |NO|NO need|OK|OK []|OK |OK abc|GO|OK 21|OK 3|NO late|BYE|"
    ).split(b"|")
    assert [outcome for outcome in outcomes if outcome != outcomes[0]] == []


@pytest.mark.parametrize("size", [65, 66, 64 * 1000])
def test_a_line_that_is_too_long_is_refused_once_and_skipped_and_the_next_one_is_heard(size):
    one = Client(Bench)
    answers = b"".join(one.send(piece) for piece in [b"x" * size, b"x" * 70, b"\r\nSEE 1\r\n"])
    assert answers == b"NO\r\nOK 1\r\n"


@pytest.mark.parametrize("kind", [Bench, Beside])
@pytest.mark.parametrize("begun", [b"", b"WAIT\r\n"])
def test_a_line_of_just_the_limit_may_be_cut_in_its_end(kind, begun):
    one = Client(kind)
    one.send(begun)
    answer = one.send(b"SEE " + b"x" * 60 + b"\r") + one.send(b"\n")
    if begun:
        answer += one.tell(TimerFired("pause"))
    assert answer.endswith(b"OK " + b"x" * 60 + b"\r\n")


def test_what_the_table_refuses_is_answered_by_the_protocol():
    one = Client(Bench)
    assert one.send(b"SAFE\r\n") == b"NO need\r\n"
    one.session.dialogue.state = "elsewhere"
    assert one.send(b"SEE\r\n") == b"NO state\r\n"


def test_repr_names_state_and_peer():
    one = Client(Bench)
    peer = f"{PEER[0]}:{PEER[1]}"
    assert repr(one.session) == f"<Bench start {peer}>"
    one.send(b"POST\r\n")
    assert repr(one.session) == f"<Bench text {peer}>"
    one.send(b"!QUIT\r\n")
    assert repr(one.session) == f"<Bench over {peer}>"


# Waiting.


def test_what_comes_during_slow_work_is_answered_after_it():
    one = Client(Bench)
    one.session.slow = True
    one.session.desk.work = lambda: 7
    assert one.send(b"SEE 1\r\nWORK\r\nSEE 2\r\nWORK\r\nSEE 3\r\n") == b"OK 1\r\n"
    assert one.send(b"SEE 4\r\n") == b""
    assert one.release() == b"OK 7\r\nOK 2\r\n"
    assert one.release() == b"OK 7\r\nOK 3\r\nOK 4\r\n"
    assert [command[0] for command in one.commands] == ["SEE", "WORK", "SEE", "WORK", "SEE", "SEE"]


@pytest.mark.parametrize("slow", [False, True])
def test_a_command_gets_the_exception_of_its_work(slow):
    def fail():
        raise OSError("disk full")

    one = Client(Bench)
    one.session.slow = slow
    one.session.desk.work = fail
    answer = one.send(b"WORK\r\n")
    assert (one.release(OSError("disk full")) if slow else answer) == b"NO disk full\r\n"


@pytest.mark.parametrize("slow", [False, True])
def test_an_exception_that_the_command_does_not_catch_is_its_refusal(slow):
    def fail():
        raise Failure

    one = Client(Bench)
    one.session.slow = slow
    one.session.desk.work = fail
    answer = one.send(b"LATE\r\n")
    assert (one.release(Failure()) if slow else answer) == b"NO\r\n"
    assert one.send(b"SEE\r\n") == b"OK \r\n"


def test_a_command_can_be_refused_after_it_has_waited():
    one = Client(Bench)
    assert one.send(b"LATE\r\nSEE\r\n") == b"NO late\r\nOK \r\n"
    assert one.talk.findings == ["too-late"]


def test_a_timer_of_a_command_is_not_that_of_silence():
    one = Client(Bench)
    one.send(b"WAIT\r\n")
    assert one.talk.timers == {"quiet": 2, "pause": 3}
    assert one.tell(TimerFired("quiet")) == b""
    assert one.tell(TimerFired("pause")) == b"OK\r\n"


def test_a_secret_line_is_concealed_where_it_stood():
    one = Client(Bench)
    one.send(b"ASK\r\n")
    one.send(b"secret\r\nSEE\r\n")
    assert one.concealed == [(6, 7)]


def test_a_secret_line_that_is_too_long_is_given_as_far_as_it_came_and_skipped():
    one = Client(Bench)
    one.send(b"ASK\r\n")
    assert one.send(b"s" * 21) == b"OK 21\r\n"
    assert one.concealed == [(21, 0)]
    assert one.send(b"sss\r\nSEE\r\n") == b"OK \r\n"


def test_tls_drops_what_came_before_it():
    one = Client(Bench)
    assert one.send(b"TLS\r\nSAFE\r\n") == b"GO\r\n"
    assert one.talk.starting_tls
    assert one.send(b"SAFE\r\n") == b""
    assert one.tell(TlsStarted(TLS)) == b""
    assert one.send(b"SAFE\r\n") == b"OK\r\n"


def test_no_event_that_nobody_waits_for_is_lost():
    one = Client(Bench)
    one.tell(Writable())
    one.tell(HostAnswered(b"", ""))
    assert [type(event) for event in one.session.noticed] == [Writable, HostAnswered]


# Beside a command.


def test_a_line_during_a_command_may_be_obeyed_at_once_and_the_others_wait():
    one = Client(Beside)
    assert one.send(b"SEND\r\nTAKE 3\r\nSEE\r\nAB") == b"GO\r\nOK \r\n"
    one.send(b"OR\r\n")
    assert CloseData() in one.effects
    assert one.tell(DataDone(0, 0.0, "aborted")) == b"NO\r\n"
    assert one.send(b"abc") == b"OK abc\r\n"


def test_a_line_during_a_command_may_wait_before_the_others():
    one = Client(Beside)
    one.send(b"WAIT\r\nTAKE 1\r\n")
    one.session.wait(b"SAFE", bare=False, first=True)
    assert one.tell(TimerFired("pause")) == b"OK\r\nNO need\r\n"


def test_a_line_that_has_waited_came_with_nothing_after_it():
    class Noting(Beside):
        def parse(self, line, *, bare):
            self.noticed.append((line, self.rest))
            return super().parse(line, bare=bare)

    one = Client(Noting)
    one.send(b"WAIT\r\nSEE\r\nTLS\r\nlater")
    one.tell(TimerFired("pause"))
    assert one.session.noticed == [(b"WAIT", 15), (b"SEE", 10), (b"TLS", -1)]


def test_tls_during_a_command_is_found_at_once():
    one = Client(Beside)
    one.send(b"WAIT\r\n")
    assert one.send(b"\x16\x03\x01\x00") == b"BYE tls \r\n"
    assert one.talk.findings == ["unexpected-tls"]


@pytest.mark.parametrize(
    ("sent", "found"),
    [([b"TLS\r\n"], []), ([b"TLS\r\nS"], ["injected"]), ([b"WAIT\r\nTLS\r\nS"], ["injected"]),
     ([b"WAIT\r\nTLS\r\n"], []), ([b"WAIT\r\n", b"TLS\r\nTAKE 1\r\n"], ["injected"])],
)  # fmt: skip
def test_what_comes_after_a_command_that_begins_tls_is_found_if_it_has_a_name(sent, found):
    class Careful(Beside):
        injection = "injected"

    for kind, findings in ((Careful, found), (Beside, [])):
        one = Client(kind)
        for octets in sent:
            one.send(octets)
        if b"WAIT" in sent[0]:
            one.tell(TimerFired("pause"))
        assert one.talk.findings == findings
        assert one.talk.starting_tls


def test_lines_during_a_command_are_bounded():
    one = Client(Beside)
    one.send(b"SEND\r\n")
    assert one.send(b"SAFE\r\n" * MAX_WAITING) == b""
    assert one.send(b"SAFE\r\n") == b"BYE crowded \r\n"
    assert one.talk.closed


def test_bytes_during_a_command_are_bounded():
    one = Client(Bench)
    one.send(b"SEND\r\n")
    assert one.send(b"x" * MAX_HELD_BYTES) == b""
    assert one.send(b"x") == b"BYE crowded \r\n"
    assert one.session._held == b""


# Faults.


def test_a_planned_reply_takes_the_place_of_a_command():
    one = Client(Bench)
    plan(one, "SEE", Do(reply=Reply(451, "later")))
    assert one.send(b"SEE\r\nSEE\r\n") == b"451 later\r\nOK \r\n"
    assert one.commands == [("SEE", "", "451"), ("SEE", "", "OK")]


def test_a_fault_acts_on_the_first_reply_of_its_command_and_on_no_other():
    one = Client(Bench)
    plan(one, "ASK", Do(close=Plain()))
    one.send(b"SEE\r\nASK\r\nsecret\r\nSEE\r\n")
    kinds = [type(effect) for effect in one.effects if isinstance(effect, Send | Misbehave)]
    assert kinds == [Send, Misbehave, Send]
    [misbehave] = [effect for effect in one.effects if isinstance(effect, Misbehave)]
    assert [bytes(effect.data) for effect in misbehave.effects] == [b"GO\r\n"]


def test_of_a_planned_reply_and_another_fault_both_act():
    one = Client(Bench)
    plan(one, "SEE", Do(close=Plain()))
    plan(one, "SEE", Do(reply=Reply(451, "later")))
    plan(one, "SEE", Do(reply=Reply(452, "the first one counts")))
    one.send(b"SEE\r\n")
    [misbehave] = [effect for effect in one.effects if isinstance(effect, Misbehave)]
    assert bytes(misbehave.effects[0].data) == b"451 later\r\n"


# Time and ends.


def test_silence_is_counted_in_quarters_and_a_command_restarts_it():
    one = Client(Bench)
    assert one.talk.timers["quiet"] == 2
    for _ in range(3):
        assert one.tell(TimerFired("quiet")) == b""
        assert one.effects == [SetTimer("quiet", 2)]
    one.send(b"SEE\r\n")
    assert [one.tell(TimerFired("quiet")) for _ in range(4)] == [b"", b"", b"", b"BYE silence \r\n"]
    assert one.talk.closed


def test_a_client_that_must_wait_may_be_silent():
    one = Client(Bench)
    one.send(b"SEND\r\n")
    assert b"".join(one.tell(TimerFired("quiet")) for _ in range(20)) == b""


def test_silence_in_the_midst_of_a_text_is_found_and_has_a_time_of_its_own():
    one = Client(Bench)
    one.send(b"POST\r\nx")
    one.tell(TimerFired("quiet"))
    assert one.talk.timers["quiet"] == 10
    for _ in range(3):
        one.tell(TimerFired("quiet"))
    assert (one.talk.findings, one.talk.closed) == (["cut-off"], True)


@pytest.mark.parametrize(("event", "word"), [(Stopping(), b"stopping "), (LimitReached("idle"), b"limit idle")])
@pytest.mark.parametrize("begun", [b"", b"SEND\r\n", b"ASK\r\n", b"POST\r\nx", b"TAKE 9\r\nx", b"x" * 70, b"TLS\r\n"])
def test_the_closing_reply_is_sent_once_during_any_command(event, word, begun):
    one = Client(Bench)
    if begun:
        one.send(begun)
    assert one.tell(event) == b"BYE " + word + b"\r\n"
    assert one.talk.closed
    assert one.commands[-1] == ("", "", "BYE")
    assert one.tell(Stopping()) + one.send(b"SEE\r\n") + one.tell(TimerFired("quiet")) == b""


def test_work_that_ends_after_the_closing_reply_says_nothing():
    one = Client(Bench)
    one.session.slow = True
    one.send(b"WORK\r\nSEE\r\n")
    one.tell(Stopping())
    assert one.release() == b""
    assert one.session.desk.closed == ["WORK"]
    assert one.session.discarded == [[]]


def test_when_the_connection_is_gone_its_command_ends_and_gives_back_what_it_has():
    one = Client(Bench)
    one.session.slow = True
    one.send(b"WORK\r\n")
    call = one.call
    assert one.tell(Closed("closed")) == b""
    assert (one.session.desk.closed, one.session.left) == (["WORK"], 1)
    call.work()
    call.then()
    assert one.session.discarded == [[]]


def test_what_follows_the_closing_reply_is_found_once():
    one = Client(Bench)
    one.send(b"QUIT\r\nSEE\r\n")
    one.send(b"SEE\r\n")
    assert one.talk.findings == ["data-after-quit"]


def test_a_half_close_lets_what_is_under_way_be_answered():
    one = Client(Bench)
    one.send(b"SEND\r\nSEE\r\n")
    assert one.tell(Eof()) == b""
    assert not one.talk.closed
    assert one.tell(DataDone(0, 0.0)) == b"OK\r\nOK \r\n"
    assert (one.talk.closed, one.talk.findings) == (True, ["no-quit"])


@pytest.mark.parametrize(
    ("begun", "finding"), [(b"SEE\r\n", "no-quit"), (b"POST\r\nx", "cut-off"), (b"ASK\r\n", "no-quit")]
)
@pytest.mark.parametrize("end", [Eof(), Closed("broken: reset")])
def test_an_end_in_the_midst_is_found(begun, finding, end):
    one = Client(Bench)
    one.send(begun)
    one.tell(end)
    assert one.talk.findings == [finding]


octets = st.binary(max_size=100) | st.sampled_from(
    [line + b"\r\n" for line in b"SEE x|WORK|ASK|TAKE 9|POST|WAIT|SEND|TLS|LATE|SAFE|QUIT|TAKE 0".split(b"|")]
)
events = st.lists(
    st.one_of(
        octets.filter(bool).map(Data),
        octets.filter(bool).map(Data),
        st.sampled_from(
            [
                Eof(),
                Writable(),
                Stopping(),
                LimitReached("idle"),
                TimerFired("quiet"),
                TimerFired("pause"),
                TlsStarted(TLS),
                DataDone(0, 0.0),
                Called([], None),
                Called(None, Failure()),
            ]
        ),
    ),
    max_size=30,
)


@pytest.mark.parametrize("kind", [Bench, Beside])
@settings(max_examples=200, deadline=None)
@given(told=events, slow=st.booleans())
def test_whatever_comes_nothing_is_raised_and_what_is_held_is_bounded(kind, told, slow):
    one = Client(kind)
    one.session.slow = slow
    for event in told:
        one.tell(event)
        assert all(isinstance(effect, Effect) for effect in one.effects)
        assert len(one.session._held) <= MAX_HELD_BYTES + 100
        assert len(one.session.waiting or ()) <= MAX_WAITING
    one.tell(Closed("broken: reset"))
    assert (one.session._task, one.session._held, one.session.left) == (None, b"", 1)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([b"SEE x\r\n", b"WORK\r\n", b"TAKE 3\r\nabc", b"POST\r\n!", b"NOPE\r\n", b"ASK\r\nx\r\n"]))
)
def test_every_command_has_its_replies(lines):
    one = Client(Bench)
    for line in lines:
        one.send(line)
    said = Counter(word[:2] for word in one.talk.sent.splitlines() if word)
    asks = lines.count(b"ASK\r\nx\r\n")
    assert (said[b"GO"], said[b"OK"] + said[b"NO"]) == (asks, len(lines))


HTTP = b"GET / HTTP/1.1\r\nHost: x\r\n\r\nSEE\r\n"


@pytest.mark.parametrize("kind", [Bench, Beside])
@pytest.mark.parametrize("begun", [b"", b"SEE\r\n", b"nonsense\r\n", b"x" * 100 + b"\r\n", b"ASK\r\n"])
def test_a_line_of_http_ends_the_session_wherever_a_line_is_expected(kind, begun):
    for way in ([begun + HTTP], [begun, HTTP], [(begun + HTTP)[at : at + 1] for at in range(len(begun + HTTP))]):
        one = Client(kind)
        said = b"".join(one.send(piece) for piece in way if piece)
        assert said.endswith(b"BYE http \r\n")
        assert one.talk.findings[-1:] == ["http-request"]
        assert one.talk.closed


def test_a_line_of_http_during_a_command_ends_it_at_once():
    one = Client(Beside)
    one.send(b"WAIT\r\n")
    assert one.send(HTTP) == b"BYE http \r\n"


def test_a_line_of_http_that_waits_for_a_command_ends_the_session_after_it():
    one = Client(Bench)
    one.send(b"WAIT\r\n" + HTTP)
    assert one.tell(TimerFired("pause")) == b"OK\r\nBYE http \r\n"


def test_lines_of_http_in_content_are_content():
    one = Client(Bench)
    assert one.send(b"POST\r\n" + HTTP + b"!") == b"OK\r\n"
    assert one.send(b"TAKE 14\r\nGET / HTTP/1.1") == b"OK GET / HTTP/1.1\r\n"
