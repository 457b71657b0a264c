"""Mail libraries: Python's smtplib, Perl's Net::SMTP, Node's nodemailer."""

import json
import smtplib
import ssl
import subprocess

import pytest
from tests.interop.conftest import lacking

DATE = b"Date: Wed, 14 Oct 2026 20:00:00 +0000\r\nMessage-ID: <1@client.example>\r\n"


# smtplib


@pytest.fixture
def connect(post):
    """Open an smtplib session, over TLS if requested: `connect("tls")`, `connect("submission", tls=True)`."""
    context = ssl.create_default_context(cafile=post.ca)
    opened = []

    def connect(listener, *, tls=False):
        where = {
            "host": "localhost",
            "port": getattr(post, listener),
            "local_hostname": "client.example",
            "timeout": 20,
        }
        if listener == "tls":
            opened.append(smtplib.SMTP_SSL(context=context, **where))
        else:
            opened.append(smtplib.SMTP(**where))
        if tls:
            opened[-1].starttls(context=context)
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


@pytest.mark.parametrize("listener", ["submission", "tls"])
def test_smtplib_submits_under_tls(connect, post, letter, listener):
    with connect(listener, tls=listener != "tls") as client:
        assert client.login("alice", "alice-pass")[0] == 235
        assert client.sendmail("alice@homeport.test", ["bob@homeport.test"], letter) == {}
    message = post.message()
    assert post.raw(message) == letter
    assert (message["envelope"]["auth"], message["envelope"]["protocol"]) == ("alice", "ESMTPSA")
    assert post.findings() == set()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_smtplib_authenticates_and_reports_a_wrong_password(connect, post, mechanism):
    for password, outcome in (("wrong", "535"), ("alice-pass", "235")):
        with connect("submission", tls=True) as client:
            client.ehlo()
            client.user, client.password = "alice", password
            step = getattr(client, f"auth_{mechanism.lower().replace('-', '_')}")
            if outcome == "235":
                assert client.auth(mechanism, step)[0] == 235
            else:
                with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
                    client.auth(mechanism, step)
    assert post.logins() == [(mechanism, "535"), (mechanism, "235")]
    # It sends the name of LOGIN with the command, which the mechanism's drafts do not allow.
    assert post.findings() == ({"sasl-login-initial"} if mechanism == "LOGIN" else set())


def test_smtplib_sends_non_ascii(connect, post):
    content = "From: Jörg <jörg@homeport.test>\r\nSubject: Grüße\r\n".encode() + DATE + "\r\nÜber alles\r\n".encode()
    with connect("starttls", tls=True) as client:
        options = ["SMTPUTF8", "BODY=8BITMIME"]
        assert client.sendmail("jörg@homeport.test", ["δοκιμή@homeport.test"], content, mail_options=options) == {}
    message = post.message()
    assert post.raw(message) == content
    envelope = message["envelope"]
    assert (envelope["from"], envelope["to"][0]["address"]) == ("jörg@homeport.test", "δοκιμή@homeport.test")
    assert (envelope["smtputf8"], envelope["body"], envelope["protocol"]) == (True, "8BITMIME", "UTF8SMTPS")
    assert message["subject"] == "Grüße"
    assert post.findings() == set()


def test_smtplib_requests_reports_and_gets_them(connect, post, letter):
    with connect("starttls") as client:
        mail = ["RET=HDRS", "ENVID=voyage+2B7"]
        rcpt = ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;alice@elsewhere.example"]
        assert client.sendmail("bob@homeport.test", ["alice@homeport.test"], letter, mail, rcpt) == {}
    message, report = post.messages(2)
    envelope = message["envelope"]
    assert (envelope["ret"], envelope["envid"]) == ("HDRS", "voyage+7")
    assert envelope["to"][0]["notify"] == ["SUCCESS", "FAILURE"]
    assert envelope["to"][0]["orcpt"] == "rfc822;alice@elsewhere.example"
    assert (report["envelope"]["from"], report["envelope"]["to"][0]["address"]) == ("", "bob@homeport.test")
    assert b"Original-Envelope-Id: voyage+7" in post.raw(report)
    assert b"Original-Recipient: rfc822; alice@elsewhere.example" in post.raw(report)
    assert post.findings() == set()


def test_smtplib_sends_a_large_message_and_many_in_one_session(connect, post, letter):
    large = letter + (b"y" * 70 + b"\r\n") * 20_000
    with connect("starttls") as client:
        for number in range(50):
            client.sendmail("bob@homeport.test", ["alice@homeport.test"], large if number == 25 else letter)
    messages = post.messages(50)
    assert {len(post.raw(message)) for message in messages} == {len(letter), len(large)}
    assert post.raw(messages[25]) == large
    assert post.findings() == set()


# Perl

PERL_CLEAR = r"""
use strict; use warnings; use Net::SMTP;
my ($port, $mechanism) = @ARGV;
my $smtp = Net::SMTP->new("127.0.0.1", Port => $port, Hello => "client.example", Timeout => 10) or die "$@";
if ($mechanism) {
    require Authen::SASL;
    my $login = { user => "alice", pass => "alice-pass", authname => "" };
    $smtp->auth(Authen::SASL->new(mechanism => $mechanism, callback => $login)) or die "auth: " . $smtp->message;
}
$smtp->mail('bob@homeport.test') or die $smtp->message;
$smtp->recipient('alice@homeport.test', 'carol@homeport.test') or die $smtp->message;
$smtp->data(do { local $/; <STDIN> }) or die $smtp->message;
$smtp->verify('alice') or die "vrfy"; $smtp->reset or die "rset";
$smtp->quit or die "quit";
"""
PERL_TLS = r"""
use strict; use warnings; use Net::SMTP;
my ($port, $ssl, $ca) = @ARGV;
my %trust = (SSL_ca_file => $ca, SSL_verify_mode => 1);
my $smtp = Net::SMTP->new("localhost", Port => $port, Hello => "client.example", Timeout => 10, SSL => $ssl, %trust)
    or die "no connection: $@";
$ssl or $smtp->starttls(%trust) or die "starttls: $@ " . $smtp->message;
$smtp->auth("alice", "alice-pass") or die "auth: " . $smtp->message;
$smtp->mail('bob@homeport.test') or die; $smtp->to('alice@homeport.test') or die;
$smtp->data(do { local $/; <STDIN> }) or die $smtp->message; $smtp->quit or die;
"""


@pytest.fixture
def perl(client, run, letter):
    """Run a program of Perl that has these modules; the letter is its input, with lines as text files have them."""

    def run_program(program, *arguments, needs):
        path = client("perl")
        if subprocess.run([path, *(f"-M{name}" for name in needs), "-e1"], capture_output=True, check=False).returncode:
            lacking(f"Perl lacks one of {needs}")
        return run(path, "-e", program, *arguments, stdin=letter.replace(b"\r\n", b"\n"))

    return run_program


@pytest.mark.parametrize("mechanism", ["", "CRAM-MD5"])
def test_net_smtp_sends_in_the_clear(perl, post, letter, mechanism):
    perl(PERL_CLEAR, post.submission if mechanism else post.starttls, mechanism, needs=["Net::SMTP", "Authen::SASL"])
    message = post.message()
    assert post.raw(message) == letter
    assert [one["address"] for one in message["envelope"]["to"]] == ["alice@homeport.test", "carol@homeport.test"]
    assert message["envelope"]["mechanism"] == (mechanism or None)
    assert post.findings() == set()


@pytest.mark.parametrize("listener", ["submission", "tls"])
def test_net_smtp_submits_under_tls(perl, post, letter, listener):
    modules = ["Net::SMTP", "Authen::SASL", "IO::Socket::SSL"]
    perl(PERL_TLS, getattr(post, listener), int(listener == "tls"), post.ca, needs=modules)
    message = post.message()
    assert post.raw(message) == letter
    assert (message["envelope"]["auth"], message["envelope"]["protocol"]) == ("alice", "ESMTPSA")
    assert post.findings() == set()


# Node

NODE = """
const { port, secure, ca, auth, authMethod } = JSON.parse(process.argv[1]);
const transport = require("nodemailer").createTransport({
  host: "localhost", port, secure, requireTLS: !secure, name: "client.example", auth, authMethod,
  tls: { ca: require("fs").readFileSync(ca) },
});
transport.sendMail({
  from: "Bob <bob@homeport.test>", to: "alice@homeport.test", cc: "carol@homeport.test", subject: "Grüße",
  text: ".dot\\n..two\\n", html: "<b>bold</b>", attachments: [{ filename: "a.bin", content: Buffer.alloc(100000, 7) }],
}).then(info => console.log(JSON.stringify(info))).catch(error => { console.error(error); process.exit(1); });
"""


@pytest.fixture
def nodemailer(client, run, post):
    """Send a message with nodemailer, which is where NODE_PATH says: what it says of it."""
    node = client("node")
    if subprocess.run([node, "-e", 'require("nodemailer")'], capture_output=True, check=False).returncode:
        lacking("Node finds no nodemailer in NODE_PATH")

    def send(listener, **login):
        chosen = {"port": getattr(post, listener), "secure": listener == "tls", "ca": post.ca, **login}
        return json.loads(run(node, "-e", NODE, json.dumps(chosen)))

    return send


@pytest.mark.parametrize("listener", ["submission", "tls"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"])
def test_nodemailer_submits_under_tls(nodemailer, post, listener, mechanism):
    login = {"type": "OAuth2", "user": "alice", "accessToken": "alice-token"}
    if mechanism != "XOAUTH2":
        login = {"user": "alice", "pass": "alice-pass"}
    said = nodemailer(listener, auth=login, authMethod=mechanism)
    assert said["response"] == "250 2.0.0 OK: stored as m1"
    assert said["rejected"] == []
    message = post.message()
    assert (message["subject"], message["text"].replace("\r", "")) == ("Grüße", ".dot\n..two\n")
    assert message["html"] == "<b>bold</b>"
    assert [part["size"] for part in message["parts"] if part["attachment"]] == [100_000]
    assert [one["address"] for one in message["envelope"]["to"]] == ["alice@homeport.test", "carol@homeport.test"]
    assert message["envelope"]["mechanism"] == mechanism
    assert post.findings() == {"no-quit"}  # unless it pools connections, it closes them without QUIT
