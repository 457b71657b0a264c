"""Shared by the commands on a world's objects: fields on the command line, tables, groups that list by default."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from homeport.cli.options import WrongUsage, ask_farm
from homeport.cli.output import say, say_json

NOT_FOUND = 404
FIELDS_HELP = """\
FIELD=VALUE sets a field to a text, FIELD:=JSON to a number, a list or an object. Fields that are not named stay as
they are, or have their default in a new object.
"""


class ListingGroup(click.Group):
    """A group of commands that runs its command `list` if none is named: `homeport people --json`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            if command := self._late_command(args):
                raise click.UsageError(f"write the command before options: `{ctx.command_path} {command} ...`", ctx)
            args = ["list", *args]
        return super().parse_args(ctx, args)

    def _late_command(self, args: Sequence[str]) -> str:
        """Return the first word after options if it is a command; empty if it is none, or the value of an option."""
        options = [one for one in self.commands["list"].params if isinstance(one, click.Option)]
        with_value = {name for one in options if not one.is_flag for name in one.opts}
        words = iter(args)
        for word in words:
            if word in with_value:
                next(words, None)
            elif not word.startswith("-"):
                return word if word in self.commands else ""
        return ""


def place(*names: str) -> str:
    """Return the end of a path in the API: these names, percent-encoded, each after a slash."""
    from urllib.parse import quote

    return "".join(f"/{quote(name, safe='')}" for name in names)


def read_fields(words: Iterable[str]) -> dict[str, Any]:
    """Parse fields as the command line has them: `name=Zoe`, `years:=2`.

    Raises: WrongUsage.
    """
    import json

    fields: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.removesuffix(":"):
            raise WrongUsage(f"{word!r} is not a field: write FIELD=VALUE, or FIELD:=JSON")
        if name.endswith(":"):
            try:
                fields[name[:-1]] = json.loads(text)
            except ValueError as error:
                raise WrongUsage(f"{word!r} has no valid JSON after `:=`: {error}") from None
        else:
            fields[name] = text
    return fields


def put_object(farm: Any, path: str, fields: dict[str, Any]) -> Any:
    """Set fields of an object over the API, which is added if it does not exist; return it as it is then."""
    from homeport.client.client import RefusedError

    def put() -> Any:
        try:
            known = farm.get(path)
        except RefusedError as error:
            if error.status != NOT_FOUND:
                raise
            known = {}
        return farm.send("PUT", path, {**known, **fields})

    return ask_farm(put)


def say_fields(one: dict[str, Any], *, as_json: bool) -> None:
    """Print an object: a line for each field that is not empty, or one JSON object."""
    import json

    if as_json:
        say_json(one)
        return
    width = max(map(len, one), default=0)
    for name, value in one.items():
        if value not in (None, "", [], {}):
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            say(f"{name:<{width}}  {shown}")


def say_list(
    answer: dict[str, Any], row: Callable[[dict[str, Any]], Sequence[str]], nothing: str, *, as_json: bool
) -> None:
    """Print a list of the API: a table, or one JSON object. row: returns the columns of an item."""
    if as_json:
        say_json(answer)
        return
    rows = [row(one) for one in answer["items"]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        say("  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip())
    if not rows:
        say(nothing)
