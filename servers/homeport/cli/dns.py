"""`homeport dns`: the zones of a world, to be looked at, added and changed; waiting for queries."""

from pathlib import Path
from typing import Any

import click

from homeport.cli.messages import GRACE_SECONDS
from homeport.cli.objects import ListingGroup, place, say_list
from homeport.cli.options import NegativeAnswer, WrongUsage, ask_farm, of_a_farm, option, reach, seconds
from homeport.cli.output import say, say_content, say_json
from homeport.cli.wait import say_waited

ZONE = click.argument("zone", metavar="ZONE")
NAME = click.argument("name", metavar="NAME")
TYPE = click.argument("type_", metavar="TYPE")


@click.group(
    cls=ListingGroup,
    help="""\
Show and change the zones of the DNS of a running farm.

Without a command, list the zones. Records are written as zone files have them: `10 mail.shop.test.` for MX.
""",
)
def dns() -> None:
    pass


@dns.command("list", help="List the zones: serial, name, whether it can be changed.")
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@of_a_farm
def list_(url: str, token: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.get(f"{farm.base}/dns/zones"))

    def row(one: dict[str, Any]) -> tuple[str, ...]:
        return f"{one['serial']:>10}", one["name"], "" if one["changeable"] else "(follows from the world's state)"

    say_list(answer, row, "no zones", as_json=as_json)


@dns.command(help="List the records of a zone.")
@ZONE
@option("--name", default="", metavar="TEXT", help="Only names that contain this.")
@option("--type", "type_", default="", metavar="TYPE", help="Only records of this type, or of several: A,AAAA.")
@option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@of_a_farm
def show(url: str, token: str, zone: str, name: str, type_: str, *, as_json: bool) -> None:
    farm = reach(url, token)

    def show_all() -> None:
        offset: int | None = 0
        while offset is not None:
            answer = farm.get(
                f"{farm.base}/dns/zones{place(zone)}/records", patience=60.0, name=name, type=type_, offset=offset
            )
            for one in answer["items"]:
                if as_json:
                    say_json(one)
                else:
                    say_records(one)
            offset = answer["next"]

    ask_farm(show_all)


@dns.command(help="Add a zone, empty or from a zone file; with a file, all records of one that exists are replaced.")
@ZONE
@option("--file", type=click.Path(path_type=Path), help="A zone file (RFC 1035); SOA and NS are added if missing.")
@of_a_farm
def add(url: str, token: str, zone: str, file: Path | None) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/dns/zones{place(zone)}"
    if file is None:
        answer = ask_farm(lambda: farm.send("PUT", path, {}))
    else:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise WrongUsage(f"{file}: {error.strerror}") from None
        answer = ask_farm(lambda: farm.upload(f"{path}/zonefile", content))
    say(f"{answer['name']} serial {answer['serial']}")


@dns.command(help="Print a zone as a zone file.")
@ZONE
@of_a_farm
def export(url: str, token: str, zone: str) -> None:
    farm = reach(url, token)
    say_content(ask_farm(lambda: farm.fetch(f"{farm.base}/dns/zones{place(zone)}/zonefile", patience=60.0)))


@dns.command(help="Remove a zone.")
@ZONE
@of_a_farm
def delete(url: str, token: str, zone: str) -> None:
    farm = reach(url, token)
    ask_farm(lambda: farm.send("DELETE", f"{farm.base}/dns/zones{place(zone)}"))
    say(f"{zone} deleted")


@dns.command("set", help="Set the records of a type at a complete name, such as www.shop.test, in the zone it lies in.")
@NAME
@TYPE
@click.argument("data", metavar="DATA...", nargs=-1, required=True)
@option("--ttl", type=click.IntRange(0), default=60, metavar="SECONDS", help="Their TTL; 60 if not given.")
@of_a_farm
def set_(url: str, token: str, name: str, type_: str, data: tuple[str, ...], ttl: int) -> None:
    farm = reach(url, token)
    path = record_set(farm, name, type_)
    say_records(ask_farm(lambda: farm.send("PUT", path, {"data": list(data), "ttl": ttl})))


@dns.command(help="Remove the records of a type at a complete name.")
@NAME
@TYPE
@of_a_farm
def unset(url: str, token: str, name: str, type_: str) -> None:
    farm = reach(url, token)
    path = record_set(farm, name, type_)
    ask_farm(lambda: farm.send("DELETE", path))
    say(f"{name} {type_.upper()} deleted")


@dns.command(
    help="""\
Wait for a query about NAME, earlier ones included: print it and exit 0, or exit 1 on timeout.

Programs that prove control of a name look up _acme-challenge.NAME.
"""
)
@NAME
@option("--type", "type_", metavar="TYPE", help="Only queries of this type, or of several: A,AAAA.")
@option("--rcode", metavar="CODE", help="Only queries with this answer: NOERROR, NXDOMAIN, ...")
@option("--count", type=click.IntRange(1, 10_000), default=1, metavar="N", help="Wait for N.")
@option("--since", type=click.IntRange(0), default=0, metavar="SEQ", help="Only events after the one with this number.")
@option("--timeout", default="5s", metavar="DURATION", help="How long to wait.")
@option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
@of_a_farm
def wait(
    url: str,
    token: str,
    name: str,
    type_: str | None,
    rcode: str | None,
    count: int,
    since: int,
    timeout: str,
    *,
    as_json: bool,
) -> None:
    farm = reach(url, token)
    patience = seconds(timeout) + GRACE_SECONDS
    query = {"name": name, "qtype": type_, "rcode": rcode, "count": count, "since": since, "timeout": timeout}
    answer = ask_farm(lambda: farm.get(f"{farm.base}/dns/queries/wait", patience=patience, **query))
    say_waited(answer, count, timeout, as_json=as_json)


def say_records(one: dict[str, Any]) -> None:
    """Print a record set as lines of a zone file."""
    for data in one["data"]:
        say(f"{one['name']}  {one['ttl']}  {one['type']}  {data}")


def record_set(farm: Any, name: str, type_: str) -> str:
    """Return the path of the records of a type at a name, in the zone that the name lies in.

    Raises: NegativeAnswer if there is none.
    """
    found = ask_farm(lambda: farm.get(f"{farm.base}/dns/zones", holding=name))["items"]
    if not found:
        raise NegativeAnswer(f"{name} lies in no zone: add one with `homeport dns add ZONE`")
    complete = f"{name.removesuffix('.')}."
    return f"{farm.base}/dns/zones{place(found[0]['name'], 'records')}{place(complete, type_)}"
