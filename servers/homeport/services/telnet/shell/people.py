"""Commands about people: who, whoami, finger, write, mesg."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from homeport.services.telnet.lines import Message, TerminalLine, TerminalLines
from homeport.services.telnet.script import InputEnded, Interrupted, Line, Steps
from homeport.services.telnet.shell.commands import Refused, command
from homeport.services.telnet.shell.moments import MINUTE, clock_time, date_and_time, idle_time
from homeport.visible import visible_line
from homeport.world.people import Person
from homeport.world.presence import Presence

if TYPE_CHECKING:
    from homeport.services.telnet.shell.session import Shell

WIDTHS = (16, 12)
MAX_COLUMN = 40


@command("who", "[am i]", "list who is logged in, over any service", most=2)
def who(shell: "Shell", words: Sequence[str]) -> Steps:
    """List all presences, or that of this session."""
    present = shell.world.presence
    if words and [word.lower() for word in words] != ["am", "i"]:
        raise Refused("write who, or who am i")
    rows = (one for one in list(present) if not words or one.conn == shell.conn)
    yield from shell.page(presence_line(one, shell.world.clock.now()) for one in rows)


def presence_line(one: Presence, now: float) -> str:
    """Return a line about a presence: login, terminal, since when, idle, from where."""
    login, terminal = visible_line(one.login), visible_line(one.terminal)
    origin = f" ({visible_line(one.origin)})" if one.origin else ""
    columns = (
        f"{login:<{WIDTHS[0]}} {terminal:<{WIDTHS[1]}} {date_and_time(one.since)} {idle_time(now - one.active):>5}"
    )
    return f"{columns}{origin}"


@command("whoami", "", "print the login name")
def whoami(shell: "Shell", _words: Sequence[str]) -> Steps:
    """Print the login."""
    shell.write(f"{shell.person.login}\n")
    yield from ()


@command("finger", "[name...]", "look up people, or list who is logged in", most=-1)
def finger(shell: "Shell", words: Sequence[str]) -> Steps:
    """Show people by login or name."""
    if not words:
        yield from who(shell, ())
        return
    people = shell.world.people
    for word in dict.fromkeys(words[:20]):
        found = people.named(word)[:50]
        if not found and not shell.world.presence.of(word):
            raise Refused(f"{visible_line(word)}: no such user")
        for person in found:
            if not (yield from shell.page(about(shell, person))):
                return
        if not found:
            shell.write(f"Login: {visible_line(word)}  Name: ???\n")


def about(shell: "Shell", person: Person) -> Iterator[str]:
    """Yield the lines about a person."""
    now = shell.world.clock.now()
    yield f"{f'Login: {person.login}':<{MAX_COLUMN}}Name: {visible_line(person.name)}"
    if place := ", ".join(filter(None, (person.office, person.phone))):
        yield f"Office: {visible_line(place)}"
    present = shell.world.presence.of(person.login)
    for one in present:
        yield on_since(one, now)
    if not present:
        yield "Not logged in."
    if person.project:
        yield f"Project: {visible_line(person.project)}"
    plan = person.plan.splitlines()
    yield "Plan:" if plan else "No plan."
    yield from map(visible_line, plan)
    yield ""


def on_since(one: Presence, now: float) -> str:
    """Return a sentence about a presence, as the service Finger has it."""
    origin = f" from {visible_line(one.origin)}" if one.origin else ""
    idle = f", idle {idle_time(now - one.active)}" if now - one.active >= MINUTE else ""
    return f"On since {date_and_time(one.since)} (UTC) on {visible_line(one.terminal)}{origin}{idle}"


@command("write", "login [pts/n] [text]", "write to another user's terminal; without text, until ^D", most=-1)
def write(shell: "Shell", words: Sequence[str]) -> Steps:
    """Send lines to another terminal."""
    if not words:
        raise Refused("write to whom? write login [text]")
    login, *text = words
    name = text.pop(0) if text and text[0].startswith("pts/") else ""
    line = _find_line(shell, login, name)
    head = (
        f"Message from {shell.person.login}@{shell.host} on {shell.line.name} at {clock_time(shell.world.clock.now())}:"
    )
    if text:
        _send(shell, line, Message(head, " ".join(text)))
        return
    try:
        while True:
            typed = yield Line("")
            _send(shell, line, Message(head, typed))
            head = ""
    except InputEnded:
        if not head:
            _send(shell, line, Message("", "EOF"))
    except Interrupted:
        shell.write("\n")


def _find_line(shell: "Shell", login: str, name: str) -> TerminalLine:
    """Return the line of a user to write to. Raises: Refused."""
    lines = [one for one in TerminalLines.of(shell.world).used_by(login) if name in ("", one.name)]
    shown = visible_line(login)
    if not lines:
        where = f" on {visible_line(name)}" if name else " on a terminal here"
        raise Refused(f"{shown} is not logged in{where}")
    willing = [one for one in lines if one.accepts]
    if not willing:
        raise Refused(f"{shown} has messages disabled on {lines[0].name}")
    return next((one for one in willing if one is not shell.line), willing[0])


def _send(shell: "Shell", line: TerminalLine, message: Message) -> None:
    """Send a message. Raises: Refused."""
    if line not in TerminalLines.of(shell.world).used_by(line.login):
        raise Refused(f"{line.login} has logged out of {line.name}")
    if not line.accepts:
        raise Refused(f"{line.login} has messages disabled on {line.name}")
    if not TerminalLines.of(shell.world).send(line, message):
        raise Refused(f"too many messages wait for {line.name}; this one was not sent")


@command("mesg", "[y|n]", "allow or refuse messages from others", most=1)
def mesg(shell: "Shell", words: Sequence[str]) -> Steps:
    """Show or set whether others may write."""
    if words and words[0].lower() not in ("y", "n"):
        raise Refused("write mesg y or mesg n")
    if words:
        shell.line.accepts = words[0].lower() == "y"
    else:
        shell.write(f"is {'y' if shell.line.accepts else 'n'}\n")
    yield from ()
