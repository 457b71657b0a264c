"""Where findings and commands are: the bytes of the journal that they are about."""

import base64
import socket
from functools import partial

import pytest

WORLD = "/api/v1/worlds/default"


@pytest.fixture
def talk(farm, get):
    """Send each part in a read of its own, and return the connection's transcript."""

    def run(service, *parts):
        size = 0
        with farm.connect(service) as client:
            if service in ("smtp", "ftp"):
                assert client.recv(65536).startswith(b"220")  # input before the greeting is a finding of its own
            for part in parts:
                client.sendall(part)
                size += len(part)
                farm.wait_for(partial(heard, farm, size))
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        conn = get(f"{WORLD}/connections?service={service}&order=desc&limit=1")["items"][0]["id"]
        return get(f"{WORLD}/connections/{conn}/transcript")

    return run


def heard(farm, size):
    """Return True if a connection has received this number of bytes, or none is open."""
    live = farm.farm.hosts["default"].live
    return not live or live[0].received >= size


def located(transcript, direction, at):
    """Return the bytes at a place of a transcript."""
    if at is None:
        return None
    begin, whole = None, b""
    for item in transcript["items"]:
        if item["type"] == direction:
            begin = len(whole) + at["offset"] if item["seq"] == at["seq"] else begin
            whole += base64.b64decode(item["bytes"])
    return whole[begin : begin + at["length"]]


def commands(transcript):
    """Return verb, bytes and beginning of the answer of each command."""
    return [
        (one.get("verb"), located(transcript, "in", one["in"]), (located(transcript, "out", one["out"]) or b"")[:3])
        for one in transcript["items"]
        if one["type"] == "command"
    ]


def findings(transcript):
    """Return id, bytes and verb of the command of each finding."""
    verbs = {one["seq"]: one.get("verb") for one in transcript["items"] if one["type"] == "command"}
    return [
        (one["id"], located(transcript, "in", one["at"]), verbs.get(one["command_seq"]))
        for one in transcript["items"]
        if one["type"] == "finding"
    ]


def test_each_pipelined_command_has_its_own_bytes_and_answer(talk):
    found = talk("smtp", b"EHLO a.test\r\nNOOP\r\nNOOP\r\nVRFY\r\nQUIT\r\n")
    assert commands(found) == [
        ("EHLO", b"EHLO a.test\r\n", b"250"),
        ("NOOP", b"NOOP\r\n", b"250"),
        ("NOOP", b"NOOP\r\n", b"250"),
        ("VRFY", b"VRFY\r\n", b"501"),
        ("QUIT", b"QUIT\r\n", b"221"),
    ]


def test_a_repeated_line_is_found_where_it_broke_the_rule(talk, get):
    found = talk("smtp", b"EHLO a.test\r\nNOOP\r\nNOOP\nQUIT\r\n")
    (bare,) = [one for one in found["items"] if one.get("id") == "smtp.bare-lf"]
    assert bare["at"]["offset"] == len(b"EHLO a.test\r\nNOOP\r\n")
    (same,) = get(f"{WORLD}/findings?id=bare-lf")["items"]
    assert (same["at"], same["command_seq"]) == (bare["at"], bare["command_seq"])
    (event,) = get(f"{WORLD}/events?id=bare-lf")["items"]
    assert (event["at"], event["command_seq"]) == (bare["at"], bare["command_seq"])


def test_findings_about_a_message_are_in_its_content(talk):
    message = b"Subject: x\r\n\r\nhello\r\n.\r\n"
    found = talk("smtp", b"EHLO a.test\r\n", b"MAIL FROM:<>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n", message)
    assert ("smtp.missing-date", message, ".") in findings(found)
    assert (".", message, b"250") in commands(found)


def test_a_line_in_several_reads_is_found_at_its_first_byte(talk):
    found = talk("ftp", b"NO", b"OP\n")
    assert findings(found) == [("ftp.bare-lf", b"NOOP", "NOOP")]
    assert commands(found)[0][1] == b"NOOP\n"


def test_the_only_query_of_a_connection_has_all_of_the_input_and_the_answer(talk):
    found = talk("finger", b"alice\n")
    assert findings(found) == [("finger.bare-lf", b"alice", "query")]
    ((_verb, asked, answer),) = commands(found)
    assert (asked, answer) == (b"alice\n", b"fin")


def test_input_after_the_query_belongs_to_the_command_before(talk):
    found = talk("whois", b"a.test\r\nmore\r\n")
    assert findings(found) == [("whois.data-after-query", b"more\r\n", "any")]


def test_a_finding_without_bytes_has_no_place(farm, get):
    farm.udp("daytime", b"x")
    (found,) = get(f"{WORLD}/findings")["items"]
    assert (found["at"], found["command_seq"]) == (None, None)
