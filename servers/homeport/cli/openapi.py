"""`homeport openapi`."""

from pathlib import Path

import click

from homeport.cli.options import WrongUsage, option


@click.command(help="Print the description of the control API (OpenAPI 3.1, JSON); no farm is needed.")
@option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE instead of standard output.")
def openapi(out: Path | None) -> None:
    import json

    from homeport.control.openapi import describe_api
    from homeport.control.operations import TABLE

    text = json.dumps(describe_api(TABLE), indent=2)
    if out is None:
        click.echo(text)
        return
    try:
        out.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise WrongUsage(f"--out {out}: {error.strerror}") from None
