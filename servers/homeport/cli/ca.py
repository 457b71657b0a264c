"""`homeport ca`."""

from pathlib import Path

import click

from homeport.cli.options import WrongUsage, ask_farm, of_a_farm, option, reach
from homeport.cli.output import say_text


@click.command(help="Print a running farm's CA certificate, which clients of its TLS services must trust.")
@option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE instead of standard output.")
@option("--client", metavar="NAME", help="Issue a client certificate for NAME instead; its key follows it.")
@of_a_farm
def ca(url: str, token: str, out: Path | None, client: str | None) -> None:
    farm = reach(url, token)
    if client is None:
        pem = ask_farm(lambda: farm.fetch("/api/v1/ca.pem").decode())
    else:
        issued = ask_farm(lambda: farm.send("POST", "/api/v1/client-certificates", {"name": client}))
        pem = issued["certificate"] + issued["key"]
    if out is None:
        say_text(pem if isinstance(pem, str) else pem.decode())
    else:
        write(out, pem, 0o600 if client else 0o644)


def write(path: Path, text: str, mode: int) -> None:
    """Write a file that has the permissions `mode` from its first byte on.

    Raises: WrongUsage if it cannot be written.
    """
    from homeport.disk.write_aside import write_aside

    try:
        write_aside(path, text.encode("ascii"), mode)
    except OSError as error:
        raise WrongUsage(f"{path}: {error.strerror}") from None
