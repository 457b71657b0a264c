"""A terminal for tests of programs: it calls the program as the engine does, and executes its effects at once."""

from collections import deque

from tests.conftest import LOCAL, PEER, make_world

from homeport.protocol.effects import Call, CancelTimer, Log, LogFault, SetTimer, Watch
from homeport.protocol.events import Called, Noticed, TimerFired
from homeport.protocol.session import Context
from homeport.services.telnet.front import first_program
from homeport.services.telnet.options import TelnetOptions


class Keyboard:
    """A terminal with a program, which a test types at: `Keyboard().type("alice", "alice-pass", "who")`."""

    def __init__(self, world=None, *, conn="c1", environment=None, told=("NAWS",), files=None, **options):
        self.world = world or make_world()
        self.context = Context(self.world, TelnetOptions(**options), "tcp", PEER, LOCAL, conn, "telnet")
        self.width, self.height = 80, 24
        self.terminal_type, self.speed, self.location, self.charset = "xterm", "38400,38400", "", "UTF-8"
        self.environment = environment or {}
        self.options = dict.fromkeys(told, "client")
        self.raw = self.busy = False
        self.echo = True
        self.written, self.logs, self.faults, self.timers = "", [], [], {}
        self.concealed = self.refreshed = 0
        self.words, self.asked = {}, ""
        self.secret_expected = True
        self.is_closed = False
        self.most_at_once = 0
        self._typed, self._events = deque(), deque()
        self._sending = self._running = False
        self.holds = False
        self.topics = set()
        self.program = first_program(self)
        self.program.start()
        self.run()

    # What the program calls.

    def write(self, text):
        assert not self.is_closed
        self.written += text
        self.most_at_once = max(self.most_at_once, len(text))

    def await_output(self):
        self._sending = True

    def perform(self, effect):
        match effect:
            case Call(work, then):
                self.busy = True
                self._events.append(self.called(work, then))
            case SetTimer(name, seconds):
                assert not name.startswith("telnet-")
                self.timers[name] = seconds
            case CancelTimer(name):
                self.timers.pop(name, None)
            case Watch(topic):
                self.topics.add(topic)
                self.world.notices.watch(topic, lambda topic: self._events.append(Noticed(frozenset((topic,)))))
            case Log(kind, fields):
                self.logs.append((kind, fields))
            case LogFault():
                self.faults.append(effect.did)
            case _:
                raise AssertionError(effect)

    @staticmethod
    def called(work, then):
        try:
            result = work()
            then()
        except Exception as error:
            return Called(None, error)
        return Called(result, None)

    def conceal(self):
        self.concealed += 1

    def refresh(self):
        self.refreshed += 1

    def logged_in(self):
        self.secret_expected = False

    def take_fault(self, word):
        return bool(self.words.pop(word, False))

    def ask_for_fault(self, name):
        self.asked = name
        return ""

    def close(self):
        self.is_closed = True

    # What a test does.

    def run(self, turns=10_000):
        """Deliver what is due until the program waits for the user."""
        while turns and not self.is_closed:
            turns -= 1
            if self._sending and not self.holds:
                self._sending = False
                self.program.output_sent()
            elif self._events:
                event = self._events.popleft()
                if isinstance(event, Called):
                    self.busy = False
                self.program.handle(event)
            elif self._typed and not self.busy:
                line = self._typed.popleft()
                if self.raw:
                    self._typed.extendleft(reversed(line[1:] if line else ""))
                    self.program.take_key(line[:1] or "\n")
                else:
                    self.program.take_line(line)
            else:
                break
        return self

    def type(self, *lines):
        """Type lines; return what was written since."""
        before = len(self.written)
        self._typed += lines
        if not self.is_closed:
            self.program.typed()
        self.run()
        return self.written[before:]

    def log_in(self, login="alice"):
        """Log in; return the terminal."""
        self.type(login, f"{login}-pass")
        return self

    def fire(self, name):
        """Have a timer expire; return what was written since."""
        before = len(self.written)
        del self.timers[name]
        self.program.handle(TimerFired(name))
        self.run()
        return self.written[before:]

    def after(self, act):
        """Do something to the program; return what was written since."""
        before = len(self.written)
        act()
        self.run()
        return self.written[before:]

    def hang_up(self):
        """Close the connection."""
        self.is_closed = True
        self.program.closed()
