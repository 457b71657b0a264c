"""`homeport ldif`: print a world's directory as LDIF."""

import click

from homeport.cli.options import ask_farm, of_a_farm, option, reach
from homeport.cli.output import say_content


@click.command(
    help="""\
Print the entries of a running farm's directory as LDIF, parents first, passwords included.

`ldapadd` and `[directory] ldif` take entries of this form.
"""
)
@option("--base", default="", metavar="DN", help="Begin at this entry, instead of the directory's base.")
@of_a_farm
def ldif(url: str, token: str, *, base: str) -> None:
    farm = reach(url, token)
    asked = {"base": base} if base else {}
    say_content(ask_farm(lambda: farm.fetch(f"{farm.base}/directory/ldif", patience=60.0, **asked)))
