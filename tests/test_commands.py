"""Command tables: refusals before a command runs."""

import pytest

from homeport.protocol.commands import (
    CommandTable,
    LackingNeed,
    MissingArgument,
    UnknownCommand,
    UnwantedArgument,
    WrongState,
    command,
)


class Sample:
    @command("NOOP", "Do nothing.", reference="RFC 5321 4.1.1.9", argument="optional", syntax="[text]")
    def noop(self, argument: bytes) -> None:
        """Do nothing; a docstring that HELP does not show."""

    @command("QUIT", reference="RFC 5321 4.1.1.10")
    def quit(self, argument: bytes) -> None:
        """Say goodbye."""

    @command("RCPT", reference="RFC 5321 4.1.1.3", argument="required", states={"mail"}, needs={"login", "tls"})
    def rcpt(self, argument: bytes) -> None:
        """Name a recipient."""

    @command("XCWD", "Change the directory.", reference="RFC 1123 4.1.3.1", argument="required")
    @command("CWD", "Change the directory.", reference="RFC 959 4.1.1", argument="required")
    def cwd(self, argument: bytes) -> None:
        """Change the directory."""


TABLE = CommandTable(Sample)


def test_verbs_are_found_without_regard_to_case():
    assert TABLE.find(b"noop", b"", "any").method == "noop"


def test_one_method_can_carry_out_several_verbs():
    assert {TABLE.find(b"CWD", b"x", "").method, TABLE.find(b"XCWD", b"x", "").method} == {"cwd"}


def test_help_is_a_field_of_the_row_and_no_docstring():
    assert [(row.verb, row.help) for row in TABLE][:2] == [("CWD", "Change the directory."), ("NOOP", "Do nothing.")]


@pytest.mark.parametrize(
    ("verb", "argument", "state", "has", "refused"),
    [
        (b"XYZZY", b"", "mail", (), UnknownCommand),
        (b"\xff\x00", b"", "mail", (), UnknownCommand),
        (b"QUIT", b"now", "mail", (), UnwantedArgument),
        (b"CWD", b"", "mail", (), MissingArgument),
        (b"RCPT", b"x", "start", ("login", "tls"), WrongState),
        (b"RCPT", b"x", "mail", ("login",), LackingNeed),
    ],
)
def test_what_the_table_does_not_let_through(verb, argument, state, has, refused):
    with pytest.raises(refused):
        TABLE.find(verb, argument, state, has)


def test_a_lacking_need_is_named():
    with pytest.raises(LackingNeed) as caught:
        TABLE.find(b"RCPT", b"x", "mail", ("tls",))
    assert caught.value.need == "login"


def test_a_verb_declared_twice_is_a_programming_error():
    class Twice:
        @command("A", reference="")
        def one(self) -> None: ...

        @command("A", reference="")
        def two(self) -> None: ...

    with pytest.raises(ValueError, match="twice"):
        CommandTable(Twice)


def test_what_argument_a_verb_takes_is_said_by_its_syntax_unless_declared():
    class Said:
        @command("NONE", reference="")
        def none(self) -> None: ...

        @command("MAYBE", reference="", syntax="[text]")
        def maybe(self) -> None: ...

        @command("MUST", reference="", syntax="size [LAST]")
        def must(self) -> None: ...

        @command("ANY", reference="", argument="optional")
        def any(self) -> None: ...

    rules = {row.verb: row.argument for row in CommandTable(Said)}
    assert rules == {"NONE": "none", "MAYBE": "optional", "MUST": "required", "ANY": "optional"}


def test_commands_of_a_part_are_found_with_its_attribute():
    class Owner:
        @command("BYE", reference="")
        def bye(self) -> None: ...

    table = CommandTable(Owner, sample=Sample)
    assert (table.find(b"BYE", b"", "").part, table.find(b"NOOP", b"", "").part) == ("", "sample")
    assert table.find(b"NOOP", b"", "").function is Sample.noop
