"""What can be chosen of FTP."""

import contextlib
import re
from functools import lru_cache
from typing import Annotated, Literal

from msgspec import Meta

from homeport.config.quantities import Duration, Size
from homeport.protocol.service import Port, TlsOptions
from homeport.services.ftp.masquerade import parse_masquerade

PORT_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


class FtpOptions(TlsOptions, frozen=True, kw_only=True):
    """[ftp]"""

    port: Port = 10021
    tls_port: Port = 10990
    root: Annotated[
        str,
        Meta(
            description="a folder to serve, as it stands; if empty, a tree of the world's own with a few files",
            extra={"path": "folder"},
        ),
    ] = ""
    quota: Annotated[Size, Meta(description="octets that the tree may hold; 0: as much as there is room for")] = Size(0)
    quota_files: Annotated[int, Meta(ge=0, description="files that the tree may hold; 0: any number")] = 0
    host_name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="the server's name, in the greeting and for HOST")
    ] = "ftp.homeport.test"
    anonymous: Annotated[
        bool, Meta(description="let anonymous in (RFC 1635), to read, and to leave new files in the upload folder")
    ] = True
    upload: Annotated[
        str,
        Meta(pattern=r"^(/[^/\x00-\x1f]+)*$", description="where anonymous may leave files; empty: nowhere"),
    ] = "/incoming"
    tls_required: Annotated[
        bool, Meta(description="refuse USER, and data connections, without TLS (AUTH TLS, PROT P)")
    ] = False
    data_resume: Annotated[
        bool, Meta(description="under TLS, refuse data connections that do not resume the control connection's session")
    ] = False
    passive_ports: Annotated[
        str, Meta(description="ports of passive data connections, such as 10200-10249; 0: any free port")
    ] = "10200-10249"
    masquerade: Annotated[
        str | dict[str, str],
        Meta(
            description="the IPv4 address that PASV tells, for servers behind NAT; empty: the one that was asked. Or a "
            'table of networks of clients, such as { "172.16.0.0/12" = "self", "*" = "127.0.0.1" }: the most specific '
            "network counts, `self` is the address that was asked, `gateway` in place of a network is the router of "
            "this machine, as which clients of a published port come"
        ),
    ] = ""
    low_ports: Annotated[
        bool, Meta(description="connect to ports below 1024 when PORT or EPRT says so (RFC 2577 3 advises against it)")
    ] = False
    active_from: Annotated[
        Literal["L-1", "any"],
        Meta(description="our port when we connect: that below the control connection's (RFC 959 3.2), or any"),
    ] = "L-1"
    listing: Annotated[
        Literal["unix", "msdos", "eplf"], Meta(description="how LIST shows files; the others are to test clients")
    ] = "unix"
    bare_lf: Annotated[
        Literal["refuse", "accept"], Meta(description="what becomes of a command that ends with LF alone (a finding)")
    ] = "refuse"
    partial_stores: Annotated[
        Literal["discard", "keep"],
        Meta(
            description="what becomes of a store whose connection breaks: nothing of it, or what had come (REST, APPE)"
        ),
    ] = "discard"
    sessions_per_user: Annotated[
        int, Meta(ge=0, description="sessions that one user may have at a time; 0: any number")
    ] = 0
    transfers_per_user: Annotated[
        int, Meta(ge=0, description="transfers that one user may have under way at a time; 0: any number")
    ] = 0
    max_line: Annotated[int, Meta(ge=512, le=1 << 20, description="octets of a command")] = 4096
    max_path: Annotated[int, Meta(ge=64, le=4096, description="octets of a pathname, from the root")] = 4096
    login_delay: Annotated[Duration, Meta(description="real time before a wrong password is answered (RFC 2577 5)")] = (
        Duration(1)
    )
    login_failures: Annotated[
        int, Meta(ge=1, description="wrong passwords of a connection before it is closed (RFC 2577 5)")
    ] = 5
    timeout: Annotated[
        Duration, Meta(description="real time that a client may be silent while nothing is transferred; 0: for ever")
    ] = Duration(300)
    bandwidth: Annotated[Size, Meta(description="octets a second that one transfer may have; 0: as many as it can")] = (
        Size(0)
    )
    data_timeout: Annotated[
        Duration, Meta(description="real time for a data connection to stand, and then for octets to move")
    ] = Duration(60)


@lru_cache(16)
def parse_ports(text: str) -> tuple[int, int]:
    """The range of ports, both ends included; (0, 0) for any. Raises: ValueError in words."""
    match = PORT_RANGE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no range of ports: write 10200-10249, or 0 for any free port")
    first = int(match[1])
    last = int(match[2] or first)
    if (first, last) == (0, 0):
        return 0, 0
    if not 1 <= first <= last <= 65535:
        raise ValueError(f"{text!r}: ports go from 1 to 65535, the smaller first")
    return first, last


def other_ports(options: FtpOptions) -> list[tuple[str, str, int, int]]:
    """Return the ports of data connections: the passive range, and those below the control connections' (L-1)."""
    ports = []
    with contextlib.suppress(ValueError):  # of which `check` speaks
        ports.append(("passive data ports", "passive_ports", *parse_ports(options.passive_ports)))
    if options.active_from == "L-1":
        active = [port - 1 for port in (options.port, options.tls_port) if port > 1]
        ports += [("active data port", "active_from", port, port) for port in active]
    return ports


def check(options: FtpOptions, _contents: object) -> list[str]:
    """What the types cannot say."""
    problems = []
    try:
        parse_ports(options.passive_ports)
    except ValueError as error:
        problems.append(f"`passive_ports`: {error}")
    if not options.data_timeout:
        problems.append("`data_timeout`: a data connection that never comes would be waited for: more than 0s")
    try:
        parse_masquerade(options.masquerade)
    except ValueError as error:
        problems.append(f"`masquerade`: {error}")
    return problems
