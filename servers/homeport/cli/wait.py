"""`homeport wait`."""

from typing import Any

import click

from homeport.cli.completion import service_names
from homeport.cli.journal import event_line, report_gaps
from homeport.cli.logs import wait_for_logs
from homeport.cli.messages import GRACE_SECONDS, wait_for_mail
from homeport.cli.options import NegativeAnswer, WrongUsage, ask_farm, of_a_farm, option, reach, seconds
from homeport.cli.output import say, say_json

MAIL = "smtp"
"""The service that receives mail."""
LOGS = "syslog"
"""The service that receives log messages."""


@click.command(
    help="""\
Wait for events of SERVICE, earlier ones included: print them and exit 0, or exit 1 on timeout.

`homeport wait smtp` without --type, --peer and --command waits for messages; --since is then a message's number.
So does `homeport wait syslog`, for log messages.
"""
)
@click.argument("service", shell_complete=service_names)
@option("--type", "kind", metavar="T", help="Only events of this type: opened, in, command, finding, ...")
@option("--listener", metavar="L", help="Only events of this listener, such as tls.")
@option("--peer", metavar="ADDRESS", help="Only events of this client: an address (and port), or a network.")
@option("--text", metavar="TEXT", help="Only events whose bytes or fields contain this.")
@option("--command", metavar="NAME", help="Only events of this command: RCPT, domain:create, ...")
@option("--object", "about", metavar="NAME", help="Only events of commands on this object.")
@option(
    "--code",
    metavar="CODE",
    help="Only events whose result code begins with this: 2303, or 2 for every refusal of EPP.",
)
@option("--to", metavar="ADDRESS", help="Only mail to this address.")
@option("--severity", metavar="S", help="Only log messages of this severity, or of several: err,crit.")
@option("--app", metavar="NAME", help="Only log messages of this application.")
@option("--count", type=click.IntRange(1, 10_000), default=1, metavar="N", help="Wait for N.")
@option("--since", type=click.IntRange(0), default=0, metavar="SEQ", help="Only events after the one with this number.")
@option("--epoch", metavar="E", help="The epoch of that number; if it has ended, the wait starts over and says so.")
@option("--timeout", default="5s", metavar="DURATION", help="How long to wait.")
@option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
@of_a_farm
def wait(
    service: str,
    kind: str | None,
    listener: str | None,
    peer: str | None,
    text: str | None,
    command: str | None,
    about: str | None,
    code: str | None,
    to: str | None,
    severity: str | None,
    app: str | None,
    count: int,
    since: int,
    epoch: str | None,
    timeout: str,
    url: str,
    token: str,
    *,
    as_json: bool,
) -> None:
    if to is not None and service != MAIL:
        raise WrongUsage(f"--to is for mail, which {service} does not receive: use --peer or --text")
    if (severity or app) and service != LOGS:
        raise WrongUsage(f"--severity and --app are for log messages, which {service} does not receive: use --text")
    farm = reach(url, token)
    of_events = (kind, command, about, code, epoch)
    if service == LOGS and of_events == (None,) * 5:
        conditions = {"severity": severity, "app": app, "text": text, "listener": listener, "peer": peer}
        wait_for_logs(farm, count=count, timeout=timeout, as_json=as_json, since=since, **conditions)
        return
    if service == MAIL and (*of_events, listener, peer) == (None,) * 7:
        wait_for_mail(farm, count=count, timeout=timeout, as_json=as_json, to=to, text=text, since=since)
        return
    patience = seconds(timeout) + GRACE_SECONDS
    query = {"service": service, "type": kind, "peer": peer, "text": text, "count": count, "since": since}
    query |= {"command": command, "object": about, "code": code, "listener": listener, "epoch": epoch}
    answer = ask_farm(lambda: farm.get(f"{farm.base}/events/wait", patience=patience, timeout=timeout, **query))
    say_waited(answer, count, timeout, as_json=as_json)


def say_waited(answer: dict[str, Any], count: int, timeout: str, *, as_json: bool) -> None:
    """Print the events that a wait for `count` of them has found. Raises: NegativeAnswer if it timed out."""
    if as_json:
        say_json(answer)
    else:
        report_gaps(answer)
        for event in answer["events"]:
            say(event_line(event))
    if answer["timed_out"]:
        near = [] if as_json else [f"near miss: {event_line(event)}" for event in answer["near"]]
        raise NegativeAnswer("\n".join([f"{len(answer['events'])} of {count} arrived within {timeout}", *near]))
