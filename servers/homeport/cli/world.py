"""`homeport world`: list, make and close the worlds of a running farm."""

from typing import Any

import click

from homeport.cli.completion import service_list, world_names
from homeport.cli.listeners import say_listeners
from homeport.cli.objects import ListingGroup, place, say_fields, say_list
from homeport.cli.options import WrongUsage, ask_farm, of_a_farm, option, reach
from homeport.cli.output import say, say_json


@click.group(
    cls=ListingGroup,
    help="""\
Show, make and close the worlds of a running farm; without a command, list them.

A world has ports, people, mail, files, registry, clock and journal of its own. The other commands act on the world
that --world names; `homeport reset` resets one.
""",
)
def world() -> None:
    pass


@world.command("list", help="Show the worlds, with connections, findings and services.")
@option("--json", "as_json", is_flag=True, help="Print the worlds as one JSON object.")
@of_a_farm
def list_(url: str, token: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.get("/api/v1/worlds"))
    say_list(answer, world_row, "no worlds", as_json=as_json)


def world_row(one: dict[str, Any]) -> tuple[str, ...]:
    """Return the columns of a world."""
    from homeport.config.quantities import counted

    findings = counted(sum(one["findings"].values()), "finding")
    return (one["name"], f"{one['connections']} open", findings, ", ".join(one["services"]))


@world.command(
    help="""\
Make a world on free ports, and print its listeners: `homeport world make mine --services smtp,ftp smtp.syntax=strict`.

KEY=VALUE sets a key of its configuration over the farm's. VALUE is written as in the configuration file; text needs
no quotes.
"""
)
@click.argument("name", metavar="[NAME]", required=False)
@click.argument("keys", nargs=-1, metavar="[KEY=VALUE]...")
@option(
    "--services",
    metavar="LIST",
    shell_complete=service_list,
    help='Its services: "smtp,ftp", "*" for all, "*,-epp" for all but one; those of the farm if not given.',
)
@option("--json", "as_json", is_flag=True, help="Print the ready object.")
@of_a_farm
def make(url: str, token: str, name: str | None, keys: tuple[str, ...], services: str | None, *, as_json: bool) -> None:
    if name is not None and "=" in name:
        keys, name = (name, *keys), None
    body: dict[str, Any] = {"config": read_keys(keys)}
    body |= {} if name is None else {"name": name}
    body |= {} if services is None else {"services": [one.strip() for one in services.split(",")]}
    farm = reach(url, token)
    ready = ask_farm(lambda: farm.send("POST", "/api/v1/worlds", body, patience=30.0))
    if as_json:
        say_json(ready)
        return
    say(f"world {ready['world']!r} made")
    say_listeners(ready)


@world.command(help="Close a world: its connections, ports and state. The world `default` cannot be closed.")
@click.argument("name", shell_complete=world_names)
@of_a_farm
def close(url: str, token: str, name: str) -> None:
    farm = reach(url, token)
    ask_farm(lambda: farm.send("DELETE", f"/api/v1/worlds{place(name)}", patience=30.0))
    say(f"world {name!r} closed")


@world.command(help="Show what the world that --world names is and holds.")
@option("--json", "as_json", is_flag=True, help="Print the facts as one JSON object.")
@of_a_farm
def facts(url: str, token: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    say_fields(ask_farm(lambda: farm.get(f"{farm.base}/facts")), as_json=as_json)


def read_keys(words: tuple[str, ...]) -> dict[str, Any]:
    """Parse keys of a configuration as the command line has them: `smtp.syntax=strict`.

    Raises: WrongUsage.
    """
    import tomllib

    config: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        *sections, last = key.split(".")
        if not equals or not all((*sections, last)):
            raise WrongUsage(f"{word!r} is not a key of the configuration: write KEY=VALUE, such as smtp.syntax=strict")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        within = config
        for section in sections:
            within = within.setdefault(section, {})
            if not isinstance(within, dict):
                raise WrongUsage(f"{word!r}: {section} has a value already, which is no section")
        within[last] = value
    return config
