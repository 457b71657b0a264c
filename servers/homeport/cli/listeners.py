"""`homeport ports` and `homeport ready`."""

import click

from homeport.cli.options import WORLD, NegativeAnswer, asked, echo_json, of_a_farm, option, reach, seconds


@click.command(help="Show the listeners of a running farm.")
@option("--json", "as_json", is_flag=True, help="Print the ready object.")
@option("--env", "as_env", is_flag=True, help='Print variables for a shell: eval "$(homeport ports --env)".')
@of_a_farm
def ports(url: str, token: str, *, as_json: bool, as_env: bool) -> None:
    farm = reach(url, token)
    ready = asked(lambda: farm.get(farm.base))
    if as_json:
        echo_json(ready)
        return
    if as_env:
        click.echo(f"HOMEPORT_URL={farm.url}")
    for service, listeners in ready["services"].items():
        for name, bound in listeners.items():
            if as_env:
                prefix = f"HOMEPORT_{service}_{name}".upper().replace("-", "_")
                click.echo(f"{prefix}_HOST={bound['host']}\n{prefix}_PORT={bound['port']}")
            else:
                click.echo(f"{f'{service}.{name}':<20} {bound['port']:<6} {', '.join(bound['addresses'])}")


@click.command(help="Exit 0 if every listener of a running farm answers that was not taken down on purpose, 1 if not.")
@option("--wait", is_flag=True, help="Ask again until it is.")
@option("--timeout", default="30s", metavar="DURATION", help="How long to wait.")
@option("-q", "--quiet", is_flag=True, help="Only the exit code.")
@of_a_farm
def ready(url: str, token: str, timeout: str, *, wait: bool, quiet: bool) -> None:
    default = click.get_current_context().meta.get(WORLD, "default") == "default"
    farm = reach(url, token, public=default)
    limit = seconds(timeout)
    problem = farm.wait_until_ready(limit if wait else 0)
    if problem:
        raise NegativeAnswer("" if quiet else problem)
    if not quiet:
        click.echo("ready")
