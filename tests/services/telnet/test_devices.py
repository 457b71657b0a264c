"""Devices: modes, abbreviations, the running configuration, pages, faults, menus."""

import pytest
from tests.services.telnet.keyboard import Keyboard

from homeport.services.telnet.devices.configuration import Configuration, InvalidLine
from homeport.services.telnet.devices.device import Device
from homeport.services.telnet.devices.phrases import NoPhrase, find_phrase, parse_phrase
from homeport.services.telnet.front import check_program
from homeport.services.telnet.options import TelnetOptions

PHRASES = [parse_phrase(one) for one in ("show version", "show vlan", "show", "ping ...", "write", "write memory")]


def device(name="router", world=None, **options):
    return Keyboard(world, program=name, **options).log_in()


def configuring(**options):
    router = device(**options)
    router.type("enable", "enable-pass", "configure terminal")
    return router


def test_a_router_goes_through_its_modes():
    router = device()
    assert router.written.endswith("router>")
    assert router.type("enable").endswith("Password: ")
    assert router.type("enable-pass").endswith("router#")
    assert router.type("conf t").endswith("router(config)#")
    assert router.type("int gi0/1").endswith("router(config-if)#")
    assert router.type("hostname edge").endswith("edge(config)#")
    assert router.type("end").endswith("edge#")
    assert router.type("disable").endswith("edge>")
    router.type("exit")
    assert router.is_closed


def test_a_wrong_enable_password_is_refused_three_times():
    router = device()
    assert router.type("enable", "x", "y", "z").endswith("% Bad secrets\n\nrouter>")


@pytest.mark.parametrize(
    ("typed", "words"), [("sh ver", ("show", "version")), ("wr", ("write",)), ("write mem", ("write", "memory"))]
)
def test_words_are_abbreviated(typed, words):
    assert find_phrase(typed, PHRASES)[0].words == words


@pytest.mark.parametrize(
    ("typed", "problem", "column"),
    [("sh v", "Ambiguous", -1), ("show x", "Invalid input", 5), ("x", "Invalid input", 0), ("show show ver", "Inv", 5)],
)
def test_what_no_command_means_is_told_with_its_place(typed, problem, column):
    with pytest.raises(NoPhrase, match=problem) as raised:
        find_phrase(typed, PHRASES)
    assert raised.value.column == column


def test_user_mode_lacks_what_changes_something():
    assert "% Invalid input" in device().type("configure terminal")


def test_what_one_session_configures_another_sees_and_a_reload_forgets(world):
    first = configuring(world=world)
    first.type("interface g0/2", "desc Pier", "no shut", "ip address 192.0.2.9 255.255.255.0", "end")
    second = device(world=world)
    second.type("terminal length 0")
    assert "GigabitEthernet0/2         192.0.2.9       YES manual up" in second.type("show ip int brief")
    assert "description Pier" in second.type("show running-config interface g0/2")
    assert "description Pier" not in second.type("show startup-config")
    first.type("write memory")
    assert "description Pier" in second.type("show startup-config")
    first.type("conf t", "hostname lost", "end", "reload", "y")
    assert first.is_closed
    assert second.type("show version").endswith("router>")


def test_answers_are_filtered():
    router = device()
    assert router.type("show ip interface brief | include up").count("\n") == 3
    assert router.type("show run | count interface").startswith("Number of lines = 4")
    assert router.type("show run | section ^interface Loopback0") == (
        "interface Loopback0\n ip address 203.0.113.1 255.255.255.255\nrouter>"
    )


def test_long_answers_are_paged_until_the_length_is_zero():
    router = device()
    assert router.type("show running-config").endswith(" --More-- ")
    assert router.type("q").endswith("router>")
    assert "--More--" not in router.type("terminal length 0", "show running-config")


def test_an_error_does_not_end_configuration_mode():
    router = configuring()
    assert router.type("bogus").endswith("router(config)#")
    assert "% Invalid input detected at '^' marker." in router.type("interface g0/1", "bogus")


def test_the_faults_of_devices_act_once():
    router = device()
    router.type("terminal length 0")
    router.words["paging-on"] = True
    assert router.type("show running-config").endswith(" --More-- ")
    router.type("q")
    router.words["slow-echo"] = True
    router.type("show clock")
    router.type("exit")
    assert router.timers["pause"] == 0.05
    stuck = device()
    stuck.words["hang-in-answer"] = True
    shown = stuck.type("show running-config")
    assert "hostname router" in shown
    assert not shown.endswith(">")
    assert stuck.type("q") == ""


def test_a_session_is_kicked_out_in_configuration_mode_only():
    router = device()
    router.words["kicked-out"] = True
    router.type("show clock")
    assert not router.is_closed
    router.type("enable", "enable-pass", "conf t", "hostname x")
    assert router.is_closed


def test_a_device_of_ones_own_answers_as_it_is_configured():
    own = Device(
        name="modem",
        login="password",
        password="secret",
        user_prompt="{host}$ ",
        commands={"ati": "Homeport modem\n{host}"},
        delay=0.5,
    )
    modem = Keyboard(program="modem", device=[own])
    assert modem.type("secret").endswith("modem$ ")
    assert modem.type("ati") == ""
    assert modem.fire("pause") == "Homeport modem\nmodem\nmodem$ "


def test_a_power_supply_switches_outlets_from_its_menus(world):
    ups = device("ups", world)
    assert "Outlet 3: On" in ups.type("2")
    assert "enter YES" in ups.type("3")
    assert "Nothing was changed" in ups.type("yes")
    assert "Command successful" in ups.type("2", "3", "YES")
    assert "Outlet 3: Off" in device("ups", world).type("2")
    ups.type(*[""] * 3000)
    ups.type("\x1b", "5")
    assert ups.is_closed


def test_a_console_server_connects_to_other_devices(world):
    console = device("console", world)
    assert "1  router" in console.type("ports")
    assert console.type("connect 1").endswith("router>")
    assert "Homeport Router" in console.type("show version")
    assert console.type("~.").endswith("console> ")
    assert "no such port" in console.type("connect 99")
    console.type("connect switch")
    assert console.type("exit").endswith("console> ")
    console.type("exit")
    assert console.is_closed


def test_a_configuration_is_bounded():
    configuration = Configuration("hostname x\n")
    with pytest.raises(InvalidLine, match="full"):
        for number in range(5000):
            configuration.apply("", f"logging host 192.0.2.{number}")
    with pytest.raises(InvalidLine, match="full"):
        configuration.apply("", "logging " + "x" * 500)
    configuration.apply("", "no logging")
    assert configuration.text() == "hostname x"


def test_the_program_must_exist():
    assert check_program(TelnetOptions(program="router"), None) == []
    assert "there is no 'toaster'" in check_program(TelnetOptions(program="toaster"), None)[0]
    twice = [Device(name="shell"), Device(name="shell")]
    assert len(check_program(TelnetOptions(device=twice), None)) == 2
