"""swaks: every AUTH that it supports, both kinds of TLS, pipelining, attachments, and LMTP."""

import subprocess

import pytest

ALICE = ("--auth-user", "alice", "--auth-password", "alice-pass")
SWAKS_LOGIN_FAILED = 28


@pytest.fixture
def swaks(client, run, letter, tmp_path):
    """Send from bob to alice with these options: the letter, if no other body is given."""
    # A dot at the end of a file ends the message; otherwise swaks adds an empty line.
    path = tmp_path / "letter.swaks"
    path.write_bytes(letter + b".\r\n")

    def send(port, *options, body=("--data", f"@{path}")):
        envelope = ("--from", "bob@homeport.test", "--to", "alice@homeport.test", "--helo", "client.example")
        return run(client("swaks"), "--server", "localhost", "--port", port, *envelope, *body, *options)

    return send


@pytest.mark.parametrize("options", [(), ("--pipeline",)], ids=["one by one", "in groups"])
def test_a_message_arrives_byte_for_byte(swaks, post, letter, options):
    swaks(post.starttls, *options)
    message = post.message()
    assert post.raw(message) == letter
    assert (message["envelope"]["from"], message["envelope"]["helo"]) == ("bob@homeport.test", "client.example")
    assert post.findings() == set()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("tls", ["--tls", "--tls-on-connect"])
def test_it_submits_under_tls_with_a_password(swaks, post, letter, tls, mechanism):
    port = post.tls if tls == "--tls-on-connect" else post.submission
    swaks(port, tls, "--tls-verify", "--tls-ca-path", post.ca, "--auth", mechanism, *ALICE)
    message = post.message()
    assert post.raw(message) == letter
    envelope = message["envelope"]
    assert (envelope["auth"], envelope["mechanism"], envelope["protocol"]) == ("alice", mechanism, "ESMTPSA")
    assert post.findings() == set()


def test_in_the_clear_it_only_finds_mechanisms_that_hide_the_password(swaks, client, post):
    swaks(post.submission, "--auth", "CRAM-MD5", *ALICE)
    assert post.message()["envelope"]["mechanism"] == "CRAM-MD5"
    envelope = ("--from", "bob@homeport.test", "--to", "alice@homeport.test", "--helo", "client.example")
    command = [client("swaks"), "--server", "127.0.0.1", "--port", str(post.submission), *envelope]
    assert subprocess.run([*command, "--auth", "PLAIN", *ALICE], capture_output=True, check=False).returncode
    assert post.findings() == set()


def test_allowed_clear_passwords_are_a_finding(swaks, start_post):
    post = start_post(clear_passwords=True)
    swaks(post.submission, "--auth", "PLAIN", *ALICE)
    assert post.message()["envelope"]["protocol"] == "ESMTPA"
    assert post.findings() == {"auth-in-clear"}


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_it_reports_a_wrong_password(client, post, mechanism):
    envelope = ("--from", "bob@homeport.test", "--to", "alice@homeport.test", "--helo", "client.example")
    login = ("--tls", "--auth", mechanism, "--auth-user", "alice", "--auth-password", "wrong")
    command = [client("swaks"), "--server", "localhost", "--port", str(post.submission), *envelope, *login]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == SWAKS_LOGIN_FAILED, done.stdout
    assert post.logins() == [(mechanism, "535")]
    assert post.ask("smtp/messages")["total"] == 0


def test_an_attachment_arrives_unchanged(swaks, post, tmp_path):
    path = tmp_path / "octets.bin"
    path.write_bytes(bytes(range(256)) * 1000)
    header = ("--header", "Subject: with a file", "--body", "see there")
    swaks(post.starttls, body=(*header, "--attach", f"@{path}"))
    message = post.message()
    assert (message["subject"], message["text"].strip()) == ("with a file", "see there")
    [part] = [part for part in message["parts"] if part["attachment"]]
    assert part["size"] == 256_000
    assert post.fetch(f"smtp/messages/{message['id']}/parts/{part['index']}") == path.read_bytes()
    assert post.findings() == set()


def test_it_delivers_by_lmtp(swaks, start_post, letter):
    post = start_post(protocol="lmtp")
    said = swaks(post.starttls, "--protocol", "LMTP", "--to", "alice@homeport.test,bob@homeport.test")
    assert said.count(b"250 2.0.0 OK: stored as m1") == 2
    message = post.message()
    assert post.raw(message) == letter
    assert message["envelope"]["protocol"] == "LMTP"
    assert post.findings() == set()
