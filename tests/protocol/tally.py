"""Tally: a protocol of one verb, which adds numbers. It has everything that a new line protocol needs."""

from homeport.protocol.command_session import CommandSession
from homeport.protocol.commands import CommandTable, MissingArgument, command
from homeport.protocol.dialogue import Dialogue, Refused, Reply
from homeport.protocol.rules import Rule
from homeport.protocol.service import Listener, Options, Port, Service


class Sum:
    """The sum so far."""

    def __init__(self, dialogue):
        self.dialogue = dialogue
        self.total = 0

    @command("ADD", "Add a number.", argument="required", syntax="number", reference="Tally 1")
    def add(self, argument):
        if not argument.isdigit():
            raise Refused(Reply("501", b"501 write ADD number (Tally 1)\r\n"), "not-a-number")
        self.total += int(argument)
        return Reply("200", b"200 %d\r\n" % self.total)


class Tally(CommandSession):
    """One connection."""

    def __init__(self, context):
        super().__init__(context, Dialogue(context))
        self.sum = Sum(self.dialogue)

    def greet(self):
        self.dialogue.say(b"220 Tally\r\n")

    def refusal(self, error):
        reply = b"501 write ADD number\r\n" if isinstance(error, MissingArgument) else b"500 there is only ADD\r\n"
        return Refused(Reply(reply[:3].decode(), reply))

    def closing_reply(self, ending, limit):
        return Reply("421", f"421 goodbye: {ending} {limit}".rstrip().encode() + b"\r\n", closes=True)


class TallyOptions(Options, frozen=True, kw_only=True):
    """[tally]"""

    port: Port = 14711


Tally.table = CommandTable(Tally, sum=Sum)
SERVICE = Service(
    name="tally",
    title="Tally",
    rfcs=(),
    listeners=(Listener("tcp", "tcp", 4711),),
    options=TallyOptions,
    session=Tally,
    rules=(Rule("not-a-number", "must", "Tally 1", "sent something else than a number"),),
    faults=frozenset(("command", "reply")),
)
