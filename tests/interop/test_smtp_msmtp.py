"""msmtp and gsasl: SCRAM, tokens and certificates, over TLS."""

import pytest


@pytest.fixture
def msmtp(client, run, letter):
    """Send the letter from bob to alice with these options."""

    def send(post, *options, tls=True):
        path = client("msmtp")
        trust = ("--tls=on", f"--tls-trust-file={post.ca}") if tls else ("--tls=off",)
        login = ("--user=alice", "--from=bob@homeport.test", "--domain=client.example", *trust)
        # msmtp expects LF and converts it to CR LF.
        text = letter.replace(b"\r\n", b"\n")
        return run(path, "--file=/dev/null", "--host=localhost", *login, *options, "alice@homeport.test", stdin=text)

    return send


@pytest.mark.parametrize(
    ("mechanism", "secret"),
    [
        ("plain", "alice-pass"),
        ("login", "alice-pass"),
        ("cram-md5", "alice-pass"),
        ("scram-sha-256", "alice-pass"),
        ("xoauth2", "alice-token"),
        ("oauthbearer", "alice-token"),
    ],
)
def test_it_submits_under_starttls(msmtp, post, letter, mechanism, secret):
    login = (f"--auth={mechanism}", f"--passwordeval=echo {secret}")
    msmtp(post, f"--port={post.submission}", "--tls-starttls=on", *login)
    message = post.message()
    assert post.raw(message) == letter
    envelope = message["envelope"]
    assert (envelope["auth"], envelope["mechanism"].lower()) == ("alice", mechanism)
    assert (envelope["protocol"], envelope["tls"]["version"]) == ("ESMTPSA", "TLSv1.3")
    assert post.findings() == set()


def test_it_submits_over_implicit_tls_by_scram(msmtp, post, letter):
    login = ("--auth=scram-sha-256", "--passwordeval=echo alice-pass")
    msmtp(post, f"--port={post.tls}", "--tls-starttls=off", *login)
    assert post.raw(post.message()) == letter
    assert post.findings() == set()


def test_it_authenticates_by_its_certificate(msmtp, post, certificate):
    file = certificate(post, "alice")
    shown = (f"--tls-cert-file={file}", f"--tls-key-file={file}")
    msmtp(post, f"--port={post.submission}", "--tls-starttls=on", "--auth=external", *shown)
    assert post.message()["envelope"]["mechanism"] == "EXTERNAL"
    assert post.findings() == set()


def test_scram_without_tls_shows_no_password(msmtp, post):
    login = ("--auth=scram-sha-256", "--passwordeval=echo alice-pass")
    msmtp(post, f"--port={post.submission}", *login, tls=False)
    assert post.message()["envelope"]["protocol"] == "ESMTPA"
    assert post.findings() == set()


def test_it_reads_the_offered_extensions(client, run, post):
    where = ("--host=localhost", f"--port={post.starttls}", "--tls=on", f"--tls-trust-file={post.ca}")
    printed = run(client("msmtp"), "--file=/dev/null", *where, "--serverinfo").decode()
    assert "Common Name: " in printed or "localhost" in printed
    for offered in ("SIZE", "PIPELINING", "DSN", "SCRAM-SHA-256", "OAUTHBEARER"):
        assert offered in printed


@pytest.mark.parametrize("mechanism", ["CRAM-MD5", "SCRAM-SHA-256"])
def test_gsasl_logs_in(client, run, post, mechanism):
    login = (f"--mechanism={mechanism}", "--authentication-id=alice", "--password=alice-pass")
    run(
        client("gsasl"),
        "--client",
        "--smtp",
        f"--connect=localhost:{post.submission}",
        "--no-starttls",
        "--no-cb",
        *login,
    )
    assert post.logins() == [(mechanism, "235")]
    # It sends the bare host name in EHLO, and closes without QUIT.
    assert post.findings() <= {"helo-not-fqdn", "no-quit"}
