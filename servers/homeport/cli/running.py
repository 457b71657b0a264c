"""The farm that commands talk to if no `--url` names one: the one that `homeport up` starts in the same environment.

So a command in a container, its health check first of all, needs to be told neither port nor token again.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homeport.cli.options import WrongUsage

if TYPE_CHECKING:
    from homeport.config.sections import Config


def running_url() -> str:
    """Return the control URL: that of the ready file, which knows what flags have set, or the configured one.

    Raises: WrongUsage if the configuration is wrong.
    """
    return announced_url(os.environ.get("HOMEPORT_READY_FILE", "")) or configured_url(configured())


def running_token() -> str:
    """Return the configured token; empty if there is none.

    Raises: WrongUsage if the configuration is wrong.
    """
    config = configured()
    return config.control.token if config else ""


def announced_url(ready_file: str) -> str:
    """Return the control URL in a ready file; empty if there is no such file, or it is none."""
    import json

    if not ready_file:
        return ""
    try:
        return str(json.loads(Path(ready_file).read_bytes())["control"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def configured_url(config: "Config | None") -> str:
    """Return the control URL that a configuration leads to; empty if it is not known beforehand."""
    from homeport.config.checks import control_hosts
    from homeport.protocol.addresses import connectable, url_host

    if config is None or not config.control.port:
        return ""
    return f"http://{url_host(connectable(control_hosts(config)))}:{config.control.port}"


def configured() -> "Config | None":
    """Return what `homeport up` reads without a flag; None if the environment sets nothing.

    Raises: WrongUsage if the configuration is wrong.
    """
    if not any(name.startswith("HOMEPORT_") for name in os.environ):
        return None
    from homeport.cli.up import settings_of, up
    from homeport.config.reading import load
    from homeport.config.values import ConfigError

    try:
        given = up.make_context("up", [])
        return load(given.params["config"], os.environ, settings_of(given), ephemeral=given.params["ephemeral"])
    except ConfigError as error:
        raise WrongUsage(str(error)) from None
    except click.ClickException as error:
        raise WrongUsage(error.format_message()) from None
