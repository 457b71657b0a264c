"""Automation libraries drive the devices behind Telnet: netmiko, Exscript, scrapli, pexpect, expect."""

import importlib.util
import shutil
import subprocess

import pytest
from tests.conftest import RunningFarm, farm_config
from tests.interop.conftest import lacking

from homeport.protocol.faults import Do, Match, Plan

EXPECT = r"""
set timeout 20
spawn telnet 127.0.0.1 [lindex $argv 0]
expect "Username: " { send "alice\r" }
expect "Password: " { send "alice-pass\r" }
expect "router>" { send "enable\r" }
expect "Password: " { send "enable-pass\r" }
expect "router#" { send "show running-config\r" }
expect {
    -ex " --More-- " { send " "; exp_continue }
    -re "\nend\r\n(.*)#" { send "exit\r" }
    timeout { exit 2 }
}
expect eof
"""


@pytest.fixture(scope="module", params=["router"])
def router(request):
    farm = RunningFarm(farm_config("telnet", telnet={"program": request.param}))
    yield farm
    farm.stop()


def require(module):
    if importlib.util.find_spec(module) is None:
        lacking(f"there is no {module} on this machine")
    return importlib.import_module(module)


def by_netmiko(farm, kind="cisco_ios_telnet", **options):
    netmiko = require("netmiko")
    where = {"host": "127.0.0.1", "port": farm.port("telnet")}
    who = {"username": "alice", "password": "alice-pass", "secret": "enable-pass"}
    return netmiko.ConnectHandler(device_type=kind, **where, **who, **options)


def test_netmiko_configures_a_router_and_saves_it(router):
    client = by_netmiko(router)
    client.enable()
    assert "192.0.2.1" in client.send_command("show ip interface brief")
    sent = client.send_config_set(["interface g0/2", "description Pier", "no shutdown"], error_pattern="% Invalid")
    assert "router(config-if)#" in sent
    assert "[OK]" in client.save_config()
    assert " description Pier" in client.send_command("show running-config")
    client.disconnect()


def test_netmiko_tells_an_invalid_line_of_configuration(router):
    netmiko = require("netmiko")
    client = by_netmiko(router)
    client.enable()
    with pytest.raises(netmiko.exceptions.ConfigInvalidException):
        client.send_config_set(["bogus line"], error_pattern=r"% Invalid input")
    client.disconnect()


def test_netmiko_times_out_on_an_answer_that_stops(router):
    netmiko = require("netmiko")
    client = by_netmiko(router)
    match = Match(verb="LINE", argument="show version")
    router.call(router.world.faults.add, Plan(service="telnet", match=match, do=Do(frame="hang-in-answer")))
    with pytest.raises(netmiko.exceptions.ReadTimeout):
        client.send_command("show version", read_timeout=1)
    client.disconnect()
    assert router.events("fault")[-1]["did"] == "stopped in the middle of the answer"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Exscript leaves files open
def test_exscript_logs_in_and_runs_a_command(router):
    exscript = require("Exscript")
    protocols = require("Exscript.protocols")
    client = protocols.Telnet(timeout=20)
    client.set_driver("ios")
    client.connect("127.0.0.1", router.port("telnet"))
    account = exscript.Account("alice", "alice-pass", "enable-pass")
    client.login(account)
    client.execute("terminal length 0")
    client.execute("show version")
    assert "Homeport Router" in client.response
    client.send("exit\r")
    client.close()


def test_pexpect_drives_the_telnet_client(router):
    pexpect = require("pexpect")
    if shutil.which("telnet") is None:
        lacking("there is no telnet on this machine")
    child = pexpect.spawn("telnet", ["127.0.0.1", str(router.port("telnet"))], timeout=20, encoding="utf-8")
    for prompt, line in (("Username: ", "alice"), ("Password: ", "alice-pass"), ("router>", "show clock")):
        child.expect_exact(prompt)
        child.sendline(line)
    child.expect(r"UTC \d{4}")
    child.sendline("exit")
    child.expect(pexpect.EOF)


def test_expect_pages_through_a_configuration(router, tmp_path):
    if shutil.which("expect") is None or shutil.which("telnet") is None:
        lacking("there is no expect, or no telnet, on this machine")
    script = tmp_path / "pages.exp"
    script.write_text(EXPECT)
    done = subprocess.run(
        ["expect", script, str(router.port("telnet"))], capture_output=True, text=True, timeout=60, check=True
    )
    assert "interface Loopback0" in done.stdout
    assert "--More--" in done.stdout


def test_scrapli_enters_privileged_mode_by_itself(router):
    scrapli = require("scrapli")
    account = scrapli.AuthOptions(
        username="alice", password="alice-pass", lookups=[scrapli.LookupKeyValue(key="enable", value="enable-pass")]
    )
    transport = scrapli.TransportTelnetOptions()
    where = {"host": "127.0.0.1", "port": router.port("telnet"), "definition_file_or_name": "cisco_iosxe"}
    with scrapli.Cli(**where, auth_options=account, transport_options=transport) as client:
        assert "UTC 20" in client.send_input("show clock").result
