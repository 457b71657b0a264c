"""`homeport completion`, and what the arguments of commands are completed with.

Completing asks no farm: it runs at every press of a key, and a farm's names change.
"""

import click
from click.shell_completion import CompletionItem

VARIABLE = "_HOMEPORT_COMPLETE"
"""The variable by which click's scripts ask for completions; its name follows from the command's."""


@click.command
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes SHELL complete the words of `homeport`.

    \b
    bash: eval "$(homeport completion bash)"   in ~/.bashrc
    zsh:  eval "$(homeport completion zsh)"    in ~/.zshrc
    fish: homeport completion fish > ~/.config/fish/completions/homeport.fish
    """
    from click.shell_completion import get_completion_class

    from homeport.cli import homeport

    made = get_completion_class(shell)
    assert made is not None  # noqa: S101 - the choice above has no other shells
    click.echo(made(homeport, {}, "homeport", VARIABLE).source())


def service_names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The services that there are."""
    from homeport.services import service_names as names

    return [CompletionItem(name) for name in names() if name.startswith(incomplete)]


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
    from homeport.faults import Do

    return [CompletionItem(kind) for kind in Do.__struct_fields__ if kind.startswith(incomplete)]
