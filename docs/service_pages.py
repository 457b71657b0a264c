"""The pages of services: services.md lists them, and each has services/NAME.md, out of its declaration.

A page has two generated parts, between which people may write what a declaration cannot say.
"""

import re
import sys
from collections.abc import Iterator

from homeport.config.toml import toml_value
from homeport.protocol.fault_checks import kinds_of
from homeport.protocol.service import Service, TlsOptions
from homeport.world.world import WorldContents

EDIT = "<!-- Written by `make docs` out of the code; change the code, not this page. -->\n"
OVERVIEW, REFERENCE = "overview", "reference"

LIST_HEAD = """\
# Services

Each has a page: what it does, listeners, options, findings, faults, credentials. A port is 10000 and the port that IANA
gave. What a client does against its RFC is a *finding*: it is counted and shown (`homeport findings`), and changes no
answer unless `strict` is set for the service.

| service | name | ports | speaks |
|---|---|---|---|
"""
LIST_FOOT = """
A package of yours can add others: [adding-a-service.md](adding-a-service.md).
"""


def service_list(services: list[Service]) -> str:
    """services.md. Its rows keep the anchors of the days when everything was on that page."""
    rows = (
        f'| <a id="{anchor(one)}"></a>[{one.title}](services/{one.name}.md) | `{one.name}` | {ports(one)} |'
        f" {rfcs(one)} |\n"
        for one in services
    )
    return EDIT + LIST_HEAD + "".join(rows) + LIST_FOOT


def anchor(service: Service) -> str:
    """What services.md was linked to for this service."""
    return service.title.lower().replace(" ", "-")


def ports(service: Service) -> str:
    """The default ports, each with its transports."""
    by_port: dict[int, list[str]] = {}
    for listener in service.listeners:
        by_port.setdefault(listener.default_port, []).append(listener.transport)
    return ", ".join(f"{port} ({' and '.join(dict.fromkeys(names))})" for port, names in by_port.items())


def rfcs(service: Service) -> str:
    """The RFCs, as people cite them."""
    return ", ".join(f"RFC {number}" for number in service.rfcs)


def service_page(service: Service, options: str, page: str = "") -> str:
    """services/NAME.md.

    options: the table of the service's keys. page: as it is now, whose handwritten parts are kept.
    """
    page = page or f"# {service.title}\n\n{begin(OVERVIEW)}{END}\n{begin(REFERENCE)}{END}"
    page = fill(page, OVERVIEW, "".join(overview(service)))
    return fill(page, REFERENCE, "".join(reference(service, options)))


END = "<!-- to here. -->\n"


def begin(part: str) -> str:
    """The line at which a generated part of a page begins."""
    return f"<!-- The {part} is written by `make docs` from here: -->\n"


def fill(page: str, part: str, text: str) -> str:
    """The page with a generated part anew."""
    before, mark, rest = page.partition(begin(part))
    if not mark:
        raise ValueError(f"the page lacks the line {begin(part).strip()}")
    return f"{before}{mark}\n{text}\n{END}{rest.partition(END)[2]}"


def overview(service: Service) -> Iterator[str]:
    """What it is, something to try, where it listens."""
    yield described(service)
    if service.example:
        example = service.example.format(host="127.0.0.1", port=service.listeners[0].default_port)
        yield f"\n```sh\n{example}\n```\n"
    yield "\n| listener | port | its key | TLS |\n|---|---|---|---|\n"
    for listener in service.listeners:
        tls = (
            "from the first octet"
            if listener.tls
            else "no"
            if listener.switch or "tls" not in service.faults
            else "on request"
        )
        key = f"`[{service.name}] {listener.option}`"
        yield f"| `{service.name}.{listener.name}` | {listener.default_port}/{listener.transport} | {key} | {tls} |\n"


def described(service: Service) -> str:
    """The docstring of the service's module, without the list of its files."""
    module = sys.modules[module_of(service)]
    paragraphs = re.split(r"\n\n", (module.__doc__ or service.title).strip())
    return "\n\n".join(one for one in paragraphs if not re.match(r" +\w+\.py +\w", one)) + "\n"


def module_of(service: Service) -> str:
    """Where a service is declared, which its SERVICE tells, wherever the classes it names are."""
    return next(name for name, module in list(sys.modules.items()) if getattr(module, "SERVICE", None) is service)


def reference(service: Service, options: str) -> Iterator[str]:
    """Options, findings, faults and credentials."""
    yield "## Options\n\n"
    yield f"Keys of `[{service.name}]`, besides [those that every service has]"
    yield f"(../configuration.md#keys-that-every-service-has).\n\n{options}"
    yield from personas(service)
    yield "\n## Findings\n\n"
    if service.rules:
        yield "| finding | level | rule | the client |\n|---|---|---|---|\n"
        for rule in service.rules:
            yield f"| `{service.name}.{rule.id}` | {rule.level} | {rule.reference} | {rule.text} |\n"
    else:
        yield "None: the RFC lets a client send anything.\n"
    yield from faults(service)
    yield from credentials(service)


def personas(service: Service) -> Iterator[str]:
    """Yield its named bundles of options, if it has any."""
    if service.personas:
        yield "\n## Personas\n\n"
        yield f"`[{service.name}] persona` chooses one; keys that are given besides override it.\n\n"
        yield "| persona | the service | sets |\n|---|---|---|\n"
        for one in service.personas:
            sets = ", ".join(f"`{key} = {toml_value(value)}`" for key, value in one.options.items())
            yield f"| `{one.name}` | {one.text} | {sets} |\n"


def faults(service: Service) -> Iterator[str]:
    """What it can suffer."""
    yield "\n## Kinds of faults\n\n"
    by_kinds: dict[tuple[str, ...], list[str]] = {}
    for listener in service.listeners:
        by_kinds.setdefault(kinds_of(service, listener), []).append(f"`{service.name}.{listener.name}`")
    for kinds, names in by_kinds.items():
        yield f"- {', '.join(names)}: {', '.join(f'`{kind}`' for kind in kinds)}\n"
    has_commands = {"command", "reply"} & service.faults
    matched = "Its commands can be matched, by verb and argument." if has_commands else "It has no commands to match."
    if service.verbs:
        matched += f" Verbs are {', '.join(f'`{verb}`' for verb in service.verbs)}."
    yield f"\n{matched} What each kind does is in [faults.md](../faults.md).\n"


def credentials(service: Service) -> Iterator[str]:
    """Who can log in, of the world that a farm begins with."""
    yield "\n## Credentials\n\n"
    if not service.logins:
        yield "None: nobody logs in.\n"
        return
    contents = WorldContents()
    logins = {
        "people": [(one.login, one.password, " ".join(one.tokens)) for one in contents.people],
        "registrars": [(one.id, one.password, "") for one in contents.registry.registrars],
    }
    yield "| login | password | OAuth token |\n|---|---|---|\n"
    for row in logins[service.logins]:
        yield f"| {' | '.join(f'`{cell}`' if cell else '' for cell in row)} |\n"
    if issubclass(service.options, TlsOptions):
        yield "\nClient certificates: [tls.md](../tls.md#client-certificates).\n"
