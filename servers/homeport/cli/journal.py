"""`homeport journal` and `homeport findings`."""

from typing import Any

import click

from homeport.cli.completion import service_names
from homeport.cli.options import NegativeAnswer, asked, echo_json, of_a_farm, option, reach

HEAD = ("seq", "time", "world", "service", "listener", "conn", "peer", "type")
"""Fields that every event has."""


@click.command
@option("-f", "--follow", is_flag=True, help="Go on showing events as they come.")
@option("--service", metavar="S", shell_complete=service_names, help="Only events of this service.")
@option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@of_a_farm
def journal(url: str, token: str, service: str | None, *, follow: bool, as_json: bool) -> None:
    """Show what happened on a running farm."""
    from homeport.quantities import counted

    farm = reach(url, token)

    def show_all() -> None:
        since = 0
        for event in farm.events(service):
            show(event)
            since = event["seq"]
        if follow:
            for name, event in farm.follow(since, service):
                show_followed(name, event)
            raise NegativeAnswer("the farm has stopped, or does not let us follow any more")

    def show_followed(name: str, event: dict[str, Any]) -> None:
        if name == "closed" and "seq" not in event:
            raise NegativeAnswer(f"the world {event['world']!r} was closed")
        if name == "lost":
            click.echo(f"homeport: too fast, lost: {counted(event['lost'], 'event')}", err=True)
        else:
            show(event)

    def show(event: dict[str, Any]) -> None:
        if as_json:
            echo_json(event)
        else:
            click.echo(event_line(event))

    try:
        asked(show_all)
    except KeyboardInterrupt:
        # That is how following ends.
        return


def event_line(event: dict[str, Any]) -> str:
    """An event for people."""
    service = f"{event['service']}.{event['listener']}" if event["service"] else "-"
    who = f"{service:<14} {event['conn'] or '-':<5} {event['peer'] or '-':<21}"
    return f"{event['time'][11:23]} {who} {event['type']:<8} {details(event)}"


def details(event: dict[str, Any]) -> str:
    """What is particular to an event; octets as text."""
    if event["type"] == "finding":
        return f"{event['id']} ({event['level']}, {event['reference']}): {event['text']}"
    if event["type"] == "datagram" and event["dropped"]:
        return f"{event['text']!r} dropped: {event['dropped']}"
    if event["type"] == "datagram":
        answers = ", ".join(repr(answer["text"]) for answer in event["answers"])
        return f"{event['text']!r} -> {answers or 'no answer'}"
    if "text" in event:
        return str(event["text"])
    return " ".join(f"{name}={value}" for name, value in event.items() if name not in HEAD)


@click.command
@option("--service", metavar="S", shell_complete=service_names, help="Only findings about clients of this service.")
@option("--json", "as_json", is_flag=True, help="Print the findings and their counts as one JSON object.")
@option("--fail", is_flag=True, help="Exit 1 if there is any.")
@of_a_farm
def findings(url: str, token: str, service: str | None, *, as_json: bool, fail: bool) -> None:
    """Show what clients of a running farm did wrong."""
    from homeport.quantities import counted

    farm = reach(url, token)
    answer = asked(lambda: farm.get(f"{farm.base}/findings", service=service))
    if as_json:
        echo_json(answer)
    else:
        for finding in answer["items"]:
            click.echo(
                f"{finding['time'][11:23]} {finding['peer'] or '-':<21} {finding['id']} "
                f"({finding['level']}, {finding['reference']}): {finding['text']}: {finding['shown']}"
            )
        click.echo(counted(answer["total"], "finding"))
    if fail and answer["total"]:
        raise NegativeAnswer("")
