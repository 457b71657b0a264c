"""Long work in slices: a bounded number of steps in a turn, in rotation, and bodies under back-pressure."""

import pytest
from tests.control.test_event_stream import Wire
from tests.control.test_journal import Turns

from homeport.control.operation import Document
from homeport.control.slices import MAX_STEPS, MAX_WHOLE_BYTES, Body, BodyStream, OffReactor, Steps, slices_of


@pytest.fixture
def turns():
    return Turns()


def counting(done, name, steps):
    """A job of some steps, which notes each."""

    def step():
        done.append(name)
        return done.count(name) < steps

    return step


def test_all_jobs_together_do_a_bounded_number_of_steps_in_a_turn_and_take_turns(turns):
    done = []
    slices = slices_of(turns)
    for name in "abc":
        slices.add(counting(done, name, 10))
    assert len(done) <= MAX_STEPS
    while turns.scheduled:
        before = len(done)
        turns.turn()
        assert len(done) - before <= MAX_STEPS
    assert sorted(done) == sorted("abc" * 10)
    assert "".join(done[4:16]) in "abc" * 10


def test_a_removed_job_does_no_further_step(turns):
    done = []
    job = counting(done, "a", 100)
    slices_of(turns).add(job)
    before = len(done)
    slices_of(turns).remove(job)
    turns.settle()
    assert len(done) == before < 100


def pieces(number, size):
    for _ in range(number):
        yield bytes(size)


def test_a_small_body_is_answered_whole(turns):
    answers = []
    Body(turns, pieces(3, 100)).then(answers.append)
    turns.settle()
    assert answers == [bytes(300)]
    Body(turns, pieces(3, 100), "text/plain").then(answers.append)
    turns.settle()
    assert answers[1:] == [Document("text/plain", bytes(300))]


def stream_of(turns, body):
    """Return the stream that a large body is answered with, and its sink."""
    answers = []
    body.then(answers.append)
    turns.settle()
    (stream,) = answers
    assert isinstance(stream, BodyStream)
    return stream, Wire(stream)


def test_a_large_body_is_a_stream_that_pauses_while_too_much_is_unsent(turns):
    stream, wire = stream_of(turns, Body(turns, pieces(200, 1000)))
    wire.room = 50
    stream.start(wire)
    turns.settle()
    assert len(wire.written) == 50
    wire.room = 10**9
    stream.resume()
    turns.settle()
    assert (sum(map(len, wire.written)), wire.state) == (200_000, "ended")
    assert MAX_WHOLE_BYTES < 200_000


def test_a_stream_that_is_not_wanted_any_more_does_nothing(turns):
    stream, wire = stream_of(turns, Body(turns, pieces(1000, 1000)))
    stream.start(wire)
    stream.drop()
    before = len(wire.written)
    turns.settle()
    assert (len(wire.written), wire.state) == (before, "open")


def broken(number):
    yield from pieces(number, 1000)
    raise RuntimeError("a broken handler")


def test_what_fails_before_the_answer_is_the_answer_and_later_cuts_the_connection(turns, caplog):
    answers = []
    Body(turns, broken(3)).then(answers.append)
    turns.settle()
    assert isinstance(answers[0], RuntimeError)
    stream, wire = stream_of(turns, Body(turns, broken(100)))
    stream.start(wire)
    turns.settle()
    assert wire.state == "aborted"
    assert "please report this" in caplog.text


def adding(numbers, rest=None):
    total = 0
    for number in numbers:
        total += number
        yield
    return total if rest is None else rest


def test_steps_answer_with_what_their_generator_returns_also_a_body(turns):
    answers = []
    Steps(turns, adding(range(10))).then(answers.append)
    Steps(turns, adding(range(10), Body(turns, pieces(2, 5)))).then(answers.append)
    turns.settle()
    assert answers == [45, bytes(10)]


def test_who_cannot_wait_gets_everything_at_once(turns):
    for answer, expected in (
        (Steps(turns, adding(range(100))), 4950),
        (Steps(turns, adding(range(100), Body(turns, pieces(300, 1000)))), bytes(300_000)),
        (OffReactor(turns, lambda: 3, lambda result: result + 1), 4),
        (OffReactor(turns, lambda: 3, lambda result: Body(turns, pieces(result, 1))), bytes(3)),
    ):
        answers = []
        answer.hurry()
        answer.then(answers.append)
        assert answers == [expected]
    assert turns.calls == []


def test_dropped_steps_do_nothing_more(turns):
    done = []

    def steps():
        for number in range(1000):
            done.append(number)
            yield

    answer = Steps(turns, steps())
    answer.then(done.append)
    before = len(done)
    answer.drop()
    turns.settle()
    assert len(done) == before
