"""`homeport check` and `homeport init`."""

from pathlib import Path

import click

from homeport.cli.options import WrongUsage, option
from homeport.cli.output import say, say_json

DEFAULT_FILE = Path("homeport.toml")


@click.command(help="Validate a configuration: FILE if one is given, and the environment.")
@click.argument("file", type=click.Path(path_type=Path), required=False, envvar="HOMEPORT_CONFIG")
@option("--json", "as_json", is_flag=True, help="Print the effective configuration.")
def check(file: Path | None, *, as_json: bool) -> None:
    import os

    from homeport.config.reading import load
    from homeport.config.values import ConfigError

    try:
        config = load(file, os.environ)
    except ConfigError as error:
        raise WrongUsage(str(error)) from None
    if as_json:
        from homeport.config.writing import effective

        say_json(effective(config))
    else:
        say(f"{file or 'configuration'}: OK: {', '.join(config.services) or 'no service'}")


@click.command(help="Write a commented configuration with all defaults to FILE (homeport.toml); - is standard output.")
@click.argument("file", type=click.Path(path_type=Path), default=DEFAULT_FILE)
def init(file: Path) -> None:
    from homeport.config.writing import example
    from homeport.disk.write_aside import write_aside

    if str(file) == "-":
        click.echo(example(), nl=False)
        return
    try:
        write_aside(file, example().encode(), fresh=True)
    except FileExistsError:
        raise WrongUsage(f"{file} already exists: name another file, or move it away") from None
    except OSError as error:
        raise WrongUsage(f"{file}: {error.strerror}") from None
    say(f"{file} written: start with `homeport up -c {file}`")
