"""`homeport completion`, and what the arguments of commands are completed with.

Services, kinds and keys come from their declarations. Identifiers (connections, faults, messages, people, worlds) come
from the farm that runs, which has PATIENCE to answer; without one there is nothing to complete them with.
"""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

VARIABLE = "_HOMEPORT_COMPLETE"
"""The variable by which click's scripts ask for completions; its name follows from the command's."""
PATIENCE = 0.5
"""Seconds that a farm may take to answer: somebody has pressed a key, and waits."""
MOST = 1000
"""Identifiers that are offered, the latest."""

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
    # In bash no blank follows `ms=` and `smtp.port=`, whose value is still to be typed.
    plain = "COMPREPLY+=($value)"
    click.echo(script.replace(plain, f"{plain}\n            [[ $value == *= ]] && compopt -o nospace"))


def command_names(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the commands of `homeport help`, and those within a command that has been named."""
    within = ctx.find_root()
    for name in ctx.params.get("command") or ():
        found = within.command.get_command(within, name) if isinstance(within.command, click.Group) else None
        if found is None:
            return []
        within = click.Context(found, parent=within, info_name=name)
    names = within.command.list_commands(within) if isinstance(within.command, click.Group) else []
    return _starting(names, incomplete)


def service_names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The services that there are."""
    from homeport.services import service_names as names

    return _starting(names(), incomplete)


def service_list(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Services after commas, each perhaps with a minus: the form of `up --services`."""
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
    """The kinds of faults."""
    from homeport.protocol.faults import Do

    return _starting(Do.__struct_fields__, incomplete)


def fault_parameters(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the parameters of the kind that has been named, or the words that stand in their place."""
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
    """Complete the listeners of the service that has been named."""
    from homeport.services import find_service

    # An option whose value is missing keeps click from naming the arguments before it.
    named = ctx.params.get("service") or (ctx.args[0] if ctx.args else "")
    try:
        service = find_service(named)
    except KeyError:
        return []
    return _starting([one.name for one in service.listeners], incomplete)


def configuration_keys(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete configuration keys for `--set`, as `smtp.port=`; after the sign, the values that are words."""
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
    """Return what completes identifiers, which the farm that runs has at that path under that key."""

    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from homeport.cli.options import reach
        from homeport.client.client import NoFarmError, RefusedError

        def given(name: str) -> str:
            """Return an option's value; an empty one was not given, nor has its variable been looked at yet."""
            option = next((one for one in ctx.command.params if one.name == name), None)
            return str(ctx.params.get(name) or (option.value_from_envvar(ctx) if option else "") or "")

        with ctx:
            try:
                farm = reach(given("url"), given("token"))
                answer = farm.get(path.format(world=farm.base), patience=PATIENCE)
            except (click.ClickException, NoFarmError, RefusedError):
                return []
        return _starting([str(one[key]) for one in answer["items"][-MOST:]], incomplete)

    return complete


connection_ids = _of_a_farm("{world}/connections", "id")
fault_ids = _of_a_farm("{world}/faults", "id")
message_ids = _of_a_farm("{world}/smtp/messages", "id")
logins = _of_a_farm("{world}/people", "login")
world_names = _of_a_farm("/api/v1/worlds", "name")


def query_texts(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete what Finger and Whois are asked: the people of the farm that runs."""
    return logins(ctx, parameter, incomplete) if ctx.params.get("service") in ("finger", "whois") else []


def _starting(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]
