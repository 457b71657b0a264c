"""Active Users (RFC 866)."""

import re
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.users import UsersOptions, bsd_idle, pack, user_lines
from homeport.world.journal import JournalOptions
from homeport.world.presence import PresenceSeed
from homeport.world.world import World, WorldContents

NOW = 1_792_000_000.0
ADDRESSES = ["127.0.0.1", "::1"]
LINE = re.compile(rb"[ -~]+\r\n")
DEFAULT_NAMES = b"alice\r\nbob\r\noperator\r\n"
DEFAULT_WHO = (
    b"alice     tty1     -                   2026-10-14T14:46:40Z  00:04\r\n"
    b"bob       pts/0    boat.homeport.test  2026-10-14T17:04:40Z  00:00\r\n"
    b"operator  console  -                   2026-10-05T17:46:40Z  01:00\r\n"
)
LONG_NAMES = [f"{number:03}-{'long-name-' * 6}"[:64] for number in range(100)]


def world_of(*present):
    return World("default", WorldContents(presence=present), JournalOptions(), lambda: NOW)


def seeds(*logins):
    return [PresenceSeed(login=login) for login in logins]


def receive_lines(farm, number, host="127.0.0.1"):
    """Ask by UDP and collect datagrams until that many lines have arrived."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    datagrams = []
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.bind((host, 0))
        client.sendto(b"", (host, farm.port("users", "udp")))
        while sum(datagram.count(b"\n") for datagram in datagrams) < number:
            datagrams.append(client.recv(65535))
    return datagrams


def test_the_default_world_has_three_users_on(talk, ask):
    outcome = talk("users")
    assert outcome.sent == DEFAULT_NAMES
    assert outcome.closed
    assert ask("users") == ([DEFAULT_NAMES], [])


def test_who_shows_terminal_host_login_time_and_idle_time_in_columns(talk, ask):
    assert talk("users", format="who").sent == DEFAULT_WHO
    assert ask("users", format="who") == ([DEFAULT_WHO], [])


def test_idle_time_is_the_worlds(ask):
    world = world_of(PresenceSeed(login="alice", terminal="tty1", ago="1h"))
    world.clock.freeze()
    world.clock.advance(100 * 3600 + 5 * 60 + 59)
    assert ask("users", world=world, format="who")[0] == [b"alice  tty1  -  2026-10-14T16:46:40Z  100:05\r\n"]


def test_nobody_is_idle_for_less_than_no_time(ask):
    world = world_of(PresenceSeed(login="alice", terminal="tty1"))
    world.clock.freeze()
    world.clock.set(NOW - 3600)
    assert ask("users", world=world, format="who")[0] == [b"alice  tty1  -  2026-10-14T17:46:40Z  00:00\r\n"]


def test_a_user_who_is_on_twice_has_one_name_and_two_lines_of_who(ask):
    world = world_of(PresenceSeed(login="bob", terminal="a"), PresenceSeed(login="Bob", terminal="b"))
    assert ask("users", world=world)[0] == [b"bob\r\n"]
    (answer,), _ = ask("users", world=world, format="who")
    assert [line.split()[:2] for line in answer.splitlines()] == [[b"bob", b"a"], [b"Bob", b"b"]]


@pytest.mark.parametrize("layout", ["names", "who"])
def test_nobody_on_is_an_empty_answer_and_over_udp_one_empty_datagram(talk, ask, layout):
    outcome = talk("users", world=world_of, format=layout)
    assert outcome.sent == b""
    assert outcome.closed
    assert ask("users", world=world_of(), format=layout) == ([b""], [])


def test_who_comes_and_goes_is_seen_at_once(ask, world):
    identifier = world.presence.enter("zoe", "smtp", "192.0.2.1", NOW)
    assert ask("users", world=world)[0] == [DEFAULT_NAMES + b"zoe\r\n"]
    world.presence.leave(identifier)
    assert ask("users", world=world)[0] == [DEFAULT_NAMES]


def test_a_login_shows_as_printing_ascii(ask):
    world = world_of(*seeds("zo\u00eb", "new\r\nline", "\x1b[2Jclear", "two words"))
    assert ask("users", world=world)[0] == [b"zo?\r\nnew??line\r\n?[2Jclear\r\ntwo words\r\n"]


def test_a_hundred_long_names_are_spread_over_datagrams_without_splitting_a_line(ask):
    datagrams, _ = ask("users", world=world_of(*seeds(*LONG_NAMES)))
    assert len(datagrams) == 15
    assert all(len(datagram) <= 512 and datagram.endswith(b"\r\n") for datagram in datagrams)
    assert b"".join(datagrams).decode().split() == LONG_NAMES


def test_a_hundred_long_names_are_one_answer_over_tcp(talk):
    outcome = talk("users", world=lambda: world_of(*seeds(*LONG_NAMES)))
    assert outcome.sent.decode().split() == LONG_NAMES


@pytest.mark.requirement("GEN-1.2.2-6")
def test_the_number_of_datagrams_has_a_limit(ask):
    world = world_of(*seeds(*(f"{name[:61]}{again}" for name in LONG_NAMES for again in range(9))))
    assert len(ask("users", world=world)[0]) == 16
    datagrams, _ = ask("users", world=world, udp_datagrams=2)
    assert [datagram.count(b"\r\n") for datagram in datagrams] == [8, 8]


texts = st.text(max_size=300)
times = st.floats(min_value=-1e15, max_value=1e15)


@given(st.lists(st.tuples(texts, texts, texts, times, times), max_size=8), times, st.sampled_from(["names", "who"]))
def test_no_login_terminal_or_host_makes_a_line_unprintable_or_too_long_for_a_datagram(present, now, layout):
    world = World("default", WorldContents(presence=()), JournalOptions(), lambda: now)
    for login, terminal, origin, since, active in present:
        world.presence.enter(login or "x", terminal, origin, since, active)
    lines = user_lines(world, UsersOptions(format=layout))
    assert layout == "names" or len(lines) == len(present)
    for line in lines:
        assert LINE.fullmatch(line)
        assert len(line) <= 512


@given(st.lists(st.integers(3, 512), max_size=60))
def test_packing_keeps_every_line_whole_and_in_order(lengths):
    lines = [b"x" * (length - 2) + b"\r\n" for length in lengths]
    datagrams = pack(lines)
    assert b"".join(datagrams) == b"".join(lines)
    assert all(len(datagram) <= 512 for datagram in datagrams)
    if lines:
        assert all(datagram.endswith(b"\r\n") for datagram in datagrams)
        assert all(len(a) + len(b) > 512 or b"" in (a, b) for a, b in joints(lines, datagrams))
    else:
        assert datagrams == [b""]


def joints(lines, datagrams):
    """Yield each datagram but the last, with the line that follows it."""
    number = 0
    for datagram in datagrams[:-1]:
        number += datagram.count(b"\n")
        yield datagram, lines[number]


@pytest.mark.parametrize("host", ADDRESSES)
def test_both_families_and_both_transports_are_served(farm, host):
    assert farm.exchange("users", host=host) == DEFAULT_NAMES
    assert farm.udp("users", b"", host=host) == DEFAULT_NAMES


@pytest.mark.parametrize("host", ADDRESSES)
def test_a_long_list_arrives_in_several_datagrams(start_farm, host):
    farm = start_farm("users", contents=WorldContents(presence=seeds(*LONG_NAMES)))
    datagrams = receive_lines(farm, 100, host)
    assert all(len(datagram) <= 512 and datagram.endswith(b"\r\n") for datagram in datagrams)
    assert sorted(b"".join(datagrams).decode().split()) == LONG_NAMES


def test_a_presence_that_is_entered_later_shows_at_once(farm):
    identifier = farm.call(farm.world.presence.enter, "zoe", "ftp", "::1", NOW)
    assert farm.exchange("users") == DEFAULT_NAMES + b"zoe\r\n"
    assert farm.udp("users", b"") == DEFAULT_NAMES + b"zoe\r\n"
    farm.call(farm.world.presence.leave, identifier)
    assert farm.exchange("users") == DEFAULT_NAMES


def test_an_empty_list_is_reported_from_a_lost_datagram(start_farm):
    farm = start_farm("users", contents=WorldContents(presence=()))
    assert farm.udp("users", b"") == b""
    assert farm.exchange("users") == b""


def test_the_documentation_shows_what_the_default_world_answers():
    guide = (Path(__file__).parents[2] / "docs" / "active-users.md").read_text()
    assert DEFAULT_NAMES.decode().replace("\r\n", "\n") in guide
    assert DEFAULT_WHO.decode().replace("\r\n", "\n") in guide
    datagrams = pack([f"sailor-{number:03}\r\n".encode() for number in range(1, 101)])
    assert "".join(f"{len(datagram)} True\n" for datagram in datagrams) in guide


FORMATS = {
    "count": b"3 users\r\n",
    "bsd": (
        b"alice            tty1     Oct 14 14:46 00:04\r\n"
        b"bob              pts/0    Oct 14 17:04   .\r\n"
        b"operator         console  Oct  5 17:46 01:00\r\n"
    ),
    "w": (
        b"USER     TTY      FROM             LOGIN@       IDLE\r\n"
        b"alice    tty1     -                Oct 14 14:46 00:04\r\n"
        b"bob      pts/0    boat.homeport.test Oct 14 17:04 .\r\n"
        b"operator console  -                Oct  5 17:46 01:00\r\n"
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_other_servers_forms_are_the_same_over_tcp_and_udp(talk, ask, name):
    assert talk("users", format=name).sent == FORMATS[name]
    assert ask("users", format=name) == ([FORMATS[name]], [])


@pytest.mark.parametrize(
    ("present", "name", "lines"),
    [
        ((), "count", [b"0 users\r\n"]),
        (seeds("alice"), "count", [b"1 user\r\n"]),
        ((), "bsd", []),
        ((), "w", [b"USER     TTY      FROM             LOGIN@       IDLE\r\n"]),
    ],
)
def test_they_show_few_users_and_none(present, name, lines):
    assert user_lines(world_of(*present), UsersOptions(format=name)) == lines


@pytest.mark.parametrize(
    ("idle", "shown"), [(59, "  .  "), (60, "00:01"), (86_399, "23:59"), (86_400, " old "), (-5, "  .  ")]
)
def test_idle_times_are_as_bsd_has_them(idle, shown):
    assert bsd_idle(idle) == shown


@pytest.mark.parametrize("name", ["who", "bsd", "w"])
def test_their_lines_fit_into_a_datagram(name):
    world = world_of()
    world.presence.enter("l" * 300, "t" * 300, "o" * 900, NOW)
    assert all(len(line) <= 512 for line in user_lines(world, UsersOptions(format=name)))
