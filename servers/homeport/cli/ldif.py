"""`homeport ldif`: print a world's directory as LDIF, or add LDIF to it."""

import sys
from pathlib import Path

import click

from homeport.cli.options import WrongUsage, ask_farm, of_a_farm, option, reach
from homeport.cli.output import say, say_content


@click.command(
    help="""\
Print the entries of a running farm's directory as LDIF, parents first, passwords included.

`ldapadd` and `[directory] ldif` take entries of this form. With --add, carry out the records of a file instead: entries
are added, and records with a `changetype` modify, delete or rename.
"""
)
@option("--base", default="", metavar="DN", help="Begin at this entry, instead of the directory's base.")
@option("--add", "file", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE", help="- is standard input.")
@of_a_farm
def ldif(url: str, token: str, *, base: str, file: Path | None) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/directory/ldif"
    if file is None:
        asked = {"base": base} if base else {}
        say_content(ask_farm(lambda: farm.fetch(path, patience=60.0, **asked)))
        return
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise WrongUsage(f"{file}: {error.strerror}") from None
    answer = ask_farm(lambda: farm.upload(path, content))
    done = ", ".join(f"{count} {did}" for did, count in answer.items() if count)
    say(f"{file}: {done or 'no records'}")
