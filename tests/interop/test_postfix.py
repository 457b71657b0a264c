"""Postfix as a client: its queue delivers over SMTP and LMTP under STARTTLS, and again where a reply asks for it.

Its package is not installed (it would set up a mail server), only unpacked; a master of its own is started here, with
its queue in a folder of the test. It gets its mail from smtp-source over a UNIX socket, so it listens on no port.
"""

import json
import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.interop.conftest import lacking, own_network

SERVICES = """\
inbox unix n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
retry unix - - n - - error
error unix - - n - - error
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""
OPTIONS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {root}/usr/lib/postfix/sbin
command_directory = {root}/usr/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {root}/usr/share/postfix
import_environment = LD_LIBRARY_PATH={root}/usr/lib/postfix MAIL_CONFIG={folder}/etc
mail_owner = {owner}
setgid_group = tty
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
alias_maps =
local_recipient_maps =
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = reject_unauth_destination
relay_domains = homeport.test
relay_transport = {transport}
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
myhostname = client.example
inet_protocols = ipv4
smtp_tls_CAfile = {ca}
smtp_tls_security_level = encrypt
lmtp_tls_CAfile = {ca}
lmtp_tls_security_level = encrypt
smtp_host_lookup = native
smtp_dns_support_level = disabled
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
"""
BY_DANE = {
    "relay_transport = {transport}": "relay_transport = smtp:",
    "smtp_tls_CAfile = {ca}": "",
    "smtp_tls_security_level = encrypt": "smtp_tls_security_level = dane-only\nsmtp_tls_loglevel = 1",
    "smtp_host_lookup = native": "smtp_host_lookup = dns",
    "smtp_dns_support_level = disabled": "smtp_dns_support_level = dnssec",
}
"""What is otherwise: it finds the server by MX in the DNS, and trusts it by TLSA alone (RFC 7672)."""
ON_WELL_KNOWN_PORTS = """\
echo "nameserver 127.0.0.77" >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
exec "$@" up --well-known --host 127.0.0.77 --services dns,smtp --set dns.authentic_data=true --until-eof
"""


class Postfix:
    """A running Postfix. prefix: command that has it started elsewhere, such as in a network of its own."""

    def __init__(
        self, smtp_source: str, root: Path, folder: Path, options: str, prefix: Sequence[str] = (), **fields: str
    ) -> None:
        self._source = smtp_source
        self._queue = folder / "queue"
        self.log = folder / "log"
        owner = pwd.getpwnam("mail")
        for name in ("etc", "data", "queue"):
            (folder / name).mkdir(parents=True)
        for name in (
            "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "pid", "private", "public",
            "saved", "trace", "maildrop",
        ):  # fmt: skip
            (self._queue / name).mkdir()
            os.chown(self._queue / name, 0 if name == "pid" else owner.pw_uid, 0)
        os.chown(folder / "data", owner.pw_uid, 0)
        fields |= {"folder": str(folder), "root": str(root), "owner": owner.pw_name}
        (folder / "etc" / "main.cf").write_text(options.format(**fields))
        (folder / "etc" / "master.cf").write_text(SERVICES)
        environment = {**os.environ, "LD_LIBRARY_PATH": str(root / "usr/lib/postfix")}
        # It returns when the daemon that it starts is ready.
        master = [*prefix, root / "usr/lib/postfix/sbin/master", "-c", folder / "etc", "-w"]
        subprocess.run(master, env=environment, check=True, timeout=60)
        self._pid = int((self._queue / "pid" / "master.pid").read_text())

    def send(self, *options: str) -> None:
        """Have smtp-source give it mail."""
        subprocess.run([self._source, *options, f"unix:{self._queue}/public/inbox"], check=True, timeout=60)

    def stop(self) -> None:
        """End it with its processes."""
        process = os.pidfd_open(self._pid)
        signal.pidfd_send_signal(process, signal.SIGTERM)
        select.select([process], [], [], 20)
        os.close(process)


@pytest.fixture
def start_postfix(client):
    """Start Postfix with a transport: `start_postfix("smtp:[127.0.0.1]:25", ca)`."""
    source = client("smtp-source")
    roots = [one for one in Path(source).parents if (one / "usr/lib/postfix/sbin/master").exists()]
    if not roots:
        lacking("there is no Postfix beside smtp-source")
    if os.geteuid() != 0:
        lacking("only root can start Postfix")
    folder = Path(tempfile.mkdtemp())  # the user of its queue may not enter pytest's folders
    folder.chmod(0o755)
    started = []

    def start(transport, ca, options=OPTIONS, prefix=()):
        started.append(Postfix(source, roots[0], folder / "home", options, prefix, transport=transport, ca=ca))
        return started[-1]

    yield start
    for postfix in started:
        postfix.stop()
    shutil.rmtree(folder)


FROM_BOB = ("-f", "bob@homeport.test")
GREYLISTED = {"reply": {"code": 451, "enhanced": "4.7.1", "text": "greylisted"}}


def test_200_messages_arrive_once_under_starttls_although_two_recipients_are_greylisted(start_postfix, post):
    post.plan(match={"verb": "RCPT"}, do=GREYLISTED, times=2)
    postfix = start_postfix(f"smtp:[127.0.0.1]:{post.starttls}", post.ca)
    postfix.send("-m", "200", "-s", "10", *FROM_BOB, "-t", "alice@homeport.test")
    messages = post.messages(200)
    assert len({re.search(rb"(?m)^Message-Id: .*", post.raw(message), re.I)[0] for message in messages}) == 200
    assert {message["envelope"]["protocol"] for message in messages} == {"ESMTPS"}
    codes = [event["code"] for event in post.farm.events("command") if event["verb"] == "RCPT"]
    assert (codes.count("451"), codes.count("250")) == (2, 200)
    assert post.findings() == set()


def test_it_delivers_over_lmtp_and_sends_again_only_what_a_recipient_did_not_get(start_postfix, start_post):
    post = start_post(protocol="lmtp")
    match = {"verb": ".", "argument": "2alice@homeport.test"}
    post.plan(match=match, do={"reply": {"code": 452, "enhanced": "4.2.2", "text": "mailbox full"}}, times=1)
    postfix = start_postfix(f"lmtp:inet:127.0.0.1:{post.starttls}", post.ca)
    postfix.send("-m", "1", *FROM_BOB, "-r", "3", "-t", "alice@homeport.test")
    messages = post.messages(2)
    received = [sorted(one["address"].partition("@")[0] for one in message["envelope"]["to"]) for message in messages]
    assert received == [["3alice", "alice"], ["2alice"]]
    assert post.findings() == set()


@pytest.fixture
def well_known_farm(tmp_path, homeport_command):
    """A farm on the well-known ports of a network of its own, whose DNS the system there asks; returns its pid."""
    unshare, *rest = own_network()
    command = [unshare, "--mount", *rest, "bash", "-c", ON_WELL_KNOWN_PORTS, "bash", *homeport_command]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield json.loads(process.stdout.readline())["pid"]
        process.stdin.close()


def test_it_finds_the_server_by_mx_and_trusts_it_by_dane_alone(start_postfix, well_known_farm):
    options = OPTIONS
    for line, other in BY_DANE.items():
        assert line in options
        options = options.replace(line, other)
    postfix = start_postfix("", "", options, ["nsenter", f"--target={well_known_farm}", "--net", "--mount"])
    postfix.send("-m", "1", *FROM_BOB, "-t", "alice@homeport.test")
    words = wait_for(postfix.log, "status=sent")
    assert "Verified TLS connection established to mail.homeport.test[127.0.0.77]:25" in words


def wait_for(log, words, timeout_s=30):
    """Read a log until it has these words, and return it."""
    with subprocess.Popen(["timeout", str(timeout_s), "tail", "-n", "+1", "-F", log], stdout=subprocess.PIPE) as tail:
        read = ""
        for line in tail.stdout:
            read += line.decode()
            if words in read:
                tail.terminate()
                return read
    pytest.fail(f"no {words!r} in:\n{read}")
