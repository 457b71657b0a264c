"""`homeport journal` and `homeport findings`."""

from typing import Any

import click

from homeport.cli.completion import service_names
from homeport.cli.options import NegativeAnswer, asked, echo_json, of_a_farm, option, reach

HEAD = ("seq", "time", "world", "service", "listener", "conn", "peer", "type")
"""Fields that every event has."""


@click.command(
    help="""\
Show what happened on a running farm.

Standard error says how many events are no longer kept, and with --follow when the journal begins anew: the world
was reset.
"""
)
@option("-f", "--follow", is_flag=True, help="Go on showing events as they come.")
@option("--service", metavar="S", shell_complete=service_names, help="Only events of this service.")
@option("--listener", metavar="L", help="Only events of this listener, such as tls or smtp.tls.")
@option("--type", metavar="T", help="Only events of this type: opened, in, command, finding, ...")
@option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@of_a_farm
def journal(url: str, token: str, *, follow: bool, as_json: bool, **filters: str | None) -> None:
    farm = reach(url, token)

    def show_all() -> None:
        since, epoch = 0, ""
        for answer in farm.events(**filters):
            tell_gaps(answer)
            for event in answer["items"]:
                show(event)
            since = max(since, answer["seq"] if answer["next"] is None else answer["next"])
            epoch = answer["epoch"]
        if follow:
            for name, event in farm.follow(since, epoch, **filters):
                show_followed(name, event)
            raise NegativeAnswer("the farm has stopped, or does not let us follow any more")

    def show_followed(name: str, event: dict[str, Any]) -> None:
        if name == "closed" and "seq" not in event:
            raise NegativeAnswer(f"the world {event['world']!r} was closed")
        if name in ("lost", "reset") and "seq" not in event:
            tell_gaps({"lost": 0, "reset": name == "reset", **event})
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


def tell_gaps(answer: dict[str, Any]) -> None:
    """Say on standard error what an answer of the journal says of events that are not there."""
    from homeport.config.quantities import counted

    if answer["reset"]:
        click.echo("homeport: the journal began anew: the world was reset, or it is another farm", err=True)
    if answer["lost"]:
        click.echo(
            f"homeport: no longer kept, from before: {counted(answer['lost'], 'event')} ([journal] size)", err=True
        )


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


@click.command(help="Show what clients of a running farm did wrong.")
@option("--service", metavar="S", shell_complete=service_names, help="Only findings about clients of this service.")
@option("--level", metavar="L", help="Only findings of this level or a graver one: advice, should, must.")
@option("--json", "as_json", is_flag=True, help="Print the findings and their counts as one JSON object.")
@option("--fail", is_flag=True, help="Exit 1 if there is any.")
@of_a_farm
def findings(url: str, token: str, service: str | None, level: str | None, *, as_json: bool, fail: bool) -> None:
    from homeport.config.quantities import counted

    farm = reach(url, token)
    answer = asked(lambda: farm.get(f"{farm.base}/findings", service=service, level=level))
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
