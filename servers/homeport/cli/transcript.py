"""`homeport transcript`."""

import sys
from pathlib import Path

import click

from homeport.cli.completion import connection_ids
from homeport.cli.options import WrongUsage, ask_farm, of_a_farm, option, reach
from homeport.cli.output import is_terminal, say_text


@click.command(help="Show the transcript of connection CONN, such as c3; `homeport journal` shows the identifiers.")
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

    from homeport.visible import visible_json

    farm = reach(url, token)
    path = f"{farm.base}/connections/{quote(conn, safe='')}/transcript"
    content = ask_farm(lambda: farm.fetch(path, format=form, secrets="true" if secrets else None))
    if out is None and form == "pcapng":
        if is_terminal(sys.stdout):
            raise WrongUsage("a capture is binary: write it to a file with --out FILE, or to a pipe")
        click.echo(content, nl=False)
        return
    if out is None:
        text = content.decode()
        say_text(text if form == "text" else visible_json(text))
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise WrongUsage(f"{out}: {error.strerror}") from None
