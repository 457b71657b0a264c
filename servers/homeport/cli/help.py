"""`homeport help`."""

import click

from homeport.cli.completion import command_names


@click.command(
    help="""\
Show the help of COMMAND, such as `fault add`, or of all commands.

Same as `homeport COMMAND --help`.
"""
)
@click.argument("command", nargs=-1, metavar="[COMMAND]...", shell_complete=command_names)
@click.pass_context
def help(ctx: click.Context, command: tuple[str, ...]) -> None:  # noqa: A001 - the command's name
    from homeport.config.values import nearest

    within = ctx.find_root()
    for name in command:
        group = within.command
        found = group.get_command(within, name) if isinstance(group, click.Group) else None
        if found is None:
            known = group.list_commands(within) if isinstance(group, click.Group) else []
            hint = nearest(name, known) if known else "it has no subcommands"
            raise click.UsageError(f"unknown command {' '.join([*within.command_path.split()[1:], name])!r}; {hint}")
        within = click.Context(found, parent=within, info_name=name)
    click.echo(within.get_help())
