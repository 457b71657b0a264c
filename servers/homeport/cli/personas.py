"""`homeport personas`."""

import click

from homeport.cli.options import WrongUsage, echo_json, option


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
        raise WrongUsage(f"there is no service {service!r}; {nearest(service, names)}")
    found = [(name, one) for name in names if service in (None, name) for one in find_service(name).personas]
    if as_json:
        echo_json(
            [{"service": name, "name": one.name, "text": one.text, "options": one.options} for name, one in found]
        )
        return
    for name, one in found:
        click.echo(f"[{name}] persona = {toml_value(one.name)}: {one.text}")
        for key, value in one.options.items():
            click.echo(f"    {toml_key(key)} = {toml_value(value)}")
    if not found:
        click.echo(f"{service} has no persona" if service else "no service has a persona")
