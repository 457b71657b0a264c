"""`homeport transcript`."""

from pathlib import Path

import click

from homeport.cli.completion import connection_ids
from homeport.cli.options import WrongUsage, asked, of_a_farm, option, reach


@click.command(help="Show what was said on the connection CONN, such as c3; `homeport journal` has their names.")
@click.argument("conn", shell_complete=connection_ids)
@option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "pcapng"]),
    default="text",
    help="text is for people, pcapng for Wireshark and tshark.",
)
@option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it to FILE.")
@option("--secrets", is_flag=True, help="Show passwords too, if the journal keeps them.")
@of_a_farm
def transcript(conn: str, form: str, out: Path | None, url: str, token: str, *, secrets: bool) -> None:
    from urllib.parse import quote

    farm = reach(url, token)
    path = f"{farm.base}/connections/{quote(conn, safe='')}/transcript"
    talk = asked(lambda: farm.fetch(path, format=form, secrets="true" if secrets else None))
    if out is None:
        click.echo(talk, nl=False)
        return
    try:
        out.write_bytes(talk)
    except OSError as error:
        raise WrongUsage(f"{out}: {error.strerror}") from None
