"""The login: name and password of one of the world's people, on a terminal line of their own.

A client that has sent USER by NEW-ENVIRON (RFC 1572) is asked for the password only. Three wrong passwords, or too long
a wait, end the connection. From the login to the end of the connection the person is present: Active Users, Finger and
`who` show the terminal line, where they come from, and for how long nothing was typed.
"""

from functools import partial
from typing import NamedTuple

from homeport.protocol.effects import Log
from homeport.services.telnet.lines import TerminalLine, TerminalLines
from homeport.services.telnet.script import InputEnded, Interrupted, Line, Script, Steps, TimedOut
from homeport.visible import visible_line
from homeport.world.passwords import opens
from homeport.world.people import Person

MAX_NAME = 64
"""Characters of a login name in an event: no person has a longer one."""


class LoggedIn(NamedTuple):
    """A person at a terminal."""

    person: Person
    line: TerminalLine


def log_in(script: Script) -> Steps:
    """Ask for name and password. Returns: `LoggedIn`, or None if the connection ends."""
    options = script.terminal.context.options
    script.set_limit(options.login_time)
    try:
        for attempt in range(options.login_tries):
            # A name from the environment is taken once: the next attempt asks.
            person = yield from _attempt(script, "USER" if attempt == 0 else "")
            if person is not None:
                script.set_limit(0)
                script.terminal.logged_in()
                return _enter(script, person)
            script.write("Login incorrect\n\n")
    except TimedOut:
        script.write(f"\nLogin timed out after {options.login_time:g} seconds.\n")
        return None
    except (Interrupted, InputEnded):
        script.write("\n")
        return None
    script.write("Too many wrong passwords.\n")
    return None


def _attempt(script: Script, variable: str) -> Steps:
    """Ask once. variable: of the client's environment, that may have the name. Returns: the person, or None."""
    name = ""
    while not name:
        name = (yield Line("login: ", variable=variable)).strip()
        variable = ""
    name, _, fault = name.partition("+")
    if fault and script.terminal.context.world.faults.by_client:
        if problem := script.terminal.ask_for_fault(fault):
            script.write(f"{visible_line(problem)}\n")
    elif fault:
        name = f"{name}+{fault}"
    password = yield Line("Password: ", secret=True)
    person = find(script, name, password)
    fields = {"login": person.login if person else name[:MAX_NAME], "mechanism": "PASSWORD"}
    script.terminal.perform(Log("login", {**fields, "code": "ok" if person else "failed"}))
    return person


def find(script: Script, name: str, password: str) -> Person | None:
    """Return the person with that login and password; None if either is wrong."""
    person = script.terminal.context.world.people.get(name)
    given = password.encode("utf-8", "surrogateescape")
    if person is None or not opens(person.password, given):
        return None
    return person


def _enter(script: Script, person: Person) -> LoggedIn:
    """Give a person a terminal line, and have them present until the connection ends."""
    context = script.terminal.context
    world = context.world
    lines = TerminalLines.of(world)
    line = lines.open(person.login)
    now = world.clock.now
    presence = world.presence.enter(person.login, line.name, context.peer[0], now(), conn=context.conn)
    script.on_typed = lambda: world.presence.touch(presence, now())
    script.on_closed += [partial(lines.close, line), partial(world.presence.leave, presence)]
    return LoggedIn(person, line)
