"""A sans-IO connection to the Telnet engine, behind which a simple program runs."""

from conftest import LOCAL, PEER, Talk, cuts, make_world

from homeport.protocol.events import Closed, Data, Opened, UrgentPending, Writable
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.telnet.program import Parrot, Program
from homeport.services.telnet.session import Telnet

OPENING = b"\xff\xfb\x03\xff\xfb\x01\xff\xfd\x18\xff\xfd\x1f\xff\xfd\x20\xff\xfd\x27"
"""WILL SGA, WILL ECHO, DO TTYPE, DO NAWS, DO TSPEED, DO NEW-ENVIRON."""


class Listener(Program):
    """A program that notes all that happens to it, and asks for a password after the line `password`."""

    def __init__(self, terminal):
        super().__init__(terminal)
        self.heard = []

    def start(self):
        self.terminal.write("% ")

    def take_line(self, line):
        self.heard.append(line)
        if not self.terminal.echo:
            self.terminal.conceal()
            self.terminal.echo = True
            self.terminal.logged_in()
        elif line == "password":
            self.terminal.echo = False
            self.terminal.write("Password: ")
        elif line == "busy":
            self.terminal.busy = True
        elif line == "long":
            self.terminal.write("".join(f"line {number}\n" for number in range(2000)))
        elif line == "raw":
            self.terminal.raw = True
        elif line == "bytes":
            self.terminal.transparent = True
        elif line == "accent":
            self.terminal.write("é\n")
        elif line == "bye":
            self.terminal.close()

    def take_key(self, key):
        self.heard.append(("key", key))

    def take_bytes(self, data):
        self.heard.append(("bytes", data))
        self.terminal.write_bytes(data)

    def interrupt(self):
        self.heard.append("^C")
        self.terminal.busy = False

    def abort_output(self):
        self.heard.append("^O")

    def end_of_input(self):
        self.heard.append("^D")
        self.terminal.close()

    def window_changed(self):
        self.heard.append((self.terminal.width, self.terminal.height))


class Connection:
    """One connection. Each method returns what the server sends for it."""

    def __init__(self, program=Listener, world=None, **options):
        service = find_service("telnet")

        class Session(Telnet):
            first = program

        self.talk = Talk(service)
        self.world = world or make_world()
        self.session = Session(Context(self.world, service.options(**options), "tcp", PEER, LOCAL, "c1", "telnet"))
        self.opening = self.on(Opened())
        self.program = self.session.terminal.program

    def on(self, *events):
        """Deliver events."""
        before = len(self.talk.sent)
        for event in events:
            self.talk.do(self.session.handle(event))
        return self.talk.sent[before:]

    def say(self, data):
        return self.on(Data(data))

    def urgent(self, before, mark):
        """Send bytes, of which the first of `mark` is the mark of urgent data."""
        return self.on(UrgentPending(False), Data(before), UrgentPending(True), Data(mark))

    def drain(self):
        """Take all output."""
        sent = b""
        while more := self.on(Writable()):
            sent += more
        return sent

    def close(self):
        self.session.handle(Closed("closed"))

    @property
    def heard(self):
        return self.program.heard

    @property
    def findings(self):
        return self.talk.findings


def every_way(data, **options):
    """Feed a connection its input in every segmentation; assert that the outcome is the same. Return one of them."""
    outcomes = []
    for way in cuts(data):
        one = Connection(**options)
        for piece in way:
            one.say(piece)
        outcomes.append((way, one))
    first = outcomes[0][1]
    for way, one in outcomes[1:]:
        same = (one.talk.sent, one.heard, one.findings) == (first.talk.sent, first.heard, first.findings)
        assert same, f"cut as {way} it went otherwise: {one.talk.sent!r}, {one.heard}, {one.findings}"
    return first


__all__ = ["OPENING", "Connection", "Listener", "Parrot", "every_way"]
