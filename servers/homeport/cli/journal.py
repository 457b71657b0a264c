"""`homeport journal` and `homeport findings`."""

from typing import Any

import click

from homeport.cli.completion import service_names
from homeport.cli.options import NegativeAnswer, ask_farm, of_a_farm, option, reach
from homeport.cli.output import say, say_json

HEAD = ("seq", "time", "world", "service", "listener", "conn", "peer", "type")
"""Fields that every event has."""


@click.command(
    help="""\
Show what happened on a running farm.

Standard error says how many older events have been dropped, and with --follow when the journal starts over because
the world was reset.
"""
)
@option("-f", "--follow", is_flag=True, help="Keep running and show events as they come.")
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
            report_gaps(answer)
            for event in answer["items"]:
                show(event)
            since = max(since, answer["seq"] if answer["next"] is None else answer["next"])
            epoch = answer["epoch"]
        if follow:
            for name, event in farm.follow(since, epoch, **filters):
                show_followed(name, event)
            raise NegativeAnswer("the farm stopped, or ended the event stream")

    def show_followed(name: str, event: dict[str, Any]) -> None:
        if name == "closed" and "seq" not in event:
            raise NegativeAnswer(f"world {event['world']!r} closed")
        if name in ("lost", "reset") and "seq" not in event:
            report_gaps({"lost": 0, "reset": name == "reset", **event})
        else:
            show(event)

    def show(event: dict[str, Any]) -> None:
        if as_json:
            say_json(event)
        else:
            say(event_line(event))

    try:
        ask_farm(show_all)
    except KeyboardInterrupt:
        # Ctrl-C is how the user ends `--follow`.
        return


def report_gaps(answer: dict[str, Any]) -> None:
    """Print on standard error which events the journal lacks: dropped ones, and those before a reset."""
    from homeport.config.quantities import counted

    if answer["reset"]:
        say("homeport: the journal started over: the world was reset, or this is another farm", err=True)
    if answer["lost"]:
        say(f"homeport: {counted(answer['lost'], 'older event')} dropped (see [journal] size)", err=True)


def event_line(event: dict[str, Any]) -> str:
    """Format an event as one line."""
    service = f"{event['service']}.{event['listener']}" if event["service"] else "-"
    who = f"{service:<14} {event['conn'] or '-':<5} {event['peer'] or '-':<21}"
    return f"{event['time'][11:23]} {who} {event['type']:<8} {details(event)}"


def details(event: dict[str, Any]) -> str:
    """Format the fields specific to an event's type; bytes as text."""
    if event["type"] == "finding":
        return f"{event['id']} ({event['level']}, {event['reference']}): {event['text']}"
    if event["type"] == "datagram" and event.get("direction"):
        return f"{event['direction']} {event.get('shown') or repr(event['text'])}"
    if event["type"] == "datagram" and "shown" in event:
        return str(event["shown"]).replace("\n", "; ") + (f" dropped: {event['dropped']}" if event["dropped"] else "")
    if event["type"] == "datagram" and event["dropped"]:
        return f"{event['text']!r} dropped: {event['dropped']}"
    if event["type"] == "datagram":
        answers = ", ".join(repr(answer["text"]) for answer in event["answers"])
        return f"{event['text']!r} -> {answers or 'no answer'}"
    if "text" in event:
        return str(event["text"])
    return " ".join(f"{name}={value}" for name, value in event.items() if name not in HEAD)


@click.command(help="Show the findings: which rules the clients of a running farm broke.")
@option("--service", metavar="S", shell_complete=service_names, help="Only findings about clients of this service.")
@option("--level", metavar="L", help="Only findings of this level or a more severe one: advice, should, must.")
@option("--json", "as_json", is_flag=True, help="Print the findings and their counts as one JSON object.")
@option("--fail", is_flag=True, help="Exit 1 if there is a finding.")
@of_a_farm
def findings(url: str, token: str, service: str | None, level: str | None, *, as_json: bool, fail: bool) -> None:
    from homeport.config.quantities import counted

    farm = reach(url, token)
    answer = ask_farm(lambda: farm.get(f"{farm.base}/findings", service=service, level=level))
    if as_json:
        say_json(answer)
    else:
        for finding in answer["items"]:
            say(
                f"{finding['time'][11:23]} {finding['peer'] or '-':<21} {finding['id']} "
                f"({finding['level']}, {finding['reference']}): {finding['text']}: {finding['shown']}"
            )
        say(counted(answer["total"], "finding"))
    if fail and answer["total"]:
        raise NegativeAnswer("")
