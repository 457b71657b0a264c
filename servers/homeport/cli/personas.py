"""`homeport personas`."""

from typing import TYPE_CHECKING, Any

import click

from homeport.cli.options import WrongUsage, option
from homeport.cli.output import say, say_json

if TYPE_CHECKING:
    from homeport.protocol.service import Persona


@click.command(
    help="List the personas of services, or of SERVICE: named bundles of options, chosen by `persona` in its section."
)
@click.argument("service", required=False)
@option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def personas(service: str | None, *, as_json: bool) -> None:
    from homeport.config.toml import toml_key, toml_value
    from homeport.config.values import nearest
    from homeport.services import find_service, service_names

    names = service_names()
    if service is not None and service not in names:
        raise WrongUsage(f"unknown service {service!r}; {nearest(service, names)}")
    found = [(name, one) for name in names if service in (None, name) for one in find_service(name).personas]
    if as_json:
        say_json([_shown(name, one) for name, one in found])
        return
    for name, one in found:
        say(f"[{name}] persona = {toml_value(one.name)}: {one.text}")
        for key, value in one.options.items():
            say(f"    {toml_key(key)} = {toml_value(value)}")
        for key, value in one.zones.items():
            say(f"    {toml_key(key)} = {toml_value(value)} of every [[registry.tld]]")
    if not found:
        say(f"{service} has no persona" if service else "no service has a persona")


def _shown(service: str, persona: "Persona") -> dict[str, Any]:
    shown = {"service": service, "name": persona.name, "text": persona.text, "options": persona.options}
    return shown | {"zones": persona.zones} if persona.zones else shown
