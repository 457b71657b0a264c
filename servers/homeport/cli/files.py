"""`homeport files`: list, read, write, rename and remove the files of a world, which FTP serves."""

from pathlib import Path
from typing import Any, BinaryIO

import click

from homeport.cli.objects import ListingGroup
from homeport.cli.options import WrongUsage, ask_farm, of_a_farm, option, reach
from homeport.cli.output import say, say_content, say_json


@click.group(
    cls=ListingGroup,
    help="""\
Show and change the files of a running farm, which FTP serves; without a command, list the root.

A PATH begins at the root: `pub/tides.txt`. FTP's access rights do not apply here.
""",
)
def files() -> None:
    pass


@files.command("list", help="Show the entries of a directory: mode, size, time of the last change, name.")
@click.argument("path", required=False, default="")
@option("--recursive", is_flag=True, help="Show everything below it.")
@option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@of_a_farm
def list_(url: str, token: str, path: str, *, recursive: bool, as_json: bool) -> None:
    farm = reach(url, token)
    query = {"recursive": "true"} if recursive else {}

    def show_all() -> None:
        since: int | None = 0
        while since is not None:
            answer = farm.get(f"{_place(farm, path)}/", patience=60.0, since=since, **query)
            for one in answer["items"]:
                if as_json:
                    say_json(one)
                else:
                    say(entry_line(one))
            since = answer["next"]

    ask_farm(show_all)


def entry_line(one: dict[str, Any]) -> str:
    """Format an entry of a directory as one line."""
    name = one.get("path") or one["name"]
    end = {"directory": "/", "link": f" -> {one.get('target', '')}"}.get(one["kind"], "")
    return f"{one['mode']} {one['size']:>10} {one['modified'][:19]}Z {name}{end}"


@files.command(help="Print a file, or write it to --out.")
@click.argument("path")
@option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it to this file.")
@of_a_farm
def get(url: str, token: str, path: str, out: Path | None) -> None:
    farm = reach(url, token)
    content = ask_farm(lambda: farm.fetch(_place(farm, path), patience=60.0))
    if out is None:
        say_content(content)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise WrongUsage(f"--out {out}: {error.strerror}") from None


@files.command(help="Store FILE of this machine at PATH, whose directories are made; `-` reads standard input.")
@click.argument("file", type=click.File("rb"))
@click.argument("path")
@of_a_farm
def put(url: str, token: str, file: BinaryIO, path: str) -> None:
    content = file.read()
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.upload(_place(farm, path), content))
    say(f"{answer['path']} stored, {answer['size']} bytes")


@files.command(help="Rename a file or a directory to a new path, whose directories are made.")
@click.argument("path")
@click.argument("to")
@of_a_farm
def rename(url: str, token: str, path: str, to: str) -> None:
    farm = reach(url, token)
    ask_farm(lambda: farm.send("POST", _place(farm, path), {"to": _quoted(to)}))
    say(f"{path} renamed to {to}")


@files.command(help="Make a directory, and those above it.")
@click.argument("path")
@of_a_farm
def mkdir(url: str, token: str, path: str) -> None:
    farm = reach(url, token)
    ask_farm(lambda: farm.send("PUT", _place(farm, path, "directories")))
    say(f"{path} made")


@files.command(help="Remove a file, or an empty directory.")
@click.argument("path")
@of_a_farm
def remove(url: str, token: str, path: str) -> None:
    farm = reach(url, token)
    ask_farm(lambda: farm.send("DELETE", _place(farm, path)))
    say(f"{path} removed")


def _place(farm: Any, path: str, kind: str = "files") -> str:
    """Return the path of a file in the API."""
    within = _quoted(path)
    return f"{farm.base}/ftp/{kind}/{within}" if within else f"{farm.base}/ftp/{kind}"


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path.strip("/"), errors="surrogateescape")
