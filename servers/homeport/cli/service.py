"""`homeport service`: stop and start services of a running world."""

from typing import Any

import click

from homeport.cli.completion import service_names
from homeport.cli.objects import ListingGroup, place, say_list
from homeport.cli.options import ask_farm, of_a_farm, option, reach
from homeport.cli.output import say


@click.group(
    cls=ListingGroup, help="Show, stop and start the services of a running farm; without a command, list them."
)
def service() -> None:
    pass


@service.command("list", help="Show the state of each service, its findings and its planned faults.")
@option("--json", "as_json", is_flag=True, help="Print the services as one JSON object.")
@of_a_farm
def list_(url: str, token: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.get(f"{farm.base}/services"))
    say_list(answer, service_row, "no services", as_json=as_json)


def service_row(one: dict[str, Any]) -> tuple[str, ...]:
    """Return the columns of a service."""
    from homeport.config.quantities import counted

    findings, connections = sum(one["findings"].values()), 0
    for listener in one["listeners"].values():
        connections += listener["counters"]["connections"]
    figures = (counted(connections, "connection"), counted(findings, "finding"), counted(one["faults"], "fault"))
    return (one["name"], one["state"], *figures)


@service.command(help="Stop a service: close its connections and refuse new ones. It keeps its ports.")
@click.argument("name", metavar="SERVICE", shell_complete=service_names)
@of_a_farm
def stop(url: str, token: str, name: str) -> None:
    _switch(url, token, name, "stop")


@service.command(help="Start a stopped service on the same ports.")
@click.argument("name", metavar="SERVICE", shell_complete=service_names)
@of_a_farm
def start(url: str, token: str, name: str) -> None:
    _switch(url, token, name, "start")


def _switch(url: str, token: str, name: str, what: str) -> None:
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.send("POST", f"{farm.base}/services{place(name)}/{what}"))
    say(f"{answer['name']} {answer['state']}")
