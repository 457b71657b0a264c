"""`homeport query`."""

from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click

from homeport.cli.completion import query_texts, service_names
from homeport.cli.options import NegativeAnswer, WrongUsage, ask_farm, of_a_farm, option, reach, refusal, seconds
from homeport.cli.output import say, say_text


class Target(NamedTuple):
    """The service to query and its address."""

    service: str
    host: str
    port: int
    near: float | None = None
    """Unix time of the server, if known: the world's time on a running farm."""


@click.command(
    help="""\
Ask a service and print its answer.

SERVICE is echo, users, daytime, time, qotd, chargen, finger, whois or gopher; TEXT is the query for finger, whois and
echo, the selector for gopher, and the line for services of other packages that take one. Without HOST:PORT the running
farm is asked, or without one the default port on this machine.
"""
)
@click.argument("service", metavar="SERVICE[://HOST:PORT]", shell_complete=service_names)
@click.argument("text", default="", shell_complete=query_texts)
@option("--udp", is_flag=True, help="Ask over UDP.")
@option("--timeout", default="5s", metavar="DURATION", help="How long to wait for the answer.")
@option("-v", "--verbose", is_flag=True, help="Show the bytes of both sides instead: C: client, S: server.")
@of_a_farm
def query(service: str, text: str, timeout: str, url: str, token: str, *, udp: bool, verbose: bool) -> None:
    from homeport.client.query import NoAnswerError, ask, shown

    target = find_target(service, url, token, udp=udp)

    def trace(side: str, data: bytes) -> None:
        if verbose:
            show_bytes(side, data)

    try:
        answer = ask(target.service, target.host, target.port, text, udp=udp, timeout=seconds(timeout), trace=trace)
    except NoAnswerError as error:
        raise NegativeAnswer(str(error)) from None
    if not verbose:
        say_text(f"{shown(target.service, answer, target.near)}\n")


def find_target(service: str, url: str, token: str, *, udp: bool) -> Target:
    """Parse `SERVICE[://HOST:PORT]` and return the target.

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
    """Return the address at which a running farm serves it; None if no farm runs and no URL was given."""
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
    """Return the Unix time of the selected world."""
    from datetime import datetime

    now: str = ask_farm(lambda: farm.get(f"{farm.base}/clock"))["now"]
    return datetime.fromisoformat(now).timestamp()


def show_bytes(side: str, data: bytes) -> None:
    """Print bytes as lines that begin with `C:` or `S:`, unprintable ones escaped."""
    from homeport.world.journal import printable

    for line in data.splitlines(keepends=True) or [b""]:
        say(f"{side}: {printable(line)}")
