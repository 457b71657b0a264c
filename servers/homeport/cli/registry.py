"""`homeport registry`: show and change the objects behind EPP, Whois and RDAP, and act on them as the registry."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from homeport.cli.completion import registrar_ids, registry_acts, registry_names
from homeport.cli.objects import FIELDS_HELP, ListingGroup, place, put_object, read_fields, say_fields, say_list
from homeport.cli.options import ask_farm, of_a_farm, option, reach
from homeport.cli.output import say, say_json

KINDS = ("domain", "host", "contact", "registrar")
SPONSORED = KINDS[:-1]
Function = TypeVar("Function", bound=Callable[..., Any])


def of_an_object(kinds: tuple[str, ...]) -> Callable[[Function], Function]:
    """Add the arguments that name an object to a command."""

    def add(function: Function) -> Function:
        named = click.argument("name", shell_complete=registry_names)(function)
        return click.argument("kind", type=click.Choice(kinds))(named)

    return add


@click.group(
    cls=ListingGroup,
    help="""\
Show and change the registry of a running farm; without a command, list its domains.

KIND is domain, host, contact or registrar.
""",
)
def registry() -> None:
    pass


@registry.command("list", help="Show the objects of a kind: domains if none is named.")
@click.argument("kind", type=click.Choice(KINDS), default="domain")
@option("-q", "--query", "q", metavar="FILTER", help="Only what matches: 'registrar:harbour -status:ok', or a word.")
@option("--json", "as_json", is_flag=True, help="Print the objects as one JSON object.")
@of_a_farm
def list_(url: str, token: str, kind: str, q: str | None, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.get(f"{farm.base}/registry/{kind}s", patience=60.0, q=q))
    say_list(answer, object_row, f"no {kind}s", as_json=as_json)


def object_row(one: dict[str, Any]) -> tuple[str, ...]:
    """Return the columns of an object."""
    if "registrar" not in one:
        return (one["id"], one["name"])
    expires = f"expires {one['expires'][:10]}" if "expires" in one else ""
    return (one.get("id") or one["name"], one["registrar"], expires, " ".join(one["statuses"]))


@registry.command(help="Show an object, with its present state.")
@of_an_object(KINDS)
@option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
@of_a_farm
def show(url: str, token: str, kind: str, name: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/registry/{kind}s{place(name)}"
    if kind not in SPONSORED:
        say_fields(ask_farm(lambda: farm.get(path)), as_json=as_json)
        return
    _say_state(ask_farm(lambda: farm.get(f"{path}/state")), as_json=as_json)


@registry.command(
    help=f"""\
Add an object as it stands, or change one.

A new domain needs roid, registrar, created and expires:
`homeport registry put domain new.test roid=D9-NEW registrar=harbour created=-P1Y expires=+P1Y`.

{FIELDS_HELP}
No rule of EPP is applied, and nothing is sent to registrars.
"""
)
@of_an_object(KINDS)
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@option("--json", "as_json", is_flag=True, help="Print the object as one JSON object.")
@of_a_farm
def put(url: str, token: str, kind: str, name: str, fields: tuple[str, ...], *, as_json: bool) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/registry/{kind}s{place(name)}"
    say_fields(put_object(farm, path, read_fields(fields)), as_json=as_json)


@registry.command(help="Remove an object at once, even if others refer to it.")
@of_an_object(KINDS)
@of_a_farm
def remove(url: str, token: str, kind: str, name: str) -> None:
    farm = reach(url, token)
    ask_farm(lambda: farm.send("DELETE", f"{farm.base}/registry/{kind}s{place(name)}"))
    say(f"{kind} {name} removed")


@registry.command(
    help="""\
Act on an object as the registry: `homeport registry act domain redemption.test restore`.

Without ACT, show the acts, and why those that are not possible now are not.
"""
)
@of_an_object(SPONSORED)
@click.argument("what", metavar="[ACT]", required=False, shell_complete=registry_acts)
@option("--status", "statuses", multiple=True, metavar="S", help="For set and unset: such as serverHold; repeatable.")
@option(
    "--registrar",
    metavar="R",
    shell_complete=registrar_ids,
    help="For request_transfer and force_transfer: who gains it.",
)
@option("--by", type=click.Choice(["registry", "registrar"]), help="In whose name a transfer is answered.")
@option("--years", type=click.IntRange(0, 10), metavar="N", help="For renew, and for a transfer.")
@option("--who", metavar="TEXT", help="Who orders it, as the poll message says (RFC 8590).")
@option("--reason", metavar="TEXT", help="Why, in at most 32 characters, as the poll message says.")
@option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
@of_a_farm
def act(
    url: str,
    token: str,
    kind: str,
    name: str,
    what: str | None,
    statuses: tuple[str, ...],
    *,
    as_json: bool,
    **more: Any,
) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/registry/{kind}s{place(name)}/acts"
    if what is None:
        answer = ask_farm(lambda: farm.get(path))
        say_list(answer, lambda one: (one["act"], one["reason"] or "possible"), "no acts", as_json=as_json)
        return
    body: dict[str, Any] = {"act": what, **{key: value for key, value in more.items() if value is not None}}
    body |= {"statuses": list(statuses)} if statuses else {}
    _say_state(ask_farm(lambda: farm.send("POST", path, body, patience=30.0)), as_json=as_json, gone=f"{name} is gone")


@registry.command(help="Show the life of a domain: what happened, what is due, and when.")
@click.argument("name", shell_complete=registry_names)
@option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
@of_a_farm
def timeline(url: str, token: str, name: str, *, as_json: bool) -> None:
    farm = reach(url, token)
    answer = ask_farm(lambda: farm.get(f"{farm.base}/registry/domains{place(name)}/timeline"))
    if as_json:
        say_json(answer)
        return
    for one in answer["moments"]:
        say(f"{one['at'][:19]}Z  {one['time']:<9}  {one['text']}")


@registry.command(help="Show a registrar's poll queue; with TEXT, put a message into it.")
@click.argument("registrar", shell_complete=registrar_ids)
@click.argument("text", required=False)
@option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
@of_a_farm
def messages(url: str, token: str, registrar: str, text: str | None, *, as_json: bool) -> None:
    farm = reach(url, token)
    path = f"{farm.base}/registry/registrars{place(registrar)}/messages"
    if text is not None:
        say_fields(ask_farm(lambda: farm.send("POST", path, {"text": text})), as_json=as_json)
        return
    answer = ask_farm(lambda: farm.get(path))
    say_list(answer, lambda one: (str(one["id"]), f"{one['date'][:19]}Z", one["text"]), "no messages", as_json=as_json)


def _say_state(state: dict[str, Any], *, as_json: bool, gone: str = "it is gone") -> None:
    """Print an object with what is derived from it now."""
    if as_json:
        say_json(state)
    elif state["object"] is None:
        say(gone)
    else:
        derived = {name: value for name, value in state.items() if name != "object"}
        say_fields({**state["object"], **derived}, as_json=False)
