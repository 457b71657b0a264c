"""`homeport fault`: plan faults of a running farm, list and remove them."""

import re
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
from homeport.cli.options import WrongUsage, ask_farm, of_a_farm, option, reach
from homeport.cli.output import say, say_json

if TYPE_CHECKING:
    from homeport.protocol.faults import Do

ESCAPE = re.compile(r"\\(r|n|t|\\|x[0-9A-Fa-f]{2})")
ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}
"""Escapes of one letter in a text."""
MATCHES = ("verb", "argument", "peer", "conn")


class AddCommand(click.Command):
    """`fault add`, with a help text that lists the kinds of faults from their declarations."""

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

In `text=` the escapes \\r, \\n, \\t, \\xHH and \\\\ work, so that `text=gone\\r\\n` ends its line with CR LF.
""",
)
@click.argument("service", shell_complete=service_names)
@click.argument("kind", shell_complete=fault_kinds)
@click.argument("parameters", nargs=-1, metavar="[PARAM=VALUE]...", shell_complete=fault_parameters)
@option("--listener", metavar="L", shell_complete=listener_names, help="One listener of the service, such as udp.")
@option("--verb", metavar="V", help="Only on commands with this verb; a query's is `query`.")
@option("--argument", metavar="A", help="Only on commands or queries whose argument contains this.")
@option("--peer", metavar="P", help="Only for this address or network.")
@option(
    "--conn",
    metavar="C",
    shell_complete=connection_ids,
    help="Only on this connection, such as c3; acts on it at once.",
)
@option("--after", type=click.IntRange(0), metavar="N", help="Skip the first N matches.")
@option("--times", type=click.IntRange(0), metavar="N", help="Act on N matches; 0: on all; 1 if not given.")
@option("--probability", type=float, metavar="P", help="Act with this probability: above 0, at most 1.")
@option(
    "--direction",
    type=click.Choice(["out", "in", "both"]),
    help="Act on what the server sends (out), receives (in), or both.",
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
    planned = ask_farm(lambda: farm.send("POST", f"{farm.base}/faults", plan))
    if as_json:
        say_json(planned)
    else:
        say(fault_line(planned))


@fault.command(name="list", help="Show the planned faults, and how often each has acted.")
@option("--json", "as_json", is_flag=True, help="Print the faults as one JSON object.")
@of_a_farm
def list_(url: str, token: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.get(f"{farm.base}/faults"))
    if as_json:
        say_json(answer)
        return
    for one in answer["items"]:
        say(fault_line(one))
    if not answer["items"]:
        say("no faults")


@fault.command(
    help="""\
Plan a fault by its name, such as `greylist`; without NAME, show the names.

A recipe for several services is planned for the one that --service names, else for the first.
"""
)
@click.argument("name", metavar="[NAME]", required=False)
@option("--service", metavar="S", shell_complete=service_names, help="The service that misbehaves.")
@option("--json", "as_json", is_flag=True, help="Print the fault, or the recipes, as one JSON object.")
@of_a_farm
def recipe(url: str, token: str, name: str | None, service: str | None, *, as_json: bool) -> None:
    from urllib.parse import urlencode

    from homeport.config.values import nearest

    farm = reach(url, token)
    query = f"?{urlencode({'service': service})}" if service else ""
    recipes = ask_farm(lambda: farm.get(f"{farm.base}/faults/recipes{query}"))
    if name is None:
        if as_json:
            say_json(recipes)
            return
        for one in recipes["items"]:
            say(f"{one['name']:<24} {one['title']} ({', '.join(one['services'])})")
        return
    found = next((one for one in recipes["items"] if one["name"] == name), None)
    if found is None:
        names = [one["name"] for one in recipes["items"]]
        raise WrongUsage(f"there is no recipe {name!r} for what runs here; {nearest(name, names)}")
    planned = ask_farm(lambda: farm.send("POST", f"{farm.base}/faults", found["plan"]))
    if as_json:
        say_json(planned)
    else:
        say(fault_line(planned))


@fault.command(help="Stop a fault from taking matches, until `homeport fault resume`.")
@click.argument("identifier", metavar="ID", shell_complete=fault_ids)
@of_a_farm
def pause(url: str, token: str, identifier: str) -> None:
    set_paused(url, token, identifier, paused=True)


@fault.command(help="Let a paused fault act again.")
@click.argument("identifier", metavar="ID", shell_complete=fault_ids)
@of_a_farm
def resume(url: str, token: str, identifier: str) -> None:
    set_paused(url, token, identifier, paused=False)


def set_paused(url: str, token: str, identifier: str, *, paused: bool) -> None:
    """Pause or resume a fault, and print it."""
    from urllib.parse import quote

    farm = reach(url, token)
    path = f"{farm.base}/faults/{quote(identifier, safe='')}"
    say(fault_line(ask_farm(lambda: farm.send("PATCH", path, {"paused": paused}))))


@fault.command(help="Remove a fault, or all faults; those acting on a connection stop at once.")
@click.argument("identifier", metavar="[ID]", required=False, shell_complete=fault_ids)
@of_a_farm
def clear(url: str, token: str, identifier: str | None) -> None:
    from urllib.parse import quote

    farm = reach(url, token)
    path = f"{farm.base}/faults" + (f"/{quote(identifier, safe='')}" if identifier else "")
    answer = ask_farm(lambda: farm.send("DELETE", path))
    say(f"{answer['removed'] if answer else 1} removed")


def read_kind(kind: str, parameters: tuple[str, ...]) -> "Do":
    """Parse a kind of fault and its parameters as the command line has them: `latency`, `ms=250`.

    Raises: WrongUsage.
    """
    import msgspec

    from homeport.cli.fault_kinds import usage
    from homeport.config.values import nearest
    from homeport.protocol.faults import Do

    if kind not in Do.__struct_fields__:
        raise WrongUsage(f"unknown fault {kind!r}; {nearest(kind, Do.__struct_fields__)}")
    value: Any
    if kind in ("tls", "frame"):  # one word
        value = parameters[0] if len(parameters) == 1 else ""
    else:
        value = {}
        for parameter in parameters:
            name, equals, text = parameter.partition("=")
            if not equals:
                raise WrongUsage(f"{parameter!r} is not a parameter: write NAME=VALUE, such as ms=250")
            value[name] = unescape(text) if name == "text" else text
    try:
        return msgspec.convert({kind: value}, Do, strict=False)
    except msgspec.ValidationError as error:
        raise WrongUsage(f"{kind}: {str(error).replace('$.', '')}; write {usage(kind)}") from None


def unescape(text: str) -> str:
    r"""Return a text with its escapes replaced: \r, \n, \t, \\, \xHH for the character of that code; others stay."""
    return ESCAPE.sub(lambda match: ESCAPES.get(match[1]) or chr(int(match[1][1:], 16)), text)


def fault_line(fault: dict[str, Any]) -> str:
    """Format a fault as one line."""
    import json

    from homeport.config.quantities import counted

    where = fault["service"] + (f".{fault['listener']}" if fault["listener"] else "")
    ((kind, parameters),) = fault["do"].items()
    words = [f"{fault['id']:<4} {where:<14} {kind}"]
    if isinstance(parameters, dict):
        given = {name: value for name, value in parameters.items() if value != ""}
        words += [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in given.items()]
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
    acted = f"acted {fault['acted']} of {fault['seen']}" + (", spent" if fault["spent"] else "")
    acted += ", paused" if fault.get("paused") else ""
    return f"{' '.join(words)}: {acted}"
