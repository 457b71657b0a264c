"""Programs and libraries that send log messages: what arrives, and what each of them does wrong."""

import logging
import logging.handlers
import os
import socket
import subprocess
from contextlib import contextmanager

import pytest
from tests.interop.conftest import lacking

from homeport.testing import Farm

BSD = ["bsd-format"]
GO = """package main
import ("log/syslog"; "os")
func main() {
	w, err := syslog.Dial(os.Args[1], os.Args[2], syslog.LOG_WARNING|syslog.LOG_DAEMON, "shop")
	if err != nil { panic(err) }
	w.Err("order 815")
	w.Close()
}
"""
NODE = """const syslog = require("syslog-client");
const [host, port, transport, rfc] = process.argv.slice(2);
const client = syslog.createClient(host, {port: Number(port), syslogHostname: "web1", appName: "shop",
  transport: syslog.Transport[transport], rfc3164: rfc === "3164"});
client.log("order 815", {facility: syslog.Facility.Daemon, severity: syslog.Severity.Error}, (error) => {
  if (error) throw error;
  client.close();
});
"""
PERL = """use Sys::Syslog qw(:standard :macros setlogsock);
my ($host, $port, $kind) = @ARGV;
setlogsock({type => $kind, host => $host, port => $port}) or die "no $kind";
openlog("shop", "ndelay,pid", LOG_DAEMON);
syslog(LOG_ERR, "order %d", 815);
closelog();
"""
RSYSLOG = """module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{folder}/log")
action(type="omfwd" target="127.0.0.1" port="{port}" {options})
"""
SYSLOG_NG = """@version: 3.38
source s {{ unix-dgram("{folder}/log"); }};
destination d {{ {destination} }};
log {{ source(s); destination(d); }};
"""


@pytest.fixture(scope="module")
def farm_of_logs():
    with Farm(services=["syslog"]) as farm:
        yield farm


@pytest.fixture
def syslog(farm_of_logs):
    farm_of_logs.reset()
    return farm_of_logs.syslog


def run(*words):
    subprocess.run([str(word) for word in words], check=True, timeout=240, capture_output=True)


def shown(message):
    """Return what tells one client from another."""
    return message.listener, message.framing, message.format, message.facility, message.severity, message.text


@pytest.mark.parametrize(
    ("options", "outcome", "findings"),
    [
        (["--udp"], ("udp", "datagram", "rfc5424"), []),
        (["--udp", "--rfc5424"], ("udp", "datagram", "rfc5424"), []),
        (["--udp", "--rfc3164"], ("udp", "datagram", "bsd"), BSD),
        (["--tcp", "--rfc5424"], ("tcp", "line", "rfc5424"), []),
        (["--tcp", "--rfc3164"], ("tcp", "line", "bsd"), BSD),
        (["--tcp", "--rfc5424", "--octet-count"], ("tcp", "octet-counting", "rfc5424"), []),
        (["--udp", "--rfc5424", "--octet-count"], ("udp", "datagram", "rfc5424"), ["octet-count-in-udp"]),
    ],
)
def test_logger(client, syslog, options, outcome, findings):
    port = syslog.tcp.port if "--tcp" in options else syslog.port
    words = ["--server", "127.0.0.1", "--port", port, "-p", "daemon.err", "-t", "shop", "--id=4711", *options]
    run(client("logger"), *words, "order 815")
    message = syslog.wait_for(text="order 815")
    assert shown(message) == (*outcome, "daemon", "err", "order 815")
    assert (message.app, message.procid) == ("shop", "4711")
    assert message.findings == findings


def test_logger_sends_structured_data(client, syslog):
    words = ["--server", "127.0.0.1", "--port", syslog.port, "--udp", "--rfc5424", "--sd-id", "order@32473"]
    run(client("logger"), *words, "--sd-param", 'number="815"', "order 815")
    message = syslog.wait_for(text="order 815")
    assert message.structured_data["order@32473"] == {"number": "815"}
    assert "timeQuality" in message.structured_data
    assert message.findings == ["sd-example-number"]


@pytest.mark.parametrize(
    ("kind", "framing", "findings"),
    [
        (socket.SOCK_DGRAM, "datagram", ["nul-ends", "bsd-format", "bsd-timestamp-missing"]),
        (socket.SOCK_STREAM, "line", ["nul-ends", "bsd-format", "bsd-timestamp-missing"]),
    ],
)
def test_python(syslog, kind, framing, findings):
    """logging.handlers.SysLogHandler has no header, and ends every message with NUL."""
    place = syslog.address if kind == socket.SOCK_DGRAM else syslog.tcp.address
    handler = logging.handlers.SysLogHandler(tuple(place), logging.handlers.SysLogHandler.LOG_DAEMON, kind)
    handler.ident = "shop: "
    for number in (815, 816):
        handler.emit(logging.makeLogRecord({"levelno": logging.ERROR, "levelname": "ERROR", "msg": f"order {number}"}))
    handler.close()
    messages = syslog.wait_for_all(2, app="shop")
    assert [one.text for one in messages] == ["order 815", "order 816"]
    assert shown(messages[0])[1:5] == (framing, "bsd", "daemon", "err")
    assert sorted(messages[0].findings) == sorted(findings)


@pytest.mark.parametrize(("kind", "framing"), [("udp", "datagram"), ("tcp", "line")])
def test_go(client, syslog, tmp_path, kind, framing):
    """log/syslog sends a time with seconds of RFC 3339 in the place of BSD syslog's."""
    (tmp_path / "log.go").write_text(GO)
    run(client("go"), "run", tmp_path / "log.go", kind, (syslog.tcp if kind == "tcp" else syslog).address)
    message = syslog.wait_for(text="order 815")
    assert (message.framing, message.format, message.severity, message.app) == (framing, "bsd", "err", "shop")
    ends = ["newline-ends"] if kind == "udp" else []
    assert message.findings == [*ends, "bsd-format", "bsd-timestamp"]


@pytest.mark.parametrize(
    ("transport", "rfc", "findings"),
    [
        ("Udp", "3164", ["newline-ends", "bsd-format", "bsd-tag-missing"]),
        ("Tcp", "3164", ["bsd-format", "bsd-tag-missing"]),
        ("Udp", "5424", ["newline-ends"]),
        ("Tcp", "5424", []),
    ],
)
def test_node(client, syslog, tmp_path, transport, rfc, findings):
    node = client("node")
    if subprocess.run([node, "-e", 'require("syslog-client")'], capture_output=True, check=False).returncode:
        lacking("there is no syslog-client for Node on this machine")
    (tmp_path / "log.js").write_text(NODE)
    port = syslog.tcp.port if transport == "Tcp" else syslog.port
    run(node, tmp_path / "log.js", "127.0.0.1", port, transport, rfc)
    message = syslog.wait_for(text="order 815")
    assert (message.host, message.severity) == ("web1", "err")
    assert message.findings == findings


@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_perl(client, syslog, tmp_path, kind):
    """Sys::Syslog sends no HOSTNAME, and ends messages with NUL and LF."""
    (tmp_path / "log.pl").write_text(PERL)
    port = syslog.tcp.port if kind == "tcp" else syslog.port
    run(client("perl"), tmp_path / "log.pl", "127.0.0.1", port, kind)
    message = syslog.wait_for(text="order 815")
    assert (message.listener, message.app, message.severity, message.format) == (kind, "shop", "err", "bsd")
    assert "bsd-hostname-missing" in message.findings


@contextmanager
def relay(folder, config, *command):
    """Run a server of the user's own, which takes messages from a socket in the folder; yield a function that logs."""
    (folder / "conf").write_text(config)
    with (folder / "errors").open("w") as log:
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log)
    try:

        def send(text):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local:
                for _ in range(2000):
                    try:
                        local.connect(os.fspath(folder / "log"))
                        break
                    except OSError:
                        if process.poll() is not None:
                            pytest.fail((folder / "errors").read_text())
                        process_sleep(folder)
                local.send(f"<27>Oct 14 17:46:40 shop[4711]: {text}".encode())

        yield send
    finally:
        process.terminate()
        process.wait()


def process_sleep(folder):
    """Give the other process a turn: it makes the socket when it has started."""
    subprocess.run(["ls", folder], capture_output=True, check=True)


@pytest.mark.parametrize(
    ("options", "listener", "framing", "findings"),
    [
        ('protocol="udp"', "udp", "datagram", BSD),
        ('protocol="tcp"', "tcp", "line", BSD),
        ('protocol="tcp" TCP_Framing="octet-counted"', "tcp", "octet-counting", BSD),
        ('protocol="udp" template="RSYSLOG_SyslogProtocol23Format"', "udp", "datagram", ["newline-ends"]),
        (
            'protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"',
            *("tcp", "octet-counting", ["newline-ends"]),
        ),
        (
            'protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format" StreamDriver="gtls" '
            'StreamDriverMode="1" StreamDriverAuthMode="anon"',
            *("tls", "octet-counting", ["newline-ends"]),
        ),
        (
            'protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" StreamDriver="gtls" '
            'StreamDriverMode="1" StreamDriverAuthMode="anon"',
            *("tls", "line", ["count-missing-on-tls"]),
        ),
    ],
)
def test_rsyslog(client, syslog, tmp_path, options, listener, framing, findings):
    port = syslog.listener(listener).port
    config = f'global(workDirectory="{tmp_path}" DefaultNetstreamDriverCAFile="{syslog.ca_file}")\n'
    config += RSYSLOG.format(folder=tmp_path, port=port, options=options)
    command = [client("rsyslogd"), "-n", "-i", "NONE", "-f", tmp_path / "conf"]
    with relay(tmp_path, config, *command) as send:
        send("order 815")
        message = syslog.wait_for(text="order 815", timeout=30)
    assert (message.listener, message.framing, message.severity) == (listener, framing, "err")
    assert (message.app, message.procid) == ("shop", "4711")
    assert message.findings == findings


@pytest.mark.parametrize(
    ("destination", "listener", "framing", "findings"),
    [
        ('network("127.0.0.1" port({port}) transport("udp"));', "udp", "datagram", ["newline-ends", *BSD]),
        ('network("127.0.0.1" port({port}) transport("tcp"));', "tcp", "line", BSD),
        ('syslog("127.0.0.1" port({port}) transport("udp"));', "udp", "datagram", ["newline-ends"]),
        ('syslog("127.0.0.1" port({port}) transport("tcp"));', "tcp", "octet-counting", ["newline-ends"]),
        (
            'syslog("127.0.0.1" port({port}) transport("tls") tls(ca-file("{ca}") peer-verify(required-trusted)));',
            *("tls", "octet-counting", ["newline-ends"]),
        ),
    ],
)
def test_syslog_ng(client, syslog, tmp_path, destination, listener, framing, findings):
    port = syslog.listener(listener).port
    there = destination.format(port=port, ca=syslog.ca_file)
    config = SYSLOG_NG.format(folder=tmp_path, destination=there)
    places = [
        f"--{name}={tmp_path}/{file}" for name, file in (("persist-file", "p"), ("pidfile", "i"), ("control", "c"))
    ]
    command = [client("syslog-ng"), "-F", "--no-caps", f"--cfgfile={tmp_path}/conf", *places]
    with relay(tmp_path, config, *command) as send:
        send("order 815")
        message = syslog.wait_for(text="order 815", timeout=30)
    assert (message.listener, message.framing, message.severity) == (listener, framing, "err")
    assert message.app == "shop"
    assert message.findings == findings
