"""What types cannot say about the configuration: peers, times, duplicates, exposure, the services' own checks."""

from collections.abc import Callable
from ipaddress import ip_address

from homeport.config import Config
from homeport.config_values import Builder, Key, key_text
from homeport.io.certificates import CertificateError, certificate_name, load_own, read_client_authorities
from homeport.peers import PeerSet
from homeport.quantities import Duration, parse_moment
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
