"""A BDAT that is refused discards its octets or closes, so that content is never obeyed (RFC 3030 2)."""

import pytest
from conftest import make_world
from services.smtp.conftest import MESSAGE, TLS

from homeport.protocol.faults import Do, Match, Plan, Reply

CHUNK = b"RSET\r\nMAIL FROM:<evil@client.example>\r\nRCPT TO:<bob@homeport.test>\r\nDATA\r\nx\r\n.\r\n"
HELLO = b"EHLO client.example\r\n"
GROUP = b"MAIL FROM:<a@client.example>\r\nRCPT TO:<alice@homeport.test>\r\n"


def plan(world, verb, code):
    world.faults.add(Plan(service="smtp", match=Match(verb=verb), do=Do(reply=Reply(code))))


def codes(one):
    return [line[:3] for line in one.talk.sent.decode().splitlines() if line[3] == " "]


def commands(one):
    return [fields["verb"] for kind, fields in one.talk.logs if kind == "command"]


DISCARDED = {
    "out of sequence": (b"", b"BDAT %d\r\n", {}, "503"),
    "before any recipient": (b"MAIL FROM:<a@client.example>\r\n", b"BDAT %d LAST\r\n", {}, "554"),
    "not offered": (GROUP, b"BDAT %d LAST\r\n", {"without": ["CHUNKING"]}, "502"),
    "over the limit": (GROUP, b"BDAT %d LAST\r\n", {"max_size": 20}, "552"),
    "a word too many": (GROUP, b"BDAT %d LAST BODY\r\n", {}, "501"),
    "another word": (GROUP, b"BDAT %d FIRST\r\n", {}, "501"),
    "two blanks": (GROUP, b"BDAT %d  LAST\r\n", {}, "501"),
    "a TAB": (GROUP, b"BDAT\t%d LAST\r\n", {}, "500"),
    "a NUL": (GROUP, b"BDAT %d LAST\0\r\n", {}, "501"),
    "a blank before it": (GROUP, b" BDAT %d LAST\r\n", {}, "500"),
    "a byte over 127": (GROUP, b"BDAT %d LAST\xff\r\n", {}, "501"),
    "a bare LF": (GROUP, b"BDAT %d LAST\n", {}, "500"),
    "a long line": (GROUP, b"BDAT %d LAST " + b"x" * 600 + b"\r\n", {}, "501"),
}


@pytest.mark.parametrize("reason", DISCARDED)
def test_the_octets_of_a_refused_chunk_are_discarded(every_way, reason):
    before, command, options, code = DISCARDED[reason]
    one = every_way(HELLO + before + command % len(CHUNK) + CHUNK + b"NOOP\r\nQUIT\r\n", **options)
    assert codes(one)[-3:] == [code, "250", "221"]
    assert commands(one)[-2:] == ["NOOP", "QUIT"]
    assert len(commands(one)) == HELLO.count(b"\n") + before.count(b"\n") + 3
    assert one.stored == []


@pytest.mark.parametrize(
    "argument",
    [b"", b" ", b" LAST", b" -5 LAST", b" +5", b" 0x10", b" 1e3", b"12", b" 12B", b" " + b"9" * 16],
)
def test_a_chunk_whose_size_cannot_be_read_closes_the_connection(every_way, argument):
    one = every_way(HELLO + GROUP + b"BDAT" + argument + b"\r\n" + CHUNK)
    assert codes(one)[-1] in ("500", "501")
    assert one.talk.closed
    assert commands(one) == ["EHLO", "MAIL", "RCPT", *commands(one)[3:4]]
    assert one.stored == []


def test_a_chunk_whose_line_has_no_end_closes_the_connection(client):
    one = client().hello()
    one.send(GROUP + b"BDAT %d" % len(CHUNK) + b" " * 13_000)
    one.send(b"\r\n" + CHUNK)
    assert codes(one)[-1] == "500"
    assert commands(one) == ["EHLO", "MAIL", "RCPT", "BDAT"]
    assert one.talk.closed


@pytest.mark.parametrize("argument", [b" %d", b" %d LAST", b" %d  LAST", b" %d FIRST"])
@pytest.mark.parametrize("code", [250, 451, 550])
def test_the_octets_of_a_chunk_with_a_planned_reply_are_discarded(every_way, argument, code):
    world = make_world()
    world.faults.add(Plan(service="smtp", match=Match(verb="BDAT"), do=Do(reply=Reply(code)), times=0))
    one = every_way(HELLO + GROUP + b"BDAT" + argument % len(CHUNK) + b"\r\n" + CHUNK + b"NOOP\r\n", world=world)
    assert codes(one)[-2:] == [str(code), "250"]
    assert commands(one)[-1] == "NOOP"
    assert one.stored == []


def test_a_planned_reply_to_a_chunk_of_unknown_size_closes(client):
    one = client().hello()
    plan(one.world, "BDAT", 451)
    assert one.send(GROUP + b"BDAT many LAST\r\n" + CHUNK).splitlines()[-1].startswith("451")
    assert one.talk.closed


def test_the_chunks_after_a_failed_one_are_discarded(every_way):
    said = (
        HELLO + GROUP + b"BDAT 30\r\n" + b"x" * 28 + b"\r\n" + (b"BDAT %d\r\n" % len(CHUNK) + CHUNK) * 2 + b"NOOP\r\n"
    )
    one = every_way(said, max_size=20)
    assert codes(one)[-4:] == ["552", "503", "503", "250"]
    assert commands(one)[-1] == "NOOP"


def test_in_lmtp_a_planned_reply_to_the_last_chunk_is_given_for_each_recipient(client):
    one = client(protocol="lmtp")
    plan(one.world, "BDAT", 451)
    one.say("LHLO client.example", "MAIL FROM:<a@client.example>")
    one.say("RCPT TO:<alice@homeport.test>", "RCPT TO:<bob@homeport.test>")
    assert [line[:3] for line in one.send(b"BDAT 4 LAST\r\nab\r\n").splitlines()] == ["451", "451"]
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>", "RCPT TO:<bob@homeport.test>")
    plan(one.world, "BDAT", 451)
    assert one.send(b"BDAT 4\r\nab\r\n").startswith("451")


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_a_fault_at_the_end_of_a_message_acts_on_one_sent_by_bdat(client, protocol):
    one = client(protocol=protocol)
    plan(one.world, ".", 451)
    one.say("LHLO client.example" if protocol == "lmtp" else "EHLO client.example", "MAIL FROM:<a@client.example>")
    one.say("RCPT TO:<alice@homeport.test>", "RCPT TO:<bob@homeport.test>")
    answer = one.send(b"BDAT %d LAST\r\n" % len(MESSAGE) + MESSAGE.encode())
    assert [line[:3] for line in answer.splitlines()] == (["451"] if protocol == "smtp" else ["451", "250"])


@pytest.mark.parametrize("without", [[], ["PIPELINING"]])
@pytest.mark.parametrize("command", [b"BDAT 0 LAST\r\n", b"BDAT 4 LAST\r\nab\r\n", b"BDAT 4 FIRST\r\nab\r\n"])
def test_a_command_with_the_end_of_a_chunk_needs_pipelining(client, without, command):
    one = client(without=without).hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>")
    one.send(command + b"QUIT\r\n")
    assert ("pipelining-not-offered" in one.findings) == bool(without)
    one = client(without=without).hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>")
    one.send(command)
    one.say("QUIT")
    assert "pipelining-not-offered" not in one.findings


def test_a_command_with_the_last_response_of_auth_is_a_finding(client):
    one = client(tls=TLS).hello()
    one.say("AUTH PLAIN")
    one.send(b"AGFsaWNlAGFsaWNlLXBhc3M=\r\nMAIL FROM:<a@client.example>\r\n")
    assert "pipelining-sync" in one.findings
    one = client(tls=TLS).hello()
    one.say("AUTH PLAIN", "AGFsaWNlAGFsaWNlLXBhc3M=", "MAIL FROM:<a@client.example>")
    assert one.findings == []


@pytest.mark.parametrize("hello", [b"HELO client.example\r\n", b"EHLO client.example\r\n"])
@pytest.mark.parametrize("command", [b"DATA\r\n", b"BDAT %d LAST\r\n" % len(MESSAGE)])
def test_over_a_socket_a_command_with_the_end_of_a_message_needs_pipelining(start_farm, hello, command):
    farm = start_farm("smtp", smtp={"without": ["PIPELINING"]} if hello[:1] == b"E" else {})
    with farm.connect("smtp") as one:
        read = one.makefile("rb")
        read.readline()
        one.sendall(hello)
        while read.readline()[3:4] == b"-":
            pass
        for line in GROUP.splitlines(keepends=True):
            one.sendall(line)
            read.readline()
        if command.startswith(b"DATA"):
            one.sendall(command)
            read.readline()
            one.sendall(MESSAGE.encode() + b".\r\nQUIT\r\n")
        else:
            one.sendall(command + MESSAGE.encode() + b"QUIT\r\n")
        assert [line[:3] for line in read.readlines()] == [b"250", b"221"]
    found = farm.call(lambda: dict(farm.world.findings.counts))
    assert "pipelining-not-offered" in str(found)
