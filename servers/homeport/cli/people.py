"""`homeport people`."""

import click

from homeport.cli.options import asked, echo_json, of_a_farm, option, reach

CANNOT_LOG_IN = "(cannot log in)"


@click.command(
    help="""\
Show the people of a running farm: login, password, full name.

They log in to every service that asks for a password. EPP has registrars instead, which are shown below them.
"""
)
@option("--json", "as_json", is_flag=True, help="Print the people, with all that is known of them, as one JSON object.")
@of_a_farm
def people(url: str, token: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = asked(lambda: farm.get(f"{farm.base}/people"))
    if as_json:
        echo_json(answer)
        return
    registrars = asked(lambda: farm.get(f"{farm.base}/registry/registrars"))["items"]
    rows = [(one["login"], one["password"] or CANNOT_LOG_IN, one["name"]) for one in answer["items"]]
    rows += [(one["id"], one["password"] or CANNOT_LOG_IN, f"{one['name']} (EPP)") for one in registrars]
    if not rows:
        click.echo("no people")
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)] if rows else []
    for login, password, name in rows:
        click.echo(f"{login:<{widths[0]}} / {password:<{widths[1]}}  {name}")
