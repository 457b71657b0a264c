"""The show commands of routers and switches, answered from their configuration and from the world."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from homeport.services.telnet.devices.configuration import Configuration, spell_interface
from homeport.services.telnet.devices.phrases import NoPhrase
from homeport.services.telnet.shell.moments import date
from homeport.services.telnet.shell.people import presence_line
from homeport.version import __version__
from homeport.visible import visible_line

if TYPE_CHECKING:
    from homeport.services.telnet.devices.network import NetworkSession

Show = Callable[["NetworkSession", Sequence[str]], Iterable[str]]
ROUTER = """\
hostname {host}
ip domain-name homeport.test
ip route 0.0.0.0 0.0.0.0 192.0.2.254
ntp server 192.0.2.123
interface GigabitEthernet0/0
 description Quay
 ip address 192.0.2.1 255.255.255.0
interface GigabitEthernet0/1
 description Lighthouse
 ip address 198.51.100.1 255.255.255.0
interface GigabitEthernet0/2
 shutdown
interface Loopback0
 ip address 203.0.113.1 255.255.255.255
line vty 0 4
 login
 transport telnet
"""
PORTS = 24
SWITCH = (
    "hostname {host}\nip domain-name homeport.test\nspanning-tree mode rapid-pvst\nvlan 1\n name default\n"
    "vlan 10\n name quay\nvlan 20\n name lighthouse\n"
    + "".join(
        f"interface GigabitEthernet1/0/{port}\n switchport access vlan {10 if port <= PORTS // 2 else 20}\n"
        for port in range(1, PORTS + 1)
    )
    + "interface Vlan1\n ip address 192.0.2.2 255.255.255.0\nline vty 0 4\n login\n transport telnet\n"
)
PLAIN = "hostname {host}\n"


class Answers(msgspec.Struct, frozen=True):
    """The show commands of a kind of device. template: its first configuration."""

    template: str
    commands: dict[str, Show]

    def startup(self, host: str) -> str:
        """Return the first configuration of a device."""
        return self.template.replace("{host}", host)


def of(like: str) -> Answers:
    """Return the answers of a kind of device."""
    return {"router": ROUTER_ANSWERS, "switch": SWITCH_ANSWERS}.get(like, PLAIN_ANSWERS)


def _version(session: "NetworkSession", _words: Sequence[str]) -> Iterator[str]:
    kind = session.device.like.capitalize()
    uptime = int(max(0.0, session.world.clock.now() - session.world.made)) // 60
    yield f"Homeport {kind} Software, Version {__version__}"
    yield ""
    yield f"{session.host} uptime is {uptime // 1440} days, {uptime // 60 % 24} hours, {uptime % 60} minutes"
    yield 'System image file is "flash:homeport.bin"'
    yield f"Homeport {kind} processor with 262144K bytes of memory"
    yield "Processor board ID HP0123456789"
    yield f"{len(session.state.running.headers('interface'))} interfaces"
    yield "Configuration register is 0x2102"


def _running(session: "NetworkSession", words: Sequence[str]) -> Iterable[str]:
    if not words:
        return _configuration(session.state.running)
    if len(words) > 1 and "interface".startswith(words[0].lower()):
        header = f"interface {spell_interface(''.join(words[1:]))}"
        return [header, *(f" {line}" for line in session.state.running.section(header)), "end"]
    raise NoPhrase("% Invalid input detected at '^' marker.")


def _startup(session: "NetworkSession", _words: Sequence[str]) -> Iterable[str]:
    return _configuration(Configuration(session.state.startup))


def _configuration(configuration: Configuration) -> Iterator[str]:
    lines = list(configuration.lines())
    yield "Building configuration..."
    yield ""
    yield f"Current configuration : {sum(len(line) + 1 for line in lines)} bytes"
    yield "!"
    yield from lines


class _Interface:
    """An interface, as its section describes it."""

    def __init__(self, configuration: Configuration, header: str) -> None:
        self.name = header.partition(" ")[2]
        lines = configuration.section(header)
        self.up = "shutdown" not in lines
        self.status = "up" if self.up else "administratively down"
        self.line = "up" if self.up else "down"
        values = {key: line.removeprefix(key + " ") for key in KEYS for line in lines if line.startswith(key + " ")}
        self.description = values.get("description", "")
        self.vlan = values.get("switchport access vlan", "1")
        self.address, _, self.mask = values.get("ip address", "").partition(" ")


KEYS = ("description", "switchport access vlan", "ip address")


def _interfaces_of(session: "NetworkSession") -> Iterator[_Interface]:
    running = session.state.running
    return (_Interface(running, header) for header in running.headers("interface"))


def _interfaces(session: "NetworkSession", words: Sequence[str]) -> Iterator[str]:
    wanted = spell_interface("".join(words)).lower()
    number = 0
    for number, one in enumerate(_interfaces_of(session), 1):
        if wanted and one.name.lower() != wanted:
            continue
        yield f"{one.name} is {one.status}, line protocol is {one.line}"
        yield f"  Hardware address is 0200.0000.{number:04x}"
        if one.description:
            yield f"  Description: {one.description}"
        if one.address:
            yield f"  Internet address is {one.address} {one.mask}".rstrip()
        yield "  MTU 1500 bytes, BW 1000000 Kbit/sec"
        yield "     0 packets input, 0 bytes, 0 errors"
        yield "     0 packets output, 0 bytes, 0 errors"


def _brief(session: "NetworkSession", _words: Sequence[str]) -> Iterator[str]:
    yield f"{'Interface':<27}{'IP-Address':<16}{'OK?':<4}{'Method':<7}{'Status':<22}Protocol"
    for one in _interfaces_of(session):
        address = one.address or "unassigned"
        method = "manual" if one.address else "unset"
        yield f"{one.name:<27}{address:<16}{'YES':<4}{method:<7}{one.status:<22}{one.line}"


def _status(session: "NetworkSession", _words: Sequence[str]) -> Iterator[str]:
    yield f"{'Port':<25}{'Name':<20}{'Status':<13}{'Vlan':<6}{'Duplex':<8}Speed"
    for one in _interfaces_of(session):
        if not one.name.startswith("Vlan"):
            status = "connected" if one.up else "disabled"
            yield f"{one.name:<25}{one.description[:19]:<20}{status:<13}{one.vlan:<6}{'full':<8}1000"


def _vlans(session: "NetworkSession", _words: Sequence[str]) -> Iterator[str]:
    running = session.state.running
    ports: dict[str, list[str]] = {}
    for one in _interfaces_of(session):
        if not one.name.startswith("Vlan"):
            ports.setdefault(one.vlan, []).append(one.name.replace("GigabitEthernet", "Gi"))
    yield f"{'VLAN':<5}{'Name':<33}{'Status':<10}Ports"
    for header in running.headers("vlan"):
        number = header.partition(" ")[2]
        name = next((line[5:] for line in running.section(header) if line.startswith("name ")), f"VLAN{number:>04}")
        yield f"{number:<5}{name:<33}{'active':<10}{', '.join(ports.get(number, ()))}"


def _addresses(session: "NetworkSession", _words: Sequence[str]) -> Iterator[str]:
    yield f"{'Vlan':<8}{'Mac Address':<18}{'Type':<12}Ports"
    for number, one in enumerate(_interfaces_of(session), 1):
        if one.up and not one.name.startswith("Vlan"):
            yield f"{one.vlan:<8}{f'0200.0001.{number:04x}':<18}{'DYNAMIC':<12}{one.name}"


def _routes(session: "NetworkSession", _words: Sequence[str]) -> Iterator[str]:
    yield "Codes: C - connected, S - static"
    yield ""
    for line in session.state.running.section(""):
        if line.startswith("ip route ") and len(words := line.split()) >= len(("ip", "route", "net", "mask", "hop")):
            yield f"S    {words[2]} {words[3]} via {words[4]}"
    for one in _interfaces_of(session):
        if one.up and one.address:
            yield f"C    {one.address} {one.mask} is directly connected, {one.name}"


def _clock(session: "NetworkSession", _words: Sequence[str]) -> Iterable[str]:
    return [date(session.world.clock.now())]


def _users(session: "NetworkSession", _words: Sequence[str]) -> Iterator[str]:
    now = session.world.clock.now()
    return (presence_line(one, now) for one in list(session.world.presence))


def _ping(_session: "NetworkSession", words: Sequence[str]) -> Iterable[str]:
    if not words:
        raise NoPhrase("% Incomplete command.")
    target = visible_line(words[0])[:64]
    return [
        f"Sending 5, 100-byte ICMP Echos to {target}, timeout is 2 seconds:",
        "!!!!!",
        "Success rate is 100 percent (5/5), round-trip min/avg/max = 1/1/1 ms",
    ]


COMMON: dict[str, Show] = {
    "show running-config ...": _running,
    "show startup-config": _startup,
    "show clock": _clock,
    "show users": _users,
    "show version": _version,
}
BOTH: dict[str, Show] = COMMON | {
    "show interfaces ...": _interfaces,
    "show ip interface brief": _brief,
    "show ip route": _routes,
    "ping ...": _ping,
}
PLAIN_ANSWERS = Answers(PLAIN, COMMON)
ROUTER_ANSWERS = Answers(ROUTER, BOTH)
SWITCH_ANSWERS = Answers(
    SWITCH,
    BOTH
    | {
        "show interfaces status": _status,
        "show vlan": _vlans,
        "show vlan brief": _vlans,
        "show mac address-table": _addresses,
    },
)
