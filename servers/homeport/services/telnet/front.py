"""The program that a new connection gets."""

from functools import partial

from homeport.services.telnet.devices.builtin import NAMES, find_device
from homeport.services.telnet.program import Program, Terminal
from homeport.services.telnet.program_options import ProgramOptions
from homeport.services.telnet.script import Script


def first_program(terminal: Terminal) -> Program:
    """Return the program that a connection begins with, by the options in `terminal.context`."""
    options = terminal.context.options
    device = find_device(options.program, options.device)
    if device is not None:
        from homeport.services.telnet.devices import playing

        return Script(terminal, partial(playing.play, device=device))
    from homeport.services.telnet.shell import session

    return Script(terminal, session.play)


def check_program(options: ProgramOptions, _contents: object) -> list[str]:
    """Return the problems of the options that say what runs behind Telnet."""
    program, own = options.program, options.device
    problems = []
    names = [one.name for one in own]
    problems += [
        f"`device`: there are two devices {name!r}" for name in sorted({one for one in names if names.count(one) > 1})
    ]
    if "shell" in names:
        problems.append("`device`: no device can have the name 'shell'")
    if program not in (*NAMES, *names):
        problems.append(f"`program`: there is no {program!r}; choose from {', '.join((*NAMES, *names))}")
    return problems
