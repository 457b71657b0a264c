"""Postfix's smtp-source under load, OpenSSL's verification of the chain, nmap's probes, and mutt on a Maildir."""

import re

import pytest

from homeport.world.mail.contents import MailContents
from homeport.world.world import WorldContents


@pytest.fixture
def smtp_source(client, run):
    """Postfix's load generator: hundreds of messages from bob to alice."""
    path = client("smtp-source")
    envelope = ("-M", "client.example", "-f", "bob@homeport.test", "-t", "alice@homeport.test")

    def send(port, *options):
        return run(path, *envelope, *options, f"127.0.0.1:{port}")

    return send


def test_hundreds_of_messages_arrive_over_reused_sessions(smtp_source, post):
    smtp_source(post.starttls, "-d", "-s", "10", "-m", "500", "-l", "5000")
    found = post.ask("smtp/messages/wait", count=500, timeout="20s")
    assert len(found["messages"]) == 500
    assert len({message["id"] for message in found["messages"]}) == 500
    assert {message["envelope"]["from"] for message in found["messages"]} == {"bob@homeport.test"}
    assert len({message["conn"] for message in found["messages"]}) == 10
    assert {len(post.raw(message).partition(b"\r\n\r\n")[2]) for message in found["messages"]} == {
        5002
    }  # it adds CR LF
    assert post.findings() == {"helo-used"}


def test_every_message_may_use_its_own_connection_and_recipients(smtp_source, post):
    smtp_source(post.starttls, "-s", "5", "-m", "100", "-r", "3", "-l", "60000")
    found = post.ask("smtp/messages/wait", count=100, timeout="20s")
    assert len({message["conn"] for message in found["messages"]}) == 100
    assert {len(message["envelope"]["to"]) for message in found["messages"]} == {3}


def test_it_delivers_over_lmtp(smtp_source, start_post):
    post = start_post(protocol="lmtp")
    smtp_source(post.starttls, "-L", "-d", "-s", "2", "-m", "20", "-r", "2")
    found = post.ask("smtp/messages/wait", count=20, timeout="20s")
    assert len(found["messages"]) == 20
    assert post.message()["envelope"]["protocol"] == "LMTP"


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("listener", ["starttls", "submission", "tls"])
def test_openssl_verifies_the_chain(client, run, post, listener, version):
    begin = () if listener == "tls" else ("-starttls", "smtp", "-name", "client.example")
    trust = ("-CAfile", post.ca, "-x509_strict", "-verify_return_error", "-verify_hostname", "localhost")
    where = ("-connect", f"localhost:{getattr(post, listener)}", "-servername", "localhost")
    said = run(client("openssl"), "s_client", *where, *begin, *trust, version, "-crlf", "-ign_eof", stdin=b"QUIT\n")
    assert b"Verification: OK" in said
    assert b"Verified peername: localhost" in said
    assert b"221 2.0.0 mail.homeport.test closing connection" in said
    assert post.farm.events("tls")[0]["version"] == version.replace("-tls1_", "TLSv1.")
    assert post.findings() == set()


def test_nmap_reads_the_commands(client, run, post):
    script = ("--script", "+smtp-commands", "--script-args", "smtp-commands.domain=client.example")
    printed = run(client("nmap"), "-n", "-Pn", "-p", post.starttls, *script, "127.0.0.1").decode()
    [offered] = re.findall(r"smtp-commands: (.*)", printed)
    assert offered.startswith("mail.homeport.test")
    for keyword in ("PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "STARTTLS"):
        assert keyword in offered


def test_nmap_finds_no_open_relay(client, run, start_post):
    post = start_post(contents=WorldContents(mail=MailContents(domains=["homeport.test"], only_known=True)))
    script = ("--script", "+smtp-open-relay", "--script-args", "smtp-open-relay.domain=client.example")
    printed = run(client("nmap"), "-n", "-Pn", "-p", post.starttls, *script, "127.0.0.1").decode()
    assert "Server doesn't seem to be an open relay, all tests failed" in printed


def test_mutt_reads_what_was_delivered(client, run, run_on_terminal, start_post, letter, letter_file, tmp_path):
    post = start_post(data=str(tmp_path / "data"))
    mail = ("--mail-from", "bob@homeport.test", "--mail-rcpt", "alice@homeport.test", "-T", letter_file)
    for _ in range(3):
        run(client("curl"), "-sS", *mail, f"smtp://127.0.0.1:{post.starttls}/client.example")
    post.messages(3)
    folder, copied = tmp_path / "data" / "mail" / "default" / "alice@homeport.test", tmp_path / "copied"
    keys = f"<first-entry>{f'<pipe-message>cat >> {copied}<enter><next-entry>' * 3}<exit>"
    commands = ("-e", "set copy=no wait_key=no pipe_decode=no", "-e", f'push "{keys}"')
    screen = run_on_terminal(client("mutt"), "-n", "-F", "/dev/null", "-R", "-f", folder, *commands)
    text = copied.read_bytes()
    assert text.count(b"Return-Path: <bob@homeport.test>") == 3, screen.decode(errors="replace")
    assert text.count(b"Received: from client.example") == 3
    assert text.replace(b"\r\n", b"\n").count(letter.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n")) == 3
