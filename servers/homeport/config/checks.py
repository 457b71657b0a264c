"""Checks of the configuration beyond types: peers, times, duplicates, exposure, the services' own checks."""

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec

from homeport.config.certificates import CertificateError, certificate_name
from homeport.config.deprecated import contradictions
from homeport.config.peers import PeerSet
from homeport.config.ports import port_clashes
from homeport.config.quantities import Duration, parse_moment
from homeport.config.sections import SECTIONS, Config
from homeport.config.values import Builder, Key, key_text, metas
from homeport.services import find_service
from homeport.world.numbers import Numbers, NumbersContents
from homeport.world.seed_numbers import NUMBERS
from homeport.world.zones.contents import parse_contents
from homeport.world.zones.name import BadName

LOOPBACK = ("127.0.0.1", "::1")


def validate(config: Config, builder: Builder) -> list[str]:
    """Validate a configuration and return its problems, one line each with its place."""
    found: list[tuple[Key, str]] = []

    def check(key: Key, attempt: Callable[[], object]) -> None:
        try:
            attempt()
        except ValueError as error:
            found.append((key, f"{key_text(key)}: {error}"))

    check(("journal", "record"), lambda: PeerSet(config.journal.record))
    check(("limits", "exempt"), lambda: PeerSet(config.limits.exempt))
    if config.clock.set:
        check(("clock", "set"), lambda: parse_moment(config.clock.set, 0.0))
    for number, leap in enumerate(config.clock.leap):
        check(("clock", "leap", number), leap.leap)
    for number, seed in enumerate(config.contents.presence):
        check(("presence", number, "ago"), lambda seed=seed: Duration.parse(seed.ago))  # type: ignore[misc]  # bound now
        check(("presence", number, "idle"), lambda seed=seed: Duration.parse(seed.idle))  # type: ignore[misc]
    for number, name in enumerate(config.tls.names):
        check(("tls", "names", number), lambda name=name: certificate_name(name))  # type: ignore[misc]
    found += validate_tls_files(config)
    found += validate_unique_names(config)
    found += validate_exposure(config)
    found += validate_numbers(config)
    found += validate_zones(config)
    found += validate_paths(config)
    found += contradictions(config)
    for first, second, problem in port_clashes(config):
        # The key that was given is the one to change; a default has no place.
        key = first if builder.is_given(first) and not builder.is_given(second) else second
        found.append((key, problem))
    places = [(builder.place(key), text) for key, text in found]
    for name, options in config.services.items():
        # Services read the contents too, so only the section as a whole can be named.
        place = builder.place((name,)) if name in builder.tree else builder.file
        places += [(place, f"[{name}] {text}") for text in find_service(name).check(options, config.contents)]
    return [f"{place}: {text}" if place else text for place, text in places]


def validate_tls_files(config: Config) -> list[tuple[Key, str]]:
    """Return the problems of files that [tls] names."""
    tls = config.tls
    found: list[tuple[Key, str]] = []
    if tls.key and not tls.certificate:
        found.append((("tls", "key"), "[tls] key needs its certificate: set [tls] certificate"))
    if not tls.certificate and not tls.client_ca:
        return found
    from homeport.config.certificate_files import load_own, read_client_authorities

    for name, read in (("certificate", load_own), ("client_ca", read_client_authorities)):
        try:
            if getattr(tls, name):
                read(tls)
        except CertificateError as error:
            found.append((("tls", name), f"tls.{name}: {error}"))
    return found


def validate_unique_names(config: Config) -> list[tuple[Key, str]]:
    """Return logins that two people share, and names that two aliases or lists share, ignoring case."""
    found: list[tuple[Key, str]] = []
    names: set[str] = set()
    mail = config.contents.mail
    groups = [("alias", number, one.name) for number, one in enumerate(mail.aliases)]
    groups += [("list", number, one.name) for number, one in enumerate(mail.lists)]
    for kind, number, name in groups:
        if name.lower() in names:
            found.append((("mail", kind, number, "name"), f"two aliases or lists have the name {name!r}: rename one"))
        names.add(name.lower())
    seen: set[str] = set()
    for number, person in enumerate(config.contents.people):
        if person.login.lower() in seen:
            found.append((("people", number, "login"), f"two people have the login {person.login!r}: rename one"))
        seen.add(person.login.lower())
    return found


def validate_numbers(config: Config) -> list[tuple[Key, str]]:
    """Return ranges of networks, routes and AS numbers that are invalid, occur twice, or share only a part."""
    found: list[tuple[Key, str]] = []
    contents = config.contents.numbers
    if contents is NUMBERS:
        return found
    numbers = Numbers(NumbersContents())
    kinds: tuple[tuple[str, Any, Any], ...] = (
        ("network", numbers.networks, contents.networks),
        ("route", numbers.routes, contents.routes),
        ("as_number", numbers.as_numbers, contents.as_numbers),
    )
    for name, table, entries in kinds:
        for number, one in enumerate(entries):
            key = ("numbers", name, number, table.key)
            before = len(table)
            try:
                stored = table.put(one)
            except ValueError as error:
                found.append((key, f"numbers.{name}.{table.key}: {error}"))
                continue
            if len(table) == before:
                text = f"{getattr(stored, table.key)} is there twice: merge the two"
                found.append((key, f"numbers.{name}.{table.key}: {text}"))
    return found


def validate_zones(config: Config) -> list[tuple[Key, str]]:
    """Return zones that occur twice, or whose records are invalid."""
    found: list[tuple[Key, str]] = []
    origins: set[object] = set()
    for number, one in enumerate(config.contents.dns):
        key = "file" if one.file else "records"
        try:
            origin, _records = parse_contents(one)
        except BadName as error:
            key, problem = "name", str(error)
        except ValueError as error:
            problem = f"{one.file}: {error}" if one.file else str(error)
        else:
            if origin not in origins:
                origins.add(origin)
                continue
            key, problem = "name", f"the zone {one.name} is there twice: merge the two"
        found.append((("dns", "zone", number, key), f"dns.zone[{number}].{key}: {problem}"))
    return found


def validate_paths(config: Config) -> list[tuple[Key, str]]:
    """Return paths of the wrong kind, such as a file where a folder is needed."""
    tables = {name: getattr(config, name) for name in SECTIONS} | config.services
    found: list[tuple[Key, str]] = []
    for name, options in tables.items():
        for field in msgspec.structs.fields(options):
            kind = next((meta.extra["path"] for meta in metas(field.type) if meta.extra and "path" in meta.extra), "")
            path = getattr(options, field.name) if kind else ""
            if path and (problem := PATHS[kind](Path(path))):
                found.append(((name, field.encode_name), f"{name}.{field.encode_name}: {problem}"))
    return found


def no_folder(path: Path) -> str:
    """Return the reason why a path is not a folder; empty if it is."""
    if path.is_dir():
        return ""
    return (
        f"{path} is not a folder: name a folder"
        if path.exists()
        else f"folder {path} is missing: create it, or name another"
    )


def no_folder_to_be(path: Path) -> str:
    """Return the reason why a path is not a folder and cannot become one; empty if it is or can."""
    if path.is_symlink() and not path.exists():
        return f"{path} is a link to {path.readlink()}, which is missing: mount or create it"
    for one in (path, *path.parents):
        if one.is_dir():
            return ""
        if one.exists() or one.is_symlink():
            return f"{one} is not a folder: name a folder; it is created if missing"
    return ""


def no_file_to_be(path: Path) -> str:
    """Return the reason why no file can be written at a path; empty if one can."""
    return f"{path} is a folder: name a file in it" if path.is_dir() else ""


PATHS: dict[str, Callable[[Path], str]] = {"folder": no_folder, "made": no_folder_to_be, "written": no_file_to_be}
"""The check of a path, by the kind in its key's declaration (`Meta(extra={"path": ...})`). It returns the problem."""


def validate_exposure(config: Config) -> list[tuple[Key, str]]:
    """Return a problem if the control API is open to other machines by accident."""
    control = config.control
    exposed = [host for host in control_hosts(config) if not is_loopback(host)]
    if not exposed or control.token or control.open:
        return []
    return [
        (
            ("control", "hosts"),
            f"the control API would listen on {', '.join(exposed)}, which any client there could use: "
            'set [control] token, or keep it on this machine with [control] hosts = ["127.0.0.1"], '
            "or set [control] open = true",
        )
    ]


def control_hosts(config: Config) -> list[str]:
    """Return the addresses or names that the control API listens on.

    Without [control] hosts they are those of [farm] hosts; without a token, and unless [control] is open, only loopback
    ones, so that a farm that serves a network does not expose its control.
    """
    control, hosts = config.control, config.farm.hosts
    if control.hosts:
        return control.hosts
    if control.token or control.open:
        return hosts
    return [host for host in hosts if is_loopback(host)] or list(LOOPBACK)


def is_loopback(host: str) -> bool:
    """True if an address or a name is a loopback one."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761 6.3
