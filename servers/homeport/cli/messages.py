"""`homeport messages`, and the part of `homeport wait` that waits for mail."""

from typing import Any

import click

from homeport.cli.completion import logins, message_ids
from homeport.cli.options import NegativeAnswer, WrongUsage, ask_farm, of_a_farm, option, reach, seconds
from homeport.cli.output import say, say_content, say_json

GRACE_SECONDS = 5.0
"""Extra seconds for the farm's answer after the wait's own timeout."""
PATH = "smtp/messages"


@click.command(help="Show the mail that a running farm has received.")
@option(
    "-q",
    "--query",
    "q",
    metavar="FILTER",
    help="Only messages that match a filter: 'from:bob -has:attachment size:>10KiB', 'subject:a OR subject:b'.",
)
@option("--to", metavar="A", shell_complete=logins, help="Only messages to this address, local part, or @domain.")
@option("--from", "sender", metavar="A", help="Only messages from this address or name, in envelope or header.")
@option("--cc", metavar="A", help="Only messages with this address or name in Cc.")
@option("--bcc", metavar="A", help="Only messages with this blind recipient: in Bcc, or in the envelope only.")
@option("--mailbox", metavar="A", help="Only messages delivered to this mailbox.")
@option("--subject", metavar="S", help="Only messages whose subject contains this.")
@option("--text", metavar="S", help="Only messages whose subject or texts contain this, as a reader sees them.")
@option("--header", metavar="H", help="Only messages with this header field: NAME, or 'NAME: PART OF ITS VALUE'.")
@option("--has", metavar="F", help="Only messages with this: attachment, html, text, link, finding or unread.")
@option("--larger", metavar="SIZE", help="Only messages larger than this, such as 10KiB.")
@option("--smaller", metavar="SIZE", help="Only messages smaller than this, such as 10KiB.")
@option("--after", metavar="TIME", help="Only messages received after this time, such as -5m or 2026-10-14.")
@option("--before", metavar="TIME", help="Only messages received before this time.")
@option("--newest", is_flag=True, help="Show the newest first.")
@option("--latest", is_flag=True, help="Show only the newest one that matches.")
@option("--delete", is_flag=True, help="Delete the messages instead of showing them; needs a condition.")
@option(
    "--links",
    metavar="ID",
    shell_complete=message_ids,
    help="Print the links in one message, such as m3, one per line.",
)
@option(
    "--code",
    metavar="ID",
    shell_complete=message_ids,
    help="Print the one-time code in one message; exit 1 if there is none, or more than one.",
)
@option(
    "--raw",
    metavar="ID",
    shell_complete=message_ids,
    help="Print one message, such as m3, as it was received.",
)
@option("--mark-read", metavar="ID", shell_complete=message_ids, help="Mark one message as read.")
@option("--mark-unread", metavar="ID", shell_complete=message_ids, help="Mark one message as unread.")
@option("--remove", metavar="ID", shell_complete=message_ids, help="Delete one message.")
@option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@of_a_farm
def messages(
    url: str,
    token: str,
    raw: str | None,
    links: str | None,
    code: str | None,
    sender: str | None,
    mark_read: str | None,
    mark_unread: str | None,
    remove: str | None,
    *,
    newest: bool,
    latest: bool,
    delete: bool,
    as_json: bool,
    **wanted: str | None,
) -> None:
    from urllib.parse import quote

    farm = reach(url, token)
    if one := mark_read or mark_unread or remove:
        change_message(
            farm, f"{farm.base}/{PATH}/{quote(one, safe='')}", {mark_read: True, mark_unread: False}.get(one)
        )
        return
    conditions = {name: value for name, value in {**wanted, "from": sender}.items() if value is not None}
    if delete:
        if latest:
            raise WrongUsage("--delete deletes all messages that match: leave out --latest")
        delete_messages(farm, conditions)
        return
    if wanted_id := links or code:
        detail = ask_farm(lambda: farm.get(f"{farm.base}/{PATH}/{quote(wanted_id, safe='')}"))
        extract(detail, "links" if links else "codes")
        return
    if raw is not None:
        content = ask_farm(lambda: farm.fetch(f"{farm.base}/{PATH}/{quote(raw, safe='')}/raw", patience=60.0))
        say_content(content)
        return

    def show_all() -> None:
        order, name = ("newest", "until") if newest or latest else ("oldest", "since")
        paged = {"limit": 1} if latest else {}
        position: dict[str, int] = {}
        while True:
            answer = farm.get(f"{farm.base}/{PATH}", patience=60.0, order=order, **paged, **position, **conditions)
            for message in answer["items"]:
                show(message, as_json=as_json)
            if answer["next"] is None or latest:
                return
            position = {name: answer["next"]}

    ask_farm(show_all)


def change_message(farm: Any, path: str, read: bool | None) -> None:  # noqa: FBT001 - a field of the API
    """Mark a message as read or unread; delete it if `read` is None."""
    if read is None:
        answer = ask_farm(lambda: farm.send("DELETE", path))
        say(f"{answer['deleted']} deleted")
    else:
        ask_farm(lambda: farm.send("PATCH", path, {"read": read}))
        say(f"marked as {'read' if read else 'unread'}")


def delete_messages(farm: Any, conditions: dict[str, str]) -> None:
    """Delete the messages that match the conditions.

    Raises: WrongUsage without a condition.
    """
    from urllib.parse import urlencode

    if not conditions:
        raise WrongUsage(
            "--delete needs a condition, such as --to bob@example.org; `homeport reset` deletes everything"
        )
    answer = ask_farm(lambda: farm.send("DELETE", f"{farm.base}/{PATH}?{urlencode(conditions)}", patience=60.0))
    say(f"{answer['deleted']} deleted")


def extract(detail: dict[str, Any], what: str) -> None:
    """Print the links or the code of a message.

    Raises: NegativeAnswer if there is no link, or not exactly one code.
    """
    found = detail[what]
    if what == "codes" and len(found) > 1:
        raise NegativeAnswer(f"{detail['id']} has more than one code: {', '.join(found)}")
    if not found:
        raise NegativeAnswer(f"{detail['id']} has no {'links' if what == 'links' else 'code'}")
    for one in found:
        say(one)


def wait_for_mail(farm: Any, *, count: int, timeout: str, as_json: bool, **wanted: Any) -> None:
    """Wait for messages and print them.

    wanted: parameters of the API's wait: to, from, subject, since, ...; None for those not given.

    Raises: NegativeAnswer on timeout.
    """
    patience = seconds(timeout) + GRACE_SECONDS
    path = f"{farm.base}/{PATH}/wait"
    answer = ask_farm(lambda: farm.get(path, patience=patience, count=count, timeout=timeout, **wanted))
    if as_json:
        say_json(answer)
    else:
        for message in answer["messages"]:
            say(message_line(message))
    if answer["timed_out"]:
        near = [f"near miss: {message_line(message)}" for message in answer["near"]]
        arrived = f"{len(answer['messages'])} of {count} arrived within {timeout}"
        raise NegativeAnswer("" if as_json else "\n".join([arrived, *near]))


def show(message: dict[str, Any], *, as_json: bool) -> None:
    """Print one message of a list."""
    if as_json:
        say_json(message)
    else:
        say(message_line(message))


def message_line(message: dict[str, Any]) -> str:
    """Format a message as one line."""
    envelope = message["envelope"]
    ways = f"<{envelope['from']}> -> {', '.join(envelope['to'])}"
    return f"{message['time'][11:23]} {message['id']:<5} {message['size']:>8} {ways}: {message['subject']}"
