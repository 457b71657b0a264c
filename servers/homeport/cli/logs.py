"""`homeport syslog`, and the part of `homeport wait` that waits for log messages."""

from typing import Any

import click

from homeport.cli.messages import GRACE_SECONDS
from homeport.cli.options import NegativeAnswer, WrongUsage, ask_farm, of_a_farm, option, reach, seconds
from homeport.cli.output import say, say_content, say_json
from homeport.visible import visible_line

PATH = "syslog/messages"


@click.command(help="Show the log messages that a running farm has received over syslog.")
@option("--severity", metavar="S", help="Only messages of this severity, or of several: err,crit.")
@option("--at-least", metavar="S", help="Only messages of this severity or a more severe one.")
@option("--facility", metavar="F", help="Only messages of this facility, or of several: daemon,local0.")
@option("--app", metavar="NAME", help="Only messages of this application: APP-NAME or TAG.")
@option("--host", "hostname", metavar="NAME", help="Only messages with this HOSTNAME.")
@option("--text", metavar="S", help="Only messages whose text contains this.")
@option("--sd", metavar="X", help="Only messages with this structured data: SD-ID, SD-ID/name or SD-ID/name=value.")
@option("--finding", metavar="RULE", help="Only messages that broke this rule; any; none.")
@option("-q", "--query", "q", metavar="FILTER", help="Only what matches: 'severity:>=warning -app:cron', or a word.")
@option("--newest", is_flag=True, help="Show the newest first.")
@option("--latest", is_flag=True, help="Show only the newest one that matches.")
@option("--delete", is_flag=True, help="Delete the messages instead of showing them.")
@option("--raw", metavar="ID", help="Print one message, such as l3, as it was received.")
@option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@of_a_farm
def syslog(
    url: str,
    token: str,
    hostname: str | None,
    raw: str | None,
    *,
    newest: bool,
    latest: bool,
    delete: bool,
    as_json: bool,
    **wanted: str | None,
) -> None:
    from urllib.parse import quote, urlencode

    farm = reach(url, token)
    conditions = {name: value for name, value in {**wanted, "host": hostname}.items() if value is not None}
    if raw is not None:
        content = ask_farm(lambda: farm.fetch(f"{farm.base}/{PATH}/{quote(raw, safe='')}/raw", patience=60.0))
        say_content(content)
        return
    if delete:
        if latest:
            raise WrongUsage("--delete deletes all messages that match: leave out --latest")
        answer = ask_farm(lambda: farm.send("DELETE", f"{farm.base}/{PATH}?{urlencode(conditions)}", patience=60.0))
        say(f"{answer['deleted']} deleted")
        return

    def show_all() -> None:
        order, name = ("newest", "until") if newest or latest else ("oldest", "since")
        paged = {"limit": 1} if latest else {}
        position: dict[str, int] = {}
        while True:
            answer = farm.get(f"{farm.base}/{PATH}", patience=60.0, order=order, **paged, **position, **conditions)
            for message in answer["items"]:
                if as_json:
                    say_json(message)
                else:
                    say(log_line(message))
            if answer["next"] is None or latest:
                return
            position = {name: answer["next"]}

    ask_farm(show_all)


def wait_for_logs(farm: Any, *, count: int, timeout: str, as_json: bool, **wanted: Any) -> None:
    """Wait for log messages and print them.

    wanted: parameters of the API's wait: severity, app, text, since, ...; None for those not given.

    Raises: NegativeAnswer on timeout.
    """
    patience = seconds(timeout) + GRACE_SECONDS
    path = f"{farm.base}/{PATH}/wait"
    answer = ask_farm(lambda: farm.get(path, patience=patience, count=count, timeout=timeout, **wanted))
    if as_json:
        say_json(answer)
    else:
        for message in answer["messages"]:
            say(log_line(message))
    if answer["timed_out"]:
        near = [f"near miss: {log_line(message)}" for message in answer["near"]]
        arrived = f"{len(answer['messages'])} of {count} arrived within {timeout}"
        raise NegativeAnswer("" if as_json else "\n".join([arrived, *near]))


def log_line(message: dict[str, Any]) -> str:
    """Format a message as one line."""
    level = f"{message['facility']}.{message['severity']}" if message["severity"] else "-"
    app = (message["app"] or "-") + (f"[{message['procid']}]" if message["procid"] else "")
    line = f"{message['time'][11:23]} {message['id']:<5} {level:<15} {message['host'] or '-'} {app}: {message['text']}"
    found = f"  ({', '.join(message['findings'])})" if message["findings"] else ""
    return visible_line(line + found)
