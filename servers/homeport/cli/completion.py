"""`homeport completion`, and shell completion of the commands' arguments.

Services, kinds and keys come from their declarations. Identifiers (connections, faults, messages, people, worlds) come
from the running farm, which has PATIENCE_S seconds to answer; without a farm they are not completed.
"""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

VARIABLE = "_HOMEPORT_COMPLETE"
"""The variable by which click's scripts ask for completions; click derives its name from the command's."""
PATIENCE_S = 0.5
"""Timeout of a request to the farm, in seconds: short, because the user waits after pressing a key."""
MAX_IDENTIFIERS = 1000
"""Maximum number of identifiers offered; the latest ones."""

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


@click.command(
    help="""\
Print what makes SHELL complete the words of `homeport`.


bash: eval "$(homeport completion bash)"   in ~/.bashrc
zsh:  eval "$(homeport completion zsh)"    in ~/.zshrc
fish: homeport completion fish > ~/.config/fish/completions/homeport.fish
"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    from click.shell_completion import get_completion_class

    from homeport.cli import homeport

    made = get_completion_class(shell)
    assert made is not None  # noqa: S101 - the choice above has no other shells
    script = made(homeport, {}, "homeport", VARIABLE).source()
    # In bash no blank follows `ms=` and `smtp.port=`, because their value is still to be typed.
    plain = "COMPREPLY+=($value)"
    click.echo(script.replace(plain, f"{plain}\n            [[ $value == *= ]] && compopt -o nospace"))


def command_names(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the commands of `homeport help`, and the subcommands of a command already named."""
    within = ctx.find_root()
    for name in ctx.params.get("command") or ():
        found = within.command.get_command(within, name) if isinstance(within.command, click.Group) else None
        if found is None:
            return []
        within = click.Context(found, parent=within, info_name=name)
    names = within.command.list_commands(within) if isinstance(within.command, click.Group) else []
    return _starting(names, incomplete)


def service_names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the names of services."""
    from homeport.services import service_names as names

    return _starting(names(), incomplete)


def service_list(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a comma-separated list of services, each with an optional minus: the form of `up --services`."""
    from homeport.services import service_names as names

    done, comma, last = incomplete.rpartition(",")
    minus = "-" if last.startswith("-") else ""
    taken = {word.removeprefix("-") for word in done.split(",")}
    return [
        CompletionItem(f"{done}{comma}{minus}{name}")
        for name in names()
        if name.startswith(last.removeprefix("-")) and name not in taken
    ]


def fault_kinds(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the kinds of faults."""
    from homeport.protocol.faults import Do

    return _starting(Do.__struct_fields__, incomplete)


def fault_parameters(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the parameters of the kind already named, or its words."""
    from homeport.cli.fault_kinds import parameters_of, words_of
    from homeport.protocol.faults import Do

    kind = ctx.params.get("kind")
    if kind not in Do.__struct_fields__:
        return []
    given = ctx.params.get("parameters") or ()
    if words := words_of(kind):
        return [] if given else _starting(words, incomplete)
    taken = {word.partition("=")[0] for word in given}
    names = [one.name for one in parameters_of(kind) if one.name not in taken]
    return _starting([f"{name}=" for name in names], incomplete)


def listener_names(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the listeners of the service already named."""
    from homeport.services import find_service

    # An option whose value is missing keeps click from naming the arguments before it.
    named = ctx.params.get("service") or (ctx.args[0] if ctx.args else "")
    try:
        service = find_service(named)
    except KeyError:
        return []
    return _starting([one.name for one in service.listeners], incomplete)


def configuration_keys(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete configuration keys for `--set`, as `smtp.port=`; after the sign, the values if they are words."""
    from homeport.cli.configuration_keys import keys_of, values_of
    from homeport.config.sections import SECTIONS
    from homeport.services import service_names as names

    key, equals, _value = incomplete.partition("=")
    section = key.partition(".")[0]
    known = [*SECTIONS, *names()]
    if equals:
        return _starting([f"{key}={value}" for value in values_of(key)], incomplete)
    sections = [section] if section in known else [one for one in known if one.startswith(section)]
    return _starting([f"{name}=" for one in sections for name in keys_of(one)], incomplete)


def world_parts(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the parts of a world, for `reset --keep`."""
    from homeport.world.world import PARTS

    return _starting(PARTS, incomplete)


def _of_a_farm(path: str, key: str) -> Complete:
    """Return a completion function for the identifiers that the running farm lists at `path` under `key`."""

    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from homeport.cli.options import reach
        from homeport.client.client import NoFarmError, RefusedError

        def given(name: str) -> str:
            """Return an option's value; read it from its variable if the command line does not give it."""
            option = next((one for one in ctx.command.params if one.name == name), None)
            return str(ctx.params.get(name) or (option.value_from_envvar(ctx) if option else "") or "")

        with ctx:
            try:
                farm = reach(given("url"), given("token"))
                answer = farm.get(path.format(world=farm.base), patience=PATIENCE_S)
            except (click.ClickException, NoFarmError, RefusedError):
                return []
        return _starting([str(one[key]) for one in answer["items"][-MAX_IDENTIFIERS:]], incomplete)

    return complete


connection_ids = _of_a_farm("{world}/connections", "id")
fault_ids = _of_a_farm("{world}/faults", "id")
message_ids = _of_a_farm("{world}/smtp/messages", "id")
logins = _of_a_farm("{world}/people", "login")
presence_ids = _of_a_farm("{world}/presence", "id")
registrar_ids = _of_a_farm("{world}/registry/registrars", "id")
world_names = _of_a_farm("/api/v1/worlds", "name")
_OBJECTS = {
    "domain": _of_a_farm("{world}/registry/domains", "name"),
    "host": _of_a_farm("{world}/registry/hosts", "name"),
    "contact": _of_a_farm("{world}/registry/contacts", "id"),
    "registrar": registrar_ids,
}


def registry_names(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the names of the registry's objects of the kind already named; domains if none can be."""
    return _OBJECTS[ctx.params.get("kind") or "domain"](ctx, parameter, incomplete)


def registry_acts(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the acts of the registry."""
    from homeport.control.registry_actions import ACTS

    return _starting(ACTS, incomplete)


def query_texts(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the query text of Finger and Whois: the people of the running farm."""
    return logins(ctx, parameter, incomplete) if ctx.params.get("service") in ("finger", "whois") else []


def _starting(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]
