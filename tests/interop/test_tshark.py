"""tshark reads our capture files: it follows the conversation, verifies every checksum, and warns only about gaps."""

import pytest

from homeport.control.pcapng import MSS, serialize_capture
from homeport.protocol.rules import Rule
from homeport.world.findings import Findings
from homeport.world.journal import Journal, JournalOptions, Source
from homeport.world.transcript import transcript_of

ECHO = Source("echo", "tcp")
PEERS = {4: (("192.0.2.7", 47110), ("192.0.2.1", 10007)), 6: (("2001:db8::7", 47110), ("fe80::1%eth0", 10007))}
CHECKED = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-d", "tcp.port==10007,echo")
GOOD = "1"
"""tshark's value of a verified checksum."""


@pytest.fixture
def talk():
    """The capture of a connection with these pieces and this end: `talk((("in", b"x"),), "closed")`."""

    def make(pieces, reason="closed", version=4, finding=None, **options):
        moments = iter(range(10**9))
        journal = Journal("default", lambda: 1_792_000_000 + next(moments) / 1000, JournalOptions(**options))
        connection = journal.open(ECHO, *PEERS[version])
        for direction, data in pieces:
            if direction == "in":
                connection.received += len(data)
            else:
                connection.sent += len(data)
            if connection.room:
                journal.record_bytes(connection, direction, data)
        if finding:
            Findings(journal).add(finding, connection, b"x")
        if reason is not None:
            journal.close(connection, reason)
        return serialize_capture(transcript_of(journal, "c1", [connection], secrets=True))

    return make


@pytest.fixture
def tshark(client, run, tmp_path):
    """Return tshark's output for a capture."""

    def read(file, *options):
        path = tmp_path / "talk.pcapng"
        path.write_bytes(file)
        return run(client("tshark"), "-r", path, *CHECKED, *options).decode()

    return read


@pytest.fixture
def fields(tshark):
    """Return fields of each packet."""

    def read(file, *names):
        lines = tshark(file, "-T", "fields", *(word for name in names for word in ("-e", name))).splitlines()
        return [line.split("\t") for line in lines]

    return read


LONG = bytes(range(256)) * 1000
TALK = (("in", b"hello\r\n"), ("out", b"hello\r\n"), ("in", LONG), ("out", LONG), ("in", b"x"))
ALL = {"kept_per_connection": 1 << 20}


def severities(printed):
    """Return the kinds of expert information."""
    return {line.split()[0] for line in printed.splitlines() if line.startswith(("Errors", "Warns"))}


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("reason", ["closed", "stopped", None])
def test_a_whole_talk_opens_without_a_warning(talk, tshark, version, reason):
    assert severities(tshark(talk(TALK, reason, version, **ALL), "-q", "-z", "expert")) == set()


@pytest.mark.parametrize("reason", ["broken: Connection reset by peer", "reset by a fault"])
def test_of_a_connection_that_was_reset_it_warns_of_that_alone(talk, fields, reason):
    messages = [one for (one,) in fields(talk(TALK, reason, **ALL), "_ws.expert.message")]
    assert messages[-1] == f"closed: {reason},Connection reset (RST)"
    assert not any("captured" in one for one in messages)


@pytest.mark.parametrize("version", [4, 6])
def test_every_checksum_is_right(talk, fields, version):
    file = talk(TALK, version=version, **ALL)
    assert {status for (status,) in fields(file, "tcp.checksum.status")} == {GOOD}
    if version == 4:
        assert {status for (status,) in fields(file, "ip.checksum.status")} == {GOOD}


def test_what_was_said_is_followed_octet_for_octet(talk, tshark):
    printed = tshark(talk(TALK, **ALL), "-q", "-z", "follow,tcp,raw,0")
    lines = [line for line in printed.splitlines() if line.strip() and set(line.strip()) <= set("0123456789abcdef")]
    client = bytes.fromhex("".join(line for line in lines if not line.startswith("\t")))
    server = bytes.fromhex("".join(line.strip() for line in lines if line.startswith("\t")))
    assert client == b"hello\r\n" + LONG + b"x"
    assert server == b"hello\r\n" + LONG


def test_times_and_segments_are_those_of_the_conversation(talk, fields):
    packets = fields(talk(TALK, **ALL), "frame.time_epoch", "tcp.len", "tcp.flags.syn")
    assert float(packets[0][0]) == 1_792_000_000
    assert [syn for _time, _size, syn in packets[:4]] == ["1", "1", "0", "0"]
    assert max(int(size) for _time, size, _syn in packets) == MSS[4]
    times = [float(time) for time, _size, _syn in packets]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(1_792_000_000.006)


@pytest.mark.parametrize(
    ("reason", "flags"),
    [
        ("closed", ["0x0011", "0x0011", "0x0010"]),
        ("closed; the peer left its side open", ["0x0011", "0x0010"]),
        ("broken: Connection reset by peer", ["0x0014"]),
        (None, ["0x0018", "0x0010"]),
    ],
)
def test_it_ends_as_the_connection_did(talk, fields, reason, flags):
    packets = fields(talk((("in", b"x"),), reason), "tcp.flags")
    assert [one for (one,) in packets][-len(flags) :] == flags


def test_what_the_journal_has_not_is_a_gap_that_says_how_much(talk, tshark, fields):
    file = talk(TALK, kept_per_connection=4096)
    assert severities(tshark(file, "-q", "-z", "expert")) == {"Warns"}
    messages = {one for (line,) in fields(file, "_ws.expert.message") for one in line.split(",")}
    assert {one for one in messages if "captured" in one} == {
        "Previous segment(s) not captured (common at capture start)",
        "ACKed segment that wasn't captured (common at capture start)",
    }
    comments = [comment for (comment,) in fields(file, "frame.comment") if comment]
    assert any("bytes of the client are missing here" in comment for comment in comments)
    last = fields(file, "tcp.seq", "tcp.ack")[-1]
    assert last == [str(7 + len(LONG) + 1 + 2), str(7 + len(LONG) + 2)]


def test_findings_and_the_end_are_comments_of_packets(talk, fields):
    file = talk((("in", b"x"),), finding=Rule("odd", "must", "RFC 862", "was odd"))
    comments = [comment for (comment,) in fields(file, "frame.comment") if comment]
    assert comments == ["finding echo.odd (must, RFC 862): was odd: x", "closed: closed"]


def test_a_capture_of_a_running_farm_opens(farm, tshark):
    import http.client

    farm.exchange("finger", b"alice\r\n")
    connection = http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10)
    connection.request("GET", "/api/v1/worlds/default/connections/c1/transcript?format=pcapng")
    response = connection.getresponse()
    assert response.getheader("content-type") == "application/vnd.tcpdump.pcap"
    file = response.read()
    connection.close()
    port = farm.port("finger")
    assert "Alice Liddell" in tshark(file, "-d", f"tcp.port=={port},finger", "-q", "-z", "follow,tcp,ascii,0")
    assert severities(tshark(file, "-d", f"tcp.port=={port},finger", "-q", "-z", "expert")) == set()
