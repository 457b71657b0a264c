"""Where data connections go: PORT and PASV (RFC 959), EPRT and EPSV (RFC 2428), guarded as RFC 2577 advises.

A port of ours serves one transfer (RFC 944, RFC 1123 4.1.2.6); the client's stands until it names another. An address
that is not the control connection's own peer is refused: the bounce attack (RFC 2577 3), and third-party transfers.
"""

import re
from collections.abc import Generator
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import msgspec

from homeport.protocol.effects import DataConnection, ListenData
from homeport.protocol.events import DataListening
from homeport.protocol.waiting import Steps
from homeport.services.ftp.dialogue import FtpDialogue, inside
from homeport.services.ftp.masquerade import parse_masquerade
from homeport.services.ftp.options import parse_ports
from homeport.services.ftp.replies import Refused, Reply

HOST_PORT = re.compile(r"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})", re.ASCII)
# RFC 2428 2: the text of 522 ends in the families that are served, and has no other parentheses.
FAMILIES = {"1": IPv4Address, "2": IPv6Address}
"""Of EPRT and EPSV (RFC 2428 2)."""
LOW = 1024


class Channels(msgspec.Struct, eq=False):
    """Where the next data connection comes from or goes to."""

    dialogue: FtpDialogue

    @inside("PORT", "Name the port that the client waits on.", syntax="h1,h2,h3,h4,p1,p2", reference="RFC 959 4.1.2")
    def port(self, argument: str) -> Reply:
        self._not_only_extended("PORT")
        match = HOST_PORT.fullmatch(argument.strip())
        numbers = [int(number) for number in match.groups()] if match else []
        if not match or max(numbers) > 255:
            raise Refused(501, "write PORT h1,h2,h3,h4,p1,p2: six numbers from 0 to 255 (RFC 959 4.1.2)", "syntax")
        host = ".".join(map(str, numbers[:4]))
        return self._take(host, numbers[4] * 256 + numbers[5], argument)

    @inside(
        "EPRT",
        "Name the port that the client waits on, of any family.",
        syntax="|family|address|port|",
        reference="RFC 2428 2",
    )
    def eprt(self, argument: str) -> Reply:
        self._not_only_extended("EPRT")
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
            raise Refused(501, f"{host[:60]!r} is no address of family {family} (RFC 2428 2)", "syntax") from None
        return self._take(host, port, argument)

    def _take(self, host: str, port: int, shown: str) -> Reply:
        if not 0 < port < 1 << 16:
            raise Refused(501, f"{port} is no port (RFC 959 4.1.2)", "syntax")
        peer = self.dialogue.context.peer[0]
        if plain_address(host) != plain_address(peer):
            self.dialogue.find("foreign-address", shown.encode("utf-8", "replace"))
            raise Refused(504, f"data connections go to {peer} only, from where you came (RFC 2577 3)")
        if port < LOW and not self.dialogue.options.low_ports:
            self.dialogue.find("low-port", shown.encode("utf-8", "replace"))
            raise Refused(504, "data connections go to no port below 1024 (RFC 2577 3)")
        channel = self.dialogue.memory.channel
        channel.address = (peer, port)
        channel.used = channel.passive = False
        return Reply(200, f"data connections go to port {port} of yours")

    @inside("PASV", "Have the server wait for the data connection.", reference="RFC 959 4.1.2")
    def pasv(self, _argument: str) -> Steps:
        self._not_only_extended("PASV")
        if self._family != "1":
            raise Refused(522, f"PASV knows IPv4 only, which EPSV of RFC 2428 does not, use ({self._family})")
        listening = yield from self._listen()
        peer, local = (plain_address(one[0]) for one in (self.dialogue.context.peer, self.dialogue.context.local))
        masquerade = parse_masquerade(self.dialogue.options.masquerade)
        host = masquerade.address_for(peer, local, gateway=listening.to_gateway)
        numbers = (*host.split("."), listening.port >> 8, listening.port & 255)
        return Reply(227, f"Entering Passive Mode ({','.join(map(str, numbers))})")

    @inside(
        "EPSV",
        "Have the server wait for the data connection, at its own address of any family.",
        syntax="[1 | 2 | ALL]",
        reference="RFC 2428 3",
    )
    def epsv(self, argument: str) -> Steps:
        wanted = argument.strip().upper()
        if wanted == "ALL":
            self.dialogue.memory.channel.only_extended = True
            return Reply(200, "only EPSV from now on (RFC 2428 4)")
        if wanted and not wanted.isdigit():
            raise Refused(501, "write EPSV, EPSV 1, EPSV 2 or EPSV ALL (RFC 2428 3)", "syntax")
        if wanted and wanted != self._family:
            raise Refused(522, f"network protocol not supported, use ({self._family})")
        listening = yield from self._listen()
        return Reply(229, f"Entering Extended Passive Mode (|||{listening.port}|)")

    def _listen(self) -> Generator[Any, Any, DataListening]:
        first, last = parse_ports(self.dialogue.options.passive_ports)
        channel = self.dialogue.memory.channel
        channel.passive = False
        listening: DataListening = yield ListenData(first, last)
        if not listening.port:
            raise Refused(425, f"no port of {self.dialogue.options.passive_ports} is free now; try again")
        channel.passive = True
        channel.address = None
        return listening

    @property
    def _family(self) -> str:
        """That of the control connection, as RFC 2428 numbers it."""
        return "2" if ":" in plain_address(self.dialogue.context.local[0]) else "1"

    def _not_only_extended(self, verb: str) -> None:
        if self.dialogue.memory.channel.only_extended:
            raise Refused(503, f"{verb} after EPSV ALL (RFC 2428 4)", "after-epsv-all")

    def connection(self) -> DataConnection:
        """How the data connection of a transfer that begins now comes to be. Raises: Refused."""
        options, channel = self.dialogue.options, self.dialogue.memory.channel
        protected = self.dialogue.memory.security.protected
        if options.tls_required and not protected:
            raise Refused(521, "this server wants data connections under TLS: PBSZ 0, PROT P (RFC 4217 10.2)")
        resume, seconds = protected and options.data_resume, float(options.data_timeout)
        over = partial(DataConnection, tls=protected, resume=resume, seconds=seconds, bandwidth=options.bandwidth)
        if channel.passive:
            return over()
        if channel.address is None:
            self.dialogue.find("default-port")
        elif channel.used:
            self.dialogue.find("port-reused")
        local = self.dialogue.context.local[1]
        from_port = local - 1 if options.active_from == "L-1" and local > 1 else 0
        return over(connect_to=channel.address or self.dialogue.context.peer, from_port=from_port)


@lru_cache(256)
def plain_address(host: str) -> str:
    """An address in its shortest form, without a scope; IPv4 in IPv6 as IPv4."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def is_number(text: str, digits: int) -> bool:
    """Whether a text is a number of so many digits at most."""
    return text.isascii() and text.isdigit() and len(text) <= digits
