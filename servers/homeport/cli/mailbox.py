"""`homeport mailbox`: the mailboxes that IMAP and POP3 show, to be filled, looked at and changed."""

from pathlib import Path
from typing import Any

import click

from homeport.cli.completion import logins
from homeport.cli.objects import place
from homeport.cli.options import WrongUsage, ask_farm, of_a_farm, option, reach
from homeport.cli.output import say, say_content, say_json

MAILBOX = click.argument("mailbox", metavar="MAILBOX")
LOGIN = click.argument("login", metavar="PERSON", shell_complete=logins)
UIDS = click.argument("uids", metavar="UIDS")


@click.group(
    help="""\
Show and change the mailboxes of people in a running farm, as IMAP and POP3 show them.

UIDS are such as `3`, `1:3,7` or `1:*`. The mailbox All has every captured message.
""",
)
def mailbox() -> None:
    pass


@mailbox.command("list", help="List the mailboxes of a person: messages, unseen ones, name, special use.")
@LOGIN
@option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@of_a_farm
def list_(url: str, token: str, login: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    for one in ask_farm(lambda: farm.get(f"{farm.base}/mailboxes{place(login)}"))["items"]:
        if as_json:
            say_json(one)
        else:
            say(f"{one['messages']:>6}  {one['unseen']:>6} unseen  {one['name']}  {one['special_use'] or ''}".rstrip())


@mailbox.command(help="List the messages of a mailbox: UID, size, sender, subject, flags.")
@LOGIN
@MAILBOX
@option("--flag", metavar="FLAG", help="Only messages with this flag, or without it: -\\Seen.")
@option("--raw", metavar="UID", help="Print one message as IMAP and POP3 return it.")
@option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@of_a_farm
def show(url: str, token: str, login: str, mailbox: str, flag: str | None, raw: str | None, *, as_json: bool) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/mailboxes{place(login, mailbox, 'messages')}"
    if raw is not None:
        say_content(ask_farm(lambda: farm.fetch(f"{path}{place(raw)}/raw", patience=60.0)))
        return

    def show_all() -> None:
        since: int | None = 0
        while since is not None:
            answer = farm.get(path, patience=60.0, since=since, flag=flag)
            for one in answer["items"]:
                if as_json:
                    say_json(one)
                else:
                    flags = f"  [{' '.join(one['flags'])}]" if one["flags"] else ""
                    say(f"{one['uid']:>5}  {one['size']:>8}  {one['from']}  {one['subject']}{flags}")
            since = answer["next"]

    ask_farm(show_all)


@mailbox.command(help="Add messages to a mailbox: .eml files, or mbox files with any number of messages.")
@LOGIN
@MAILBOX
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--flag", "flags", metavar="FLAG", multiple=True, help="Give them this flag, such as \\Seen; repeatable.")
@option("--date", metavar="TIME", help="Give them this INTERNALDATE: RFC 3339, or relative, such as -3h.")
@of_a_farm
def add(
    url: str, token: str, login: str, mailbox: str, files: tuple[Path, ...], flags: tuple[str, ...], date: str | None
) -> None:
    from homeport.client.http import query_of

    farm = reach(url, token)
    query = query_of({"flags": " ".join(flags) or None, "date": date})
    path = f"{farm.base}/mailboxes{place(login, mailbox, 'messages')}"
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise WrongUsage(f"{file}: {error.strerror}") from None
        answer = upload(farm, path, content, query)
        say(f"{file}: {len(answer['uids'])} added")


@mailbox.command(help="Create a mailbox; levels are separated by /. One that exists stays as it is.")
@LOGIN
@MAILBOX
@option("--special-use", default="", metavar="USE", help="Its special use, such as \\Archive (RFC 6154).")
@of_a_farm
def create(url: str, token: str, login: str, mailbox: str, special_use: str) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/mailboxes{place(login, mailbox)}"
    say(f"{ask_farm(lambda: farm.send('PUT', path, {'special_use': special_use}))['name']} created")


@mailbox.command(help="Delete a mailbox; captured messages stay.")
@LOGIN
@MAILBOX
@of_a_farm
def delete(url: str, token: str, login: str, mailbox: str) -> None:
    farm = reach(url, token)
    ask_farm(lambda: farm.send("DELETE", f"{farm.base}/mailboxes{place(login, mailbox)}"))
    say(f"{mailbox} deleted")


@mailbox.command(help="Rename a mailbox and those below it.")
@LOGIN
@MAILBOX
@click.argument("to")
@of_a_farm
def rename(url: str, token: str, login: str, mailbox: str, to: str) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/mailboxes{place(login, mailbox, 'rename')}"
    say(f"{mailbox} is {ask_farm(lambda: farm.send('POST', path, {'to': to}))['name']}")


@mailbox.command(help="Raise the UIDVALIDITY of a mailbox: clients must forget the UIDs that they know.")
@LOGIN
@MAILBOX
@of_a_farm
def renew(url: str, token: str, login: str, mailbox: str) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/mailboxes{place(login, mailbox, 'renew')}"
    say(f"UIDVALIDITY {ask_farm(lambda: farm.send('POST', path))['uid_validity']}")


@mailbox.command(help="Add flags to messages, such as \\Seen, \\Flagged or a keyword.")
@LOGIN
@MAILBOX
@UIDS
@click.argument("flags", metavar="FLAG...", nargs=-1)
@option("--remove", is_flag=True, help="Remove the flags instead.")
@option("--replace", is_flag=True, help="Replace all flags by these; without any, all are removed.")
@of_a_farm
def flag(
    url: str, token: str, login: str, mailbox: str, uids: str, flags: tuple[str, ...], *, remove: bool, replace: bool
) -> None:
    if remove and replace:
        raise WrongUsage("--remove and --replace exclude each other")
    if not flags and not replace:
        raise WrongUsage("name a flag, such as '\\Seen'")
    body = {"uids": uids, "flags": list(flags), "how": "remove" if remove else "replace" if replace else "add"}
    farm = reach(url, token)
    path = f"{farm.base}/mailboxes{place(login, mailbox, 'messages')}"
    say(f"{len(ask_farm(lambda: farm.send('PATCH', path, body))['uids'])} changed")


@mailbox.command(help="Move messages to another mailbox of the person.")
@LOGIN
@MAILBOX
@UIDS
@click.argument("to")
@of_a_farm
def move(url: str, token: str, login: str, mailbox: str, uids: str, to: str) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/mailboxes{place(login, mailbox, 'messages', 'move')}"
    say(f"{len(ask_farm(lambda: farm.send('POST', path, {'uids': uids, 'to': to}))['uids'])} moved")


@mailbox.command(help="Remove messages from a mailbox; captured messages stay.")
@LOGIN
@MAILBOX
@UIDS
@of_a_farm
def expunge(url: str, token: str, login: str, mailbox: str, uids: str) -> None:
    from homeport.client.http import query_of

    farm = reach(url, token)
    path = f"{farm.base}/mailboxes{place(login, mailbox, 'messages')}"
    say(f"{len(ask_farm(lambda: farm.send('DELETE', path, query=query_of({'uids': uids})))['uids'])} removed")


def upload(farm: Any, path: str, content: bytes, query: str) -> Any:
    """Send a file. The error of a farm ends the command."""
    return ask_farm(lambda: farm.upload(path, content, query=query))
