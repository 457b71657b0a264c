"""The driver of one connection: effects in order, limits, closing, and isolation of errors."""

import logging
import socket
import struct
import time

import pytest

BIG = 40_000 * 256
"""Length of the obedient service's big answer."""


def reset(client: socket.socket) -> None:
    """Close with a RST."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_orders_in_one_segment_are_answered_in_their_order(obedient, greet):
    client, reader = greet(obedient())
    client.sendall(b"a\r\nfind\r\nb\r\nbye\r\nnever\r\n")
    assert reader.read() == b"late\r\nlate\r\nbye\r\n"


def test_an_answer_larger_than_any_socket_arrives_whole_before_the_close(obedient, greet):
    client, reader = greet(obedient())
    client.sendall(b"big\r\n")
    client.shutdown(socket.SHUT_WR)
    answer = reader.read()
    assert len(answer) == BIG
    assert answer == bytes(range(256)) * 40_000


def test_what_comes_after_the_close_resets_no_answer_and_is_reported_to_the_session(obedient, greet):
    farm = obedient()
    client, reader = greet(farm)
    client.sendall(b"bye\r\n")
    assert reader.readline() == b"bye\r\n"
    client.sendall(b"find\r\n" * 100)
    assert reader.read() == b""
    assert farm.wait_for(lambda: farm.world.findings.counts.get("obedient.ordered")) >= 1


def test_a_peer_that_keeps_sending_after_the_close_is_cut_off(obedient, greet):
    client, _reader = greet(obedient())
    client.sendall(b"bye\r\n")
    with pytest.raises(OSError):
        for _ in range(10_000):
            client.sendall(b"x" * 65536)


def test_timers_fire_in_real_time_and_can_be_replaced_and_cancelled(obedient, greet):
    client, reader = greet(obedient())
    client.sendall(b"timer a 30\r\ntimer b 0.02\r\ntimer c 0.01\r\ncancel c\r\ncancel d\r\ntimer a 0.03\r\n")
    assert [reader.readline(), reader.readline()] == [b"timer b\r\n", b"timer a\r\n"]


def test_a_session_that_raises_ends_its_own_connection_and_is_counted(obedient, greet, caplog):
    farm = obedient()
    client, reader = greet(farm)
    other, others_reader = greet(farm)
    with caplog.at_level(logging.CRITICAL, "homeport"):
        client.sendall(b"raise\r\n")
        assert reader.read() == b""
    other.sendall(b"bye\r\n")
    assert others_reader.read() == b"bye\r\n"
    counters = farm.world.counters_of("obedient", "tcp")
    assert farm.call(lambda: (counters.errors, counters.abnormal)) == (1, 1)


def test_a_reset_is_reported_and_affects_no_other_client(obedient, greet):
    farm = obedient()
    client, _reader = greet(farm)
    other, others_reader = greet(farm)
    _reader.close()
    reset(client)
    closed = farm.wait_for(lambda: [e for e in farm.world.journal.events() if e["type"] == "closed"])
    assert closed[0]["reason"].startswith("broken")
    farewell = farm.events("farewell")
    assert [event["reason"] for event in farewell] == [closed[0]["reason"]]
    other.sendall(b"bye\r\n")
    assert others_reader.read() == b"bye\r\n"


def test_an_idle_connection_gets_the_reason_before_the_close(obedient, greet):
    farm = obedient(limits={"idle": 0.2})
    _client, reader = greet(farm)
    assert reader.read() == b"limit idle\r\n"
    assert farm.call(lambda: farm.world.counters_of("obedient", "tcp").limits) == {"idle": 1}


def test_idle_time_is_real_and_not_the_worlds(obedient, greet):
    farm = obedient(limits={"idle": 3600.0})
    client, reader = greet(farm)
    farm.call(farm.world.clock.advance, 10_000_000.0)
    client.sendall(b"bye\r\n")
    assert reader.read() == b"bye\r\n"


def test_a_busy_connection_is_not_idle_but_has_its_time(obedient, greet):
    farm = obedient(limits={"idle": 5.0, "session": 0.4})
    client, reader = greet(farm)
    client.sendall(b"x\r\n")
    assert reader.read() == b"late\r\nlimit time\r\n"


def test_a_connection_that_sends_too_much_gets_the_reason(obedient, greet):
    client, reader = greet(obedient(limits={"received": 100}))
    client.sendall(b"x" * 99 + b"\r\n")
    assert reader.read() == b"limit received\r\n"


@pytest.mark.parametrize("sent", [101, 150, 60_000])
def test_no_byte_beyond_the_limit_is_given_to_the_session_whatever_one_read_brings(obedient, greet, sent):
    farm = obedient(limits={"received": 100})
    client, reader = greet(farm)
    client.sendall(b"bye" * 33 + b"!" * (sent - 99))
    assert reader.read() == b"limit received\r\n"
    assert sum(event["size"] for event in farm.events("in")) == 100


def test_what_comes_after_the_limit_is_given_to_no_session(obedient, greet):
    farm = obedient(limits={"received": 100})
    client, reader = greet(farm)
    client.sendall(b"x" * 101)
    assert reader.readline() == b"limit received\r\n"
    client.sendall(b"y" * 50)
    client.shutdown(socket.SHUT_WR)
    assert reader.read() == b""
    farm.wait_for(lambda: farm.world.counters_of("obedient", "tcp").active == 0)
    assert {event["text"][:1] for event in farm.events("in")} == {"x"}


def test_a_connection_that_sends_just_what_it_may_goes_on(obedient, greet):
    farm = obedient(limits={"received": 100})
    client, reader = greet(farm)
    client.sendall(b"x" * 93 + b"\r\nbye\r\n")
    assert reader.read() == b"late\r\nbye\r\n"


def test_a_services_own_limit_goes_before_the_farms(obedient, greet):
    from homeport.protocol.service import LimitOverrides

    farm = obedient(limits={"received": 10}, obedient={"limits": LimitOverrides(received=1000)})
    client, reader = greet(farm)
    client.sendall(b"x" * 90 + b"\r\nbye\r\n")
    assert reader.read() == b"late\r\nbye\r\n"


@pytest.mark.requirement("GEN-1.2.2-2")
def test_one_too_many_is_refused_in_the_protocols_words_and_counted(obedient, greet):
    farm = obedient(limits={"connections": 2})
    first, first_reader = greet(farm)
    greet(farm)
    with farm.connect("obedient") as third:
        assert third.makefile("rb").read() == b"refused: too many connections; try again later\r\n"
    first.sendall(b"bye\r\n")
    assert first_reader.read() == b"bye\r\n"
    first.shutdown(socket.SHUT_WR)
    farm.wait_for(lambda: farm.world.counters_of("obedient", "tcp").active == 1)
    greet(farm)
    assert farm.call(lambda: farm.world.counters_of("obedient", "tcp").refused) == 1


def test_a_closed_client_takes_no_slot_from_the_next(obedient, greet):
    farm = obedient(limits={"connections": 1})
    leaving, reader = greet(farm)
    for _ in range(3):
        leaving.sendall(b"bye\r\n")
        assert reader.readline() == b"bye\r\n"  # and its own side is still open
        came, came_reader = greet(farm)
        assert reader.read() == b""
        leaving, reader = came, came_reader
    with farm.connect("obedient") as second:
        assert second.makefile("rb").read().startswith(b"refused")
    assert farm.call(lambda: len(farm.farm.hosts["default"].streams[0].lingering)) == 0


def test_a_closed_client_takes_no_slot_of_its_peer(obedient, greet):
    farm = obedient(limits={"connections_per_peer": 1, "exempt": []}, hosts=("127.0.0.1",))
    leaving, reader = greet(farm)
    leaving.sendall(b"bye\r\n")
    assert reader.readline() == b"bye\r\n"
    greet(farm)
    with farm.connect("obedient") as third:
        assert third.makefile("rb").read().startswith(b"refused")


@pytest.mark.requirement("GEN-1.2.2-2")
@pytest.mark.loopback_network
def test_one_peer_cannot_take_every_place(obedient, greet):
    farm = obedient(limits={"connections_per_peer": 1, "exempt": []}, hosts=("127.0.0.1",))
    greet(farm)
    with farm.connect("obedient") as second:
        assert second.makefile("rb").read().startswith(b"refused")
    with socket.create_connection(
        ("127.0.0.1", farm.port("obedient")), timeout=10, source_address=("127.0.0.2", 0)
    ) as neighbour:
        assert neighbour.makefile("rb").readline() == b"hello\r\n"


def test_loopback_is_exempt_from_the_limit_for_each_peer(obedient, greet):
    farm = obedient(limits={"connections_per_peer": 1})
    greet(farm)
    greet(farm)


def test_stopping_sends_its_closing_reply_and_takes_less_than_a_second(obedient, greet):
    farm = obedient()
    _client, reader = greet(farm)
    began = time.monotonic()
    farm.stop()
    assert time.monotonic() - began < 1
    assert reader.read() == b"stopping\r\n"


def test_stopping_does_not_wait_for_a_peer_that_never_reads(obedient, greet):
    farm = obedient()
    client, _reader = greet(farm)
    client.sendall(b"big\r\n")
    farm.wait_for(lambda: farm.world.journal.seq >= 4)
    began = time.monotonic()
    farm.stop()
    assert time.monotonic() - began < 1


def test_everything_said_is_in_the_journal(obedient, greet):
    farm = obedient()
    client, reader = greet(farm)
    client.sendall(b"bye\r\n")
    reader.read()
    client.shutdown(socket.SHUT_WR)
    farm.wait_for(lambda: any(event["type"] == "closed" for event in farm.world.journal.events()))
    events = farm.call(lambda: list(farm.world.journal.events()))
    assert [(event["type"], event.get("text")) for event in events] == [
        ("opened", None),
        ("out", "hello\\r\\n"),
        ("in", "bye\\r\\n"),
        ("out", "bye\\r\\n"),
        ("farewell", None),
        ("closed", None),
    ]
    assert {event["conn"] for event in events} == {"c1"}
    assert (events[-1]["received"], events[-1]["sent"]) == (5, 12)


def test_a_secret_is_in_the_journal_as_stars_before_anybody_can_read_it(obedient, greet):
    farm = obedient()
    client, reader = greet(farm)
    client.sendall(b"a\r\npassword xy")
    assert reader.readline() == b"late\r\n"
    client.sendall(b"zzy\r\nb\r\n")
    assert reader.readline() == b"thanks\r\n"
    assert [event["text"] for event in farm.events("in")] == ["a\\r\\npassword **", "***\\r\\nb\\r\\n"]


def test_a_secret_stays_where_the_journal_is_reported_to_keep_it(obedient, greet):
    farm = obedient(journal={"secrets": True})
    client, reader = greet(farm)
    client.sendall(b"password xyzzy\r\n")
    assert reader.readline() == b"thanks\r\n"
    assert [event["text"] for event in farm.events("in")] == ["password xyzzy\\r\\n"]


def test_nothing_is_left_of_a_thousand_connections(obedient, greet):
    farm = obedient()
    for _ in range(1000):
        with farm.connect("obedient") as client:
            client.sendall(b"bye\r\n")
            assert client.makefile("rb").read() == b"hello\r\nbye\r\n"
    farm.wait_for(lambda: farm.world.counters_of("obedient", "tcp").active == 0)
    assert farm.call(lambda: farm.farm.hosts["default"].connections) == 0
    assert farm.call(lambda: farm.world.counters_of("obedient", "tcp").connections) == 1000


def test_a_source_without_end_is_read_from_however_much_waits_to_be_sent(obedient, greet):
    client, _reader = greet(obedient())
    client.sendall(b"pull\r\n")
    for _ in range(1024):  # 64 MiB: more than sockets hold
        client.sendall(bytes(65536))


def test_a_connection_says_who_it_is_and_how_far(obedient, greet):
    farm = obedient()
    client, reader = greet(farm)
    (listener,) = (one for one in farm.farm.hosts["default"].streams if one.source.listener == "tcp")
    stream = farm.call(lambda: next(iter(listener.streams.values())))
    host, port = client.getsockname()
    name = f"<Stream obedient.tcp {stream.connection.id} {host}:{port}"
    assert farm.call(lambda: repr(stream)) == f"{name} open>"
    client.sendall(b"starttls\r\n")
    assert reader.readline() == b"ready\r\n"
    assert farm.call(lambda: repr(stream)) == f"{name} tls handshake>"


def test_a_connection_that_is_closed_from_this_side_lingers_until_its_peer_closes_too(obedient, greet):
    farm = obedient()
    client, reader = greet(farm)
    (listener,) = (one for one in farm.farm.hosts["default"].streams if one.source.listener == "tcp")
    stream = farm.call(lambda: next(iter(listener.streams.values())))
    client.sendall(b"bye\r\n")
    assert reader.read() == b"bye\r\n"
    assert farm.call(lambda: repr(stream)).endswith(" lingering>")
    reader.close()
    client.close()
    farm.wait_for(lambda: not listener.streams)
    assert repr(stream).endswith(" gone>")
