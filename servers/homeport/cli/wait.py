"""`homeport wait`."""

import click

from homeport.cli.completion import service_names
from homeport.cli.journal import event_line, tell_gaps
from homeport.cli.messages import wait_for_mail
from homeport.cli.options import NegativeAnswer, WrongUsage, asked, echo_json, of_a_farm, option, reach, seconds

MAIL = "smtp"
"""The service that receives mail."""
GRACE_SECONDS = 5.0
"""How long the farm's answer may take once the time is over."""


@click.command(
    help="""\
Wait for events of SERVICE, which may have come before: exit 0 with what came, 1 if it is not there in time.

`homeport wait smtp` without --type, --peer and --command waits for messages; --since is then the number of one.
"""
)
@click.argument("service", shell_complete=service_names)
@option("--type", "kind", metavar="T", help="Only events of this type: opened, in, command, finding, ...")
@option("--listener", metavar="L", help="Only events of this listener, such as tls.")
@option("--peer", metavar="ADDRESS", help="Only events of this client: an address (and port), or a network.")
@option("--text", metavar="TEXT", help="Only events whose octets or fields contain this.")
@option("--command", metavar="NAME", help="Only events of this command: RCPT, domain:create, ...")
@option("--object", "about", metavar="NAME", help="Only events of commands about this.")
@option("--code", metavar="CODE", help="Only events whose result begins so: 2303, or 2 for every refusal of EPP.")
@option("--to", metavar="ADDRESS", help="Only mail to this address.")
@option("--count", type=click.IntRange(1, 10_000), default=1, metavar="N", help="Wait for so many.")
@option("--since", type=click.IntRange(0), default=0, metavar="SEQ", help="Only events after the one of this number.")
@option("--epoch", metavar="E", help="The epoch of that number; if it is over, the wait begins anew and says so.")
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
        raise WrongUsage(f"--to is for mail, and {service} receives none: use --peer or --text")
    farm = reach(url, token)
    if service == MAIL and (kind, listener, peer, command, about, code, epoch) == (None,) * 7:
        wait_for_mail(farm, count=count, timeout=timeout, as_json=as_json, to=to, text=text, since=since)
        return
    patience = seconds(timeout) + GRACE_SECONDS
    query = {"service": service, "type": kind, "peer": peer, "text": text, "count": count, "since": since}
    query |= {"command": command, "object": about, "code": code, "listener": listener, "epoch": epoch}
    answer = asked(lambda: farm.get(f"{farm.base}/events/wait", patience=patience, timeout=timeout, **query))
    if as_json:
        echo_json(answer)
    else:
        tell_gaps(answer)
        for event in answer["events"]:
            click.echo(event_line(event))
    if answer["timed_out"]:
        near = [] if as_json else [f"near: {event_line(event)}" for event in answer["near"]]
        raise NegativeAnswer("\n".join([f"{len(answer['events'])} of {count} came within {timeout}", *near]))
