"""What types cannot say about the configuration: peers, times, duplicates, exposure, the services' own checks."""

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import msgspec

from homeport.config.certificates import CertificateError, certificate_name
from homeport.config.peers import PeerSet
from homeport.config.ports import port_clashes
from homeport.config.quantities import Duration, parse_moment
from homeport.config.sections import SECTIONS, Config
from homeport.config.values import Builder, Key, key_text, metas
from homeport.services import find_service

LOOPBACK = ("127.0.0.1", "::1")


def problems_of(config: Config, builder: Builder) -> list[str]:
    """Everything that is wrong, one line each with its place."""
    found: list[tuple[Key, str]] = []

    def trial(key: Key, attempt: Callable[[], object]) -> None:
        try:
            attempt()
        except ValueError as error:
            found.append((key, f"{key_text(key)}: {error}"))

    trial(("journal", "record"), lambda: PeerSet(config.journal.record))
    trial(("limits", "exempt"), lambda: PeerSet(config.limits.exempt))
    if config.clock.set:
        trial(("clock", "set"), lambda: parse_moment(config.clock.set, 0.0))
    for number, seed in enumerate(config.contents.presence):
        trial(("presence", number, "ago"), lambda seed=seed: Duration.parse(seed.ago))  # type: ignore[misc]  # bound now
        trial(("presence", number, "idle"), lambda seed=seed: Duration.parse(seed.idle))  # type: ignore[misc]
    for number, name in enumerate(config.tls.names):
        trial(("tls", "names", number), lambda name=name: certificate_name(name))  # type: ignore[misc]
    found += tls_files(config)
    found += duplicates(config)
    found += exposure(config)
    found += wrong_paths(config)
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


def tls_files(config: Config) -> list[tuple[Key, str]]:
    """Files of [tls] that cannot be used."""
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


def duplicates(config: Config) -> list[tuple[Key, str]]:
    """Logins that two people have, names that two aliases or lists have; case makes no difference."""
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


def wrong_paths(config: Config) -> list[tuple[Key, str]]:
    """Paths that name something of another kind than their key takes, such as a file where a folder is needed."""
    tables = {name: getattr(config, name) for name in SECTIONS} | config.services
    found: list[tuple[Key, str]] = []
    for name, options in tables.items():
        for field in msgspec.structs.fields(options):
            kind = next((meta.extra["path"] for meta in metas(field.type) if meta.extra), "")
            path = getattr(options, field.name) if kind else ""
            if path and (problem := PATHS[kind](Path(path))):
                found.append(((name, field.encode_name), f"{name}.{field.encode_name}: {problem}"))
    return found


def no_folder(path: Path) -> str:
    """Return why a path is not a folder; empty if it is."""
    if path.is_dir():
        return ""
    return (
        f"{path} is no folder: name a folder"
        if path.exists()
        else f"there is no folder {path}: make it, or name another"
    )


def no_folder_to_be(path: Path) -> str:
    """Return why a path is not a folder and none can be made there; empty if one is or can be."""
    for one in (path, *path.parents):
        if one.is_dir():
            return ""
        if one.exists() or one.is_symlink():
            return f"{one} is no folder: name a folder, which is made if it is missing"
    return ""


def no_file_to_be(path: Path) -> str:
    """Return why no file can be written at a path; empty if one can."""
    return f"{path} is a folder: name a file in it" if path.is_dir() else ""


PATHS: dict[str, Callable[[Path], str]] = {"folder": no_folder, "made": no_folder_to_be, "written": no_file_to_be}
"""What is wrong with a path, by the kind that its key's declaration names (`Meta(extra={"path": ...})`)."""


def exposure(config: Config) -> list[tuple[Key, str]]:
    """The control API must not be open to other machines by accident."""
    control = config.control
    exposed = [host for host in control_hosts(config) if not is_loopback(host)]
    if not exposed or control.token or control.open:
        return []
    return [
        (
            ("control", "hosts"),
            f"the control API would listen on {', '.join(exposed)}, and whoever reaches it controls the farm: "
            'set [control] token, or keep it on this machine with [control] hosts = ["127.0.0.1"], '
            "or set [control] open = true",
        )
    ]


def control_hosts(config: Config) -> list[str]:
    """Return the addresses or names that the control API listens on.

    Where [control] hosts names none they are those of [farm] hosts; without a token and unless it is open, only those
    of this machine alone, so that a farm that serves a network does not hand out its control.
    """
    control, hosts = config.control, config.farm.hosts
    if control.hosts:
        return control.hosts
    if control.token or control.open:
        return hosts
    return [host for host in hosts if is_loopback(host)] or list(LOOPBACK)


def is_loopback(host: str) -> bool:
    """Whether an address or a name is one of this machine alone."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761 6.3
