"""The dialogue of a device: its login, then what it is like."""

from homeport.services.telnet.devices import console, ups
from homeport.services.telnet.devices.access import enter
from homeport.services.telnet.devices.builtin import BUILTIN
from homeport.services.telnet.devices.device import Device
from homeport.services.telnet.devices.network import NetworkSession
from homeport.services.telnet.script import Script, Steps


def play(script: Script, device: Device) -> Steps:
    """Log a user in to a device and run it."""
    script.terminal.echoes_anyway = True
    login = yield from enter(script, device)
    if login is not None:
        yield from _run(script, device, login)


def _run(script: Script, device: Device, login: str) -> Steps:
    match device.like:
        case "ups":
            yield from ups.play(script, device)
        case "console":
            own = script.terminal.context.options.device
            ports = [one for one in (*own, *BUILTIN) if one.like != "console"]
            yield from console.play(script, device, ports, attach)
        case _:
            yield from NetworkSession(script, device, login).run()


def attach(script: Script, device: Device) -> Steps:
    """Run a device at a serial port: the login was that of the console server, and no terminal line is added."""
    script.write("\n")
    yield from _run(script, device, "console")
