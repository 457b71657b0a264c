"""`homeport up`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homeport.cli.completion import configuration_keys, service_list
from homeport.cli.options import PortTaken, WrongUsage, option
from homeport.cli.output import is_terminal

if TYPE_CHECKING:
    from homeport.config.reading import Setting
    from homeport.config.sections import Config


@click.command(
    help="""\
Start the farm in the foreground; SIGTERM or Ctrl-C ends it, SIGHUP has it read its configuration again.

When all listeners are bound, a table says where they are: on a terminal with the credentials and what to try. Where
standard output is no terminal, one line of JSON there says the same.
"""
)
@option("-c", "--config", type=click.Path(path_type=Path), metavar="FILE", help="Configuration; none is needed.")
@option("--host", multiple=True, metavar="ADDR", help="Listen on this address instead of loopback; may be repeated.")
@option(
    "--services",
    metavar="A,B,-C",
    shell_complete=service_list,
    help='Services to start: names, "*" for all, "-name" to leave one out.',
)
@option(
    "--set",
    "sets",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=configuration_keys,
    help="Set a configuration key, such as echo.port=0.",
)
@option(
    "--well-known",
    is_flag=True,
    help="Every service on its own IANA port, such as 25 for SMTP, for clients without a port setting.",
)
@option("--ephemeral", is_flag=True, help="Every port chosen by the system, no state kept.")
@option("--data", metavar="DIR", help="Keep state in this folder: mail, files, registry, CA; created if missing.")
@option("--ready-file", type=click.Path(path_type=Path), metavar="PATH", help="Write the ready line to this file too.")
@option("--json", "as_json", is_flag=True, help="Print the ready line on a terminal too.")
@option("--until-eof", is_flag=True, help="Stop when standard input ends: with the process at its other end.")
@option("--clock", metavar="TIME|+DURATION", help="The world's time at start: RFC 3339, or a distance such as +1d.")
@option("--seed", metavar="N", help="Seed of everything random.")
@option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Form of the log on standard error.")
@option("-q", "--quiet", is_flag=True, help="Log only warnings, show no table.")
@option("-v", "--verbose", count=True, help="Log more.")
@click.pass_context
def up(ctx: click.Context, /, **given: Any) -> None:
    import gc
    import logging
    import os
    from importlib import import_module

    try:
        import_module("homeport.io.platform")
    except ImportError as error:  # Windows
        raise WrongUsage(str(error)) from None
    # Start-up allocates much and frees nothing; io/process enables the collector again.
    gc.disable()
    from homeport.config.reading import load
    from homeport.config.values import ConfigError
    from homeport.farm import logs

    level = logging.DEBUG if given["verbose"] else logging.WARNING if given["quiet"] else logging.INFO
    logs.configure(given["log_format"], level)

    def read() -> "Config":
        return load(given["config"], os.environ, settings_of(ctx), ephemeral=given["ephemeral"])

    try:
        config = read()
    except ConfigError as error:
        raise WrongUsage(str(error)) from None
    _prepare(config.farm.data, given["ready_file"])

    from homeport.config.certificates import CertificateError
    from homeport.disk.data_folder import DataFolderError
    from homeport.disk.write_aside import write_aside
    from homeport.farm import process
    from homeport.farm.well_known import WellKnownPortsError
    from homeport.io.net.sockets import CannotListenError, PortTakenError
    from homeport.world.mail.store import FolderError
    from homeport.world.row_store import StoreError

    def announce(ready: dict[str, Any]) -> None:
        import json

        line = json.dumps(ready)
        if given["ready_file"]:
            write_aside(given["ready_file"], f"{line}\n".encode(), durable=False)
        if not given["quiet"]:
            from homeport.cli.summary import Style, summary

            print(summary(ready, config, Style.of(sys.stderr)), file=sys.stderr, flush=True)
        if given["as_json"] or not is_terminal(sys.stdout):
            print(line, flush=True)

    try:
        process.run(config, announce, read, until_eof=given["until_eof"])
    except (PortTakenError, WellKnownPortsError) as error:
        raise PortTaken(str(error)) from None
    except (CannotListenError, CertificateError, DataFolderError, FolderError, StoreError) as error:
        raise WrongUsage(str(error)) from None
    except process.AnnouncementError as error:
        # What could not be written is not tried again at exit, which would change the exit status.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise WrongUsage(str(error)) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise WrongUsage(f"the farm cannot start: {where}{error.strerror or error}") from None


def settings_of(ctx: click.Context) -> "list[Setting]":
    """Return the settings of the flags: first those from the environment, which the others override."""
    from homeport.config.reading import Setting, flag_setting, parse_setting

    keys = {
        "host": ("farm", "hosts"),
        "services": ("farm", "services"),
        "well_known": ("farm", "well_known"),
        "data": ("farm", "data"),
        "seed": ("farm", "seed"),
        "clock": ("clock", "set"),
    }
    from_environment: list[Setting] = []
    flags: list[Setting] = []
    for name, values in (("sets", ctx.params["sets"]), *((name, ctx.params[name]) for name in keys)):
        if not values:
            continue
        is_environment = ctx.get_parameter_source(name) is click.core.ParameterSource.ENVIRONMENT
        origin = f"HOMEPORT_{name.upper()}" if is_environment else f"--{name.replace('_', '-')}"
        if name == "sets":
            made = [flag_setting(value) for value in values]
        elif name == "seed":
            made = [parse_setting(keys[name], values, origin)]
        elif name == "services":
            made = [Setting(keys[name], [word.strip() for word in values.split(",")], origin)]
        else:
            made = [Setting(keys[name], list(values) if name == "host" else values, origin)]
        (from_environment if is_environment else flags).extend(made)
    return [*from_environment, *flags]


def _prepare(data: str, ready_file: Path | None) -> None:
    """Create the data folder, remove an earlier run's ready file, and check that this run can write its own.

    Raises: WrongUsage if there is no folder, or it cannot be written to.
    """
    from homeport.disk.write_aside import aside_of, sweep_asides

    try:
        if data:
            Path(data).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUsage(f"{error.filename}: {error.strerror}: name a --data folder that can be written to") from None
    if not ready_file:
        return
    if not ready_file.parent.is_dir():
        raise WrongUsage(
            f"--ready-file {ready_file}: folder {ready_file.parent} is missing: create it, or name another file"
        )
    try:
        ready_file.unlink(missing_ok=True)
        sweep_asides(ready_file)
        # access() is not enough: some file systems refuse new files despite the modes.
        aside = aside_of(ready_file)
        aside.touch()
        aside.unlink()
    except OSError as error:
        raise WrongUsage(
            f"--ready-file {ready_file}: {error.strerror}: name a writable file in a writable folder"
        ) from None
