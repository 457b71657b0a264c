"""The login of a device: its own users and the people of the world, or one password, or none."""

from functools import partial

from homeport.protocol.effects import Log
from homeport.services.telnet.devices.device import Device
from homeport.services.telnet.lines import TerminalLines
from homeport.services.telnet.login import MAX_NAME
from homeport.services.telnet.script import InputEnded, Interrupted, Line, Script, Steps, TimedOut
from homeport.world.passwords import opens


def enter(script: Script, device: Device) -> Steps:
    """Ask for what the device asks for. Returns: the login name, or None if the login has failed."""
    options = script.terminal.context.options
    script.write(f"{device.banner.rstrip()}\n\n" if device.banner else "\n")
    if device.login == "none":
        script.terminal.logged_in()
        return device.name
    script.set_limit(options.login_time)
    try:
        for _attempt in range(options.login_tries):
            name = (yield from _ask_name(device)) if device.login == "name" else ""
            password = yield Line(device.password_prompt, secret=True)
            good = check(script, device, name, password)
            fields = {"login": name[:MAX_NAME], "mechanism": "PASSWORD", "code": "ok" if good else "failed"}
            script.terminal.perform(Log("login", fields))
            if good:
                script.set_limit(0)
                script.terminal.logged_in()
                be_present(script, name or device.name)
                return name
            script.write("% Login invalid\n\n")
    except TimedOut:
        script.write("\n% Login timed out\n")
        return None
    except (Interrupted, InputEnded):
        return None
    script.write("% Bad passwords\n")
    return None


def _ask_name(device: Device) -> Steps:
    name = ""
    while not name:
        name = (yield Line(device.name_prompt)).strip()
    return name


def check(script: Script, device: Device, name: str, password: str) -> bool:
    """Return True if name and password are right."""
    if device.login == "password":
        wanted: str | None = device.password
    else:
        person = script.terminal.context.world.people.get(name)
        wanted = device.users.get(name) or (person.password if person else None)
    given = password.encode("utf-8", "surrogateescape")
    return opens(wanted or "", given)


def be_present(script: Script, login: str) -> None:
    """Have a user present, on a terminal line of the world, until the connection ends."""
    context = script.terminal.context
    world, lines = context.world, TerminalLines.of(context.world)
    line = lines.open(login)
    line.accepts = False  # a device shows no messages
    now = world.clock.now
    presence = world.presence.enter(login, line.name, context.peer[0], now(), conn=context.conn)
    script.on_typed = lambda: world.presence.touch(presence, now())
    script.on_closed += [partial(lines.close, line), partial(world.presence.leave, presence)]
