"""`homeport fault`: plan faults of a running farm, list and remove them."""

from typing import TYPE_CHECKING, Any

import click

from homeport.cli.completion import (
    connection_ids,
    fault_ids,
    fault_kinds,
    fault_parameters,
    listener_names,
    service_names,
)
from homeport.cli.options import WrongUsage, asked, echo_json, of_a_farm, option, reach

if TYPE_CHECKING:
    from homeport.protocol.faults import Do

MATCHES = ("verb", "argument", "peer", "conn")


class AddCommand(click.Command):
    """`fault add`, whose help ends with the kinds of faults, from their declarations."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        from homeport.cli.fault_kinds import write_kinds

        write_kinds(formatter)


@click.group(
    help="""\
Make a running farm misbehave.

`homeport fault add echo latency ms=250` delays the next connection; with `--times 0` every one, also those that
stand. Documentation: docs/faults.md.
"""
)
def fault() -> None:
    pass


@fault.command(
    cls=AddCommand,
    help="""\
Plan a fault: the KIND of misbehaviour of SERVICE, with its parameters.

The kinds and their parameters are below; which service can suffer which is in docs/faults.md.
""",
)
@click.argument("service", shell_complete=service_names)
@click.argument("kind", shell_complete=fault_kinds)
@click.argument("parameters", nargs=-1, metavar="[PARAM=VALUE]...", shell_complete=fault_parameters)
@option("--listener", metavar="L", shell_complete=listener_names, help="One listener of the service, such as udp.")
@option("--verb", metavar="V", help="Only on commands with this verb; a query's is `query`.")
@option("--argument", metavar="A", help="Only on commands or queries with this in their argument.")
@option("--peer", metavar="P", help="Only for this address or network.")
@option(
    "--conn",
    metavar="C",
    shell_complete=connection_ids,
    help="Only on this connection, such as c3; acts on it at once.",
)
@option("--after", type=click.IntRange(0), metavar="N", help="Let so many occasions pass.")
@option("--times", type=click.IntRange(0), metavar="N", help="Act on so many occasions; 0: for ever; 1 if not given.")
@option("--probability", type=float, metavar="P", help="Act by chance: above 0, at most 1.")
@option(
    "--direction", type=click.Choice(["out", "in", "both"]), help="What the server says (out), hears (in), or both."
)
@option("--optional", is_flag=True, default=None, help="A test does not fail if it never acts.")
@option("--json", "as_json", is_flag=True, help="Print the fault as one JSON object.")
@of_a_farm
def add(
    url: str, token: str, service: str, kind: str, parameters: tuple[str, ...], *, as_json: bool, **given: Any
) -> None:
    import msgspec

    plan: dict[str, Any] = {"service": service, "do": msgspec.to_builtins(read_kind(kind, parameters))}
    plan |= {name: value for name, value in given.items() if value is not None and name not in MATCHES}
    plan["match"] = {name: given[name] for name in MATCHES if given[name] is not None}
    farm = reach(url, token)
    planned = asked(lambda: farm.send("POST", f"{farm.base}/faults", plan))
    if as_json:
        echo_json(planned)
    else:
        click.echo(fault_line(planned))


@fault.command(name="list", help="Show the faults that are planned, and how often each has acted.")
@option("--json", "as_json", is_flag=True, help="Print the faults as one JSON object.")
@of_a_farm
def list_(url: str, token: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = asked(lambda: farm.get(f"{farm.base}/faults"))
    if as_json:
        echo_json(answer)
        return
    for one in answer["items"]:
        click.echo(fault_line(one))
    if not answer["items"]:
        click.echo("no faults")


@fault.command(help="Remove a fault, or all of them: they stop at once, also where they act.")
@click.argument("identifier", metavar="[ID]", required=False, shell_complete=fault_ids)
@of_a_farm
def clear(url: str, token: str, identifier: str | None) -> None:
    from urllib.parse import quote

    farm = reach(url, token)
    path = f"{farm.base}/faults" + (f"/{quote(identifier, safe='')}" if identifier else "")
    answer = asked(lambda: farm.send("DELETE", path))
    click.echo(f"{answer['removed'] if answer else 1} removed")


def read_kind(kind: str, parameters: tuple[str, ...]) -> "Do":
    """The kind of fault that the words of a command line mean: `latency`, `ms=250`.

    Raises: WrongUsage.
    """
    import msgspec

    from homeport.cli.fault_kinds import usage
    from homeport.config.values import nearest
    from homeport.protocol.faults import Do

    if kind not in Do.__struct_fields__:
        raise WrongUsage(f"there is no fault {kind!r}; {nearest(kind, Do.__struct_fields__)}")
    value: Any
    if kind in ("tls", "frame"):  # one word
        value = parameters[0] if len(parameters) == 1 else ""
    else:
        value = {}
        for parameter in parameters:
            name, equals, text = parameter.partition("=")
            if not equals:
                raise WrongUsage(f"{parameter!r} is no parameter: write NAME=VALUE, such as ms=250")
            value[name] = text
    try:
        return msgspec.convert({kind: value}, Do, strict=False)
    except msgspec.ValidationError as error:
        raise WrongUsage(f"{kind}: {str(error).replace('$.', '')}; write {usage(kind)}") from None


def fault_line(fault: dict[str, Any]) -> str:
    """A fault for people."""
    import json

    from homeport.config.quantities import counted

    where = fault["service"] + (f".{fault['listener']}" if fault["listener"] else "")
    ((kind, parameters),) = fault["do"].items()
    words = [f"{fault['id']:<4} {where:<14} {kind}"]
    if isinstance(parameters, dict):
        words += [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in parameters.items()]
    else:
        words.append(parameters)
    words += [f"{name} {json.dumps(value)}" for name, value in fault["match"].items()]
    if fault["after"]:
        words.append(f"after {fault['after']}")
    words.append(counted(fault["times"], "time") if fault["times"] else "for ever")
    if fault["probability"] < 1:
        words.append(f"probability {fault['probability']}")
    if fault["direction"] != "out":
        words.append(f"direction {fault['direction']}")
    if fault["optional"]:
        words.append("optional")
    done = f"acted {fault['acted']} of {fault['seen']}" + (", spent" if fault["spent"] else "")
    return f"{' '.join(words)}: {done}"
