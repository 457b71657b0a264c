"""A test service for data connections: it executes commands of its client on the files of its world."""

from homeport.protocol.effects import (
    CLOSE,
    CloseData,
    DataConnection,
    ListenData,
    Misbehave,
    Progress,
    ReceiveFile,
    Send,
    SendFile,
    StartTls,
)
from homeport.protocol.events import (
    Closed,
    Data,
    DataDone,
    DataListening,
    DataOpened,
    DataSafe,
    Eof,
    LimitReached,
    Opened,
    Stopping,
    TlsStarted,
)
from homeport.protocol.lines import LineBuffer
from homeport.protocol.rules import Rule
from homeport.protocol.service import Listener, Port, Service, TlsOptions
from homeport.protocol.session import Session
from homeport.world.files import FileProblem


class MovingOptions(TlsOptions, frozen=True, kw_only=True):
    port: Port = 0
    tls_port: Port = 0


class Doubled:
    """A converter that doubles every byte and holds the last byte of each piece back; a received file ends with a dot.

    Data before a `#` must be on stable storage.
    """

    def __init__(self):
        self.held = b""
        self.marked = False

    def feed(self, data):
        self.marked = self.marked or b"#" in data
        data = self.held + data
        self.held = data[-1:]
        return b"".join(data[at : at + 1] * 2 for at in range(len(data) - 1))

    @property
    def ended(self):
        return self.held == b"."

    def finish(self):
        if self.held == b"!":
            raise ValueError("it ends in !")
        if self.held == b"?":
            raise ZeroDivisionError
        return self.held * 2


class Moving(Session):
    """Executes one command per line, whose words are the settings of the next transfer."""

    def __init__(self, context):
        super().__init__(context)
        self.lines = LineBuffer(1000)
        self.sink = None
        self.convert = None
        self.progress = Progress()
        self.says = []

    def handle(self, event):
        match event:
            case Opened() | TlsStarted():
                return (Send(b"hello\r\n"),)
            case Data(data):
                self.lines.feed(data)
                effects = []
                while line := self.lines.take():
                    effects += self.order(*line.content.decode().split())
                return effects
            case DataListening(port):
                return (Send(b"port %d\r\n" % port),)
            case DataOpened(_peer, tls):
                self.says.append("resumed" if tls and tls.resumed else "opened")
                return ()
            case DataSafe():
                self.convert.marked = False
                return (Send(b"safe\r\n"),)
            case DataDone():
                return self.done(event)
            case Eof() | LimitReached() | Stopping():
                return CLOSE
            case Closed() if self.sink is not None:
                self.sink.drop()
        return ()

    def done(self, event):
        kept = ""
        if self.sink is not None:
            sink, self.sink = self.sink, None
            if event.problem:
                sink.drop()
            else:
                kept = sink.commit()
        said = [*self.says, event.problem or "ok", str(event.octets), "truncated" if event.truncated else "", kept]
        self.says.clear()
        return (Send((" ".join(word for word in said if word) + "\r\n").encode()),)

    def order(self, verb, *words):
        settings = dict(word.split("=") for word in words if "=" in word)
        words = [word for word in words if "=" not in word]
        match verb, *words:
            case "listen", *_:
                low, high = (int(settings.get(name, 0)) for name in ("low", "high"))
                return (ListenData(low, high, anybody="anybody" in words),)
            case "close", *_:
                return (CloseData(), Send(b"closed\r\n"))
            case "tls", *_:
                return (Send(b"go on\r\n"), StartTls())
            case "progress", *_:
                return (Send(b"%d\r\n" % self.progress.octets),)
            case ("send" | "receive") as direction, path, *_:
                return self.move(direction, tuple(path.split("/")), settings)
        raise AssertionError(verb)

    def move(self, direction, path, settings):
        over = DataConnection(
            connect_to=(settings.get("host", "127.0.0.1"), int(settings["to"])) if "to" in settings else None,
            from_port=int(settings.get("from", 0)),
            tls="tls" in settings,
            resume="resume" in settings,
            seconds=float(settings.get("seconds", 10)),
            bandwidth=int(settings.get("bandwidth", 0)),
        )
        convert = self.convert = Doubled() if "convert" in settings else None
        faults = self.context.world.faults.at_command(self.context, direction, "/".join(path))
        self.progress = Progress()
        try:
            if direction == "send":
                source = self.context.world.files.open(path, int(settings.get("offset", 0)))
                effect = SendFile(source, over, convert, self.progress)
            else:
                offset, append = int(settings.get("offset", 0)), "append" in settings
                self.sink = self.context.world.files.create(path, offset=offset, append=append)
                effect = ReceiveFile(self.sink, over, convert, self.progress)
        except FileProblem as error:
            return (Send(f"problem {error.kind}\r\n".encode()),)
        effects = (Send(b"begin\r\n"), effect)
        for fault in faults:
            effects = (Misbehave(fault, effects),)
        return effects


SERVICE = Service(
    name="moving",
    title="Moving files",
    rfcs=(),
    listeners=(
        Listener(name="tcp", transport="tcp", iana_port=3),
        Listener(name="tls", transport="tcp", iana_port=4, option="tls_port", tls=True),
    ),
    options=MovingOptions,
    session=Moving,
    rules=(Rule("moved", "advice", "RFC 959 3", "moved"),),
)
