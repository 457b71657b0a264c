"""`homeport ports` and `homeport ready`."""

from typing import Any

import click

from homeport.cli.options import WORLD, NegativeAnswer, ask_farm, of_a_farm, option, reach, seconds
from homeport.cli.output import say, say_json


@click.command(help="Show the listeners of a running farm.")
@option("--json", "as_json", is_flag=True, help="Print the ready object.")
@option("--env", "as_env", is_flag=True, help='Print variables for a shell: eval "$(homeport ports --env)".')
@of_a_farm
def ports(url: str, token: str, *, as_json: bool, as_env: bool) -> None:
    farm = reach(url, token)
    ready = ask_farm(lambda: farm.get(farm.base))
    if as_json:
        say_json(ready)
        return
    if as_env:
        say(f"HOMEPORT_URL={farm.url}")
    say_listeners(ready, as_env=as_env)


def say_listeners(ready: dict[str, Any], *, as_env: bool = False) -> None:
    """Print the listeners of a ready object. as_env: as variables for a shell."""
    for service, listeners in ready["services"].items():
        for name, bound in listeners.items():
            if as_env:
                prefix = f"HOMEPORT_{service}_{name}".upper().replace("-", "_")
                say(f"{prefix}_HOST={bound['host']}")
                say(f"{prefix}_PORT={bound['port']}")
            else:
                say(f"{f'{service}.{name}':<20} {bound['port']:<6} {', '.join(bound['addresses'])}")


@click.command(help="Exit 0 if a running farm is ready, 1 if not. Services stopped on purpose count as ready.")
@option("--wait", is_flag=True, help="Wait until it is ready.")
@option("--timeout", default="30s", metavar="DURATION", help="How long to wait.")
@option("-q", "--quiet", is_flag=True, help="Print nothing; only set the exit code.")
@of_a_farm
def ready(url: str, token: str, timeout: str, *, wait: bool, quiet: bool) -> None:
    default = click.get_current_context().meta.get(WORLD, "default") == "default"
    farm = reach(url, token, public=default)
    limit = seconds(timeout)
    problem = farm.wait_until_ready(limit if wait else 0)
    if problem:
        raise NegativeAnswer("" if quiet else problem)
    if not quiet:
        say("ready")
