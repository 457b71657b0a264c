"""A newcomer's first mail: clients in their default settings, given an address, a port, and possibly a login."""

import json
import os
import smtplib
import subprocess
from pathlib import Path

import pytest
from tests.interop.conftest import lacking

PASSWORD = "any-password"
"""Of the made-up login `app`."""
LINES = b"Subject: first\r\n\r\nfirst mail\r\n"

NODEMAILER = """
const [port, user, pass] = process.argv.slice(1);
const auth = user ? { user, pass } : undefined;
require("nodemailer").createTransport({ host: "127.0.0.1", port: Number(port), auth })
  .sendMail({ from: "app@client.test", to: "bob@example.org", subject: "first", text: "first mail" })
  .catch((error) => { console.error(error); process.exitCode = 1; });
"""
GO = """
package main

import (
	"net/smtp"
	"os"
)

func main() {
	var auth smtp.Auth
	if len(os.Args) > 2 {
		auth = smtp.PlainAuth("", os.Args[2], os.Args[3], "127.0.0.1")
	}
	letter := []byte("Subject: first\\r\\n\\r\\nfirst mail\\r\\n")
	to := []string{"bob@example.org"}
	if err := smtp.SendMail("127.0.0.1:"+os.Args[1], auth, "app@client.test", to, letter); err != nil {
		panic(err)
	}
}
"""
PHPMAILER = """
foreach (["Exception", "PHPMailer", "SMTP"] as $part) require "libphp-phpmailer/src/$part.php";
[, $port, $user, $pass] = $argv + [2 => null, 3 => null];
$mailer = new PHPMailer\\PHPMailer\\PHPMailer(true);
$mailer->isSMTP();
$mailer->Host = "127.0.0.1";
$mailer->Port = (int) $port;
if ($user) { $mailer->SMTPAuth = true; $mailer->Username = $user; $mailer->Password = $pass; }
$mailer->setFrom("app@client.test");
$mailer->addAddress("bob@example.org");
$mailer->Subject = "first";
$mailer->Body = "first mail";
$mailer->send();
"""
SYMFONY = """
require "Symfony/Component/Mailer/autoload.php";
[, $port, $user, $pass] = $argv + [2 => null, 3 => null];
$login = $user ? "$user:$pass@" : "";
$transport = Symfony\\Component\\Mailer\\Transport::fromDsn("smtp://{$login}127.0.0.1:$port");
(new Symfony\\Component\\Mailer\\Mailer($transport))->send((new Symfony\\Component\\Mime\\Email())
    ->from("app@client.test")->to("bob@example.org")->subject("first")->text("first mail"));
"""
RUBY = """
require "net/smtp"
port, user, secret = ARGV
login = user ? { user: user, secret: secret } : {}
Net::SMTP.start("127.0.0.1", port.to_i, **login) do |client|
  client.send_message("Subject: first\\r\\n\\r\\nfirst mail\\r\\n", "app@client.test", "bob@example.org")
end
"""
PERL = """
use strict; use warnings; use Net::SMTP;
my ($port, $user, $password) = @ARGV;
my $smtp = Net::SMTP->new("127.0.0.1", Port => $port) or die "$@";
$smtp->auth($user, $password) or die $smtp->message if $user;
$smtp->mail('app@client.test') and $smtp->to('bob@example.org')
    and $smtp->data("Subject: first\\n\\nfirst mail\\n") and $smtp->quit or die $smtp->message;
"""


def nodemailer(tool, _folder):
    words = [tool("node"), "-e", NODEMAILER, "--"]
    if subprocess.run([words[0], "-e", "require('nodemailer')"], capture_output=True, check=False).returncode:
        lacking("Node does not find nodemailer (NODE_PATH)")
    return words


def go(tool, folder):
    (folder / "main.go").write_text(GO)
    compiler, program = tool("go"), folder / "first-mail"
    settings = {"GOCACHE": str(folder / "cache"), "GOPROXY": "off", "GOTOOLCHAIN": "local", "GO111MODULE": "off"}
    subprocess.run([compiler, "build", "-o", program, folder / "main.go"], env=os.environ | settings, check=True)
    return [program]


def php(program, file):
    def words(tool, _folder):
        if not (Path("/usr/share/php") / file).exists():
            lacking(f"there is no {file} in /usr/share/php")
        # Ignore warnings of one version of PHP about libraries of another.
        return [tool("php"), "-d", "error_reporting=E_ERROR", "-r", program, "--"]

    return words


def ruby(tool, _folder):
    return [tool("ruby"), "-e", RUBY]


def perl(tool, _folder):
    if subprocess.run([tool("perl"), "-MAuthen::SASL", "-e1"], capture_output=True, check=False).returncode:
        lacking("Perl has no Authen::SASL")
    return [tool("perl"), "-e", PERL]


PROGRAMS = {
    "nodemailer": nodemailer,
    "go": go,
    "phpmailer": php(PHPMAILER, "libphp-phpmailer/src/PHPMailer.php"),
    "symfony": php(SYMFONY, "Symfony/Component/Mailer/autoload.php"),
    "ruby": ruby,
    "perl": perl,
}
"""Libraries: how a program is started that takes port, user and password."""


def curl(port, *login):
    user = ("--user", ":".join(login)) if login else ()
    sent = ("--mail-from", "app@client.test", "--mail-rcpt", "bob@example.org", "-T", "-")
    return ["curl", "-sS", *user, *sent, f"smtp://127.0.0.1:{port}"]


def swaks(port, *login):
    user = ("--auth-user", login[0], "--auth-password", login[1]) if login else ()
    sent = ("--from", "app@client.test", "--to", "bob@example.org", "--header", "Subject: first")
    return ["swaks", "--silent", "2", "--server", "127.0.0.1", "--port", port, *user, *sent]


def msmtp(port, *login):
    # With --auth=on it never sends a password without TLS.
    user = ("--auth=plain", f"--user={login[0]}", f"--passwordeval=echo {login[1]}") if login else ()
    where = ("--file=/dev/null", "--host=127.0.0.1", f"--port={port}")
    return ["msmtp", *where, *user, "--from=app@client.test", "bob@example.org"]


COMMANDS = {"curl": curl, "swaks": swaks, "msmtp": msmtp}
LOGINS = [(), ("app", PASSWORD), ("app@client.test", PASSWORD), ("alice", "alice-pass")]


@pytest.fixture
def arrives(post):
    """Demand that the mail is there, sent by whom it says: `arrives(*login)`."""

    def arrives(*login):
        message = post.message()
        assert message["subject"] == "first"
        envelope = message["envelope"]
        assert (envelope["listener"], envelope["tls"]) == ("plain", None)
        assert envelope["auth"] == (login[0] if login else None)
        taken = [one.get("taken_by") for one in post.farm.events("login")]
        assert taken == ([None] if login == LOGINS[-1] else ["any_login"] if login else [])
        assert not {"auth-in-clear", "unknown-command"} & post.findings()

    return arrives


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login[0] if login else "nobody")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_first_mail_of_a_library_arrives(client, run, tmp_path, post, arrives, name, login):
    run(*PROGRAMS[name](client, tmp_path), post.plain, *login)
    arrives(*login)


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login[0] if login else "nobody")
@pytest.mark.parametrize("name", COMMANDS)
def test_the_first_mail_of_a_command_arrives(client, run, post, arrives, name, login):
    _name, *words = COMMANDS[name](post.plain, *login)
    run(client(name), *words, stdin=LINES if name != "swaks" else b"")
    arrives(*login)


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login[0] if login else "nobody")
def test_the_first_mail_of_smtplib_arrives(post, arrives, login):
    with smtplib.SMTP("127.0.0.1", post.plain, timeout=20) as client:
        if login:
            client.login(*login)
        client.sendmail("app@client.test", ["bob@example.org"], LINES)
    arrives(*login)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_library_reports_the_wrong_password_of_a_person(client, fails, tmp_path, post, name):
    fails(*PROGRAMS[name](client, tmp_path), post.plain, "alice", PASSWORD)
    assert {code for _mechanism, code in post.logins()} == {"535"}
    assert post.ask("smtp/messages")["total"] == 0


def test_accepted_logins_are_in_the_journal_as_text_and_json(client, run, post, homeport_command):
    run(*[client("curl"), *curl(post.plain, "app", PASSWORD)[1:]], stdin=LINES)
    post.message()
    url = post.farm.farm.describe("default")["control"]
    printed = run("env", "PYTHONPATH=servers", *homeport_command, "journal", "--url", url)
    assert b"login=app mechanism=PLAIN code=235 taken_by=any_login" in printed
    assert PASSWORD.encode() not in printed
    events = post.ask("events", type="login")["items"]
    assert json.dumps(events).count('"taken_by": "any_login"') == 1
