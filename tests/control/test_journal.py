"""Events and findings over the API; above all the wait that never misses one."""

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from homeport.config.quantities import Duration, Size
from homeport.control.journal import EventWait, WaitQuery, matching
from homeport.control.operation import PendingAnswer
from homeport.control.problems import ProblemError
from homeport.protocol.rules import Rule
from homeport.services import find_service
from homeport.world.event_filter import EventFilter
from homeport.world.journal import JournalOptions, Source

WORLD = "/api/v1/worlds/default"
ECHO = Source("echo", "tcp")
TIME = Source("time", "udp")


def test_events_are_listed_page_by_page(farm, get):
    for number in range(5):
        farm.call(farm.world.journal.log, ECHO, "command", {"verb": str(number)})
    first = get(f"{WORLD}/events?limit=2")
    assert [event["verb"] for event in first["items"]] == ["0", "1"]
    assert (first["total"], first["next"]) == (5, first["items"][-1]["seq"])
    last = get(f"{WORLD}/events?limit=3&since={first['next']}")
    assert [event["verb"] for event in last["items"]] == ["2", "3", "4"]
    assert (last["total"], last["next"]) == (3, None)


def test_events_are_filtered_by_service_type_and_connection(farm, get):
    farm.exchange("echo", b"one")
    farm.udp("echo", b"two")
    farm.call(farm.world.journal.log, TIME, "command", {})
    assert {event["type"] for event in get(f"{WORLD}/events?conn=c1")["items"]} == {"opened", "in", "out", "closed"}
    assert [event["text"] for event in get(f"{WORLD}/events?type=datagram")["items"]] == ["two"]
    assert [event["service"] for event in get(f"{WORLD}/events?service=time")["items"]] == ["time"]
    assert get(f"{WORLD}/events?service=time&type=in") == {
        "items": [], "total": 0, "next": None, "seq": 6, "epoch": farm.world.journal.epoch, "lost": 0, "reset": False,
    }  # fmt: skip


def test_a_wait_returns_earlier_events(farm, get):
    since = get(f"{WORLD}/events")["total"]
    farm.udp("echo", b"early")
    waited = get(f"{WORLD}/events/wait?since={since}&type=datagram&timeout=10s")
    assert [event["text"] for event in waited["events"]] == ["early"]
    assert waited["timed_out"] is False


def test_a_wait_returns_events_that_happen_during_it(farm, get):
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(get, f"{WORLD}/events/wait?type=datagram&count=3&timeout=10s")
        spin_until(farm, lambda: len(farm.world.journal.watchers) == 1)
        for number in range(4):
            farm.udp("echo", b"%d" % number)
        assert [event["text"] for event in waiting.result(10)["events"]] == ["0", "1", "2"]


def test_consecutive_waits_with_next_never_miss_an_event(farm, get):
    def knock():
        for number in range(200):
            farm.udp("echo", b"%d" % number)

    knocking = threading.Thread(target=knock)
    knocking.start()
    seen, since = [], 0
    while len(seen) < 200:
        waited = get(f"{WORLD}/events/wait?since={since}&type=datagram&count=7&timeout=300ms")
        seen += [event["text"] for event in waited["events"]]
        since = max([since, *(event["seq"] for event in waited["events"])])
        assert waited["events"] or knocking.is_alive() or len(seen) == 200
    knocking.join()
    assert seen == [str(number) for number in range(200)]


def test_a_timeout_returns_the_events_so_far_and_near_misses(farm, get):
    farm.call(farm.world.journal.log, ECHO, "command", {"verb": "near"})
    farm.call(farm.world.journal.log, TIME, "command", {"verb": "this"})
    farm.call(farm.world.journal.log, ECHO, "login", {"verb": "far"})
    waited = get(f"{WORLD}/events/wait?service=time&type=command&count=2&timeout=10ms")
    assert waited["timed_out"] is True
    assert [event["verb"] for event in waited["events"]] == ["this"]
    assert [event["verb"] for event in waited["near"]] == ["near"]


def test_a_wait_is_cancelled_when_its_client_disconnects(farm):
    connection = http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10)
    connection.request("GET", f"{WORLD}/events/wait?type=login&timeout=1h")
    watchers = farm.world.journal.watchers
    spin_until(farm, lambda: len(watchers) == 1)
    connection.close()
    spin_until(farm, lambda: not watchers)
    assert farm.call(lambda: farm.world.on_close) == []


def test_a_wait_ends_when_its_world_closes(farm, get):
    connection = http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10)
    connection.request("GET", f"{WORLD}/events/wait?type=login&timeout=1h")
    spin_until(farm, lambda: len(farm.world.journal.watchers) == 1)
    closed = threading.Event()
    farm.call(farm.farm.close_world, "default", closed.set)
    response = connection.getresponse()
    assert response.status == 410
    assert json.load(response)["detail"] == "the world 'default' was closed"
    connection.close()
    assert closed.wait(10)


def spin_until(farm, condition):
    """Check once in every turn of the reactor until a condition holds."""
    for _ in range(100_000):
        if farm.call(condition):
            return
    raise AssertionError("it never came to hold")


class Turns:
    """A farm and reactor whose turns the test runs."""

    def __init__(self):
        self.calls = []
        self.reactor = self

    def callLater(self, delay, action, *args):
        call = Call(delay, action, args)
        self.calls.append(call)
        return call

    def turn(self, delay=0.0):
        """Call what was asked for that delay."""
        due = [call for call in self.calls if call.delay == delay]
        self.calls = [call for call in self.calls if call.delay != delay]
        for call in due:
            call.action(*call.args)
        return len(due)

    def settle(self):
        """Run turns until nothing is left to do in the next one."""
        for _ in range(1000):
            if not self.turn():
                return
        raise AssertionError("it never came to rest")

    @property
    def scheduled(self):
        """The number of calls in the next turn."""
        return sum(call.delay == 0 for call in self.calls)


class Call:
    """A delayed call."""

    def __init__(self, delay, action, args):
        self.delay, self.action, self.args = delay, action, args
        self.waiting = True

    def active(self):
        return self.waiting

    def cancel(self):
        self.waiting = False
        self.delay = None


@pytest.fixture
def turns():
    return Turns()


def test_the_events_of_one_turn_are_dispatched_once(world, turns):
    wait = EventWait(turns, world, WaitQuery(type="login", count=3, timeout=Duration(5)))
    turns.settle()
    for _ in range(1000):
        world.journal.log(ECHO, "command", {})
    assert turns.scheduled == 1
    turns.settle()
    assert not wait.done
    for _ in range(3):
        world.journal.log(ECHO, "login", {})
    assert turns.scheduled == 1
    turns.settle()
    assert wait.done
    assert world.journal.watchers == []


def test_a_wait_that_raises_in_a_later_turn_is_answered_with_the_exception(world, turns):
    answers = []
    EventWait(turns, world, WaitQuery(text="x", timeout=Duration(5))).then(answers.append)
    healthy = EventWait(turns, world, WaitQuery(type="command", timeout=Duration(5)))

    class Unspeakable:
        def __str__(self):
            raise RuntimeError("a broken handler")

    world.journal.log(ECHO, "command", {"verb": Unspeakable()})
    turns.turn()
    assert isinstance(answers[0], RuntimeError)
    assert healthy.done
    assert world.journal.watchers == []


def test_a_request_whose_wait_fails_is_answered_500(farm, request_of, caplog):
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(request_of, farm, "GET", f"{WORLD}/events/wait?type=command&timeout=10s")
        spin_until(farm, lambda: len(farm.world.journal.watchers) == 1)
        farm.call(farm.world.journal.log, ECHO, "command", {"verb": object()})
        reply = waiting.result(10)
    assert reply.status == 500
    assert "internal error; see the farm's log" in reply.json["detail"]
    assert "failed; please report this" in caplog.text


def test_each_of_many_waits_gets_only_matching_events(world, turns):
    waits = {}
    for number in range(500):
        waits[number] = EventWait(turns, world, WaitQuery(type=f"t{number}", timeout=Duration(5)))
    for number in range(250):
        world.journal.log(ECHO, f"t{number}", {})
    turns.settle()
    assert [number for number, wait in waits.items() if wait.done] == list(range(250))


def test_an_event_reaches_waits_with_every_kind_of_filter(world, turns):
    connection = world.journal.open(ECHO, ("127.0.0.1", 7), ("127.0.0.1", 10007))
    right = [
        {},
        {"service": "echo"},
        {"type": "in"},
        {"conn": "c1"},
        {"service": "echo", "type": "in", "conn": "c1", "peer": "127.0.0.0/8", "text": "HELLO"},
        {"peer": "127.0.0.1:7"},
        {"text": "hello"},
    ]
    wrong = [{"service": "time"}, {"type": "out"}, {"conn": "c2"}, {"peer": "127.0.0.1:8"}, {"text": "bye"}]
    since = world.journal.seq
    hit = [EventWait(turns, world, WaitQuery(since=since, timeout=Duration(5), **query)) for query in right]
    missed = [EventWait(turns, world, WaitQuery(since=since, timeout=Duration(5), **query)) for query in wrong]
    world.journal.record_bytes(connection, "in", b"Hello")
    turns.settle()
    assert all(wait.done for wait in hit)
    assert not any(wait.done for wait in missed)


def test_a_wait_since_the_newest_event_skips_earlier_ones(world, turns):
    for _ in range(3):
        world.journal.log(ECHO, "command", {})
    answers = []
    EventWait(turns, world, WaitQuery(since=3, timeout=Duration(5))).then(answers.append)
    for _ in range(3):
        world.journal.log(ECHO, "command", {})
    turns.turn()
    assert [event["seq"] for event in answers[0].events] == [4]
    assert (answers[0].next, answers[0].reset, answers[0].lost) == (4, False, 0)


@pytest.mark.parametrize("query", [{"since": 5}, {"since": 2, "epoch": "0000aaaa"}, {"epoch": "0000aaaa"}])
def test_a_wait_since_another_epoch_starts_at_the_first_event_and_reports_reset(world, turns, query):
    for _ in range(3):
        world.journal.log(ECHO, "command", {})
    answers = []
    EventWait(turns, world, WaitQuery(timeout=Duration(5), **query)).then(answers.append)
    assert [event["seq"] for event in answers[0].events] == [1]
    assert (answers[0].reset, answers[0].epoch) == (True, world.journal.epoch)


def test_a_wait_reports_the_events_that_the_ring_dropped(world, turns):
    world.journal.configure(JournalOptions(size=Size(1000)))
    for _ in range(12):
        world.journal.log(ECHO, "command", {})
    answers = []
    EventWait(turns, world, WaitQuery(since=2, timeout=Duration(5))).then(answers.append)
    assert ([event["seq"] for event in answers[0].events], answers[0].lost, answers[0].reset) == ([8], 5, False)


def test_a_wait_counts_more_events_than_the_ring_holds_even_of_one_turn(world, turns):
    world.journal.configure(JournalOptions(size=Size(1000)))
    answers = []
    EventWait(turns, world, WaitQuery(type="command", count=50, timeout=Duration(5))).then(answers.append)
    for number in range(60):
        world.journal.log(ECHO, "command" if number % 6 else "login", {"verb": str(number)})
    turns.settle()
    answer = json.loads(answers[0])
    assert len(answer["events"]) == 50
    assert (answer["timed_out"], answer["lost"]) == (False, 0)


def test_a_password_is_not_dispatched_before_it_is_masked_even_with_a_small_ring(world, turns):
    world.journal.configure(JournalOptions(size=Size(1000)))
    connection = world.journal.open(ECHO, ("127.0.0.1", 7), ("127.0.0.1", 10007))
    answers = []
    EventWait(turns, world, WaitQuery(type="in", count=20, timeout=Duration(5))).then(answers.append)
    for _ in range(20):
        connection.received += 11
        world.journal.record_bytes(connection, "in", b"PASS hush\r\n")
        world.journal.conceal(connection, 4, after=2)
    turns.turn()
    assert {event["text"] for event in answers[0].events} == {"PASS ****\\r\\n"}


def test_a_list_reports_lost_events_and_resets(start_farm, request_of):
    farm = start_farm("echo", journal={"size": 1000})

    def told(query=""):
        answer = request_of(farm, "GET", f"{WORLD}/events{query}").json
        return answer["lost"], answer["reset"]

    for _ in range(12):
        farm.call(farm.world.journal.log, ECHO, "command", {})
    epoch = farm.world.journal.epoch
    assert told() == (7, False)
    assert told("?since=7") == (0, False)
    assert told(f"?since=3&epoch={epoch}") == (4, False)
    assert told("?since=13") == (7, True)
    assert told("?since=12&epoch=0000aaaa") == (7, True)
    assert request_of(farm, "POST", "/api/v1/worlds/default/reset").status == 200
    assert farm.world.journal.epoch != epoch
    assert told() == (0, False)
    assert told("?since=3") == (0, True)
    assert told(f"?since=12&epoch={epoch}") == (0, True)


@pytest.mark.parametrize(
    ("query", "words", "nearest"),
    [
        ("events?type=comand", "there is no type of event 'comand'; did you mean 'command'?", "command"),
        ("events?service=smpt", "there is no service 'smpt' in this world; did you mean 'smtp'?", "smtp"),
        ("events/wait?service=figner", "there is no service 'figner' in this world; did you mean 'finger'?", "finger"),
        ("events/stream?type=IN", "there is no type of event 'IN'; did you mean 'in'?", "in"),
        ("events?listener=submision", "there is no listener 'submision'; did you mean 'submission'?", "submission"),
        ("events?listener=smtp.tsl", "there is no listener 'smtp.tsl'; did you mean 'smtp.tls'?", "smtp.tls"),
        ("events?service=echo&listener=tls", "there is no listener 'tls'; there are echo.tcp, echo.udp", ""),
        ("events?conn=3", "'3' is not the id of a connection: write it as c3", ""),
        ("events?sinse=3", "there is no parameter 'sinse'; did you mean 'since'?", "since"),
        ("findings?level=mst", "Invalid enum value 'mst' - at `level`; did you mean 'must'?", "must"),
        ("findings?service=smpt", "there is no service 'smpt' in this world; did you mean 'smtp'?", "smtp"),
        ("connections?service=ehco", "there is no service 'ehco' in this world; did you mean 'echo'?", "echo"),
        ("connections?state=opne", "Invalid enum value 'opne' - at `state`; did you mean 'open'?", "open"),
    ],
)
def test_a_filter_that_can_match_nothing_is_refused_with_the_most_similar_word(farm, request_of, query, words, nearest):
    reply = request_of(farm, "GET", f"/api/v1/worlds/default/{query}")
    assert reply.status == 400
    assert words in reply.json["detail"]
    assert reply.json.get("nearest", "") == nearest


def test_undeclared_types_in_the_journal_are_valid_filters(farm, get):
    farm.call(farm.world.journal.log, ECHO, "quux", {})
    assert get(f"{WORLD}/events?type=quux")["total"] == 1


def test_events_are_filtered_by_listener(farm, get):
    farm.exchange("echo", b"one")
    farm.udp("echo", b"two")
    assert {event["listener"] for event in get(f"{WORLD}/events?listener=tcp")["items"]} == {"tcp"}
    assert [event["type"] for event in get(f"{WORLD}/events?listener=echo.udp")["items"]] == ["datagram"]


def test_findings_are_filtered_by_level(farm, get):
    for level in ("advice", "should", "must"):
        rule = next(rule for rule in find_service("smtp").rules if rule.level == level)
        farm.call(farm.world.findings.add, rule, Source("smtp", "starttls"), b"x")
    chosen = {level: get(f"{WORLD}/findings?level={level}") for level in ("advice", "should", "must")}
    assert {level: (answer["total"], len(answer["items"])) for level, answer in chosen.items()} == {
        "advice": (3, 3),
        "should": (2, 2),
        "must": (1, 1),
    }


def test_a_wait_that_joins_others_gets_no_event_twice(world, turns):
    first = EventWait(turns, world, WaitQuery(count=9, timeout=Duration(5)))
    world.journal.log(ECHO, "command", {"verb": "early"})
    answers = []
    EventWait(turns, world, WaitQuery(count=2, timeout=Duration(5))).then(answers.append)
    world.journal.log(ECHO, "command", {"verb": "late"})
    turns.turn()
    assert [event["verb"] for event in answers[0].events] == ["early", "late"]
    assert not first.done


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("knock", ["datagram"]),
        ("WHO", ["command"]),
        ("echo.odd", ["finding"]),
        ("\\x00", ["finding"]),
        ("broken", ["closed"]),
        ("o", ["in", "datagram", "command", "finding", "closed"]),
    ],
)
def test_events_are_filtered_by_text(world, text, found):
    journal = world.journal
    connection = journal.open(ECHO, ("127.0.0.1", 7), ("127.0.0.1", 10007))
    journal.record_bytes(connection, "in", b"HELLO")
    journal.datagrams(ECHO, [(("127.0.0.1", 7), b"x", 1, (b"knock",), None, 5)])
    journal.log(ECHO, "command", {"verb": "who", "code": 200, "octets": b"o"})
    world.findings.add(Rule("odd", "should", "RFC 1123 1.2.2", "was odd"), ECHO, b"\x00x")
    journal.close(connection, "broken: so")
    assert [entry.type for _seq, entry in matching(journal, EventFilter(text=text))] == found


EPP = {"command": "domain:check", "object": "a.test, b.test", "op": "", "code": "2303", "cl_trid": "ABC-1"}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"command": "Domain:Check"}, ["epp"]),
        ({"command": "rcpt"}, ["command"]),
        ({"object": "B.test"}, ["epp"]),
        ({"object": "a.test, b.test"}, ["epp"]),
        ({"object": "test"}, []),
        ({"object": "TO:<bob@example.org>"}, ["command"]),
        ({"code": "2303"}, ["epp"]),
        ({"code": "2"}, ["epp", "command"]),
        ({"code": "23", "command": "domain:check", "object": "a.test"}, ["epp"]),
        ({"code": "1", "command": "domain:check"}, []),
    ],
)
def test_events_of_commands_are_filtered_by_command_object_and_code(world, wanted, found):
    world.journal.log(ECHO, "epp", EPP)
    world.journal.log(ECHO, "command", {"verb": "RCPT", "argument": "TO:<bob@example.org>", "code": 250})
    world.journal.log(None, "world", {"what": "reset"})
    assert [entry.type for _seq, entry in matching(world.journal, EventFilter(**wanted))] == found


def test_an_answered_wait_leaves_nothing_behind(world, turns):
    answers = []
    wait = EventWait(turns, world, WaitQuery(timeout=Duration(5)))
    wait.then(answers.append)
    world.journal.log(ECHO, "command", {})
    turns.settle()
    turns.turn(5.0)
    assert len(answers) == 1
    assert not any(call.active() for call in turns.calls)
    assert world.on_close == []


def test_a_wait_is_answered_410_when_its_world_closes(world, turns):
    answers = []
    EventWait(turns, world, WaitQuery(timeout=Duration(5))).then(answers.append)
    for told in list(world.on_close):
        told()
    assert isinstance(answers[0], ProblemError)


def test_a_wait_keeps_its_events_when_the_ring_drops_them(world, turns):
    answers = []
    EventWait(turns, world, WaitQuery(count=2, timeout=Duration(5))).then(answers.append)
    world.journal.log(ECHO, "command", {"verb": "first"})
    turns.turn()
    world.journal.clear()
    world.journal.log(ECHO, "command", {"verb": "second"})
    turns.turn()
    assert [event["verb"] for event in answers[0].events] == ["first", "second"]


def test_only_the_first_answer_counts():
    later = PendingAnswer()
    later.answer(1)
    later.answer(2)
    later.drop()
    answers = []
    later.then(answers.append)
    assert answers == [1]


@pytest.mark.parametrize("since", range(12))
def test_the_journal_can_be_read_from_any_number(world, since):
    for number in range(10):
        world.journal.log(ECHO, "command", {"verb": number})
    assert [seq for seq, _entry in world.journal.entries(since)] == list(range(since + 1, 11))
    assert [event["seq"] for event in world.journal.events(since)] == list(range(since + 1, 11))


def test_a_dropped_event_raises_key_error(world):
    world.journal.log(ECHO, "command", {})
    for seq in (0, 2):
        with pytest.raises(KeyError):
            world.journal.event(seq)


def test_findings_are_listed_with_their_counts(farm, get):
    for service, name in (("echo", "odd"), ("echo", "odd"), ("time", "late")):
        rule = Rule(name, "should", "RFC 1123 1.2.2", "was odd")
        farm.call(farm.world.findings.add, rule, Source(service, "tcp"), b"\x00x")
    answer = get(f"{WORLD}/findings")
    assert answer["counts"] == {"echo.odd": 2, "time.late": 1}
    assert answer["total"] == 3
    assert (answer["items"][0]["bytes"], answer["items"][0]["shown"]) == ("AHg=", "\\x00x")
    assert get(f"{WORLD}/findings?service=time")["counts"] == {"time.late": 1}


def test_findings_can_be_reported_while_they_are_listed(world):
    rule = Rule("odd", "should", "RFC 1123 1.2.2", "was odd")
    for _ in range(3):
        world.findings.add(rule, ECHO, b"x")
    listed = []
    for one in world.findings:
        world.findings.add(rule, ECHO, b"y")
        listed.append(one.shown)
    assert listed == ["x"] * 3
