"""homeport(1): the manual page, out of the command table."""

from inspect import cleandoc

import click

from homeport.cli import COMMANDS, homeport
from homeport.cli.fault_kinds import meaning_of, parameters_of, usage
from homeport.protocol.faults import Do

EXIT = (
    ("0", "All went well."),
    (
        "1",
        "A negative answer: no farm, not ready, findings, an event that did not come. Or output cannot be written.",
    ),
    ("2", "Wrong usage or configuration, also what a farm refuses as such; the message says what to do."),
    ("3", "A port is taken, or with --well-known not allowed; the message names it."),
)


def escaped(text: str) -> str:
    """Text as roff takes it: no line begins a request, no backslash an escape."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)


def paragraphs(text: str) -> str:
    """The help of a command. Its lines are filled, but for those behind click's mark, which stay as they are."""
    made = []
    for part in cleandoc(text).split("\n\n"):
        verbatim = part.startswith("\b\n")
        lines = escaped(part.removeprefix("\b\n"))
        made.append(f".nf\n{lines}\n.fi" if verbatim else lines)
    return "\n.PP\n".join(made)


def option(parameter: click.Option, ctx: click.Context) -> str:
    """An option with its help."""
    names, text = parameter.get_help_record(ctx) or ("", "")
    return f".TP\n\\fB{escaped(names)}\\fR\n{escaped(text)}\n" if names else ""


def command(name: str) -> str:
    """A command: how it is called, what it does, its options, its subcommands."""
    found = homeport.get_command(click.Context(homeport), name)
    assert found is not None
    ctx = click.Context(found, info_name=name)
    usage = " ".join(found.collect_usage_pieces(ctx))
    text = f".SS homeport {escaped(name)} {escaped(usage)}\n{paragraphs(found.help or '')}\n"
    text += "".join(option(one, ctx) for one in found.params if isinstance(one, click.Option))
    for inner in found.list_commands(ctx) if isinstance(found, click.Group) else ():
        one = found.get_command(ctx, inner)
        assert one is not None
        within = click.Context(one, info_name=inner)
        text += f".TP\n\\fB{name} {inner} {escaped(' '.join(one.collect_usage_pieces(within)))}\\fR\n"
        text += f"{escaped(one.get_short_help_str(200))}\n"
    return text


def fault(kind: str) -> str:
    """A kind of fault, as `homeport fault add` takes it, with its parameters."""
    text = f".TP\n\\fB{escaped(usage(kind))}\\fR\n{escaped(meaning_of(kind))}.\n"
    if parameters := parameters_of(kind):
        text += "".join(f".br\n{escaped(f'{one.name}: {one.text}.')}\n" for one in parameters)
    return text


def manual() -> str:
    """The whole page."""
    return (
        '.\\" Written by `make docs` out of the command table; change the code, not this page.\n'
        '.TH HOMEPORT 1 "" "Homeport" "User Commands"\n'
        ".SH NAME\nhomeport \\- a farm of real protocol servers to test network clients against\n"
        ".SH SYNOPSIS\n\\fBhomeport\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
        f".SH DESCRIPTION\n{paragraphs(homeport.help or '')}\n"
        f".SH COMMANDS\n{''.join(map(command, COMMANDS))}"
        f".SH FAULTS\n{''.join(map(fault, Do.__struct_fields__))}"
        ".SH ENVIRONMENT\nEvery option of \\fBup\\fR has a twin, such as \\fBHOMEPORT_DATA\\fR for \\fB\\-\\-data\\fR, "
        "and every configuration key one\nsuch as \\fBHOMEPORT__SMTP__PORT\\fR. A flag goes over the environment, "
        "that over the file.\n"
        ".SH EXIT STATUS\n" + "".join(f".TP\n{code}\n{escaped(text)}\n" for code, text in EXIT)
    )
