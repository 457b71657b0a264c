"""A protocol like IMAP (RFC 9051): tags, literals, continuation lines, untagged data, IDLE."""

import re

from homeport.protocol.command_session import CommandSession
from homeport.protocol.commands import CommandTable, ParsedCommand, UnknownCommand, command
from homeport.protocol.dialogue import Dialogue, Refused, Reply
from homeport.protocol.events import TimerFired
from homeport.protocol.waiting import NextBytes, NextLine

LITERAL = re.compile(rb"\{(\d{1,9})(\+?)\}$")
LIMIT = 1000
"""Limit of all literals of a command in bytes."""


class Tagged(Dialogue):
    """Sends replies with the tag of the current command."""

    def __init__(self, context):
        super().__init__(context, "not authenticated")
        self.tag = "*"

    def reply(self, verb, argument, reply):
        if not self.over:
            super().reply(verb, argument, Reply(reply.code, f"{self.tag} ".encode() + reply.wire, reply.closes))

    def planned(self, made):
        return Reply("NO", f"NO {made.text}\r\n".encode())


class Login:
    """The login of the client."""

    def __init__(self, dialogue):
        self.dialogue = dialogue

    @command("LOGIN", "Log in.", argument="required", states={"not authenticated"}, reference="RFC 9051 6.2.3")
    def login(self, argument):
        if argument != "alice secret":
            raise Refused(Reply("NO", b"NO wrong\r\n"), "wrong-password")
        self.dialogue.state = "authenticated"
        return Reply("OK", b"OK logged in\r\n")

    @command("AUTHENTICATE", "Log in by SASL.", argument="required", reference="RFC 9051 6.2.2")
    def authenticate(self, argument):
        self.dialogue.say(b"+ \r\n")
        line = yield NextLine(secret=True)
        if line == b"*":
            return Reply("BAD", b"BAD cancelled\r\n")
        self.dialogue.state = "authenticated"
        return Reply("OK", f"OK {argument} {len(line)}\r\n".encode())


class Mailbox:
    """The selected mailbox."""

    def __init__(self, dialogue):
        self.dialogue = dialogue
        self.load = lambda: 3

    @command("SELECT", "Open a mailbox.", argument="required", states={"authenticated"}, reference="RFC 9051 6.3.2")
    def select(self, _argument):
        count = yield self.load
        self.dialogue.say(b"* %d EXISTS\r\n" % count)
        return Reply("OK", b"OK [READ-WRITE]\r\n")

    @command("IDLE", "Wait for news.", reference="RFC 9051 6.3.13")
    def idle(self, _argument):
        self.dialogue.say(b"+ idling\r\n")
        line = yield NextLine()
        return Reply("OK", b"OK\r\n") if line.upper() == b"DONE" else Reply("BAD", b"BAD say DONE\r\n")


class ToyImap(CommandSession):
    """One connection."""

    line_limit = 200

    def __init__(self, context):
        super().__init__(context, Tagged(context))
        self.login = Login(self.dialogue)
        self.mailbox = Mailbox(self.dialogue)

    def blocks(self):
        return True

    def greet(self):
        self.dialogue.say(b"* OK toy\r\n")

    def dispatch_line(self, line, *, bare):
        self.dialogue.faults = ()
        self.dialogue.tag = "*"
        self.begin(self._assemble(line), ParsedCommand(b"", b"", "", "", ""), line)

    def _assemble(self, line):
        """Read the literals of a command, then dispatch it."""
        whole, size = [], 0
        while match := LITERAL.search(line):
            size += int(match[1])
            if size > LIMIT:
                self.dialogue.tag = line.partition(b" ")[0].decode("ascii", "replace")
                self.hang_up_on_literal(match)
                return None
            if not match[2]:
                self.dialogue.say(b"+ go on\r\n")
            whole.append(line[: match.start()])
            yield NextBytes(int(match[1]), whole.append)
            line = yield NextLine()
        whole.append(line)
        tag, _, rest = b"".join(whole).decode("utf-8", "replace").partition(" ")
        verb, _, argument = rest.partition(" ")
        if not tag or tag in "+*":
            raise Refused(Reply("BAD", b"BAD that is no tag\r\n"), "bad-tag")
        self.dialogue.tag = tag
        command = ParsedCommand(verb.upper().encode(), argument.encode(), verb.upper(), argument, argument)
        answer = self.dispatch_command(command)
        if hasattr(answer, "send"):
            answer = yield from answer
        self.dialogue.reply(command.name, command.shown, answer)
        return None

    def hang_up_on_literal(self, match):
        if match[2]:  # sent without waiting for the continuation
            self.dialogue.say(b"* BYE too large\r\n", closes=True)
        else:
            self.dialogue.reply("", "", Reply("NO", b"NO too large\r\n"))

    def handle_other_event(self, event):
        if event == TimerFired("news"):
            self.dialogue.say(b"* 4 EXISTS\r\n")

    def refusal(self, error):
        return Refused(Reply("BAD", b"BAD unknown\r\n" if isinstance(error, UnknownCommand) else b"BAD not now\r\n"))

    def closing_reply(self, ending, limit):
        self.dialogue.tag = "*"
        return Reply("BYE", f"BYE {ending}\r\n".encode(), closes=True)


ToyImap.table = CommandTable(ToyImap, login=Login, mailbox=Mailbox)
