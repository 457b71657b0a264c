"""The program that a new connection gets."""

from homeport.services.telnet.program import Parrot, Program, Terminal


def first_program(terminal: Terminal) -> Program:
    """Return the program that a connection begins with, by the options in `terminal.context`."""
    return Parrot(terminal)
