"""`homeport up`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from homeport.cli.completion import configuration_keys, service_list
from homeport.cli.options import PortTaken, WrongUsage, option

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
    help="Every service on its own IANA port, such as 25 for SMTP, for clients that take no port.",
)
@option("--ephemeral", is_flag=True, help="Every port free, nothing kept.")
@option("--data", metavar="DIR", help="Keep state there: mail, the CA; made if missing.")
@option("--ready-file", type=click.Path(path_type=Path), metavar="PATH", help="Write the ready line there too.")
@option("--json", "as_json", is_flag=True, help="Print the ready line on a terminal too.")
@option("--until-eof", is_flag=True, help="End when standard input does: with whoever holds its other end.")
@option("--clock", metavar="TIME|+DURATION", help="The world's time at start: RFC 3339, or a distance such as +1d.")
@option("--seed", metavar="N", help="Seed of everything that goes by chance.")
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
    # Start-up makes much and drops nothing; io/process switches the collector on again.
    gc.disable()
    from homeport.config.reading import load
    from homeport.config.values import ConfigError

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
    from homeport.farm import logs, process
    from homeport.farm.well_known import WellKnownPortsError
    from homeport.io.net.sockets import CannotListenError, PortTakenError
    from homeport.world.mail.store import FolderError
    from homeport.world.registry.store import StoreError

    level = logging.DEBUG if given["verbose"] else logging.WARNING if given["quiet"] else logging.INFO
    logs.configure(given["log_format"], level)

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
    except OSError as error:
        # What could not be written is not tried again at the end, which would be another exit status.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise WrongUsage(f"cannot announce that the farm is ready: {error}") from None


def settings_of(ctx: click.Context) -> "list[Setting]":
    """What the flags set: first those that came from the environment, over which the others go."""
    from homeport.config.reading import Setting, flag_setting, parse_setting

    keys = {
        "host": ("farm", "hosts"),
        "services": ("farm", "services"),
        "well_known": ("farm", "well_known"),
        "data": ("farm", "data"),
        "seed": ("farm", "seed"),
        "clock": ("clock", "set"),
    }
    twins: list[Setting] = []
    flags: list[Setting] = []
    for name, values in (("sets", ctx.params["sets"]), *((name, ctx.params[name]) for name in keys)):
        if not values:
            continue
        twin = ctx.get_parameter_source(name) is click.core.ParameterSource.ENVIRONMENT
        origin = f"HOMEPORT_{name.upper()}" if twin else f"--{name.replace('_', '-')}"
        if name == "sets":
            made = [flag_setting(value) for value in values]
        elif name == "seed":
            made = [parse_setting(keys[name], values, origin)]
        elif name == "services":
            made = [Setting(keys[name], [word.strip() for word in values.split(",")], origin)]
        else:
            made = [Setting(keys[name], list(values) if name == "host" else values, origin)]
        (twins if twin else flags).extend(made)
    return [*twins, *flags]


def _prepare(data: str, ready_file: Path | None) -> None:
    """Make the folder, take away what an earlier run announced, and check that this one can announce.

    Raises: WrongUsage if there is no folder, or nothing can be written there.
    """
    from homeport.disk.write_aside import aside_of

    try:
        if data:
            Path(data).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUsage(f"{error.filename}: {error.strerror}: name a --data that can be written to") from None
    if not ready_file:
        return
    if not ready_file.parent.is_dir():
        raise WrongUsage(f"--ready-file {ready_file}: there is no folder {ready_file.parent}")
    try:
        ready_file.unlink(missing_ok=True)
        # What access() says is not enough: some file systems refuse new files whatever the modes are.
        aside = aside_of(ready_file)
        aside.touch()
        aside.unlink()
    except OSError as error:
        raise WrongUsage(
            f"--ready-file {ready_file}: {error.strerror}: name a file that can be written, in a folder that can be"
        ) from None


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at a stream; a closed one is None."""
    return stream is not None and stream.isatty()
