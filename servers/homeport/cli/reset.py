"""`homeport reset`."""

import click

from homeport.cli.completion import world_parts
from homeport.cli.options import ask_farm, of_a_farm, option, reach
from homeport.cli.output import say


@click.command(help="Reset a world of a running farm to its initial state; its ports stay.")
@option(
    "--keep",
    multiple=True,
    metavar="PART",
    shell_complete=world_parts,
    help="Keep this part as it is, such as journal; may be repeated.",
)
@of_a_farm
def reset(url: str, token: str, keep: tuple[str, ...]) -> None:
    farm = reach(url, token)
    ready = ask_farm(lambda: farm.send("POST", f"{farm.base}/reset", {"keep": list(keep)}))
    say(f"world {ready['world']!r} reset")
