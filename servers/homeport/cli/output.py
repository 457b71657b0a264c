"""The output of commands: the one place that writes to the terminal, so that no field of a client reaches it raw.

Colours are only in the summary of `homeport up` (`cli/summary.py`), on a terminal, unless NO_COLOR is set.
"""

import sys
from typing import Any

import click


def say(line: str = "", *, err: bool = False) -> None:
    """Print one line on standard output, or on standard error, with terminal controls escaped."""
    from homeport.visible import visible_line

    click.echo(visible_line(line), err=err)


def say_text(text: str) -> None:
    """Print text of several lines, which has its own line ends, with terminal controls escaped."""
    from homeport.visible import visible_text

    click.echo(visible_text(text), nl=False)


def say_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    import json

    from homeport.visible import visible_json

    click.echo(visible_json(json.dumps(value, ensure_ascii=False)))


def say_content(content: bytes) -> None:
    """Print content as it is, for files and pipes; on a terminal as text with terminal controls escaped."""
    if is_terminal(sys.stdout):
        say_text(content.decode("utf-8", "backslashreplace").replace("\r\n", "\n"))
    else:
        click.echo(content, nl=False)


def is_terminal(stream: Any) -> bool:
    """True if a stream is a terminal; a closed stream is None."""
    return stream is not None and bool(stream.isatty())
