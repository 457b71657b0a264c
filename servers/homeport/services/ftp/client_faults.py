"""Faults that a client requests (`[faults] by_client`): by path `/fault/NAME/PATH`, user name, or SITE FAULT.

NAME is a name of `protocol.fault_names.parse_fault_name`, or one of FTP's own: `truncate-500` (500 bytes of the
file, with the reply for a complete one), `no-226` (a transfer without its final reply), `coalesce` (both replies of a
transfer in one segment, which RFC 959 allows, but clients that take one reply from one read lose the second). PATH is
the remaining argument, relative to the working directory; retrieving a missing file returns generated content.
"""

import re

import msgspec

from homeport.protocol.fault_names import explain_fault_name, find_fault_name, nearest_fault_name, parse_fault_name
from homeport.protocol.faults import Do, FaultError
from homeport.services.ftp.replies import Refused, validate_reply

PREFIX = "/fault/"
TRUNCATE = re.compile(r"truncate-(\d{1,12})")


class ClientFault(msgspec.Struct, frozen=True):
    """Fault that a client requested for one command."""

    name: str = ""
    """Name as the client sent it; empty for no fault."""
    do: Do | None = None
    truncate: int = -1
    """Bytes of the file to pass; -1: all."""
    silent: bool = False
    """True if the final reply is omitted."""
    coalesce: bool = False
    """True if both replies of a transfer are sent in one segment, after the data."""


NO_CLIENT_FAULT = ClientFault()
OWN_NAMES = ("truncate-500", "no-226", "coalesce")


def parse_client_fault(name: str) -> ClientFault | None:
    """Parse the name of a fault; None if unknown. Raises: Refused for a reply code that FTP does not have."""
    if name == "no-226":
        return ClientFault(name, silent=True)
    if name == "coalesce":
        return ClientFault(name, coalesce=True)
    if match := TRUNCATE.fullmatch(name):
        return ClientFault(name, truncate=int(match[1]))
    do = parse_fault_name(name)
    return None if do is None else _make_client_fault(name, do)


def _make_client_fault(name: str, do: Do) -> ClientFault:
    try:
        if do.reply is not msgspec.UNSET:
            validate_reply(do.reply)
    except FaultError as error:
        raise Refused(501, str(error)) from None
    return ClientFault(name, do)


def take_client_fault(verb: str, argument: str, requested: str) -> tuple[ClientFault, str]:
    """Return the fault that a command requests, and its argument without it. requested: name from SITE FAULT.

    Raises: Refused for a path below /fault with an unknown name.
    """
    if argument.startswith(PREFIX):
        name, _, path = argument.removeprefix(PREFIX).partition("/")
        client_fault = parse_client_fault(name)
        if client_fault is None:
            raise Refused(501, f"unknown fault {name[:40]!r}; {nearest_fault_name(name, OWN_NAMES)}")
        return client_fault, path
    if requested and verb != "SITE":
        return parse_client_fault(requested) or NO_CLIENT_FAULT, argument
    if verb == "USER" and (words := explain_fault_name([argument])):
        raise Refused(530, words)
    if verb == "USER" and (do := find_fault_name([argument])):
        return _make_client_fault(argument, do), argument
    return NO_CLIENT_FAULT, argument
