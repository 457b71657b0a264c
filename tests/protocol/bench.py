"""A protocol with a command for everything that a command can wait for."""

from homeport.protocol.command_session import CommandSession
from homeport.protocol.commands import CommandTable, LackingNeed, UnknownCommand, WrongState, command
from homeport.protocol.dialogue import Dialogue, Refused, Reply
from homeport.protocol.effects import CloseData, DataConnection, Progress, SendFile, SetTimer, StartTls
from homeport.protocol.waiting import Content, NextBytes, NextLine

OK = Reply("OK", b"OK\r\n")


class Failure(Exception):
    """An exception that work may raise."""


class Desk:
    """The commands that wait."""

    def __init__(self, dialogue):
        self.dialogue = dialogue
        self.work = list
        self.closed = []

    @command("WORK", "Do work.", reference="1")
    def do_work(self, _argument):
        try:
            made = yield self.work
        except (OSError, Failure) as error:
            return Reply("NO", f"NO {error}\r\n".encode())
        finally:
            self.closed.append("WORK")
        return Reply("OK", f"OK {made}\r\n".encode())

    @command("ASK", "Ask for a secret.", reference="2")
    def ask(self, _argument):
        self.dialogue.reply("ASK", "", Reply("GO", b"GO\r\n"))
        line = yield NextLine(20, secret=True)
        return Reply("OK", b"OK %d\r\n" % len(line))

    @command("TAKE", "Take bytes.", argument="required", reference="3")
    def take(self, argument):
        pieces = []
        yield NextBytes(int(argument), pieces.append)
        return Reply("OK", b"OK " + b"".join(pieces) + b"\r\n")

    @command("POST", "Take a text up to a !.", reference="4")
    def post(self, _argument):
        self.dialogue.state = "text"
        yield Content(lambda data: data.find(b"!") + 1 or -1)
        self.dialogue.state = "start"
        return OK

    @command("WAIT", "Wait for a timer.", reference="5")
    def wait(self, _argument):
        yield SetTimer("pause", 3)
        return OK

    @command("SEND", "Send a file.", reference="6")
    def send(self, _argument):
        self.dialogue.reply("SEND", "", Reply("GO", b"GO\r\n"))
        done = yield SendFile(None, DataConnection(), progress=Progress())
        return Reply("NO", b"NO\r\n") if done.problem else OK

    @command("TLS", "Begin TLS.", reference="7")
    def tls(self, _argument):
        self.dialogue.reply("TLS", "", Reply("GO", b"GO\r\n"))
        yield StartTls()
        self.dialogue.has |= {"tls"}

    @command("LATE", "Refuse after work.", reference="8")
    def late(self, _argument):
        yield self.work
        raise Refused(Reply("NO", b"NO late\r\n"), "too-late")


class Bench(CommandSession):
    """One connection."""

    line_limit = 64

    def __init__(self, context):
        super().__init__(context, Dialogue(context))
        self.desk = Desk(self.dialogue)
        self.slow = False
        self.left = 0
        self.discarded = []
        self.noticed = []

    @command("SEE", "Look around.", argument="optional", reference="9", states={"start"})
    def see(self, argument):
        return Reply("OK", f"OK {argument}\r\n".encode())

    @command("SAFE", "Only under TLS.", reference="10", needs={"tls"})
    def safe(self, _argument):
        return OK

    @command("QUIT", "End.", reference="11")
    def quit(self, _argument):
        self.late = "data-after-quit"
        return Reply("BYE", b"BYE\r\n", closes=True)

    expected = (*CommandSession.expected, Failure)

    def greet(self):
        self.dialogue.say(b"HI\r\n")

    def refusal(self, error):
        kinds = {UnknownCommand: b"NO unknown\r\n", WrongState: b"NO state\r\n", LackingNeed: b"NO need\r\n"}
        return Refused(Reply("NO", kinds.get(type(error), b"NO\r\n")))

    def closing_reply(self, ending, limit):
        return Reply("BYE", f"BYE {ending} {limit}\r\n".encode(), closes=True)

    def timeout(self):
        return 40 if self.dialogue.state == "text" else 8

    def unfinished(self, *, ended):
        return "cut-off" if self.dialogue.state == "text" else "no-quit" if ended else ""

    def handle_other_event(self, event):
        self.noticed.append(event)

    def blocks(self):
        return self.slow

    def discard(self, made):
        self.discarded.append(made)

    def leave(self):
        self.left += 1


class Beside(Bench):
    """A Bench that reads lines while a command waits for an event."""

    reads_while_waiting = True

    def handle_while_waiting(self, line, *, bare):
        if line == b"SEE":
            self.dispatch_concurrently(line, bare=bare)
            return True
        if line == b"ABOR":
            self.dialogue.effect(CloseData())
            return True
        return False


for kind in (Bench, Beside):
    kind.table = CommandTable(kind, desk=Desk)
