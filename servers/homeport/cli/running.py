"""The farm that commands talk to without `--url`: the one that `homeport up` starts in the same environment.

So a command in a container, such as its health check, need not be given port and token again.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homeport.cli.options import WrongUsage

if TYPE_CHECKING:
    from homeport.config.sections import Config


def running_url() -> str:
    """Return the control URL: from the ready file, which includes the effect of flags, or else from the configuration.

    Raises: WrongUsage if the configuration is invalid.
    """
    return announced_url(os.environ.get("HOMEPORT_READY_FILE", "")) or configured_url(configured())


def running_token() -> str:
    """Return the configured token; empty if there is none.

    Raises: WrongUsage if the configuration is invalid.
    """
    config = configured()
    return config.control.token if config else ""


def announced_url(ready_file: str) -> str:
    """Return the control URL in a ready file; empty if the file is missing or malformed."""
    import json

    if not ready_file:
        return ""
    try:
        return str(json.loads(Path(ready_file).read_bytes())["control"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def configured_url(config: "Config | None") -> str:
    """Return the control URL that a configuration leads to; empty if its port is chosen at start."""
    from homeport.config.checks import control_hosts
    from homeport.protocol.addresses import connectable, url_host

    if config is None or not config.control.port:
        return ""
    return f"http://{url_host(connectable(control_hosts(config)))}:{config.control.port}"


def configured() -> "Config | None":
    """Return the configuration that `homeport up` reads without a flag; None if the environment sets nothing.

    Raises: WrongUsage if the configuration is invalid.
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
