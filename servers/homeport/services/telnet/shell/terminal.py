"""Commands about the terminal and the world: env, stty, tty, clear, echo, date, quote, stress, help."""

from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import TYPE_CHECKING

from homeport.services.telnet.script import Steps
from homeport.services.telnet.shell.commands import TABLE, Refused, command
from homeport.services.telnet.shell.moments import date
from homeport.visible import visible_line
from homeport.world.quotes import Order

if TYPE_CHECKING:
    from homeport.services.telnet.shell.session import Shell

RING = "".join(map(chr, range(0x20, 0x7F)))
LINE_WIDTH = 72
MAX_STRESS = 10**9


@command("date", "", "print the time of the world's clock")
def show_date(shell: "Shell", _words: Sequence[str]) -> Steps:
    """Print date and time."""
    shell.write(f"{date(shell.world.clock.now())}\n")
    yield from ()


@command("quote", "", "print a quote, as Quote of the Day does")
def quote(shell: "Shell", _words: Sequence[str]) -> Steps:
    """Print the next quote."""
    order: Order = getattr(shell.world.options.get("qotd"), "order", "sequential")
    text = shell.world.quotes.pick(order, shell.world.clock.now())
    yield from shell.page(map(visible_line, text.splitlines()))


@command("echo", "[text]", "print the text", most=-1)
def echo(shell: "Shell", words: Sequence[str]) -> Steps:
    """Print the words."""
    shell.write(f"{visible_line(' '.join(words))}\n")
    yield from ()


@command("clear", "", "clear the screen")
def clear(shell: "Shell", _words: Sequence[str]) -> Steps:
    """Clear the screen, by the sequences of ECMA-48 that every terminal type here has."""
    shell.write("\x1b[H\x1b[2J")
    yield from ()


@command("tty", "", "print the name of the terminal")
def tty(shell: "Shell", _words: Sequence[str]) -> Steps:
    """Print the terminal's name."""
    shell.write(f"/dev/{shell.line.name}\n")
    yield from ()


@command("env", "", "print the environment, with what the client has sent")
def env(shell: "Shell", _words: Sequence[str]) -> Steps:
    """Print the variables of the session, then those that the client has sent (RFC 1572)."""
    terminal, person = shell.script.terminal, shell.person
    own = {
        "USER": person.login,
        "HOME": person.home or f"/home/{person.login}",
        "SHELL": person.shell,
        "TERM": terminal.terminal_type or "unknown",
        "COLUMNS": str(terminal.width),
        "LINES": str(terminal.height),
    }
    sent = {name: value for name, value in terminal.environment.items() if name not in own}
    yield from shell.page(visible_line(f"{name}={value}") for name, value in (own | sent).items())


@command("stty", "", "print what the client has told about its terminal, and the Telnet options in force")
def stty(shell: "Shell", _words: Sequence[str]) -> Steps:
    """Print size, speed, character set and options."""
    terminal = shell.script.terminal
    speed = f"speed {visible_line(terminal.speed)}; " if terminal.speed else ""
    lines = [f"{speed}rows {terminal.height}; columns {terminal.width}; charset {visible_line(terminal.charset)}"]
    lines += [f"{visible_line(name)}: {who}" for name, who in terminal.options.items()]
    yield from shell.page(lines)


@command("stress", "[lines]", "print a pattern without end, or that many lines of it", most=1)
def stress(shell: "Shell", words: Sequence[str]) -> Steps:
    """Print the rotating pattern of the Character Generator."""
    if words and not (words[0].isascii() and words[0].isdigit() and len(words[0]) <= len(str(MAX_STRESS))):
        raise Refused("write stress, or stress and a number of lines")
    lines = _pattern()
    yield from shell.page(islice(lines, int(words[0])) if words else lines, paged=False)


def _pattern() -> Iterator[str]:
    twice = RING + RING
    for number in count():
        at = number % len(RING)
        yield twice[at : at + LINE_WIDTH]


@command("help", "[command]", "list the commands", most=1)
def show_help(shell: "Shell", words: Sequence[str]) -> Steps:
    """Print the table of commands."""
    if words and words[0] not in TABLE:
        raise Refused(f"there is no command {visible_line(words[0])!r}")
    rows = [TABLE[words[0]]] if words else sorted(TABLE.values(), key=lambda one: one.name)
    width = max(len(f"{one.name} {one.syntax}") for one in rows)
    yield from shell.page(f"{f'{one.name} {one.syntax}':<{width}}  {one.text}" for one in rows)
