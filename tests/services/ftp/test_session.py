"""The session as a whole: states, parts, secrets, and clients that disconnect early."""

import pytest
from conftest import PEER, make_world
from services.ftp.conftest import TLS, make_ftp_world

from homeport.protocol.command_session import CommandSession
from homeport.protocol.effects import Conceal, ReportFinding, Send
from homeport.protocol.events import Called, Closed, Data, DataListening, Opened, TlsStarted
from homeport.protocol.session import Context, Session
from homeport.services.ftp import SERVICE
from homeport.services.ftp.session import PARTS, Ftp

PEER_TEXT = f"{PEER[0]}:{PEER[1]}"


def test_a_session_is_three_classes_and_parts():
    assert Ftp.__mro__[:3] == (Ftp, CommandSession, Session)
    assert {row.part for row in Ftp.table} == {"", *PARTS}
    assert [part for part in PARTS.values() if set(part.__mro__[1:]) & set(PARTS.values())] == []


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ([], "start {}"),
        (["USER alice"], "named {}"),
        (["USER alice", "PASS wrong"], "start {}"),
        (["USER alice", "PASS alice-pass"], "ready {} alice /home/alice"),
        (["USER alice", "PASS alice-pass", "CWD /pub"], "ready {} alice /pub"),
        (["USER alice", "PASS alice-pass", "RNFR note.txt"], "renaming {} alice /home/alice"),
        (["USER alice", "PASS alice-pass", "RNFR note.txt", "RNTO n"], "ready {} alice /home/alice"),
        (["USER alice", "PASS alice-pass", "RNFR note.txt", "NOOP"], "ready {} alice /home/alice"),
        (["USER alice", "PASS alice-pass", "REST 2"], "restarting {} alice /home/alice"),
        (["USER alice", "PASS alice-pass", "REST 2", "PASV"], "restarting {} alice /home/alice"),
        (["USER alice", "PASS alice-pass", "REST 2", "NOOP"], "ready {} alice /home/alice"),
        (["USER alice", "PASS alice-pass", "PASV", "RETR note.txt"], "transfer {} alice /home/alice"),
        (["USER anonymous", "PASS a@b", "USER alice"], "named {}"),
        (["USER alice", "PASS alice-pass", "REIN"], "start {}"),
        (["AUTH TLS"], "tls {}"),
        (["USER alice", "PASS alice-pass", "QUIT"], "over {}"),
    ],
)
def test_repr_names_state_peer_login_and_directory(client, lines, shown):
    one = client(holding=True, login_delay=0)
    one.say(*lines)
    assert repr(one.session) == f"<Ftp {shown.format(PEER_TEXT)}>"


def test_a_transfer_and_a_handshake_return_to_their_states(client):
    one = client(holding=True).log_in()
    one.say("PASV", "RETR note.txt")
    one.move()
    assert repr(one.session) == f"<Ftp ready {PEER_TEXT} alice /home/alice>"
    one.say("AUTH TLS")
    one.tell(TlsStarted(TLS))
    assert repr(one.session) == f"<Ftp start {PEER_TEXT}>"


# Secrets.


@pytest.mark.parametrize(
    "sent",
    [
        b"PASS s3cret\n",
        b"acct s3cret\n",
        b"RNFR note.txt\r\nPASS s3cret\r\n",
        b"REST 2\r\nPASS s3cret\r\n",
        b"PASS s3cret\0\r\n",
        b"PASS " + b"s3cret" * 1000 + b"\r\n",
        b"PASV\r\nRETR note.txt\r\nPASS s3cret\r\n",
    ],
)
def test_no_finding_shows_a_password(client, sent):
    one = client(make_ftp_world(), holding=True, bare_lf="accept")
    session = one.session
    session.handle(Data(b"USER alice\r\nPASS alice-pass\r\n"))
    told = [*session.handle(Data(sent)), *session.handle(DataListening(10200)), *session.handle(Data(sent))]
    shown = [effect.data for effect in told if isinstance(effect, ReportFinding)]
    assert shown != []
    assert [octets for octets in shown if b"s3cret" in octets] == []


def test_a_password_of_any_length_is_concealed_whole(client):
    one = client(max_line=512)
    effects = one.session.handle(Data(b"PASS " + b"x" * 3000 + b"\r\nNOOP\r\n"))
    assert next(effect for effect in effects if isinstance(effect, Conceal)) == Conceal(3000, after=8)


# Ends.


def test_data_after_quit_are_reported_in_any_cut(every_way):
    one = every_way(b"USER alice\r\nQUIT\r\nNOOP\r\n")
    assert one.findings == ["data-after-quit"]
    assert one.talk.sent.endswith(b"221 goodbye\r\n")


def test_a_client_that_half_closes_before_tls_is_disconnected(client):
    one = client(holding=True).log_in()
    one.say("PASV", "RETR note.txt")
    one.send(b"AUTH TLS\r\n")
    one.finish()
    assert not one.talk.closed
    one.move()
    assert one.talk.closed


def test_a_handshake_sent_with_auth_is_an_injection(client):
    one = client()
    one.send(b"AUTH TLS\r\n\x16\x03\x01\x02\x00")
    assert one.findings == ["tls-injection"]


def test_unavailable_files_do_not_prevent_a_login():
    world = make_world()  # without files
    context = Context(world, SERVICE.options(), "tcp", PEER, ("127.0.0.1", 21), "c1", "ftp")
    session = SERVICE.session(context)
    session.handle(Opened())
    effects = session.handle(Data(b"USER alice\r\nPASS alice-pass\r\nMKD x\r\n"))
    said = b"".join(effect.data for effect in effects if isinstance(effect, Send))
    assert said.endswith(b"230 alice is logged in\r\n451 x: file system error (this world has no files)\r\n")


def test_a_file_opened_after_the_connection_closed_is_closed(client):
    one = client(make_ftp_world(blocks=True), holding=True)
    one.say("USER alice", "PASS alice-pass")
    one.release()
    one.say("PASV")
    one.say("RETR note.txt")
    call = one.calling
    source, _inside = call.work()
    one.tell(Closed("broken: reset"))
    call.then()
    assert source.closed
    assert one.tell(Called((source, False), None)) == ""


def test_file_problems_are_shown_with_their_argument(client):
    one = client(holding=True).log_in()
    one.say("PASV", "STOR new.txt")
    assert one.say("STAT").startswith("211")
    one.tree.full = True
    assert one.move().endswith("452 new.txt: not enough space (the quota is used up)")
