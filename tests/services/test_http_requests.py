"""A line of HTTP where a command is expected: one finding, one refusal in the protocol's form, nothing obeyed after it.

A web page can make its browser send a request to any port; the body of the request holds commands.
"""

import base64

import pytest
from conftest import LOCAL, PEER, Talk, cuts, make_world, talk_once

from homeport.protocol.events import Data, Eof, LimitReached, Opened, Stopping, Tls, TlsStarted
from homeport.protocol.faults import Do, Match, Plain, Plan
from homeport.protocol.foreign import find_http
from homeport.protocol.rules import HTTP_REQUEST
from homeport.protocol.session import Context
from homeport.services import all_services, find_service

SPEAKING = ["finger", "whois", "smtp", "imap", "pop3", "ftp", "epp", "ldap", "telnet", "ident", "gopher", "dict"]
"""Services that read commands."""
AGREED = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")
LINES = ["finger", "whois", "smtp", "imap", "pop3", "ftp"]
FORM = (
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1:10025\r\nConnection: keep-alive\r\nContent-Length: 181\r\n"
    b"Content-Type: text/plain\r\nOrigin: http://attacker.example\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
)
MAIL = (
    b"HELO c.example\r\nMAIL FROM:<a@c.example>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n"
    b"Subject: from a page\r\n\r\nx\r\n.\r\n"
)
FILES = b"USER alice\r\nPASS alice-pass\r\nMKD /from-a-page\r\n"
OPENINGS = [
    b"GET / HTTP/1.1",
    b"POST /x?token=secret HTTP/1.0",
    b"HEAD http://127.0.0.1/ HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"CONNECT 127.0.0.1:25 HTTP/1.1",
    b"PRI * HTTP/2.0",
    b"get / http/1.1",
    b"FOO /bar HTTP/1.1",
    b" \tPUT /x HTTP/1.1",
    b"Host: 127.0.0.1",
    b"user-agent: x",
    b"Content-Length:9",
    b"ORIGIN: null",
    b"Accept-Language: en",
    b"Cookie: secret=1",
    b"Sec-Fetch-Mode: no-cors",
    b"Referer: http://attacker.example/",
    b"Upgrade: websocket",
]


def after(name, *said):
    """Feed a session these reads; return its effects and its world."""
    service = find_service(name)
    world = make_world()
    done = talk_once(service, service.options(), world, [Opened(), *(Data(one) for one in said), Eof()])
    return done, world


@pytest.mark.parametrize("name", SPEAKING)
def test_a_form_is_one_finding_and_ends_the_connection_for_every_segmentation(talk, name):
    done = talk(name, FORM + MAIL + FILES)
    assert done.findings == ["http-request"]
    assert done.closed


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("name", LINES)
def test_it_ends_at_each_line_that_a_browser_sends_first(name, opening, end):
    done, _world = after(name, opening + end + FILES)
    assert done.findings == ["http-request"]
    assert done.closed


@pytest.mark.parametrize("opening", [one for one in OPENINGS if one[:1] not in b" gFS"])
def test_epp_knows_it_by_the_bytes_of_its_length(opening):
    for way in cuts(opening + b"\r\n\r\n"):
        done, _world = after("epp", *way)
        assert done.findings == ["http-request"]
        assert done.closed


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("finger", b"finger: this is an HTTP request, and not an HTTP port\r\n"),
        ("whois", b"this is an HTTP request, and not an HTTP port"),
        ("smtp", b"\r\n554 5.7.0 received an HTTP request where a command was expected\r\n"),
        ("ftp", b"\r\n421 ftp.homeport.test HTTP request received where a command is expected\r\n"),
        ("epp", b'<result code="2500">'),
    ],
)
def test_the_refusal_is_the_protocols_own(talk, name, words):
    assert words in talk(name, FORM).sent


def test_nothing_of_its_body_is_obeyed():
    for way in cuts(FORM + MAIL):
        done, world = after("smtp", *way)
        assert (b"250" in done.sent, len(world.mail)) == (False, 0)
    done, world = after("ftp", FORM, FILES)
    assert b"331" not in done.sent
    assert b"257" not in done.sent


def test_a_finger_query_that_is_one_is_not_looked_up(talk):
    done = talk("finger", b"GET /alice HTTP/1.1\r\n", texts={"GET /alice HTTP/1.1": "found"})
    assert done.findings == ["http-request"]
    assert b"found" not in done.sent


@pytest.mark.parametrize("name", ["finger", "whois"])
def test_an_unended_query_is_one_too(talk, name):
    assert talk(name, b"GET / HTTP/1.1", eof=True).findings == ["http-request"]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("smtp", b"EHLO client.example\r\n"),
        ("smtp", b"\x00\x01garbage\r\n\xff\xfe\r\n"),
        ("smtp", b"x" * 20000 + b"\r\n"),
        ("smtp", b"EHLO client.example\r\nMAIL FROM:<a@c.example>\r\nRCPT TO:<alice@homeport.test>\r\n"),
        ("ftp", b"SYST\r\n"),
        ("ftp", b"garbage\r\n"),
        ("ftp", b"x" * 20000 + b"\r\n"),
        ("ftp", b"USER alice\r\n"),
    ],
)
def test_it_is_recognized_wherever_a_command_may_stand(name, first):
    whole, _world = after(name, first + FORM + MAIL)
    apart, _world = after(name, first, FORM, MAIL)
    for done in (whole, apart):
        assert done.findings.count("http-request") == 1
        assert done.findings[-1] == "http-request"
        assert done.closed


@pytest.mark.parametrize("name", LINES)
def test_an_overlong_request_line_is_one(name):
    line = b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    for size in (1 << 20, 700, 97):
        done, _world = after(name, *(line[at : at + size] for at in range(0, len(line), size)))
        assert done.findings == ["http-request"]


def test_it_is_recognized_in_a_sasl_exchange():
    begun = b"EHLO c.example\r\n"
    done, _world = after("smtp", begun, b"AUTH LOGIN\r\n", FORM + base64.b64encode(b"alice") + b"\r\n")
    assert (done.findings[-1], done.closed) == ("http-request", True)
    assert b"535" not in done.sent


def test_it_is_recognized_under_tls_and_after_starttls():
    starttls = [Opened(), Data(b"EHLO c.example\r\n"), Data(b"STARTTLS\r\n"), TlsStarted(AGREED)]
    for listener, events in (("tls", [Opened(AGREED)]), ("starttls", starttls)):
        service, world = find_service("smtp"), make_world()
        session = service.session(Context(world, service.options(), listener, PEER, LOCAL))
        done = Talk(service)
        for event in (*events, Data(FORM + MAIL)):
            done.do(session.handle(event))
        assert (done.findings, done.closed, len(world.mail)) == (["http-request"], True, 0)


def test_lines_of_http_in_a_message_are_mail():
    begun = [b"EHLO c.example\r\n", b"MAIL FROM:<a@c.example>\r\n", b"RCPT TO:<alice@homeport.test>\r\n", b"DATA\r\n"]
    done, _world = after("smtp", *begun, FORM + b"\r\n.\r\n")
    assert "http-request" not in done.findings
    assert b"354 " in done.sent


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("smtp", b"MAIL FROM:<host@c.example>"),
        ("smtp", b"VRFY host:x"),
        ("ftp", b"RETR draft of HTTP/1.1"),
        ("ftp", b"RETR notes HTTP/1.1"),
        ("ftp", b"CWD Host: x"),
        ("ftp", b"HOST ::1"),
        ("finger", b"host"),
        ("finger", b"GET"),
        ("whois", b"get homeport.test"),
        ("whois", b"hostname:x"),
    ],
)
def test_commands_that_only_look_a_little_like_it_are_obeyed(name, line):
    assert "http-request" not in after(name, line + b"\r\n")[0].findings


@pytest.mark.parametrize("name", ["echo", "discard", "users", "daytime", "qotd", "time", "chargen"])
def test_services_that_read_no_commands_answer_as_ever(talk, name):
    assert talk(name, FORM).findings in ([], ["input"])


def test_values_that_may_be_secret_are_not_shown():
    assert find_http(b"Cookie: session=secret", 512) == b"Cookie:"
    assert find_http(b"GET /x?token=secret HTTP/1.1", 512) == b"GET /x"
    assert find_http(b"Authorization: Basic c2VjcmV0", 512) == b"Authorization:"


@pytest.mark.parametrize(("name", "verb"), [("smtp", None), ("finger", "query")])
def test_it_is_no_match_of_a_fault(name, verb):
    service, world = find_service(name), make_world()
    fault = world.faults.add(Plan(service=name, match=Match(verb=verb, argument="/"), do=Do(close=Plain())))
    done = talk_once(service, service.options(), world, [Opened(), Data(FORM)])
    assert (done.findings, fault.seen) == (["http-request"], 0)


@pytest.mark.parametrize("event", [LimitReached("idle"), Stopping(), Eof()])
def test_nothing_is_said_after_it(event):
    service = find_service("ftp")
    done = talk_once(service, service.options(), make_world(), [Opened(), Data(FORM), Data(FILES), event])
    assert done.findings == ["http-request"]
    assert done.sent.count(b"421 ") == 1


def test_the_rule_is_declared_by_every_service_that_reads_commands():
    assert [one.name for one in all_services() if HTTP_REQUEST in one.rules] == [
        one.name for one in all_services() if one.name in SPEAKING
    ]
