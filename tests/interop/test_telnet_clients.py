"""Clients of Telnet by other authors: each logs in, has the shell repeat a text, and logs out."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import RunningFarm, farm_config
from tests.interop.conftest import lacking

SAID = b"made it"
PERL = """
use Net::Telnet;
my $telnet = Net::Telnet->new(Host => "127.0.0.1", Port => $ARGV[0], Timeout => 30, Prompt => '/\\$ $/');
$telnet->login("alice", "alice-pass");
print $telnet->cmd("echo made it");
"""
TELNETLIB = """
import sys, telnetlib
telnet = telnetlib.Telnet("127.0.0.1", int(sys.argv[1]), 30)
telnet.read_until(b"login: ", 30); telnet.write(b"alice\\r\\n")
telnet.read_until(b"Password: ", 30); telnet.write(b"alice-pass\\r\\n")
telnet.read_until(b"$ ", 30); telnet.write(b"echo made it\\r\\n")
print(telnet.read_until(b"made it\\r\\n", 30)); telnet.write(b"exit\\r\\n")
telnet.read_all()
"""
TELNETLIB3 = """
import asyncio, sys, telnetlib3
async def main():
    reader, writer = await telnetlib3.open_connection("127.0.0.1", int(sys.argv[1]), connect_minwait=0.1)
    async def until(end):
        got = ""
        while end not in got:
            got += await asyncio.wait_for(reader.read(100), 30)
        return got
    await until("login: "); writer.write("alice\\r\\n")
    await until("Password: "); writer.write("alice-pass\\r\\n")
    await until("$ "); writer.write("echo made it\\r\\n")
    print(await until("made it\\r\\n")); writer.write("exit\\r\\n")
    writer.close()
asyncio.run(main())
"""
NODE = """
const {Telnet} = require("telnet-client");
(async () => {
  const telnet = new Telnet();
  await telnet.connect({host: "127.0.0.1", port: process.argv[1], timeout: 30000, loginPrompt: "login: ",
    passwordPrompt: "Password: ", username: "alice", password: "alice-pass", shellPrompt: /\\$ $/});
  console.log(await telnet.exec("echo made it"));
  await telnet.end();
})();
"""
EXPECT = """
set timeout 30
spawn {command}
expect "login: "; send "alice\\r"
expect "Password: "; send "alice-pass\\r"
expect "$ "; send "echo made it\\r"
expect "made it\\r\\n"
expect "$ "; send "exit\\r"
expect eof
"""


@pytest.fixture(scope="module")
def telnet_farm():
    farm = RunningFarm(farm_config("telnet"))
    yield farm
    farm.stop()


def run(command, **environment):
    """Run a client to its end; return its output."""
    done = subprocess.run(
        command,
        capture_output=True,
        timeout=110,
        check=False,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
    )
    return done.stdout + done.stderr


def under_expect(client, *command):
    """Drive a program for people, on a terminal."""
    return run([client("expect"), "-c", EXPECT.format(command=" ".join(command))], TERM="vt100", USER="")


def logins(farm):
    return farm.call(lambda: [e["login"] for e in farm.world.journal.events(0) if e["type"] == "login"])


@pytest.mark.parametrize("name", ["inetutils", "busybox"])
def test_programs_for_people_log_in_on_a_terminal(client, telnet_farm, name):
    program = [client("telnet")] if name == "inetutils" else [client("busybox"), "telnet"]
    before = len(logins(telnet_farm))
    shown = under_expect(client, *program, "127.0.0.1", str(telnet_farm.port("telnet")))
    assert shown.count(SAID) >= 2  # the echo, and the answer
    assert b"alice-pass" not in shown
    assert logins(telnet_farm)[before:] == ["alice"]


def test_plink_logs_in(client, telnet_farm):
    # It sends USER by NEW-ENVIRON, so that only the password is asked for.
    script = EXPECT.replace('expect "login: "; send "alice\\r"\n', "")
    command = f"{client('plink')} -telnet -l alice -P {telnet_farm.port('telnet')} 127.0.0.1"
    shown = run([client("expect"), "-c", script.format(command=command)], TERM="vt100")
    assert shown.count(SAID) >= 2
    assert b"alice-pass" not in shown


def test_curl_logs_in_from_a_file(client, telnet_farm):
    port = telnet_farm.port("telnet")
    done = subprocess.run(
        [client("curl"), "-sN", "-m", "60", f"telnet://127.0.0.1:{port}"],
        input=b"alice\nalice-pass\necho made it\nexit\n",
        capture_output=True,
        timeout=110,
        check=False,
    )
    assert SAID in done.stdout
    assert b"alice-pass" not in done.stdout


def test_net_telnet_logs_in(client, telnet_farm):
    shown = run([client("perl"), "-e", PERL, str(telnet_farm.port("telnet"))])
    if b"Can't locate Net/Telnet.pm" in shown:
        lacking("there is no Net::Telnet on this machine")
    assert shown.startswith(SAID)


@pytest.mark.parametrize(("module", "script"), [("telnetlib", TELNETLIB), ("telnetlib3", TELNETLIB3)])
def test_libraries_of_python_log_in(telnet_farm, module, script):
    if importlib.util.find_spec(module) is None:
        lacking(f"there is no Python package {module} on this machine")
    shown = run([sys.executable, "-W", "ignore", "-c", script, str(telnet_farm.port("telnet"))])
    assert SAID in shown


def test_telnet_client_of_node_logs_in(client, telnet_farm):
    folder = os.environ.get("NODE_PATH", "")
    if not folder or not (Path(folder) / "telnet-client").is_dir():
        lacking("there is no telnet-client for node on this machine")
    assert SAID in run([client("node"), "-e", NODE, str(telnet_farm.port("telnet"))])


def test_nmap_recognizes_telnet_without_encryption(client, telnet_farm):
    port = str(telnet_farm.port("telnet"))
    shown = run([client("nmap"), "-Pn", "-n", "-p", port, "--script", "+telnet-encryption,banner", "127.0.0.1"])
    assert b"Telnet server does not support encryption" in shown


@pytest.mark.parametrize("word", ["option-storm", "refuse-all", "commands", "half-sb", "synch", "send-go-ahead"])
def test_a_robust_client_logs_in_under_a_fault(client, telnet_farm, word):
    from homeport.protocol.faults import Do, Match, Plan

    plan = Plan(service="telnet", match=Match(verb="CONNECT"), do=Do(frame=word))
    fault = telnet_farm.call(telnet_farm.world.faults.add, plan)
    try:
        shown = under_expect(client, client("telnet"), "127.0.0.1", str(telnet_farm.port("telnet")))
    finally:
        telnet_farm.call(telnet_farm.world.faults.remove, fault.id)
    assert fault.acted == 1
    assert SAID in shown
