"""A planned reply leaves the session where a real one does, and no client is blamed for what follows from it."""

import pytest

from homeport.protocol.effects import CloseData, ListenData
from homeport.protocol.events import Data
from homeport.protocol.faults import Do, Match, Plan
from homeport.protocol.faults import Reply as ReplyFault


def plan(one, verb: str, code: int, text: str = "") -> None:
    one.world.faults.add(Plan(service="ftp", match=Match(verb=verb), do=Do(reply=ReplyFault(code, text))))


def safe(client, **options):
    """Open a connection that has broken no rule."""
    one = client(**options).start_tls()
    one.say("USER alice", "PASS alice-pass", "PBSZ 0", "PROT P", "TYPE I", "FEAT")
    return one


def codes(one, *lines: str) -> str:
    """Send each line after the previous answer; return the codes of the final replies."""
    return " ".join(one.say(line).rpartition("\n")[2][:3] for line in lines)


LOGGED_IN = {
    "PASV 500": (("PASV", "RETR note.txt", "PASV", "RETR note.txt"), "500 425 227 226"),
    "PASV 425": (("PASV", "LIST", "EPSV", "LIST"), "425 425 229 226"),
    "PASV 227": (("PASV", "RETR note.txt"), "227 425"),
    "EPSV 522": (("EPSV", "PASV", "RETR note.txt"), "522 227 226"),
    "EPSV 502": (("PASV", "EPSV", "NLST"), "227 502 425"),
    "PORT 501": (("PORT 127,0,0,1,200,0", "STOR x"), "501 425"),
    "EPRT 522": (("EPRT |1|127.0.0.1|51200|", "PORT 127,0,0,1,200,0", "STOR x"), "522 200 226"),
    "RETR 550": (("PASV", "RETR note.txt", "RETR note.txt"), "227 550 226"),
    "RETR 450": (("PASV", "REST 2", "RETR note.txt", "NOOP"), "227 350 450 200"),
    "RETR 426": (("PASV", "RETR note.txt", "PASV", "RETR note.txt"), "227 426 227 226"),
    "STOR 452": (("PASV", "STOR x", "STOR x"), "227 452 226"),
    "STOR 553": (("PASV", "REST 2", "STOR note.txt", "PWD"), "227 350 553 257"),
    "LIST 450": (("PASV", "LIST", "LIST"), "227 450 226"),
    "RNFR 550": (("RNFR note.txt", "RNTO new"), "550 503"),
    "RNFR 450": (("RNFR note.txt", "RNFR note.txt", "RNTO new"), "450 350 250"),
    "RNFR 350": (("RNFR note.txt", "RNTO new"), "350 250"),
    "RNTO 553": (("RNFR note.txt", "RNTO new", "SIZE note.txt"), "350 553 213"),
    "RNTO 450": (("RNFR note.txt", "RNTO new", "RNFR note.txt", "RNTO new"), "350 450 350 250"),
    "REST 501": (("REST 2", "PASV", "RETR note.txt"), "501 227 226"),
    "REST 350": (("PASV", "REST 2", "RETR note.txt"), "227 350 226"),
    "PROT 534": (("PROT P", "PASV", "LIST"), "534 227 226"),
    "PBSZ 501": (("PBSZ 0", "PROT P"), "501 200"),
    "CWD 550": (("CWD /pub", "SIZE note.txt"), "550 213"),
    "DELE 450": (("DELE note.txt", "DELE note.txt"), "450 250"),
    "MKD 521": (("MKD x", "CWD x"), "521 550"),
    "REIN 502": (("REIN", "PWD"), "502 257"),
    "QUIT 500": (("QUIT", "NOOP", "QUIT"), "500 200 221"),
    "ACCT 530": (("ACCT x", "PWD"), "530 257"),
    "USER 530": (("USER bob", "PASS bob-pass", "PWD", "USER bob", "PASS bob-pass", "PWD"), "530 503 530 331 230 257"),
    "USER 332": (("USER bob", "PASS bob-pass", "PWD"), "332 230 257"),
    "USER 230": (("USER bob", "PWD", "SIZE note.txt"), "230 257 213"),
    "PASS 530": (("USER bob", "PASS bob-pass", "PWD", "USER bob", "PASS bob-pass"), "331 530 530 331 230"),
    "PASS 451": (("USER bob", "PASS bob-pass", "PASS bob-pass", "USER bob", "PASS bob-pass"), "331 451 503 331 230"),
    "PASS 230": (("USER bob", "PASS wrong", "SIZE note.txt"), "331 230 213"),
    "SIZE 550": (("SIZE note.txt", "SIZE note.txt"), "550 213"),
    "TYPE 504": (("TYPE A", "SIZE note.txt"), "504 213"),
}
"""For each planned reply after a login: lines, and the codes of their replies."""


@pytest.mark.parametrize("reply", LOGGED_IN)
def test_a_planned_reply_leaves_a_session_where_a_real_one_does_and_nothing_is_blamed(client, reply):
    verb, code = reply.split()
    lines, wanted = LOGGED_IN[reply]
    one = safe(client)
    plan(one, verb, int(code))
    assert codes(one, *lines) == wanted
    one.finish()
    assert [finding for finding in one.findings if finding != "no-quit"] == []


@pytest.mark.parametrize("reply", LOGGED_IN)
def test_a_client_that_pipelines_past_a_planned_reply_is_not_blamed(client, reply):
    verb, code = reply.split()
    lines, wanted = LOGGED_IN[reply]
    one = safe(client)
    plan(one, verb, int(code))
    before = len(one.talk.sent)
    one.send("".join(f"{line}\r\n" for line in lines).encode())
    sent = one.talk.sent[before:].decode().split("\r\n")
    finals = " ".join(line[:3] for line in sent if line[:3].isdigit() and line[3:4] == " " and line[:3] != "150")
    assert finals == wanted
    assert one.findings == []


def test_a_planned_530_to_pass_logs_out_and_is_counted(client):
    one = client(login_failures=2, login_delay=0).start_tls()
    plan(one, "PASS", 530)
    assert codes(one, "USER alice", "PASS alice-pass", "PWD") == "331 530 530"
    assert one.logged("login")[-1] == {"login": "alice", "mechanism": "PASS", "code": "530"}
    assert codes(one, "USER alice", "PASS wrong") == "331 421"
    assert one.findings == []


@pytest.mark.parametrize("code", [421, 221])
def test_a_planned_reply_that_closes_closes_and_releases_the_passive_port(client, code):
    one = safe(client)
    plan(one, "NOOP", code)
    one.say("PASV")
    effects = list(one.session.handle(Data(b"NOOP\r\n")))
    assert any(isinstance(effect, CloseData) for effect in effects)
    one.do(effects)
    assert one.talk.closed
    assert one.findings == []


def test_a_planned_refusal_of_pasv_opens_no_port_and_closes_the_one_before(client):
    one = safe(client)
    one.say("PASV")
    plan(one, "PASV", 500)
    effects = list(one.session.handle(Data(b"PASV\r\n")))
    assert not any(isinstance(effect, ListenData) for effect in effects)
    assert any(isinstance(effect, CloseData) for effect in effects)


def test_a_planned_350_to_rest_sets_the_offset(client):
    one = safe(client)
    plan(one, "REST", 350)
    one.say("PASV", "REST 2", "RETR note.txt")
    assert one.downloaded == b"rs\n"


def test_a_planned_refusal_of_type_keeps_the_type(client):
    one = client().start_tls()
    one.say("USER alice", "PASS alice-pass", "PBSZ 0", "PROT P")
    plan(one, "TYPE", 504)
    one.say("TYPE I", "PASV", "RETR note.txt")
    assert one.downloaded == b"hers\r\n"
    assert one.findings == []


@pytest.mark.parametrize("code", [421, 431, 502, 504, 534])
def test_a_planned_refusal_of_auth_keeps_the_connection_in_the_clear(client, code):
    one = client()
    plan(one, "AUTH", code)
    assert codes(one, "AUTH TLS") == str(code)
    if code != 421:
        assert codes(one, "AUTH SSL", "QUIT") == "234 "  # the next attempt begins TLS
        assert one.findings == ["old-auth"]


def test_a_client_whose_auth_was_refused_by_plan_may_log_in_in_the_clear(client):
    one = client()
    plan(one, "AUTH", 502)
    assert codes(one, "AUTH TLS", "PBSZ 0", "PROT P", "USER alice", "PASS alice-pass") == "502 503 503 331 230"
    assert one.findings == []


def test_a_client_that_begins_tls_after_a_planned_234_is_not_blamed(client):
    one = client()
    plan(one, "AUTH", 234)
    one.say("AUTH TLS")
    one.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    assert one.talk.closed
    assert one.findings == []


def test_a_client_whose_quit_was_refused_by_plan_may_close(client):
    one = safe(client)
    plan(one, "QUIT", 500)
    one.say("QUIT")
    one.finish()
    assert one.findings == []


def test_excuses_end_with_the_next_try(client):
    one = safe(client)
    plan(one, "RNFR", 550)
    one.say("RNFR note.txt", "RNTO x", "RNTO x")
    assert one.findings == ["bad-sequence"]
    plan(one, "USER", 530)
    one.say("USER alice", "PASS alice-pass", "USER alice", "PWD")
    assert one.findings == ["bad-sequence", "not-logged-in"]


def test_a_reply_that_a_client_requests_leaves_the_session_so_too(client):
    one = safe(client)
    one.world.faults.by_client = True
    assert codes(one, "RNFR /fault/reply-550/note.txt", "RNTO x") == "550 503"
    assert one.findings == []


def test_after_a_pasv_that_found_no_port_a_transfer_is_425_and_the_default_port_is_not_tried(client):
    one = safe(client, free_port=0)
    assert codes(one, "PASV", "RETR note.txt") == "425 425"
    assert one.findings == []
