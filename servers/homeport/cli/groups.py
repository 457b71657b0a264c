"""`homeport groups`: show, add, change and remove the groups of a world."""

import click

from homeport.cli.objects import FIELDS_HELP, ListingGroup, place, put_object, read_fields, say_fields, say_list
from homeport.cli.options import ask_farm, of_a_farm, option, reach
from homeport.cli.output import say


@click.group(
    cls=ListingGroup,
    help="""\
Show and change the groups of a running farm; without a command, list them: name, members, description.

LDAP shows them as entries below ou=groups. A group may have other groups as members.
""",
)
def groups() -> None:
    pass


@groups.command("list", help="Show name, members and description of all.")
@option("--json", "as_json", is_flag=True, help="Print the groups with all their fields as one JSON object.")
@of_a_farm
def list_(url: str, token: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.get(f"{farm.base}/groups"))
    say_list(
        answer,
        lambda one: (
            one["name"],
            " ".join([*one["members"], *(f"@{name}" for name in one["groups"])]) or "-",
            one["description"],
        ),
        "no groups",
        as_json=as_json,
    )


@groups.command(help="Show one group.")
@click.argument("name")
@option("--json", "as_json", is_flag=True, help="Print the group as one JSON object.")
@of_a_farm
def show(url: str, token: str, name: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    say_fields(ask_farm(lambda: farm.get(f"{farm.base}/groups{place(name)}")), as_json=as_json)


@groups.command(
    help=f"""\
Add a group, or change one: `homeport groups put pilots members:='["alice","bob"]'`.

{FIELDS_HELP}
The fields are description, members (logins), groups (names), others (DNs) and gid.
"""
)
@click.argument("name")
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@option("--json", "as_json", is_flag=True, help="Print the group as one JSON object.")
@of_a_farm
def put(url: str, token: str, name: str, fields: tuple[str, ...], *, as_json: bool) -> None:
    farm = reach(url, token)
    say_fields(put_object(farm, f"{farm.base}/groups{place(name)}", read_fields(fields)), as_json=as_json)


@groups.command(help="Remove a group; its members stay.")
@click.argument("name")
@of_a_farm
def remove(url: str, token: str, name: str) -> None:
    farm = reach(url, token)
    ask_farm(lambda: farm.send("DELETE", f"{farm.base}/groups{place(name)}"))
    say(f"{name} removed")
