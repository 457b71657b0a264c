"""A serial console server: it connects to other devices by their ports, until `~.` on a line of its own."""

from collections.abc import Callable, Sequence

from homeport.services.telnet.devices.device import Device
from homeport.services.telnet.script import InputEnded, Interrupted, Line, OutputAborted, Script, Steps

ESCAPE = "~."
HELP = """\
ports          list the ports        connect PORT   connect to a port, by number or name
help           list the commands     exit           log out
"""
Play = Callable[[Script, Device], Steps]


def play(script: Script, device: Device, ports: Sequence[Device], attach: Play) -> Steps:
    """Run a session of a console server, after the login. attach: makes the dialogue of a device at a port."""
    while True:
        try:
            line = yield Line(f"{device.host}> ")
        except InputEnded:
            return
        except (Interrupted, OutputAborted):
            script.write("\n")
            continue
        name, _, rest = line.strip().partition(" ")
        match name.lower():
            case "":
                continue
            case "ports" | "list":
                script.write("".join(f"{number:>3}  {one.name}\n" for number, one in enumerate(ports, 1)))
            case "connect":
                port = _find(ports, rest.strip())
                if port is None:
                    script.write("There is no such port; `ports` lists them.\n")
                else:
                    yield from _connect(script, port, attach)
            case "help" | "?":
                script.write(HELP)
            case "exit" | "quit" | "logout":
                return
            case _:
                script.write("Unknown command; `help` lists them.\n")


def _find(ports: Sequence[Device], wanted: str) -> Device | None:
    return next((one for number, one in enumerate(ports, 1) if wanted in (str(number), one.name)), None)


def _connect(script: Script, port: Device, attach: Play) -> Steps:
    script.write(f"Connected to {port.name}. To return, type {ESCAPE} on a line of its own.\n")
    yield from _until_escape(attach(script, port))
    script.write(f"\nDisconnected from {port.name}.\n")


def _until_escape(inner: Steps) -> Steps:
    """Run the dialogue of a device until it ends, or the user has typed the escape."""
    wanted, value, error = None, None, None
    while True:
        try:
            wanted = inner.send(value) if error is None else inner.throw(error)
        except StopIteration:
            return
        value = error = None
        try:
            value = yield wanted
        except (Interrupted, OutputAborted, InputEnded) as raised:
            error = raised
        if isinstance(wanted, Line) and value is not None and value.strip() == ESCAPE:
            inner.close()
            return
