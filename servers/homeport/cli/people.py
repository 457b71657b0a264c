"""`homeport people`: show, add, change and remove the people of a world."""

import click

from homeport.cli.completion import logins
from homeport.cli.objects import FIELDS_HELP, ListingGroup, place, put_object, read_fields, say_fields
from homeport.cli.options import ask_farm, of_a_farm, option, reach
from homeport.cli.output import say, say_json

CANNOT_LOG_IN = "(cannot log in)"


@click.group(
    cls=ListingGroup,
    help="""\
Show and change the people of a running farm; without a command, list them: login, password, full name.

They log in to every service that asks for a password. EPP has registrars instead, which are shown below them.
""",
)
def people() -> None:
    pass


@people.command("list", help="Show login, password and full name of all, and the registrars of EPP.")
@option("--json", "as_json", is_flag=True, help="Print the people with all their fields as one JSON object.")
@of_a_farm
def list_(url: str, token: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.get(f"{farm.base}/people"))
    if as_json:
        say_json(answer)
        return
    registrars = ask_farm(lambda: farm.get(f"{farm.base}/registry/registrars"))["items"]
    rows = [(one["login"], one["password"] or CANNOT_LOG_IN, one["name"]) for one in answer["items"]]
    rows += [(one["id"], one["password"] or CANNOT_LOG_IN, f"{one['name']} (EPP)") for one in registrars]
    if not rows:
        say("no people")
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)] if rows else []
    for login, password, name in rows:
        say(f"{login:<{widths[0]}} / {password:<{widths[1]}}  {name}")


@people.command(help="Show one person.")
@click.argument("login", shell_complete=logins)
@option("--json", "as_json", is_flag=True, help="Print the person as one JSON object.")
@of_a_farm
def show(url: str, token: str, login: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    say_fields(ask_farm(lambda: farm.get(f"{farm.base}/people{place(login)}")), as_json=as_json)


@people.command(
    help=f"""\
Add a person, or change one: `homeport people put zoe name="Zoe Mast" password=zoe-pass`.

{FIELDS_HELP}
The fields are name, office, phone, project, plan, home, shell, email, password and tokens.
"""
)
@click.argument("login", shell_complete=logins)
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@option("--json", "as_json", is_flag=True, help="Print the person as one JSON object.")
@of_a_farm
def put(url: str, token: str, login: str, fields: tuple[str, ...], *, as_json: bool) -> None:
    farm = reach(url, token)
    say_fields(put_object(farm, f"{farm.base}/people{place(login)}", read_fields(fields)), as_json=as_json)


@people.command(
    help="""\
Show the state of a person's password for LDAP, or change it: `homeport people password zoe locked:=true`.

The fields are locked, expired and must_change, each true or false. Only LDAP keeps to them.
"""
)
@click.argument("login", shell_complete=logins)
@click.argument("fields", nargs=-1, metavar="[FIELD:=VALUE]...")
@option("--json", "as_json", is_flag=True, help="Print the state as one JSON object.")
@of_a_farm
def password(url: str, token: str, login: str, fields: tuple[str, ...], *, as_json: bool) -> None:
    farm = reach(url, token)
    path, change = f"{farm.base}/people{place(login)}/password-state", read_fields(fields)
    state = ask_farm(lambda: farm.send("PATCH", path, change) if change else farm.get(path))
    say_fields(state, as_json=as_json)


@people.command(help="Remove a person.")
@click.argument("login", shell_complete=logins)
@of_a_farm
def remove(url: str, token: str, login: str) -> None:
    farm = reach(url, token)
    ask_farm(lambda: farm.send("DELETE", f"{farm.base}/people{place(login)}"))
    say(f"{login} removed")
