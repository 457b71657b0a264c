"""`homeport clock`: show, set, advance, freeze and resume a world's clock."""

from typing import Any

import click

from homeport.cli.options import ask_farm, of_a_farm, option, reach
from homeport.cli.output import say, say_json

# So that click reads -1d as a distance into the past, not as options.
DISTANCES = {"ignore_unknown_options": True}
as_json_option = option("--json", "as_json", is_flag=True, help="Print the clock as one JSON object.")


@click.group(help="Show and change the clock of a world on a running farm.")
def clock() -> None:
    pass


@clock.command(help="Show the world's time.")
@as_json_option
@of_a_farm
def show(url: str, token: str, *, as_json: bool) -> None:
    _change(url, token, None, as_json=as_json)


@clock.command(
    "set", context_settings=DISTANCES, help="Set it to TIME: RFC 3339, or a distance from now such as +1d, -5m or +P1M."
)
@click.argument("time")
@as_json_option
@of_a_farm
def set_clock(url: str, token: str, time: str, *, as_json: bool) -> None:
    _change(url, token, {"set": time}, as_json=as_json)


@clock.command(
    context_settings=DISTANCES,
    help="Advance it by DURATION: 5s, 10m, 2h, 1d, or ISO 8601 (P1Y, P1M, PT5M); timers that fall due fire first.",
)
@click.argument("duration")
@as_json_option
@of_a_farm
def advance(url: str, token: str, duration: str, *, as_json: bool) -> None:
    _change(url, token, {"advance": duration}, as_json=as_json)


@clock.command(help="Freeze the world's time.")
@as_json_option
@of_a_farm
def freeze(url: str, token: str, *, as_json: bool) -> None:
    _change(url, token, {"freeze": True}, as_json=as_json)


@clock.command(help="Let the world's time run on from where it is.")
@as_json_option
@of_a_farm
def resume(url: str, token: str, *, as_json: bool) -> None:
    _change(url, token, {"resume": True}, as_json=as_json)


def _change(url: str, token: str, change: dict[str, Any] | None, *, as_json: bool) -> None:
    """Send a change to the farm, if there is one, and print the clock."""
    from homeport.config.quantities import counted

    farm = reach(url, token)
    path = f"{farm.base}/clock"
    answer = ask_farm(lambda: farm.get(path) if change is None else farm.send("POST", path, change, patience=60.0))
    if as_json:
        say_json(answer)
        return
    say(f"{answer['now']}  {'frozen' if answer['frozen'] else 'running'}, {_offset_text(answer['offset_seconds'])}")
    if fired := answer.get("fired"):
        say(f"{counted(fired, 'timer')} fired")


def _offset_text(seconds: float) -> str:
    """Format the difference between a world's time and real time."""
    from homeport.config.quantities import Duration

    if abs(seconds) < 1:
        return "in real time"
    return f"{Duration(round(abs(seconds)))} {'ahead of' if seconds > 0 else 'behind'} real time"
