"""Options of the FTP service: the section `[ftp]`."""

import contextlib
import re
from functools import lru_cache
from typing import Annotated, Literal

from msgspec import Meta

from homeport.config.quantities import Duration, Size
from homeport.protocol.service import BareLf, Port, TlsOptions
from homeport.services.ftp.masquerade import parse_masquerade

LOWEST_PORT = 1024
"""Data connections to lower ports are refused (RFC 2577 3), unless `low_ports` allows them."""
PORT_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


class FtpOptions(TlsOptions, frozen=True, kw_only=True):
    """[ftp]"""

    port: Port = 10021
    tls_port: Port = 10990
    root: Annotated[
        str,
        Meta(
            description="folder to serve; empty: a tree of the world's own with a few sample files",
            extra={"path": "folder"},
        ),
    ] = ""
    quota: Annotated[Size, Meta(description="maximum total size of the tree, in bytes; 0: no limit")] = Size(0)
    quota_files: Annotated[int, Meta(ge=0, description="maximum number of files in the tree; 0: no limit")] = 0
    host_name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="server name, in the greeting and for HOST")
    ] = "ftp.homeport.test"
    anonymous: Annotated[
        bool,
        Meta(description="allow anonymous logins (RFC 1635), to read, and to store new files in `upload`"),
    ] = True
    upload: Annotated[
        str,
        Meta(pattern=r"^(/[^/\x00-\x1f]+)*$", description="folder in which anonymous may store files; empty: none"),
    ] = "/incoming"
    tls_required: Annotated[
        bool, Meta(description="refuse logins and data connections without TLS (AUTH TLS, PROT P)")
    ] = False
    data_resume: Annotated[
        bool, Meta(description="refuse TLS data connections that do not resume the control connection's TLS session")
    ] = False
    passive_ports: Annotated[
        str, Meta(description="ports of passive data connections, such as 10200-10249; 0: any free port")
    ] = "10200-10249"
    masquerade: Annotated[
        str | dict[str, str],
        Meta(
            description="IPv4 address that PASV announces, for servers behind NAT; empty: the address the client "
            'connected to. Or a table by network of the client, such as { "172.16.0.0/12" = "self", "*" = '
            '"127.0.0.1" }: the most specific network wins, `self` is the address the client connected to, and '
            "`gateway` in place of a network is the default gateway of this machine, from which clients of published "
            "ports come"
        ),
    ] = ""
    low_ports: Annotated[
        bool, Meta(description="allow PORT and EPRT to name ports below 1024 (RFC 2577 3 advises against it)")
    ] = False
    active_ports: Annotated[
        str,
        Meta(
            description="ports of this machine to which PORT and EPRT may point, for clients on it: loopback, own "
            "addresses, and the gateway of a container; never a port of the farm. 0: any from 1024"
        ),
    ] = "32768-65535"
    active_from: Annotated[
        Literal["L-1", "any"],
        Meta(description="source port of active data connections: one below the control port (RFC 959 3.2), or any"),
    ] = "L-1"
    listing: Annotated[
        Literal["unix", "msdos", "eplf"], Meta(description="format of LIST; `msdos` and `eplf` are for testing clients")
    ] = "unix"
    bare_lf: BareLf = "refuse"
    ascii_crlf: Annotated[
        Literal["keep", "double"],
        Meta(
            description="lines of a file that end in CR LF, in TYPE A: sent as they are, as other servers do, or with "
            "a second CR, so that a file which is retrieved and stored again keeps them"
        ),
    ] = "keep"
    partial_stores: Annotated[
        Literal["discard", "keep"],
        Meta(description="discard or keep the data of a store whose connection breaks (to restart with REST or APPE)"),
    ] = "discard"
    sessions_per_user: Annotated[
        int, Meta(ge=0, description="maximum concurrent sessions of one user; 0: no limit")
    ] = 0
    transfers_per_user: Annotated[
        int, Meta(ge=0, description="maximum concurrent transfers of one user; 0: no limit")
    ] = 0
    max_line: Annotated[int, Meta(ge=512, le=1 << 20, description="maximum size of a command line, in bytes")] = 4096
    max_path: Annotated[int, Meta(ge=64, le=4096, description="maximum size of a pathname, in bytes")] = 4096
    login_delay: Annotated[
        Duration, Meta(description="real-time delay of the reply to a wrong password (RFC 2577 5)")
    ] = Duration(1)
    login_failures: Annotated[
        int, Meta(ge=1, description="number of wrong passwords after which the connection is closed (RFC 2577 5)")
    ] = 5
    timeout: Annotated[
        Duration, Meta(description="idle timeout while no transfer is in progress, in real time; 0: none")
    ] = Duration(300)
    bandwidth: Annotated[Size, Meta(description="rate limit of one transfer, in bytes per second; 0: none")] = Size(0)
    data_timeout: Annotated[
        Duration, Meta(description="timeout of data connections, in real time: to be opened, and then without progress")
    ] = Duration(60)


@lru_cache(16)
def parse_ports(text: str) -> tuple[int, int]:
    """Parse a range of ports, both ends included; (0, 0) for any. Raises: ValueError with a text for people."""
    match = PORT_RANGE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a range of ports: write 10200-10249, or 0 for any free port")
    first = int(match[1])
    last = int(match[2] or first)
    if (first, last) == (0, 0):
        return 0, 0
    if not 1 <= first <= last <= 65535:
        raise ValueError(f"{text!r}: ports range from 1 to 65535, the smaller first")
    return first, last


def other_ports(options: FtpOptions) -> list[tuple[str, str, int, int]]:
    """Return the ports of data connections: the passive range, and those below the control connections' (L-1)."""
    ports = []
    with contextlib.suppress(ValueError):  # reported by `check`
        ports.append(("passive data ports", "passive_ports", *parse_ports(options.passive_ports)))
    if options.active_from == "L-1":
        active = [port - 1 for port in (options.port, options.tls_port) if port > 1]
        ports += [("active data port", "active_from", port, port) for port in active]
    return ports


def validate_options(options: FtpOptions, _contents: object) -> list[str]:
    """Return the problems that the types cannot express."""
    problems = []
    try:
        parse_ports(options.passive_ports)
    except ValueError as error:
        problems.append(f"`passive_ports`: {error}")
    try:
        first, _last = parse_ports(options.active_ports)
        if 0 < first < LOWEST_PORT and not options.low_ports:
            problems.append(f"`active_ports`: begins below {LOWEST_PORT}, which needs `low_ports = true`")
    except ValueError as error:
        problems.append(f"`active_ports`: {error}")
    if not options.data_timeout:
        problems.append("`data_timeout`: must be more than 0s, or a transfer could wait forever")
    try:
        parse_masquerade(options.masquerade)
    except ValueError as error:
        problems.append(f"`masquerade`: {error}")
    return problems
