"""`homeport query`."""

from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click

from homeport.cli.completion import query_texts, service_names
from homeport.cli.options import NegativeAnswer, WrongUsage, asked, of_a_farm, option, reach, refusal, seconds


class Target(NamedTuple):
    """Whom to ask."""

    service: str
    host: str
    port: int
    near: float | None = None
    """Unix time there, if it is known: the world's on a farm that runs."""


@click.command(
    help="""\
Ask a service and print its answer.

SERVICE is echo, users, daytime, time, qotd, chargen, finger or whois; TEXT is what finger, whois and echo are
asked, as are services of other packages that take a line. Without HOST:PORT it is the farm that runs, or else the
default port on this machine.
"""
)
@click.argument("service", metavar="SERVICE[://HOST:PORT]", shell_complete=service_names)
@click.argument("text", default="", shell_complete=query_texts)
@option("--udp", is_flag=True, help="Ask over UDP.")
@option("--timeout", default="5s", metavar="DURATION", help="How long to wait for the answer.")
@option("-v", "--verbose", is_flag=True, help="Show the octets both ways instead: C: ours, S: the server's.")
@of_a_farm
def query(service: str, text: str, timeout: str, url: str, token: str, *, udp: bool, verbose: bool) -> None:
    from homeport.client.query import NoAnswerError, ask, shown

    target = find_target(service, url, token, udp=udp)

    def trace(side: str, octets: bytes) -> None:
        if verbose:
            show_octets(side, octets)

    try:
        answer = ask(target.service, target.host, target.port, text, udp=udp, timeout=seconds(timeout), trace=trace)
    except NoAnswerError as error:
        raise NegativeAnswer(str(error)) from None
    if not verbose:
        click.echo(shown(target.service, answer, target.near))


def find_target(service: str, url: str, token: str, *, udp: bool) -> Target:
    """Whom `SERVICE[://HOST:PORT]` names.

    Raises: NegativeAnswer, WrongUsage.
    """
    from homeport.client.query import EXCHANGES, find_exchange
    from homeport.config.values import nearest
    from homeport.protocol.service import DEFAULT_PORT_OFFSET

    name, slashes, _rest = service.partition("://")
    exchange = find_exchange(name)
    if exchange is None:
        raise WrongUsage(f"cannot ask {name!r}; {nearest(name, EXCHANGES)}")
    if udp and not exchange.has_udp:
        raise WrongUsage(f"{name} is not served over UDP: leave --udp out")
    port = DEFAULT_PORT_OFFSET + exchange.iana_port
    if not slashes:
        return running_target(name, url, token, udp=udp) or Target(name, "127.0.0.1", port)
    try:
        parts = urlsplit(service)
        return Target(name, parts.hostname or "127.0.0.1", parts.port or port)
    except ValueError as error:
        raise WrongUsage(f"{service!r}: {error}; write {name}://HOST:PORT") from None


def running_target(name: str, url: str, token: str, *, udp: bool) -> Target | None:
    """Where a running farm serves it; None if none runs where none was named."""
    from homeport.client.client import NoFarmError, RefusedError

    try:
        farm = reach(url, token)
        listeners = farm.get(farm.base)["services"].get(name)
    except NoFarmError as error:
        if url:
            raise NegativeAnswer(str(error)) from None
        return None
    except RefusedError as error:
        raise refusal(error) from None
    bound = (listeners or {}).get("udp" if udp else "tcp")
    if bound is None:
        raise NegativeAnswer(f"the running farm does not serve {name}: start it with --services {name}")
    near = world_time(farm) if name == "time" else None
    return Target(name, bound["host"], bound["port"], near)


def world_time(farm: Any) -> float:
    """Return the Unix time of the world that the command is about."""
    from datetime import datetime

    said: str = asked(lambda: farm.get(f"{farm.base}/clock"))["now"]
    return datetime.fromisoformat(said).timestamp()


def show_octets(side: str, octets: bytes) -> None:
    """Octets as lines behind `C:` or `S:`, everything unprintable escaped."""
    from homeport.world.journal import printable

    for line in octets.splitlines(keepends=True) or [b""]:
        click.echo(f"{side}: {printable(line)}")
