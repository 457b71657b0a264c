"""HOSTNAME (RFC 953): the host table of the Internet before the DNS, one query at a time; the server closes.

    HNAME ns1.homeport.test                                   the query, or HADDR ADDRESS, ALL, VERSION, HELP
    HOST : 127.0.0.1 : NS1.HOMEPORT.TEST : : UNIX : TCP :     an entry as files HOSTS.TXT have it (RFC 952), or
    ERR : NAMNFD : Name not found

The table has the hosts of the world's registry that have an IPv4 address.
Not implemented: entries of networks and gateways, and ALL-OLD, ALL-DOM and ALL-INGWAY, which select some of ALL.
"""

from collections.abc import Iterator
from hashlib import blake2s
from typing import Annotated, ClassVar

from msgspec import Meta

from homeport.protocol.effects import CLOSE, Effect, Log, ReportFinding, Send
from homeport.protocol.query import SHOWN, QueryOptions, QuerySession
from homeport.protocol.rules import Rule
from homeport.protocol.service import Listener, Port, Service
from homeport.world.registry import Host

MAX_QUERY_BYTES = 512
MAX_ENTRIES = 1000
"""Entries of the answer to ALL; a session must not work for long in one turn."""
WITH_ARGUMENT = ("HNAME", "HADDR")
ERRORS = {
    "NAMNFD": "Name not found",
    "ADRNFD": "Address not found",
    "ILLCOM": "Illegal command",
}
HELP = ("HNAME NAME", "HADDR ADDRESS", "ALL", "VERSION", "HELP")

RULES = (
    Rule("bare-lf", "must", "RFC 953 query", "ended the query with LF alone"),
    Rule("no-crlf", "must", "RFC 953 query", "ended its input without a line end"),
    Rule("line-too-long", "advice", "RFC 953 query", f"sent a query of more than {MAX_QUERY_BYTES} octets"),
    Rule("control-characters", "must", "RFC 952", "sent control characters in the query"),
    Rule("not-ascii", "must", "RFC 952", "sent octets over 127 in the query"),
    Rule("no-command", "must", "RFC 953 command keys", "sent a query that does not begin with a command"),
    Rule("data-after-query", "advice", "RFC 953 protocol", "went on sending after the query"),
    Rule("early-close", "advice", "RFC 953 protocol", "disconnected before it had its answer"),
)


class HostnameOptions(QueryOptions, frozen=True, kw_only=True):
    """[hostname]"""

    port: Port = 10101
    system: Annotated[
        str,
        Meta(pattern=r"^[A-Z0-9-]{1,64}$", description="the operating system in entries (RFC 952)"),
    ] = "UNIX"
    version: Annotated[
        str,
        Meta(pattern=r"^[!-~]{0,64}$", description="the answer to VERSION; empty: another whenever the table changes"),
    ] = ""


class Hostname(QuerySession):
    """A session: answer one command and close."""

    __slots__ = ()

    limit = MAX_QUERY_BYTES
    rules: ClassVar[dict[str, Rule]] = {rule.id: rule for rule in RULES}

    def answer(self, query: bytes) -> list[Effect]:
        verb, _, argument = query.decode("ascii", "replace").strip().partition(" ")
        verb, argument = verb.upper(), argument.strip()
        if bool(argument) != (verb in WITH_ARGUMENT) or verb not in (*WITH_ARGUMENT, "ALL", "VERSION", "HELP"):
            return [ReportFinding("no-command", query[:SHOWN]), *self._reply(query, "ILLCOM", [_error("ILLCOM")])]
        if verb == "HELP":
            return self._reply(query, "ok", [f"HELP : {', '.join(HELP)}"])
        if verb == "VERSION":
            return self._reply(query, "ok", [f"VERSION : {self._version()}"])
        if verb == "ALL":
            return self._reply(query, "ok", ["BEGIN :", *map(self._entry, self._table()), "END :"])
        if verb == "HNAME":
            host = self.context.world.registry.host(argument.lower())
            found, missing = [] if host is None else [host], "NAMNFD"
        else:
            found, missing = self.context.world.registry.hosts_by_address(argument), "ADRNFD"
        entries = [self._entry(host) for host in found if _addresses(host)]
        return self._reply(query, "found" if entries else missing, entries or [_error(missing)])

    def refusal(self, finding: str, reason: str) -> bytes:  # noqa: ARG002 - the driver calls it with both
        """Refuse a query with a reason."""
        return f"ERR : ILLCOM : {reason}\r\n".encode()

    def _table(self) -> Iterator[Host]:
        """Yield the hosts of the table."""
        number = 0
        for host in self.context.world.registry.table("host"):
            if isinstance(host, Host) and _addresses(host) and number < MAX_ENTRIES:
                number += 1
                yield host

    def _entry(self, host: Host) -> str:
        """Return an entry: addresses, names, machine, system, protocols (RFC 952)."""
        system = self.context.options.system
        return f"HOST : {','.join(_addresses(host))} : {host.name.upper()} : : {system} : TCP :"

    def _version(self) -> str:
        """Return the version of the table: clients compare it for equality, and with nothing else."""
        table = "\n".join(map(self._entry, self._table())).encode()
        return self.context.options.version or blake2s(table, digest_size=4).hexdigest()

    def _reply(self, query: bytes, code: str, lines: list[str]) -> list[Effect]:
        command = Log("command", {"verb": "query", "argument": query.decode("ascii", "replace"), "code": code})
        return [command, Send("".join(f"{line}\r\n" for line in lines).encode()), *CLOSE]


def _error(code: str) -> str:
    return f"ERR : {code} : {ERRORS[code]}"


def _addresses(host: Host) -> list[str]:
    """Return its IPv4 addresses: the table is older than others."""
    return [address for address in host.addresses if ":" not in address]


SERVICE = Service(
    name="hostname",
    title="HOSTNAME",
    rfcs=("953",),
    listeners=(Listener("tcp", "tcp", 101),),
    options=HostnameOptions,
    session=Hostname,
    rules=RULES,
    faults=frozenset({"answer", "command"}),
    asked_by_line=True,
    example="printf 'ALL\\r\\n' | nc {host} {port}",
)
