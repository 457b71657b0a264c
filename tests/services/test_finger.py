"""Finger (RFC 1288)."""

import re
import socket

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.protocol.effects import AskHost, Close, Effect, ReportFinding, Send
from homeport.protocol.events import Closed, Data, Eof, HostAnswered, LimitReached, Opened, Stopping
from homeport.protocol.session import Context
from homeport.services.finger import SERVICE
from homeport.services.finger.answers import short_time
from homeport.services.finger.options import FingerOptions
from homeport.world.journal import JournalOptions
from homeport.world.people import Person
from homeport.world.world import World, WorldContents

CLEAN = re.compile(rb"(?:[\t\x20-\x7e]{0,900}\r\n)*")


NOW = 1_792_000_000.0  # 2026-10-14T17:46:40Z, a Wednesday


def make_world(contents=None):
    return World("default", contents or WorldContents(), JournalOptions(), lambda: NOW)


def session(world=None, **options):
    peer, local = ("127.0.0.1", 40000), ("127.0.0.1", 10079)
    return SERVICE.session(Context(world or make_world(), FingerOptions(**options), "tcp", peer, local))


def read_all(client):
    return b"".join(iter(lambda: client.recv(65536), b""))


def world_of(*people, presence=()):
    return lambda: make_world(WorldContents(people=people, presence=presence))


# RFC 1288 2.5.1: {C}


def test_an_empty_query_lists_who_is_on_with_full_names(talk):
    told = talk("finger", b"\r\n")
    assert told.sent.decode().split("\r\n") == [
        "Login     Name              TTY      Idle  When              Office            Phone              Where",
        "alice     Alice Liddell     tty1     4m    Wed 14:46         Harbour House 12  +44 1865 555 0101",
        "bob       Robert Anchor     pts/0          Wed 17:04         Boat Shed 3       +44 1865 555 0102"
        "  boat.homeport.test",
        "operator  Harbour Operator  console  1:00  2026-10-05 17:46  Control tower     +44 1865 555 0100",
        "",
    ]
    assert told.closed
    assert told.findings == []
    assert told.logs == [("command", {"verb": "list", "argument": "", "code": "found"})]


def test_a_list_can_be_refused_in_the_words_of_the_rfc(talk):
    assert talk("finger", b"\r\n", list_users=False).sent == b"Finger online user list denied\r\n"
    assert b"Alice Liddell" in talk("finger", b"alice\r\n", list_users=False).sent


def test_a_list_of_nobody_says_so(talk):
    assert talk("finger", b"\r\n", world=world_of()).sent == b"No one logged on.\r\n"


def test_a_verbose_list_has_a_block_for_each_login_that_is_on(talk):
    sent = talk("finger", b"/W\r\n").sent.decode()
    assert re.findall("^Login: (\\S+)", sent, re.MULTILINE) == ["alice", "bob", "operator"]


def test_a_verbose_list_tells_of_each_as_a_verbose_query_does(talk):
    sent = talk("finger", b"/W\r\n").sent
    for login in (b"alice", b"bob", b"operator"):
        assert b"Directory: /home/" + login in sent
        assert talk("finger", b"/W " + login + b"\r\n").sent in sent + b"\r\n"


def test_whoever_came_this_second_came_today_and_who_comes_later_has_a_date(talk):
    def arrivals():
        world = make_world(WorldContents(presence=()))
        for login, since in (("now", NOW), ("past", NOW - 6 * 86_400), ("later", NOW + 60)):
            world.presence.enter(login, "ftp", "192.0.2.9", since)
        return world

    lines = talk("finger", b"\r\n", world=arrivals).sent.decode().splitlines()
    assert [re.sub(r".*ftp +(\d+d)? +(.*?) +192.*", r"\2", line) for line in lines[1:]] == [
        "Wed 17:46",
        "2026-10-08 17:46",
        "2026-10-14 17:47",
    ]


def test_a_logged_in_user_who_is_unknown_is_shown_without_a_name(talk):
    def without_people():
        world = make_world()
        world.presence.enter("ghost", "ftp", "192.0.2.9", world.clock.now())
        return world

    assert re.search(rb"^ghost +\?\?\? +ftp ", talk("finger", b"\r\n", world=without_people).sent, re.MULTILINE)
    told = talk("finger", b"ghost\r\n", world=without_people).sent
    assert re.search(rb"^Login: ghost +Name: \?\?\?\r\n", told)
    assert b"on ftp from 192.0.2.9" in told


def test_a_full_name_is_never_cut(talk):
    name = "Captain " + "Very " * 30 + "Long"
    sent = talk("finger", b"long\r\n", world=world_of(Person(login="long", name=name))).sent
    assert name.encode() in sent


# RFC 1288 2.5.2 to 2.5.4: {U}


def test_a_login_gets_name_office_login_state_project_and_plan(talk):
    told = talk("finger", b"alice\r\n")
    assert told.sent.decode().split("\r\n") == [
        "Login: alice                              Name: Alice Liddell",
        "Office: Harbour House 12, +44 1865 555 0101",
        "On since Wed 14:46 (UTC) on tty1, idle 4m",
        "Project: Mapping the tides of Port Meridian",
        "Plan:",
        "Walk the mole before breakfast.",
        "Answer every letter by noon.",
        "",
    ]
    assert told.logs == [("command", {"verb": "user", "argument": "alice", "code": "found"})]


@pytest.mark.parametrize(
    "query", [b"/W carol\r\n", b"/w carol\r\n", b"carol /W\r\n", b"  /W   carol  \r\n", b"/W\tcarol\r\n"]
)
def test_the_token_w_shows_more_wherever_it_stands(talk, query):
    sent = talk("finger", query).sent
    assert b"Directory: /home/carol                    Shell: /bin/sh\r\n" in sent
    assert b"Not logged in.\r\n" in sent
    assert sent.endswith(b"No plan.\r\n")


def test_the_facts_of_an_account_stand_in_pairs(talk):
    person = Person(login="zoe", name="Zoe Mast", home="/srv/zoe", shell="/bin/ksh", email="zoe@boat.example")
    sent = talk("finger", b"/W zoe\r\n", world=world_of(person)).sent.decode()
    assert sent.splitlines()[1:3] == [
        "Directory: /srv/zoe                       Shell: /bin/ksh",
        "Mail: zoe@boat.example",
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [(b"alice nobody", "several"), (b"nobody alice", "several"), (b"nobody noone", "none"), (b"alice bob", "several")],
)
def test_of_several_names_one_may_be_unknown(talk, query, code):
    told = talk("finger", query + b"\r\n")
    assert told.logs[0][1]["code"] == code
    assert told.sent.count(b"no such user") == query.count(b"no")
    assert told.sent.count(b"Login: ") == query.count(b"alice") + query.count(b"bob")


def test_a_word_of_a_full_name_finds_everybody_who_is_called_so(talk):
    told = talk("finger", b"ANCHOR\r\n")
    assert re.findall(rb"Login: (\S+)", told.sent) == [b"bob", b"carol"]
    assert told.logs[0][1]["code"] == "several"


def test_several_words_must_all_be_in_the_name(talk):
    assert re.findall(rb"Login: (\S+)", talk("finger", b"carol anchor\r\n").sent) == [b"carol"]


def test_a_login_comes_before_names(talk):
    people = (Person(login="keel", name="Someone Else"), Person(login="dave", name="Dave Keel"))
    assert re.findall(rb"Login: (\S+)", talk("finger", b"keel\r\n", world=world_of(*people)).sent) == [b"keel"]


def test_an_ambiguous_name_can_be_refused(talk):
    told = talk("finger", b"anchor\r\n", ambiguous="refuse")
    assert told.sent == b"finger: anchor: several people are called so; ask for a login name\r\n"
    assert b"Alice Liddell" in talk("finger", b"liddell\r\n", ambiguous="refuse").sent


def test_nobody_is_said_to_be_no_such_user(talk):
    told = talk("finger", b"nobody\r\n")
    assert told.sent == b"finger: nobody: no such user.\r\n"
    assert told.logs[0][1]["code"] == "none"


def test_the_plan_can_be_switched_off(talk):
    sent = talk("finger", b"alice\r\n", plan=False).sent
    assert b"Plan" not in sent
    assert b"Project" not in sent
    assert b"Alice Liddell" in sent


def test_each_item_can_be_switched_off_but_the_full_name(talk):
    assert talk("finger", b"/W alice\r\n", show=[], plan=False).sent.decode().split("\r\n") == [
        "Login: alice                              Name: Alice Liddell",
        "On since Wed 14:46 (UTC)",
        "",
    ]
    assert talk("finger", b"\r\n", show=[]).sent.startswith(b"Login     Name              When\r\n")


def test_idle_times_are_short():
    assert [short_time(seconds) for seconds in (-5, 59, 60, 3599, 3600, 86_399, 86_400 * 12)] == [
        "",
        "",
        "1m",
        "59m",
        "1:00",
        "23:59",
        "12d",
    ]


def test_a_clock_at_the_end_of_time_is_answered():
    world = make_world()
    world.clock.set(1e15)
    assert b"alice" in bytes(session(world).handle(Data(b"\r\n"))[1].data)


# RFC 1288 2.5.5: vending machines


def test_configured_texts_answer_by_name_and_the_empty_query(talk):
    texts = {"": "1 coke\n2 tea", "coke": "coke: 3 left, cold"}
    assert talk("finger", b"\r\n", texts=texts).sent == b"1 coke\r\n2 tea\r\n"
    assert talk("finger", b"/W COKE\r\n", texts=texts).sent == b"coke: 3 left, cold\r\n"
    assert b"Alice" in talk("finger", b"alice\r\n", texts=texts).sent


# RFC 1288 2.4, 3.2.1: {Q2}


@pytest.mark.parametrize("query", [b"alice@boat.test\r\n", b"@boat.test\r\n", b"/W @a@b\r\n", b"alice@\r\n", b"@\r\n"])
def test_forwarding_is_refused_in_the_words_of_the_rfc(talk, query):
    told = talk("finger", query)
    assert told.sent == b"Finger forwarding service denied\r\n"
    assert told.closed
    assert told.logs[0][1]["verb"] == "forward"
    assert told.logs[0][1]["code"] == "denied"


def test_a_host_that_is_not_configured_is_refused(talk):
    assert (
        talk("finger", b"alice@other.test\r\n", forward_to=["boat.test"]).sent
        == b"Finger forwarding service denied\r\n"
    )
    assert talk("finger", b"alice@boat.test@other.test\r\n", forward_to=["boat.test"]).sent.endswith(b"denied\r\n")


@pytest.mark.parametrize(
    ("query", "configured", "asked"),
    [
        (b"/W alice@boat.test\r\n", "boat.test", AskHost("boat.test", 79, b"/W alice\r\n", 65536)),
        (b"@BOAT.test.\r\n", "boat.test:10079", AskHost("boat.test", 10079, b"\r\n", 65536)),
        (b"alice@a@boat.test\r\n", "boat.test", AskHost("boat.test", 79, b"alice@a\r\n", 65536)),
        (b"alice@[::1]\r\n", "[::1]:10079", AskHost("::1", 10079, b"alice\r\n", 65536)),
        (b"alice@::1\r\n", "[::1]", AskHost("::1", 79, b"alice\r\n", 65536)),
        (b"al\x1bice@boat.test\r\n", "boat.test", AskHost("boat.test", 79, b"al\\x1bice\r\n", 65536)),
    ],
)
def test_the_rightmost_host_is_asked_what_is_left_of_it(query, configured, asked):
    effects = session(forward_to=["other.test", configured]).handle(Data(query))
    assert effects[-1] == asked


def test_what_the_host_answers_is_passed_on_without_what_a_terminal_would_obey():
    talking = session(forward_to=["boat.test"])
    talking.handle(Data(b"alice@boat.test\r\n"))
    assert talking.handle(HostAnswered(b"Login: alice\n\x1b[2Jgone\xff\r\n", "")) == (
        Send(b"Login: alice\r\n\\x1b[2Jgone?\r\n"),
        Close(),
    )


def test_an_error_of_the_host_is_reported_after_what_it_said():
    talking = session(forward_to=["boat.test"])
    talking.handle(Data(b"alice@boat.test\r\n"))
    told = talking.handle(HostAnswered(b"Login", "no answer within 10 s"))
    assert told[0] == Send(b"Login\r\nfinger: boat.test: no answer within 10 s\r\n")


def test_a_half_close_waits_for_the_other_hosts_answer():
    talking = session(forward_to=["boat.test"])
    talking.handle(Data(b"@boat.test\r\n"))
    assert talking.handle(Eof()) == ()
    assert talking.handle(HostAnswered(b"", "")) == (Close(),)


def test_a_client_that_leaves_while_the_other_host_is_asked_is_found():
    talking = session(forward_to=["boat.test"])
    talking.handle(Data(b"@boat.test\r\n"))
    assert talking.handle(Closed("broken: Connection reset by peer")) == (ReportFinding("early-close"),)


def test_a_query_without_a_line_end_that_is_accepted_is_forwarded():
    talking = session(forward_to=["boat.test"], bare_lf="accept")
    talking.handle(Data(b"@boat.test"))
    assert isinstance(talking.handle(Eof())[-1], AskHost)


@pytest.mark.parametrize("host", ["a b", "a@b", "::1", "a:b", "a:123456", ""])
def test_hosts_to_forward_to_are_checked_when_configured(host):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"forward_to": [host]}, FingerOptions)


# Input that is wrong


@pytest.mark.requirement("GEN-1.2.4-5")
def test_a_bare_lf_is_refused_with_a_finding_and_answered_where_it_is_accepted(talk):
    told = talk("finger", b"alice\n")
    assert told.sent == b"finger: a query ends with CR LF, not with LF alone (RFC 1288 2.2)\r\n"
    assert told.closed
    assert told.findings == ["bare-lf"]
    told = talk("finger", b"alice\n", bare_lf="accept")
    assert b"Alice Liddell" in told.sent
    assert told.findings == ["bare-lf"]


def test_input_that_ends_without_a_line_end_is_refused_with_a_finding_or_answered(talk):
    told = talk("finger", b"alice", eof=True)
    assert told.sent == b"finger: a query ends with CR LF (RFC 1288 2.3)\r\n"
    assert told.findings == ["no-crlf"]
    assert told.closed
    told = talk("finger", b"alice\r", eof=True, bare_lf="accept")
    assert b"Alice Liddell" in told.sent
    assert told.findings == ["no-crlf"]
    assert told.closed


def test_a_client_that_says_nothing_is_no_finding(talk):
    told = talk("finger", b"", eof=True)
    assert (told.sent, told.findings, told.closed) == (b"", [], True)


def test_a_query_of_512_bytes_is_answered_and_a_longer_one_is_refused(talk):
    assert b"no such user" in talk("finger", b"x" * 512 + b"\r\n").sent
    told = talk("finger", b"x" * 600 + b"\r\n")
    assert told.sent == b"finger: a query has at most 512 bytes (RFC 1288 3.1)\r\n"
    assert told.findings == ["line-too-long"]
    assert told.closed


@pytest.mark.requirement("GEN-1.2.2-2")
def test_a_mebibyte_without_a_line_end_is_refused_at_the_limit():
    talking = session()
    first = talking.handle(Data(b"x" * 600))
    assert [type(effect) for effect in first][-2:] == [Send, Close]
    for _ in range(1 << 10):
        assert talking.handle(Data(b"x" * 1024)) == ()
    assert len(talking._lines) == 0


def test_control_characters_are_found_and_come_back_escaped(talk):
    told = talk("finger", b"al\x1b[31mice\r\n")
    assert told.sent == b"finger: al\\x1b[31mice: no such user.\r\n"
    assert told.findings == ["control-characters"]


def test_bytes_over_127_are_found(talk):
    told = talk("finger", "Zoë\r\n".encode())
    assert told.findings == ["not-ascii"]
    assert told.sent == b"finger: Zo??: no such user.\r\n"


def test_what_comes_after_the_query_is_found_once_and_ignored(talk):
    told = talk("finger", b"alice\r\nbob\r\ncarol\r\n")
    assert told.findings == ["data-after-query"]
    assert b"Robert" not in told.sent


def test_a_client_that_breaks_off_before_its_answer_is_found_and_later_it_is_not():
    talking = session()
    assert talking.handle(Closed("broken: Connection reset by peer")) == (ReportFinding("early-close"),)
    talking = session()
    talking.handle(Data(b"alice\r\n"))
    assert talking.handle(Closed("broken: Connection reset by peer")) == ()


def test_strict_refuses_what_must_not_be_although_it_would_be_accepted(talk):
    told = talk("finger", b"alice\n", strict=True, bare_lf="accept")
    assert b"Alice" not in told.sent
    assert told.findings == ["bare-lf"]
    assert b"no such user" in talk("finger", b"a\x01\r\n", strict=True).sent


def test_a_limit_is_reported_before_the_close():
    assert session().handle(LimitReached("idle")) == (
        Send(b"finger: the limit of this connection is reached (idle)\r\n"),
        Close(),
    )
    assert session().handle(Stopping()) == (Close(),)


@given(st.lists(st.binary(max_size=700), max_size=6), st.booleans(), st.sampled_from(["refuse", "accept"]))
def test_any_bytes_get_clean_lines_and_never_an_exception(pieces, eof, bare_lf):
    talking = session(bare_lf=bare_lf, forward_to=["b"])
    effects: list[Effect] = [*talking.handle(Opened())]
    for piece in pieces:
        if piece:
            effects += talking.handle(Data(piece))
        assert len(talking._lines) <= 512 + 2
    if eof:
        effects += talking.handle(Eof())
    effects += talking.handle(Closed("broken"))
    for effect in effects:
        if isinstance(effect, Send):
            assert CLEAN.fullmatch(bytes(effect.data))
        elif isinstance(effect, ReportFinding):
            SERVICE.find_rule(effect.id)


@given(st.text(), st.text(min_size=1, max_size=200), st.binary())
def test_any_plan_name_and_foreign_answer_is_sent_in_clean_lines(plan, name, answer):
    world = make_world(WorldContents(people=[Person(login="x", name=name, plan=plan, office=name)]))
    talking = session(world)
    assert CLEAN.fullmatch(bytes(talking.handle(Data(b"/W x\r\n"))[1].data))
    talking = session(forward_to=["b"])
    talking.handle(Data(b"@b\r\n"))
    for effect in talking.handle(HostAnswered(answer, name)):
        assert isinstance(effect, Close) or CLEAN.fullmatch(bytes(effect.data))


# Over the network


def test_the_server_closes_first(farm):
    with farm.connect("finger") as client:
        client.sendall(b"alice\r\n")
        assert read_all(client).endswith(b"Answer every letter by noon.\r\n")


def test_ipv6_is_served_alike(farm):
    assert farm.exchange("finger", b"bob\r\n", host="::1").startswith(b"Login: bob ")


def test_one_farm_asks_another(start_farm):
    other = start_farm("finger")
    port = other.port("finger")
    here = start_farm("finger", finger={"forward_to": [f"127.0.0.1:{port}", f"[::1]:{port}", f"localhost:{port}"]})
    direct = other.exchange("finger", b"/W carol\r\n")
    assert b"Carol Anchor" in direct
    assert here.exchange("finger", b"/W carol@127.0.0.1\r\n") == direct
    assert here.exchange("finger", b"/W carol@[::1]\r\n") == direct
    assert here.exchange("finger", b"/W carol@localhost\r\n") == direct


def test_a_host_that_cannot_be_reached_is_reported(start_farm):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        here = start_farm("finger", finger={"forward_to": [f"127.0.0.1:{port}"]})
        assert here.exchange("finger", b"x@127.0.0.1\r\n") == b"finger: 127.0.0.1: Connection refused\r\n"


def test_a_refused_client_gets_the_reason(start_farm):
    farm = start_farm("finger", limits={"connections": 1})
    with farm.connect("finger"), farm.connect("finger") as late:
        assert read_all(late) == b"finger: too many connections; try again later\r\n"


def test_findings_are_raised_in_the_world(farm):
    assert farm.exchange("finger", b"alice\n").startswith(b"finger: ")
    assert farm.world.findings.counts == {"finger.bare-lf": 1}


def test_words_that_are_nobodys_name_together_are_names_one_by_one(talk):
    assert talk("finger", b"GET / HTP\r\n").sent == (
        b"finger: GET: no such user.\r\nfinger: /: no such user.\r\nfinger: HTP: no such user.\r\n"
    )
    told = talk("finger", b"alice bob alice nobody\r\n").sent
    assert re.findall(rb"^Login: (\S+)|finger: (\S+):", told, re.MULTILINE) == [
        (b"alice", b""),
        (b"bob", b""),
        (b"", b"nobody"),
    ]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (b"hnag.fault.test", "there is no fault 'hnag'; did you mean 'hang'?"),
        (b"alice reply-451@fault.test", "does not support reply"),
    ],
)
def test_a_name_that_asks_for_no_fault_is_refused_with_the_nearest(query, words):
    world = make_world()
    world.faults.by_client = True
    effects = session(world).handle(Data(query + b"\r\n"))
    (said,) = [bytes(effect.data).decode() for effect in effects if isinstance(effect, Send)]
    assert words in said
    assert isinstance(effects[-1], Close)


def test_a_blank_line_stands_between_several_people(talk):
    one, other = (talk("finger", login + b"\r\n").sent for login in (b"alice", b"bob"))
    assert talk("finger", b"alice bob\r\n").sent == one + b"\r\n" + other
    missing = b"finger: x: no such user.\r\n"
    assert talk("finger", b"alice x bob\r\n").sent == one + b"\r\n" + missing + b"\r\n" + other
    assert talk("finger", b"x y\r\n").sent == missing + missing.replace(b"x", b"y")
