"""Endpoints of data connections: PORT and PASV (RFC 959), EPRT and EPSV (RFC 2428), restricted as RFC 2577 advises.

A passive port serves one transfer (RFC 944, RFC 1123 4.1.2.6); the client's address stays valid until it names another.
An address other than the peer of the control connection is refused, which prevents bounce attacks (RFC 2577 3) and
excludes third-party transfers.
"""

import re
from collections.abc import Generator
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import msgspec

from homeport.protocol.effects import DataConnection, ListenData
from homeport.protocol.events import DataListening
from homeport.protocol.waiting import Steps
from homeport.services.ftp.dialogue import FtpDialogue, after_login
from homeport.services.ftp.masquerade import parse_masquerade
from homeport.services.ftp.options import LOWEST_PORT, parse_ports
from homeport.services.ftp.replies import Refused, Reply
from homeport.world.machine import plain_address

HOST_PORT = re.compile(r"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})", re.ASCII)
# RFC 2428 2: the text of 522 ends in the families that are served, and has no other parentheses.
FAMILIES = {"1": IPv4Address, "2": IPv6Address}
"""Address families by their numbers in EPRT and EPSV (RFC 2428 2)."""


class Channels(msgspec.Struct, eq=False):
    """Commands that choose the endpoint of the next data connection."""

    dialogue: FtpDialogue

    @after_login(
        "PORT",
        "Set the address and port of the client's end of the data connection.",
        syntax="h1,h2,h3,h4,p1,p2",
        reference="RFC 959 4.1.2",
    )
    def port(self, argument: str) -> Reply:
        self._refuse_after_epsv_all("PORT")
        match = HOST_PORT.fullmatch(argument.strip())
        numbers = [int(number) for number in match.groups()] if match else []
        if not match or max(numbers) > 255:
            raise Refused(501, "write PORT h1,h2,h3,h4,p1,p2: six numbers from 0 to 255 (RFC 959 4.1.2)", "syntax")
        host = ".".join(map(str, numbers[:4]))
        return self._take(host, numbers[4] * 256 + numbers[5], argument)

    @after_login(
        "EPRT",
        "Set the address and port of the client's end, in any address family.",
        syntax="|family|address|port|",
        reference="RFC 2428 2",
    )
    def eprt(self, argument: str) -> Reply:
        self._refuse_after_epsv_all("EPRT")
        delimiter = argument[0]
        parts = argument.split(delimiter)
        if len(parts) != 5 or parts[0] or parts[4] or not "!" <= delimiter <= "~" or not is_number(parts[3], 5):
            raise Refused(501, "write EPRT |1|192.0.2.1|6275| or |2|2001:db8::1|6275| (RFC 2428 2)", "syntax")
        family, host, port = parts[1], parts[2], int(parts[3])
        if family not in FAMILIES or family != self._family:
            raise Refused(522, f"network protocol not supported, use ({self._family})")
        try:
            FAMILIES[family](host)
        except ValueError:
            raise Refused(501, f"{host[:60]!r} is not an address of family {family} (RFC 2428 2)", "syntax") from None
        return self._take(host, port, argument)

    def _take(self, host: str, port: int, shown: str) -> Reply:
        if not 0 < port < 1 << 16:
            raise Refused(501, f"{port} is not a valid port (RFC 959 4.1.2)", "syntax")
        peer = self.dialogue.context.peer[0]
        if plain_address(host) != plain_address(peer):
            self.dialogue.report("foreign-address", shown.encode("utf-8", "replace"))
            raise Refused(504, f"data connections go to {peer} only, your own address (RFC 2577 3)")
        if port < LOWEST_PORT and not self.dialogue.options.low_ports:
            self.dialogue.report("low-port", shown.encode("utf-8", "replace"))
            raise Refused(504, "data connections to ports below 1024 are refused (RFC 2577 3)")
        self._check_own_machine(peer, port)
        channel = self.dialogue.memory.channel
        channel.address = (peer, port)
        channel.used = channel.passive = channel.refused = False
        return Reply(200, f"data connections go to your port {port}")

    def _check_own_machine(self, peer: str, port: int) -> None:
        """Raise Refused for ports of this machine that are no client's: a web page could have us connect to a service.

        A page that posts to the control connection, from a browser here, chooses the port and the data (REST, RETR).
        """
        machine, allowed = self.dialogue.context.world.machine, self.dialogue.options.active_ports
        if not machine.is_local(peer):
            return
        first, last = parse_ports(allowed)
        if first and not first <= port <= last:
            raise Refused(504, f"port {port} of this machine is outside [ftp] active_ports = {allowed}")
        if machine.listens_on(port):
            raise Refused(504, f"port {port} is the farm's own: choose one of yours in [ftp] active_ports = {allowed}")

    @after_login("PASV", "Have the server listen for the data connection.", reference="RFC 959 4.1.2")
    def pasv(self, _argument: str) -> Steps:
        self._refuse_after_epsv_all("PASV")
        if self._family != "1":
            raise Refused(522, f"PASV supports IPv4 only; send EPSV (RFC 2428), use ({self._family})")
        listening = yield from self._listen()
        peer, local = (plain_address(one[0]) for one in (self.dialogue.context.peer, self.dialogue.context.local))
        masquerade = parse_masquerade(self.dialogue.options.masquerade)
        host = masquerade.address_for(peer, local, gateway=listening.to_gateway)
        numbers = (*host.split("."), listening.port >> 8, listening.port & 255)
        return Reply(227, f"Entering Passive Mode ({','.join(map(str, numbers))})")

    @after_login(
        "EPSV",
        "Have the server listen for the data connection, in any address family.",
        syntax="[1 | 2 | ALL]",
        reference="RFC 2428 3",
    )
    def epsv(self, argument: str) -> Steps:
        wanted = argument.strip().upper()
        if wanted == "ALL":
            self.dialogue.memory.channel.only_extended = True
            return Reply(200, "only EPSV is accepted from now on (RFC 2428 4)")
        if wanted and not is_number(wanted, 9):
            raise Refused(501, "write EPSV, EPSV 1, EPSV 2 or EPSV ALL (RFC 2428 3)", "syntax")
        if wanted and wanted != self._family:
            raise Refused(522, f"network protocol not supported, use ({self._family})")
        listening = yield from self._listen()
        return Reply(229, f"Entering Extended Passive Mode (|||{listening.port}|)")

    def _listen(self) -> Generator[Any, Any, DataListening]:
        first, last = parse_ports(self.dialogue.options.passive_ports)
        channel = self.dialogue.memory.channel
        channel.passive = False
        channel.refused = True
        listening: DataListening = yield ListenData(first, last)
        if not listening.port:
            raise Refused(425, f"no port of {self.dialogue.options.passive_ports} is free; try again later")
        channel.passive, channel.refused = True, False
        channel.address = None
        return listening

    @property
    def _family(self) -> str:
        """Address family of the control connection, as RFC 2428 numbers it."""
        return "2" if ":" in plain_address(self.dialogue.context.local[0]) else "1"

    def _refuse_after_epsv_all(self, verb: str) -> None:
        if self.dialogue.memory.channel.only_extended:
            raise Refused(503, f"{verb} after EPSV ALL (RFC 2428 4)", "after-epsv-all")

    def connection(self) -> DataConnection:
        """Return the parameters of the next transfer's data connection. Raises: Refused."""
        options, channel = self.dialogue.options, self.dialogue.memory.channel
        protected = self.dialogue.memory.security.protected
        if options.tls_required and not protected:
            raise Refused(521, "this server requires TLS on data connections: send PBSZ 0, PROT P (RFC 4217 10.2)")
        if self.dialogue.tls is not None and not protected:
            self.dialogue.report_once("data-in-clear")  # without PROT, they are (RFC 4217 9)
        resume, seconds = protected and options.data_resume, float(options.data_timeout)
        over = partial(DataConnection, tls=protected, resume=resume, seconds=seconds, bandwidth=options.bandwidth)
        if channel.passive:
            return over()
        if channel.refused:
            raise Refused(425, "no data connection was agreed on: the last PASV or PORT was refused; send it again")
        if channel.address is None:
            self.dialogue.report("default-port")
        elif channel.used:
            self.dialogue.report("port-reused")
        local = self.dialogue.context.local[1]
        from_port = local - 1 if options.active_from == "L-1" and local > 1 else 0
        return over(connect_to=channel.address or self.dialogue.context.peer, from_port=from_port)


def is_number(text: str, digits: int) -> bool:
    """True if a text is a decimal number of at most `digits` digits."""
    return text.isascii() and text.isdigit() and len(text) <= digits
