"""`homeport presence`: show who is logged in, as Active Users and Finger see it, and change that."""

import click

from homeport.cli.completion import logins, presence_ids
from homeport.cli.objects import FIELDS_HELP, ListingGroup, place, put_object, read_fields, say_fields, say_list
from homeport.cli.options import WrongUsage, ask_farm, of_a_farm, option, reach
from homeport.cli.output import say


@click.group(
    cls=ListingGroup,
    help="""\
Show and change who is logged in to a world, as Active Users and Finger show it; without a command, list them.
""",
)
def presence() -> None:
    pass


@presence.command("list", help="Show identifier, login, terminal, origin and time of all who are logged in.")
@option("--json", "as_json", is_flag=True, help="Print them as one JSON object.")
@of_a_farm
def list_(url: str, token: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.get(f"{farm.base}/presence"))
    say_list(
        answer,
        lambda one: (one["id"], one["login"], one["terminal"], one["origin"], f"since {one['since'][:19]}Z"),
        "no user is logged in",
        as_json=as_json,
    )


@presence.command(
    help=f"""\
Log a user on, or change a presence: `homeport presence put desk alice terminal=tty2 origin=harbour.test`.

ID is a name of your choice. {FIELDS_HELP}
The fields are terminal, origin, since and active.
"""
)
@click.argument("identifier", metavar="ID", shell_complete=presence_ids)
@click.argument("login", shell_complete=logins)
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@option("--json", "as_json", is_flag=True, help="Print the presence as one JSON object.")
@of_a_farm
def put(url: str, token: str, identifier: str, login: str, fields: tuple[str, ...], *, as_json: bool) -> None:
    if "=" in login:
        raise WrongUsage(f"{login!r} is not a login: the order is ID LOGIN [FIELD=VALUE]..., `presence put desk alice`")
    farm = reach(url, token)
    changed = {"login": login, **read_fields(fields)}
    say_fields(put_object(farm, f"{farm.base}/presence{place(identifier)}", changed), as_json=as_json)


@presence.command(help="Log a user off. The connection of a session stays open.")
@click.argument("identifier", metavar="ID", shell_complete=presence_ids)
@of_a_farm
def remove(url: str, token: str, identifier: str) -> None:
    farm = reach(url, token)
    ask_farm(lambda: farm.send("DELETE", f"{farm.base}/presence{place(identifier)}"))
    say(f"{identifier} removed")
