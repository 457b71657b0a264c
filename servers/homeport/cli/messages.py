"""`homeport messages`, and the part of `homeport wait` that waits for mail."""

from typing import Any

import click

from homeport.cli.completion import logins, message_ids
from homeport.cli.options import NegativeAnswer, WrongUsage, asked, echo_json, of_a_farm, option, reach, seconds

GRACE_SECONDS = 5.0
"""How long the farm's answer may take once the time is over."""
PATH = "smtp/messages"


@click.command(help="Show the mail that a running farm has received.")
@option("--to", metavar="A", shell_complete=logins, help="Only messages to this address, local part, or @domain.")
@option("--from", "sender", metavar="A", help="Only messages from it, by envelope or header.")
@option("--subject", metavar="S", help="Only messages with this in their subject.")
@option("--text", metavar="S", help="Only messages with this in subject, text or HTML.")
@option("--newest", is_flag=True, help="Show the newest first.")
@option("--delete", is_flag=True, help="Forget them, instead of showing them; at least one condition is needed.")
@option(
    "--links",
    metavar="ID",
    shell_complete=message_ids,
    help="Print the links in one message, such as m3, line by line.",
)
@option(
    "--code",
    metavar="ID",
    shell_complete=message_ids,
    help="Print the one-time code in one message; exit 1 if there is not just one.",
)
@option("--raw", metavar="ID", shell_complete=message_ids, help="Print one message as it was received, such as m3.")
@option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@of_a_farm
def messages(
    url: str,
    token: str,
    raw: str | None,
    links: str | None,
    code: str | None,
    sender: str | None,
    *,
    newest: bool,
    delete: bool,
    as_json: bool,
    **wanted: str | None,
) -> None:
    from urllib.parse import quote

    farm = reach(url, token)
    conditions = {name: value for name, value in {**wanted, "from": sender}.items() if value is not None}
    if delete:
        forget(farm, conditions)
        return
    if found := links or code:
        detail = asked(lambda: farm.get(f"{farm.base}/{PATH}/{quote(found, safe='')}"))
        extract(detail, "links" if links else "codes")
        return
    if raw is not None:
        octets = asked(lambda: farm.fetch(f"{farm.base}/{PATH}/{quote(raw, safe='')}/raw", patience=60.0))
        click.echo(octets, nl=False)
        return

    def show_all() -> None:
        order, name = ("newest", "until") if newest else ("oldest", "since")
        position: dict[str, int] = {}
        while True:
            answer = farm.get(f"{farm.base}/{PATH}", patience=60.0, order=order, **position, **conditions)
            for message in answer["items"]:
                show(message, as_json=as_json)
            if answer["next"] is None:
                return
            position = {name: answer["next"]}

    asked(show_all)


def forget(farm: Any, conditions: dict[str, str]) -> None:
    """Delete the messages that meet the conditions.

    Raises: WrongUsage without a condition.
    """
    from urllib.parse import urlencode

    if not conditions:
        raise WrongUsage(
            "--delete needs a condition, such as --to bob@example.org; `homeport reset` forgets everything"
        )
    answer = asked(lambda: farm.send("DELETE", f"{farm.base}/{PATH}?{urlencode(conditions)}", patience=60.0))
    click.echo(f"{answer['deleted']} deleted")


def extract(detail: dict[str, Any], what: str) -> None:
    """Print the links or the code of a message.

    Raises: NegativeAnswer if there are no links, or not just one code.
    """
    found = detail[what]
    if what == "codes" and len(found) > 1:
        raise NegativeAnswer(f"{detail['id']} has more than one code: {', '.join(found)}")
    if not found:
        raise NegativeAnswer(f"{detail['id']} has no {'links' if what == 'links' else 'code'}")
    for one in found:
        click.echo(one)


def wait_for_mail(farm: Any, *, count: int, timeout: str, as_json: bool, **wanted: Any) -> None:
    """Wait for messages and show them.

    wanted: parameters of the API's wait: to, from, subject, since, ...; None for those that are not given.

    Raises: NegativeAnswer if they are not there in time.
    """
    patience = seconds(timeout) + GRACE_SECONDS
    path = f"{farm.base}/{PATH}/wait"
    answer = asked(lambda: farm.get(path, patience=patience, count=count, timeout=timeout, **wanted))
    if as_json:
        echo_json(answer)
    else:
        for message in answer["messages"]:
            click.echo(message_line(message))
    if answer["timed_out"]:
        near = [f"near: {message_line(message)}" for message in answer["near"]]
        came = f"{len(answer['messages'])} of {count} came within {timeout}"
        raise NegativeAnswer("" if as_json else "\n".join([came, *near]))


def show(message: dict[str, Any], *, as_json: bool) -> None:
    """One message of a list."""
    if as_json:
        echo_json(message)
    else:
        click.echo(message_line(message))


def message_line(message: dict[str, Any]) -> str:
    """A message for people."""
    envelope = message["envelope"]
    ways = f"<{envelope['from']}> -> {', '.join(envelope['to'])}"
    subject = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message["subject"])
    return f"{message['time'][11:23]} {message['id']:<5} {message['size']:>8} {ways}: {subject}"
