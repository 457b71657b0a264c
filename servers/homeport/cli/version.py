"""`homeport version`."""

import platform

import click

from homeport.cli.output import say
from homeport.version import __version__


@click.command(help="Print the versions of Homeport, Python and Twisted.")
def version() -> None:
    from importlib.metadata import version as installed

    say(f"homeport {__version__} (Python {platform.python_version()}, Twisted {installed('twisted')})")
