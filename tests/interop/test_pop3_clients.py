"""POP3 clients of other authors: curl, poplib, mpop, fetchmail, getmail, mutt, Perl and Node."""

import poplib
import ssl
import subprocess

import pytest
from tests.interop.conftest import lacking
from tests.interop.pop3_post import LATIN, LETTERS, LONG, ONE_LINE, Maildrop, in_maildir, with_lf
from tests.interop.smtp_post import LETTER

from homeport.protocol.faults import Do, Limit, Match, Plan

PERL = r"""
use Net::POP3;
my ($port, $tls, $ca) = @ARGV;
my %tls = (SSL_ca_file => $ca, SSL_verifycn_name => "localhost");
my $pop = Net::POP3->new("127.0.0.1", Port => $port, $tls eq "tls" ? (SSL => 1, %tls) : ()) or die "connect: $@";
if ($tls eq "stls") { $pop->starttls(%tls) or die "stls: " . $pop->message }
my $count = $pop->login("alice", "alice-pass") or die "login: " . $pop->message;
binmode STDOUT;
print "$count messages\n";
my $list = $pop->list; my $uidl = $pop->uidl;
print "$_ $list->{$_} $uidl->{$_}\n" for sort keys %$list;
print @{$pop->get(1)};
print "top: ", scalar @{$pop->top(1, 0)}, "\n";
$pop->delete(1);
$pop->quit;
"""
MAIL_CLIENT = r"""
use Mail::POP3Client;
my $pop = new Mail::POP3Client(HOST => "localhost", PORT => $ARGV[0], USER => "alice", PASSWORD => "alice-pass",
    AUTH_MODE => "PASS", USESSL => $ARGV[1]);
die $pop->Message unless $pop->Count == 4;
print scalar $pop->HeadAndBody(2), "\n";
$pop->Delete(2);
$pop->Close;
"""
NODE = r"""
const Pop3Command = require("node-pop3");
const pop = new Pop3Command({ host: "localhost", port: +process.argv[2], tls: process.argv[3] === "tls",
  user: "alice", password: "alice-pass", tlsOptions: { rejectUnauthorized: false } });
(async () => {
  console.log(JSON.stringify(await pop.UIDL()));
  console.log(JSON.stringify(await pop.LIST()));
  console.log(JSON.stringify(await pop.RETR(1)));
  await pop.command("DELE", "1");
  await pop.QUIT();
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.fixture
def maildrop(start_farm):
    """A farm with POP3 alone, and four messages for alice."""
    return Maildrop(start_farm("pop3"))


@pytest.fixture
def trust(maildrop):
    """A TLS context that trusts the farm alone."""
    context = ssl.create_default_context(cafile=maildrop.ca)
    context.check_hostname = False
    return context


@pytest.mark.parametrize("tls", ["clear", "stls", "tls"])
def test_poplib_reads_and_deletes_everything(maildrop, trust, tls):
    if tls == "tls":
        pop = poplib.POP3_SSL("127.0.0.1", maildrop.tls, timeout=20, context=trust)
    else:
        pop = poplib.POP3("127.0.0.1", maildrop.port, timeout=20)
        if tls == "stls":
            pop.stls(trust)
    assert "TOP" in pop.capa()
    pop.user("alice")
    assert pop.pass_("alice-pass").startswith(b"+OK")
    assert pop.stat() == (4, sum(map(len, LETTERS)))
    assert [line.split()[1].decode() for line in pop.uidl()[1]] == maildrop.uids()
    for number, letter in enumerate(LETTERS, 1):
        assert b"\r\n".join(pop.retr(number)[1]) + b"\r\n" == letter
        assert pop.list(number).split()[2] == b"%d" % len(letter)
        pop.dele(number)
    pop.quit()
    assert maildrop.left() == 0
    assert maildrop.findings() == ({"plain-in-clear"} if tls == "clear" else set())


def test_poplib_logs_in_by_apop(start_farm):
    maildrop = Maildrop(start_farm("pop3", pop3={"apop": True}))
    pop = poplib.POP3("127.0.0.1", maildrop.port, timeout=20)
    assert pop.apop("alice", "alice-pass").startswith(b"+OK")
    pop.rset()
    pop.noop()
    assert b"\r\n".join(pop.top(4, 1)[1]) == LONG[: LONG.index(b"dot\r\n") + 3]
    pop.quit()
    assert maildrop.findings() == set()


@pytest.mark.parametrize("login", ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER", ""])
def test_curl_reads_under_stls_by_every_mechanism(client, run, maildrop, login):
    url = f"pop3://localhost:{maildrop.port}/"
    words = [client("curl"), "-sS", "--ssl-reqd", "--cacert", maildrop.ca]
    if login in ("XOAUTH2", "OAUTHBEARER"):
        words += ["--oauth2-bearer", "alice-token", "--user", "alice:"]
    else:
        words += ["--user", "alice:alice-pass"]
    if login:
        words += ["--login-options", f"AUTH={login}"]
    assert run(*words, url + "1") == LETTER
    assert len(run(*words, url).splitlines()) == 4
    assert run(*words, "-X", "UIDL", url).decode().split()[1::2] == maildrop.uids()
    assert run(*words, "-X", "TOP 2 0", url) == ONE_LINE.replace(b"x\r\n", b"")
    assert maildrop.findings() == set()


def test_curl_reads_over_implicit_tls_and_deletes(client, run, maildrop):
    words = [client("curl"), "-sS", "--cacert", maildrop.ca, "--user", "alice:alice-pass"]
    url = f"pop3s://localhost:{maildrop.tls}/"
    assert run(*words, url + "4") == LONG
    run(*words, "-X", "DELE 4", "-I", url)
    assert maildrop.left() == 3
    assert maildrop.findings() == set()


@pytest.mark.parametrize("auth", ["plain", "user", "cram-md5", "scram-sha-256", "apop"])
@pytest.mark.parametrize("tls", ["stls", "tls"])
def test_mpop_delivers_everything_and_deletes_it(client, run, start_farm, tmp_path, auth, tls):
    maildrop = Maildrop(start_farm("pop3", pop3={"apop": auth == "apop"}))
    folder = tmp_path / "mail"
    for one in ("new", "cur", "tmp"):
        (folder / one).mkdir(parents=True)
    run(
        client("mpop"), "--file=/dev/null", "--host=localhost", "--user=alice", "--passwordeval=echo alice-pass",
        f"--port={maildrop.tls if tls == 'tls' else maildrop.port}", f"--auth={auth}", "--tls=on",
        f"--tls-starttls={'off' if tls == 'tls' else 'on'}", f"--tls-trust-file={maildrop.ca}", "--keep=off",
        f"--delivery=maildir,{folder}", f"--uidls-file={tmp_path / 'uidls'}", "--received-header=off",
    )  # fmt: skip
    assert in_maildir(folder) == sorted(map(with_lf, LETTERS))
    assert maildrop.left() == 0
    assert maildrop.findings() == set()


def test_mpop_reads_each_message_once_while_it_keeps_them(client, run, maildrop, tmp_path):
    words = [
        client("mpop"), "--file=/dev/null", "--host=localhost", "--user=alice", "--passwordeval=echo alice-pass",
        f"--port={maildrop.port}", "--tls=on", "--tls-starttls=on", f"--tls-trust-file={maildrop.ca}", "--keep=on",
        f"--delivery=mbox,{tmp_path / 'mbox'}", f"--uidls-file={tmp_path / 'uidls'}",
    ]  # fmt: skip
    run(*words)
    maildrop.has(ONE_LINE)
    run(*words)
    run(*words)
    assert (tmp_path / "mbox").read_bytes().count(b"\nSubject: ") == 5
    assert maildrop.left() == 5
    assert maildrop.findings() == set()


@pytest.mark.parametrize("tls", ["stls", "tls"])
def test_fetchmail_passes_everything_on_and_deletes_it(client, run, maildrop, tmp_path, tls):
    path = client("fetchmail")
    mda = tmp_path / "mda"
    mda.write_text(f'#!/bin/sh\nexec cat >"$(mktemp {tmp_path}/message.XXXXXX)"\n')
    mda.chmod(0o755)
    rc = tmp_path / "rc"
    mode = "ssl" if tls == "tls" else 'sslproto "TLS1.2+"'
    rc.write_text(
        f"poll localhost protocol pop3 port {maildrop.tls if tls == 'tls' else maildrop.port}\n"
        f'  user "alice" password "alice-pass" {mode} sslcertck sslcertfile "{maildrop.ca}"\n'
        f'  fetchall mda "{mda}" no rewrite\n'
    )
    rc.chmod(0o600)
    run("env", f"HOME={tmp_path}", f"FETCHMAILHOME={tmp_path}", "FETCHMAILUSER=alice", path, "-f", rc, "--invisible",
        "--nosyslog", "--pidfile", tmp_path / "pid")  # fmt: skip
    assert sorted(file.read_bytes() for file in tmp_path.glob("message.*")) == sorted(map(with_lf, LETTERS))
    assert maildrop.left() == 0
    assert maildrop.findings() == set()


def test_getmail_delivers_everything_and_deletes_it(client, run, maildrop, tmp_path):
    mda = tmp_path / "mda"
    mda.write_text(f'#!/bin/sh\nexec cat >"$(mktemp {tmp_path}/message.XXXXXX)"\n')
    mda.chmod(0o755)
    (tmp_path / "getmailrc").write_text(
        f"[retriever]\ntype = SimplePOP3SSLRetriever\nserver = localhost\nport = {maildrop.tls}\nusername = alice\n"
        f"password = alice-pass\nca_certs = {maildrop.ca}\n"
        f"[destination]\ntype = MDA_external\npath = {mda}\nallow_root_commands = true\n"
        "[options]\ndelete = true\ndelivered_to = false\nreceived = false\n"
    )
    run(client("getmail"), "--getmaildir", tmp_path, "--rcfile", "getmailrc")
    read = [file.read_bytes() for file in tmp_path.glob("message.*")]
    assert len(read) == 4
    assert any(with_lf(LONG) in one for one in read)
    assert maildrop.left() == 0
    assert maildrop.findings() == set()


@pytest.mark.parametrize("tls", ["stls", "tls"])
def test_mutt_fetches_everything_and_deletes_it(client, run_on_terminal, maildrop, tmp_path, tls):
    path = client("mutt")
    server = f"pops://alice@localhost:{maildrop.tls}" if tls == "tls" else f"pop://alice@localhost:{maildrop.port}"
    (tmp_path / "Mail").mkdir()
    (tmp_path / "inbox").touch()
    settings = {
        "ssl_ca_certificates_file": maildrop.ca, "certificate_file": maildrop.ca, "ssl_force_tls": "yes",
        "ssl_starttls": "yes", "pop_host": server, "pop_pass": "alice-pass", "pop_user": "alice",
        "pop_authenticators": "user", "pop_delete": "yes", "mbox_type": "mbox",
        "spoolfile": tmp_path / "inbox", "move": "no", "quit": "yes",
    }  # fmt: skip
    rc = tmp_path / "muttrc"
    lines = [f'set {name}="{value}"' for name, value in settings.items()]
    rc.write_text("\n".join([*lines, 'push "<fetch-mail><exit>"', ""]))
    run_on_terminal("timeout", "30", "env", f"HOME={tmp_path}", path, "-n", "-F", rc)
    saved = (tmp_path / "inbox").read_bytes()
    assert all(with_lf(letter).partition(b"\n\n")[2] in saved for letter in (ONE_LINE, LATIN, LONG))
    assert maildrop.left() == 0
    assert maildrop.findings() == set()


@pytest.mark.parametrize("tls", ["clear", "stls", "tls"])
def test_net_pop3_of_perl_reads_and_deletes(client, run, maildrop, tmp_path, tls):
    (tmp_path / "pop.pl").write_text(PERL)
    port = maildrop.tls if tls == "tls" else maildrop.port
    shown = run(client("perl"), tmp_path / "pop.pl", port, tls, maildrop.ca)
    lines = shown.split(b"\n")
    assert lines[0] == b"4 messages"
    assert [line.split()[2].decode() for line in lines[1:5]] == maildrop_uids_before(maildrop, deleted=1)
    assert with_lf(LETTER) in shown.replace(b"\r\n", b"\n")
    assert maildrop.left() == 3
    assert maildrop.findings() == ({"plain-in-clear"} if tls == "clear" else set())


def maildrop_uids_before(maildrop, *, deleted):
    """Return the identifiers that the maildrop had before its first messages were deleted."""
    validity, _, first = maildrop.uids()[0].partition(".")
    return [*(f"{validity}.{int(first) - deleted + at}" for at in range(deleted)), *maildrop.uids()]


@pytest.mark.parametrize("tls", [0, 1])
def test_mail_pop3client_of_perl_reads_and_deletes(client, run, maildrop, tmp_path, tls):
    perl = client("perl")
    if subprocess.run([perl, "-MMail::POP3Client", "-e", "1"], capture_output=True, check=False).returncode:
        lacking("there is no Mail::POP3Client on this machine")
    (tmp_path / "pop.pl").write_text(MAIL_CLIENT)
    port = maildrop.tls if tls else maildrop.port
    shown = run("env", f"SSL_CERT_FILE={maildrop.ca}", perl, tmp_path / "pop.pl", port, tls)
    assert with_lf(ONE_LINE).strip() in shown.replace(b"\r\n", b"\n")
    assert maildrop.left() == 3
    assert maildrop.findings() == (set() if tls else {"plain-in-clear"})


@pytest.mark.parametrize("tls", ["clear", "tls"])
def test_node_pop3_reads_and_deletes(client, run, maildrop, tmp_path, tls):
    node = client("node")
    if subprocess.run([node, "-e", "require('node-pop3')"], capture_output=True, check=False).returncode:
        lacking("there is no node-pop3 on this machine")
    (tmp_path / "pop.js").write_text(NODE)
    shown = run(node, tmp_path / "pop.js", maildrop.tls if tls == "tls" else maildrop.port, tls).decode()
    assert all(uid in shown for uid in maildrop.uids())
    assert "Subject: dots" in shown
    assert maildrop.left() == 3
    assert maildrop.findings() == ({"plain-in-clear"} if tls == "clear" else set())


def test_a_client_that_is_cut_off_knows_and_reads_the_message_again(maildrop, trust):
    maildrop.farm.call(maildrop.farm.world.faults.add, cut_after(1000))
    pop = logged_in(maildrop, trust)
    with pytest.raises((poplib.error_proto, OSError)):
        pop.retr(4)
    pop.close()
    again = logged_in(maildrop, trust)
    assert b"\r\n".join(again.retr(4)[1]) + b"\r\n" == LONG
    again.quit()
    assert maildrop.left() == 4


def logged_in(maildrop, trust):
    """Return a connection of poplib."""
    pop = poplib.POP3_SSL("127.0.0.1", maildrop.tls, timeout=20, context=trust)
    pop.user("alice")
    pop.pass_("alice-pass")
    return pop


def cut_after(size):
    """Return the fault that closes after that many bytes of the answer to RETR 4."""
    return Plan(service="pop3", match=Match(verb="RETR", argument="4"), do=Do(limit=Limit(size)))
