"""The summary that `homeport up` prints when the farm is ready: listeners, credentials, control API, things to try."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import click

from homeport.visible import visible_line

if TYPE_CHECKING:
    from homeport.config.sections import Config

LABEL = 10
"""Width of the column of labels."""
GAP = "   "
FIRST_TO_TRY = ("finger", "ftp", "smtp", "users")
"""Services whose examples are shown before those of the others."""
EXAMPLES = 2
MAX_SHOWN = 8
"""Maximum number of credentials shown of people, and of registrars; `homeport people` shows all."""


class Style:
    """The look of the summary. width: columns; 0 for unlimited."""

    def __init__(self, *, width: int, colours: bool, terminal: bool) -> None:
        self.width = width
        self.colours = colours
        self.terminal = terminal

    @classmethod
    def of(cls, stream: TextIO) -> "Style":
        """Return the style for a stream: a terminal's width, and colours unless NO_COLOR or TERM=dumb is set."""
        if not stream.isatty():
            return cls(width=0, colours=False, terminal=False)
        try:
            width = os.get_terminal_size(stream.fileno()).columns
        except OSError:
            width = 0
        colours = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(width=width, colours=colours, terminal=True)

    def paint(self, text: str, **how: Any) -> str:
        """Return a text in colours, if colours are on."""
        return click.style(text, **how) if self.colours else text


def summary(ready: Mapping[str, Any], config: "Config", style: Style) -> str:
    """Return the whole summary. It has passwords only on a terminal, because other output may be stored."""
    lines = [style.paint(f"Homeport {ready['version']} is ready.", bold=True, fg="green"), ""]
    for name, listeners in ready["services"].items():
        lines += _row(style, name, [f"{listener} {bound['port']}" for listener, bound in listeners.items()], "cyan")
    addresses = dict.fromkeys(
        one for listeners in ready["services"].values() for bound in listeners.values() for one in bound["addresses"]
    )
    lines += ["", *_row(style, "addresses", list(addresses))]
    if credentials := list(_credentials(ready, config, style)):
        lines += ["", *credentials]
    lines += ["", *_row(style, "control", [f"{ready['control']} (the page, for your browser; the control API)"])]
    if ready["ca_file"]:
        lines += _row(style, "CA", [ready["ca_file"]])
    lines += ["", *_lines(style, "try", list(_to_try(ready)))]
    return "\n".join(lines) + "\n"


def command_name() -> str:
    """Return the command to call again: `homeport` if it is on the PATH, otherwise as it was called."""
    if shutil.which("homeport"):
        return "homeport"
    called = sys.argv[0]
    return f"{sys.executable} -m homeport" if called.endswith("__main__.py") else called


def _credentials(ready: Mapping[str, Any], config: "Config", style: Style) -> Iterator[str]:
    """Yield the logins of the services that ask for one."""
    from homeport.services import find_service

    asked = {find_service(name).logins for name in ready["services"]}
    people = [(one.login, one.password) for one in config.contents.people if one.password]
    registrars = [(one.id, one.password) for one in config.contents.registry.registrars if one.password]
    for label, kind, pairs in (("people", "people", people), ("EPP", "registrars", registrars)):
        if kind not in asked or not pairs:
            continue
        if style.terminal:
            shown = [f"{login} / {password}" for login, password in pairs[:MAX_SHOWN]]
            more = [f"and {len(pairs) - MAX_SHOWN} more: {command_name()} people"] if len(pairs) > MAX_SHOWN else []
            yield from _lines(style, label, [*shown, *more])
        else:
            yield from _row(style, label, [f"{', '.join(login for login, _ in pairs)} (passwords: homeport people)"])


def _to_try(ready: Mapping[str, Any]) -> Iterator[str]:
    """Yield commands: examples of services, then `homeport findings`."""
    from homeport.client.client import DEFAULT_URL
    from homeport.services import find_service

    served = ready["services"]
    left = EXAMPLES
    for name in dict.fromkeys([*(name for name in FIRST_TO_TRY if name in served), *served]):
        if left and (service := find_service(name)).example:
            yield service.example_for({one: (bound["host"], bound["port"]) for one, bound in served[name].items()})
            left -= 1
    where = "" if ready["control"] == DEFAULT_URL else f" --url {ready['control']}"
    yield f"{command_name()} findings{where}"


def _row(style: Style, label: str, items: Sequence[str], colour: str = "") -> Iterator[str]:
    """Yield items beside a label, as many per line as fit."""
    lines: list[str] = []
    for item in items:
        longer = f"{lines[-1]}{GAP}{item}" if lines else item
        if lines and style.width and 2 + LABEL + len(longer) > style.width:
            lines.append(item)
        else:
            lines[-1:] = [longer]
    yield from _lines(style, label, lines, colour)


def _lines(style: Style, label: str, lines: Sequence[str], colour: str = "") -> Iterator[str]:
    """Yield lines beside a label; a label wider than its column pushes the first of them to the right."""
    painted = style.paint(label, fg=colour) if colour else style.paint(label, bold=True)
    for number, line in enumerate(lines):
        left = painted + " " * max(LABEL - len(label), 1) if number == 0 else " " * LABEL
        yield f"  {left}{visible_line(line)}"
