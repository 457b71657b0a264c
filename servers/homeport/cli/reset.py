"""`homeport reset`."""

import click

from homeport.cli.completion import world_parts
from homeport.cli.options import asked, of_a_farm, option, reach


@click.command(help="Return a world of a running farm to its first state; its ports stay.")
@option(
    "--keep",
    multiple=True,
    metavar="PART",
    shell_complete=world_parts,
    help="Leave this part as it is, such as journal; may be repeated.",
)
@of_a_farm
def reset(url: str, token: str, keep: tuple[str, ...]) -> None:
    farm = reach(url, token)
    ready = asked(lambda: farm.send("POST", f"{farm.base}/reset", {"keep": list(keep)}))
    click.echo(f"the world {ready['world']!r} is as it was at first")
