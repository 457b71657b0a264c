"""curl sends mail: in the clear, over TLS of both kinds, with every AUTH that it supports, and non-ASCII."""

import subprocess

import pytest

CURL_LOGIN_FAILED = 67
CURL_UNTRUSTED = 60


@pytest.fixture
def curl(client, run, letter_file):
    """Send the letter from bob to alice with these options to a URL."""

    def send(url, *options, recipients=("alice@homeport.test",)):
        to = [word for one in recipients for word in ("--mail-rcpt", one)]
        return run(client("curl"), "-sS", "--mail-from", "bob@homeport.test", *to, "-T", letter_file, *options, url)

    return send


def test_a_message_arrives_byte_for_byte_with_its_envelope(curl, post, letter):
    curl(f"smtp://127.0.0.1:{post.starttls}/client.example", recipients=("alice@homeport.test", "carol@homeport.test"))
    message = post.message()
    assert post.raw(message) == letter
    envelope = message["envelope"]
    assert (envelope["from"], envelope["helo"]) == ("bob@homeport.test", "client.example")
    assert [one["address"] for one in envelope["to"]] == ["alice@homeport.test", "carol@homeport.test"]
    assert (envelope["protocol"], envelope["tls"], envelope["auth"]) == ("ESMTP", None, None)
    assert (envelope["listener"], envelope["size"]) == ("starttls", len(letter))
    assert post.findings() == set()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_it_submits_under_starttls_with_a_password(curl, post, letter, mechanism):
    url = f"smtp://localhost:{post.submission}/client.example"
    curl(url, "--ssl-reqd", "--cacert", post.ca, "--login-options", f"AUTH={mechanism}", "-u", "alice:alice-pass")
    message = post.message()
    assert post.raw(message) == letter
    envelope = message["envelope"]
    assert (envelope["auth"], envelope["mechanism"], envelope["protocol"]) == ("alice", mechanism, "ESMTPSA")
    assert (envelope["tls"]["version"], envelope["tls"]["server_name"]) == ("TLSv1.3", "localhost")
    assert post.findings() == set()


def test_it_sends_over_implicit_tls(curl, post, letter):
    url = f"smtps://localhost:{post.tls}/client.example"
    curl(url, "--cacert", post.ca, "-u", "alice:alice-pass", "--sasl-ir", "--login-options", "AUTH=PLAIN")
    message = post.message()
    assert post.raw(message) == letter
    assert (message["envelope"]["listener"], message["envelope"]["protocol"]) == ("tls", "ESMTPSA")
    assert post.findings() == set()


def test_it_authenticates_with_a_token(curl, post):
    url = f"smtp://localhost:{post.submission}/client.example"
    token = ("--login-options", "AUTH=OAUTHBEARER", "-u", "alice", "--oauth2-bearer", "alice-token")
    curl(url, "--ssl-reqd", "--cacert", post.ca, *token)
    assert post.message()["envelope"]["mechanism"] == "OAUTHBEARER"
    assert post.findings() == set()


def test_it_authenticates_by_its_certificate(curl, post, certificate):
    file = certificate(post, "alice")
    url = f"smtp://localhost:{post.submission}/client.example"
    curl(url, "--ssl-reqd", "--cacert", post.ca, "--cert", file, "--login-options", "AUTH=EXTERNAL", "-u", "alice:")
    envelope = post.message()["envelope"]
    assert (envelope["auth"], envelope["mechanism"]) == ("alice", "EXTERNAL")
    assert (envelope["tls"]["client_certificate"], envelope["tls"]["verified"]) == (True, True)
    assert post.findings() == set()


@pytest.mark.parametrize(
    "wrong",
    [
        ("--login-options", "AUTH=PLAIN", "-u", "alice:wrong"),
        ("--login-options", "AUTH=CRAM-MD5", "-u", "alice:wrong"),
        ("--login-options", "AUTH=OAUTHBEARER", "-u", "alice", "--oauth2-bearer", "wrong"),
    ],
    ids=["password", "digest", "token"],
)
def test_it_reports_a_failed_login(client, post, letter_file, wrong):
    url = f"smtp://localhost:{post.submission}/client.example"
    mail = ("--mail-from", "a@client.example", "--mail-rcpt", "alice@homeport.test", "-T", letter_file)
    command = [client("curl"), "-sS", "--ssl-reqd", "--cacert", post.ca, *wrong, *mail, url]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == CURL_LOGIN_FAILED, done.stderr
    assert [code for _mechanism, code in post.logins()] == ["535"]
    assert post.ask("smtp/messages")["total"] == 0


def test_it_does_not_trust_the_farm_by_default(client, post, letter_file):
    url = f"smtp://localhost:{post.starttls}/client.example"
    mail = ("--mail-from", "a@client.example", "--mail-rcpt", "alice@homeport.test", "-T", letter_file)
    done = subprocess.run(
        [client("curl"), "-sS", "--ssl-reqd", *mail, url], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == CURL_UNTRUSTED, done.stderr
    assert post.ask("smtp/messages")["total"] == 0


def test_it_verifies_a_name_and_expands_a_list(client, run, post):
    url = f"smtp://127.0.0.1:{post.starttls}/client.example"
    assert b"250 2.1.5 Alice Liddell <alice@homeport.test>" in run(client("curl"), "-sS", "--mail-rcpt", "alice", url)
    members = run(client("curl"), "-sS", "-X", "EXPN", "--mail-rcpt", "tides", url)
    assert [name in members for name in (b"<alice@homeport.test>", b"<bob@homeport.test>", b"<carol@")] == [True] * 3
    assert b"commands: " in run(client("curl"), "-sS", "-X", "HELP", url)
    assert post.findings() == set()


def test_it_sends_non_ascii(curl, post):
    curl(f"smtp://127.0.0.1:{post.starttls}/client.example", recipients=("jörg@homeport.test",))
    envelope = post.message()["envelope"]
    assert [one["address"] for one in envelope["to"]] == ["jörg@homeport.test"]
    assert (envelope["smtputf8"], envelope["protocol"]) == (True, "UTF8SMTP")
    assert post.findings() == set()


def test_a_name_and_an_address_of_wrong_form_are_accepted_where_it_is_lenient(client, run, letter_file, start_post):
    options = ("-sS", "--mail-from", "a..b@client.example", "--mail-rcpt", "alice@homeport.test", "-T", letter_file)
    lenient = start_post(syntax="lenient")
    run(client("curl"), *options, f"smtp://127.0.0.1:{lenient.starttls}/my_host.example")
    assert lenient.message()["envelope"]["from"] == "a..b@client.example"
    assert lenient.findings() == {"bad-helo", "bad-path"}


def test_a_name_of_wrong_form_is_refused_by_default(client, fails, letter_file, post):
    options = ("-sS", "--mail-from", "a@client.example", "--mail-rcpt", "alice@homeport.test", "-T", letter_file)
    fails(client("curl"), *options, f"smtp://127.0.0.1:{post.starttls}/my_host.example")
    assert "bad-helo" in post.findings()
