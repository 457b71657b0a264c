"""Faults that a client asks for itself (`[faults] by_client`): by path `/fault/NAME/PATH`, user name, or SITE FAULT.

NAME is what `homeport.protocol.faults.parse_fault_name` knows, or one of FTP's own: `truncate-500` (500 octets of the
file, and a reply as if it were whole), `no-226` (a transfer without its last reply). PATH is what the command is then
about, seen from the working directory; to retrieve one that there is not gives octets that are made up.
"""

import re

import msgspec

from homeport.protocol.faults import (
    Do,
    FaultError,
    explain_fault_name,
    find_fault_name,
    nearest_fault_name,
    parse_fault_name,
)
from homeport.services.ftp.replies import Refused, check_reply

PREFIX = "/fault/"
TRUNCATE = re.compile(r"truncate-(\d{1,12})")


class Wish(msgspec.Struct, frozen=True):
    """What is to go wrong with one command."""

    name: str = ""
    """As the client has it; empty for nothing."""
    do: Do | None = None
    truncate: int = -1
    """Octets of the file; -1: all."""
    silent: bool = False
    """Whether the last reply is left out."""


NO_WISH = Wish()
OWN_NAMES = ("truncate-500", "no-226")


def parse_wish(name: str) -> Wish | None:
    """What a name asks for; None if it is none. Raises: Refused for a reply that FTP does not have."""
    if name == "no-226":
        return Wish(name, silent=True)
    if match := TRUNCATE.fullmatch(name):
        return Wish(name, truncate=int(match[1]))
    do = parse_fault_name(name)
    return None if do is None else _wish(name, do)


def _wish(name: str, do: Do) -> Wish:
    try:
        if do.reply is not msgspec.UNSET:
            check_reply(do.reply)
    except FaultError as error:
        raise Refused(501, str(error)) from None
    return Wish(name, do)


def wish_of(verb: str, argument: str, wished: str) -> tuple[Wish, str]:
    """What a command asks for, and its argument without that. wished: a name that was given before.

    Raises: Refused for a path below /fault that names none.
    """
    if argument.startswith(PREFIX):
        name, _, path = argument.removeprefix(PREFIX).partition("/")
        wish = parse_wish(name)
        if wish is None:
            raise Refused(501, f"there is no fault {name[:40]!r}; {nearest_fault_name(name, OWN_NAMES)}")
        return wish, path
    if wished and verb != "SITE":
        return parse_wish(wished) or NO_WISH, argument
    if verb == "USER" and (words := explain_fault_name([argument])):
        raise Refused(530, words)
    if verb == "USER" and (do := find_fault_name([argument])):
        return _wish(argument, do), argument
    return NO_WISH, argument
