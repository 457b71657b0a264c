"""AUTH, PBSZ, PROT, CCC; implicit TLS; failures."""

import pytest
from services.ftp.conftest import TLS

from homeport.protocol.events import Closed, TlsStarted


def test_auth_begins_tls_and_logs_out(client):
    one = client().log_in().start_tls()
    assert one.say("PWD").startswith("530")
    one.log_in()
    assert one.findings.count("clear-password") == 1


@pytest.mark.parametrize("mechanism", ["TLS", "tls", "TLS-C", "SSL", "TLS-P"])
def test_every_name_of_tls_is_known(client, mechanism):
    assert client().say(f"AUTH {mechanism}").startswith("234")


def test_other_mechanisms_are_refused(client):
    one = client()
    assert one.say("AUTH KERBEROS_V4").startswith("504")
    assert one.say("AUTH").startswith("501")
    one.start_tls()
    assert one.say("AUTH TLS").startswith("503")


def test_data_are_protected_after_pbsz_and_prot(client):
    one = client()
    assert one.say("PBSZ 0").startswith("503")
    one.start_tls().log_in()
    assert one.say("PROT P").startswith("503")
    assert one.findings[-1] == "prot-before-pbsz"
    assert one.say("PBSZ 0") == "200 PBSZ=0"
    for level, code in (("S", 536), ("E", 536), ("X", 504), ("P", 200)):
        assert one.say(f"PROT {level}").startswith(f"{code} ")
    one.get("RETR note.txt")
    assert one.asked[-1].over.tls
    assert not one.asked[-1].over.resume
    assert one.say("PROT C").startswith("200")
    one.get("RETR note.txt")
    assert not one.asked[-1].over.tls
    assert "data-in-clear" in one.findings
    for wrong in ("PBSZ x", "PBSZ -1", "PBSZ", f"PBSZ {1 << 32}"):
        assert one.say(wrong).startswith("501")


def test_resumption_can_be_required(client):
    one = client(data_resume=True).start_tls().log_in()
    one.say("PBSZ 0", "PROT P")
    one.get("RETR note.txt")
    assert one.asked[-1].over.resume


def test_implicit_tls_protects_data_without_asking(client):
    one = client(listener="tls", tls=TLS).log_in()
    one.get("RETR note.txt")
    assert one.asked[-1].over.tls
    assert "clear-password" not in one.findings


def test_tls_can_be_required(client):
    one = client(tls_required=True)
    assert one.say("USER alice").startswith("530 this server requires TLS")
    one.start_tls().log_in()
    assert one.get("RETR note.txt").startswith("521")
    one.say("PBSZ 0")
    assert one.say("PROT C").startswith("534")
    one.say("PROT P")
    assert "226" in one.get("RETR note.txt")


def test_auth_resets_the_session(client):
    one = client().log_in()
    one.say("CWD /pub", "PORT 127,0,0,1,200,0", "MODE B", "STRU R", "FEAT", "AUTH TLS")
    assert "ftp" not in [who.terminal for who in one.world.presence.of("alice")]
    one.tell(TlsStarted(TLS))
    assert one.say("PWD").startswith("530")
    assert "TYPE A N, STRU F, MODE S" in one.say("STAT")
    one.log_in().get("STOR grüße")
    assert one.asked[-1].over.connect_to is None
    assert one.say("PWD").startswith('257 "/home/alice"')
    assert "utf8-unasked" not in one.findings


def test_clear_text_after_auth_is_never_executed(client):
    one = client()
    assert one.send(b"AUTH TLS\r\nUSER alice\r\n").startswith("234")
    assert one.send(b"PASS alice-pass\r\n") == ""
    assert one.findings == ["tls-injection"]
    one.tell(TlsStarted(TLS))
    assert one.say("PASS alice-pass").startswith("503")


def test_ccc_ends_tls_on_the_control_connection_alone(client):
    one = client()
    assert one.say("CCC").startswith("533")
    one.start_tls().log_in()
    one.say("PBSZ 0", "PROT P")
    assert one.say("CCC").startswith("200")
    assert one.talk.tls_ends == 1
    assert one.say("PWD").startswith('257 "/home/alice"')
    assert "TLSv1" not in one.say("STAT")
    for command in ("PBSZ 0", "PROT C", "CCC"):
        assert one.say(command).startswith("5"), command
    one.get("RETR note.txt")
    assert one.asked[-1].over.tls
    one.log_in("bob")
    assert one.findings.count("clear-password") == 1


def test_tls_may_begin_again_after_ccc(client):
    one = client().start_tls().log_in()
    one.say("CCC")
    one.start_tls()
    assert one.say("PWD").startswith("530")
    assert one.say("PBSZ 0").startswith("200")


def test_ccc_is_refused_where_tls_is_required(client):
    one = client(tls_required=True).start_tls().log_in()
    assert one.say("CCC").startswith("534 this server requires")
    assert one.talk.tls_ends == 0
    assert one.say("PBSZ 0").startswith("200")


def test_input_under_tls_after_ccc_is_executed(client):
    one = client().start_tls().log_in()
    assert [reply[:3] for reply in one.send(b"CCC\r\nPWD\r\n").split("\r\n")] == ["200", "257"]


@pytest.mark.requirement("FTP-959_5.3.1-2")
def test_rein_ends_tls_after_its_reply(client):
    one = client(tls_required=True).start_tls().log_in()
    one.say("PBSZ 0", "PROT P")
    assert one.say("REIN").startswith("220")
    assert one.talk.tls_ends == 1
    assert one.say("PROT P").startswith("503")
    assert one.say("USER alice").startswith("530 this server requires TLS")
    one.start_tls().log_in()


def test_rein_begins_tls_again_with_implicit_tls(client):
    one = client(listener="tls", tls=TLS).log_in()
    one.say("PROT C")
    assert one.say("REIN").startswith("220")
    assert one.talk.tls_ends == 1
    assert one.talk.starting_tls
    one.tell(TlsStarted(TLS))
    one.log_in().get("RETR note.txt")
    assert one.asked[-1].over.tls


def test_a_missing_close_notify_is_a_finding_and_fatal_if_strict(client):
    for strict, code in ((False, "226"), (True, "426")):
        one = client(strict=strict, holding=True).start_tls().log_in()
        one.say("PBSZ 0", "PROT P", "PASV", "STOR x")
        assert one.end(truncated=True).startswith(code)
        assert "no-close-notify" in one.findings
        assert (("home", "alice", "x") in one.tree.files) is not strict


def test_a_handshake_that_fails_ends_everything(client):
    one = client()
    one.say("AUTH TLS")
    one.tell(Closed("broken: handshake"))


@pytest.mark.parametrize("command", ["RETR note.txt", "STOR new.txt", "LIST", "MLSD"])
def test_clear_data_connections_next_to_tls_are_reported_once_without_any_prot(client, command):
    one = client().start_tls().log_in()
    for _ in range(2):
        assert "226" in one.get(command)
    assert one.findings.count("data-in-clear") == 1


def test_protected_data_connections_are_not_reported(client):
    one = client().start_tls().log_in()
    one.say("PBSZ 0", "PROT P")
    assert "226" in one.get("RETR note.txt")
    assert "data-in-clear" not in one.findings
