"""A client of the FTP session, with files in memory and data connections that are events."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import LOCAL, PEER, Talk, cuts, make_world

from homeport.protocol.effects import Call, CloseData, ListenData, Misbehave, ReceiveFile, Send, SendFile
from homeport.protocol.events import (
    Called,
    Closed,
    Data,
    DataDone,
    DataListening,
    DataOpened,
    DataSafe,
    Eof,
    Event,
    Opened,
    TimerFired,
    Tls,
    TlsStarted,
)
from homeport.protocol.session import Context
from homeport.services.ftp import SERVICE
from homeport.world.files import Entry, FileProblem
from homeport.world.world import World

TLS = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")
SEEDS = {
    ("README.txt",): b"welcome\n",
    ("pub", "a.txt"): b"one\ntwo\n",
    ("pub", "b.bin"): bytes(range(256)),
    ("pub", ".hidden"): b"",
    ("incoming",): None,
    ("home", "alice", "note.txt"): b"hers\n",
    ("home", "bob", "note.txt"): b"his\n",
}


class MemorySource:
    blocks = False

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)
        self.closed = False

    def fileno(self) -> int:
        return -1

    def read(self, size: int) -> bytes:
        piece, self.content = self.content[:size], self.content[size:]
        return piece

    def cached(self) -> bytes | None:
        return self.content

    def close(self) -> None:
        self.closed = True


MUCH = 1000


class MemorySink:
    def __init__(self, tree: "MemoryTree", path: tuple[str, ...], begin: bytes, tail: bytes = b"") -> None:
        self.tree, self.path, self.content, self.tail = tree, path, begin, tail
        self.blocks = tree.blocks
        self.state = "open"
        self.synced = 0

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def replaces_much(self) -> bool:
        return len(self.tree.files.get(self.path) or b"") >= MUCH

    def write(self, data: bytes) -> None:
        self.content += data
        self.tail = self.tail[len(data) :]

    def sync(self) -> None:
        self.synced = len(self.content)

    def commit(self) -> str:
        if self.tree.full:
            self.state = "dropped"
            raise FileProblem("no space", self.tree.full_words)
        self.state = "kept"
        self.tree.files[self.path] = self.content + self.tail
        return self.name

    def drop(self) -> None:
        if self.state == "open":
            self.state = "dropped"


class MemoryTree:
    """A tree of files in memory; None is a directory."""

    def __init__(self, *, blocks: bool = False) -> None:
        self.blocks = blocks
        self.full = False
        self.full_words = "the quota is used up"
        self.files: dict[tuple[str, ...], bytes | None] = {(): None}
        for path, content in SEEDS.items():
            for depth in range(1, len(path)):
                self.files[path[:depth]] = None
            self.files[path] = content
        self.modified: dict[tuple[str, ...], float] = {}
        self.modes: dict[tuple[str, ...], int] = {}
        self.sources: list[MemorySource] = []
        self.sinks: list[MemorySink] = []

    def guarded(self, guard) -> "Guarded":
        return Guarded(self, guard)

    def entry(self, path, *, follow=True) -> Entry:
        if path not in self.files:
            raise FileProblem("missing", "/".join(path))
        content = self.files[path]
        return Entry(
            name=path[-1] if path else "",
            kind="directory" if content is None else "file",
            size=len(content or b""),
            modified=self.modified.get(path, 583_804_800.0),
            mode=self.modes.get(path, 0o755 if content is None else 0o644),
            unique=str(abs(hash(path))),
        )

    def entries(self, path):
        self.directory(path)
        for one in sorted(self.files):
            if one and one[:-1] == path:
                yield self.entry(one)

    def directory(self, path) -> None:
        if self.entry(path).kind != "directory":
            raise FileProblem("no directory", "/".join(path))

    def open(self, path, offset=0) -> MemorySource:
        if self.entry(path).kind == "directory":
            raise FileProblem("is a directory", "/".join(path))
        content = self.files[path]
        if offset > len(content):
            raise FileProblem("bad offset", "/".join(path))
        self.sources.append(MemorySource(content[offset:]))
        return self.sources[-1]

    def create(self, path, *, offset=0, append=False, fresh=False) -> MemorySink:
        self.directory(path[:-1])
        if fresh and path in self.files:
            raise FileProblem("exists", "/".join(path))
        old = self.files.get(path, b"")
        if old is None:
            raise FileProblem("is a directory", "/".join(path))
        if offset > len(old):
            raise FileProblem("bad offset", "/".join(path))
        whole = append or not offset
        self.sinks.append(MemorySink(self, path, old if append else old[:offset], b"" if whole else old[offset:]))
        return self.sinks[-1]

    def create_unique(self, directory, prefix) -> MemorySink:
        self.directory(directory)
        number = 1
        while (*directory, f"{prefix}.{number}") in self.files:
            number += 1
        self.sinks.append(MemorySink(self, (*directory, f"{prefix}.{number}"), b""))
        return self.sinks[-1]

    def make_directory(self, path) -> None:
        self.directory(path[:-1])
        if path in self.files:
            raise FileProblem("exists", "/".join(path))
        self.files[path] = None

    def remove_directory(self, path) -> None:
        self.directory(path)
        if any(one[:-1] == path for one in self.files if one):
            raise FileProblem("not empty", "/".join(path))
        del self.files[path]

    def remove(self, path) -> None:
        if self.entry(path).kind == "directory":
            raise FileProblem("is a directory", "/".join(path))
        del self.files[path]

    def rename(self, path, to) -> None:
        self.entry(path)
        self.directory(to[:-1])
        for one in [one for one in self.files if one[: len(path)] == path]:
            self.files[to + one[len(path) :]] = self.files.pop(one)

    def set_modified(self, path, seconds) -> None:
        self.entry(path)
        self.modified[path] = seconds

    def set_mode(self, path, mode) -> None:
        self.entry(path)
        self.modes[path] = mode

    def used(self):
        return sum(len(content or b"") for content in self.files.values()), len(self.files)


class Guarded:
    """The tree for one user: entries are guarded."""

    def __init__(self, tree: MemoryTree, guard) -> None:
        self.tree, self.guard = tree, guard

    def __getattr__(self, name):
        return getattr(self.tree, name)

    def entry(self, path, *, follow=True) -> Entry:
        self.guard("list", path)
        return self.tree.entry(path, follow=follow)

    def entries(self, path):
        self.guard("list", path)
        return self.tree.entries(path)


class MemoryStore:
    def __init__(self, tree: MemoryTree) -> None:
        self.tree = tree

    def open(self) -> MemoryTree:
        return self.tree

    def restore(self) -> None:
        pass


def make_ftp_world(*, blocks: bool = False) -> World:
    """A world with files in memory."""
    world = make_world()
    world.file_store = MemoryStore(MemoryTree(blocks=blocks))
    return world


class Client:
    """One connection, whose data connections the test controls.

    holding: keep a transfer open until `move` or `end`; otherwise it succeeds at once.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        listener: str = "tcp",
        peer: tuple[str, int] = PEER,
        local: tuple[str, int] = LOCAL,
        tls: Tls | None = None,
        holding: bool = False,
        stores: bytes = b"stored\r\n",
        free_port: int = 10200,
        gateway: bool = False,
        **options: Any,
    ) -> None:
        self.world = world or make_ftp_world()
        self.context = Context(self.world, SERVICE.options(**options), listener, peer, local, "c1", "ftp")
        self.session = SERVICE.session(self.context)
        self.talk = Talk(SERVICE)
        self.holding = holding
        self.stores = stores
        self.free_port = free_port
        self.gateway = gateway
        self.moving: SendFile | ReceiveFile | None = None
        self.faults: list[str] = []
        self.downloaded = b""
        self.asked: list[Any] = []
        self.calling: Call | None = None
        self.greeting = self.tell(Opened(tls))

    @property
    def tree(self) -> MemoryTree:
        return self.world.files

    def tell(self, event: Event) -> str:
        """Pass an event to the session and return what it sends, without the last line end."""
        before = len(self.talk.sent)
        self.do(self.session.handle(event))
        return self.talk.sent[before:].decode("utf-8", "surrogateescape").removesuffix("\r\n")

    def do(self, effects) -> None:
        """Execute effects as the driver does."""
        for effect in effects:
            match effect:
                case ListenData():
                    self.asked.append(effect)
                    self.tell(DataListening(self.free_port, self.gateway))
                case SendFile() | ReceiveFile():
                    self.asked.append(effect)
                    self.moving = effect
                    if not self.holding:
                        self.move()
                case CloseData():
                    if self.moving is not None:
                        self.end("aborted", "the transfer was aborted")
                case Call():
                    self.calling = effect
                    if not self.holding:
                        self.release()
                case Misbehave(fault, inner) if not isinstance(inner[0], Send):
                    self.faults.append(fault.plan.do.kind)
                    self.do(inner)
                case _:
                    self.talk.do((effect,))

    def release(self) -> str:
        """Run the pending `Call`."""
        call, self.calling = self.calling, None
        try:
            result = call.work()
            call.then()
        except FileProblem as problem:
            return self.tell(Called(None, problem))
        return self.tell(Called(result, None))

    def move(self) -> str:
        """Complete the pending transfer."""
        self.tell(DataOpened(PEER))
        moving = self.moving
        if isinstance(moving, SendFile):
            pieces = list(iter(lambda: moving.source.read(7), b""))
            if moving.convert:
                pieces = [*map(moving.convert.feed, pieces), moving.convert.finish()]
            self.downloaded = b"".join(pieces)
            moving.source.close()
            octets = len(self.downloaded)
        else:
            data, convert = self.stores, moving.convert
            try:
                moving.sink.write(convert.feed(data) + convert.finish() if convert else data)
            except ValueError as error:
                return self.end("content", str(error))
            octets = len(data)
        moving.progress.octets = octets
        return self.end()

    def arrive(self, data: bytes) -> str:
        """Deliver more data of a store, as the driver does."""
        moving = self.moving
        moving.progress.octets += len(data)
        moving.sink.write(moving.convert.feed(data) if moving.convert else data)
        if moving.convert is None or not moving.convert.marked:
            return ""
        moving.sink.sync()
        return self.tell(DataSafe())

    def end(self, problem: str = "", detail: str = "", *, truncated: bool = False) -> str:
        """End the pending transfer."""
        moving, self.moving = self.moving, None
        return self.tell(DataDone(moving.progress.octets, 0.5, problem, detail, truncated))

    def send(self, data: bytes) -> str:
        """Send bytes and return the answer."""
        return self.tell(Data(data))

    def say(self, *lines: str) -> str:
        """Send lines one after another, each after the previous answer; return the last answer."""
        answer = ""
        for line in lines:
            answer = self.send(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return answer

    def log_in(self, name: str = "alice") -> "Client":
        """Log in with USER and PASS, and send TYPE I."""
        assert self.say(f"USER {name}").startswith("331")
        assert self.say("PASS me@client.example" if name == "anonymous" else f"PASS {name}-pass").startswith("230")
        assert self.say("TYPE I").startswith("200")
        return self

    def start_tls(self) -> "Client":
        """Send AUTH TLS and complete the handshake."""
        assert self.say("AUTH TLS").startswith("234")
        assert self.talk.starting_tls
        self.tell(TlsStarted(TLS))
        return self

    def get(self, command: str) -> str:
        """Send PASV and a transfer command; return its replies."""
        assert self.say("PASV").startswith("227")
        return self.say(command)

    def wait(self, name: str) -> str:
        """Let a timer expire."""
        assert name in self.talk.timers
        return self.tell(TimerFired(name))

    def finish(self) -> None:
        """Half-close the connection."""
        self.tell(Eof())

    def vanish(self, reason: str = "broken: connection reset") -> None:
        """Close the connection."""
        self.tell(Closed(reason))

    @property
    def findings(self) -> list[str]:
        """Findings reported so far."""
        return self.talk.findings

    def logged(self, kind: str) -> list[dict[str, Any]]:
        """Return the journal's events of a type."""
        return [fields for one, fields in self.talk.logs if one == kind]


def told(one: Client) -> list[str]:
    """Return the findings, except the one that depends on the cut of the input."""
    return [finding for finding in one.findings if finding != "command-during-transfer"]


@pytest.fixture
def client() -> Callable[..., Client]:
    """Open a connection: `client(**options)`; see `Client` for other arguments."""
    return Client


@pytest.fixture
def every_way() -> Callable[..., Client]:
    """Feed bytes whole, one by one, and cut anywhere: the result must be the same."""

    def run(data: bytes, **options: Any) -> Client:
        outcomes = []
        for way in cuts(data):
            one = Client(**options)
            for piece in way:
                one.send(piece)
            outcomes.append((way, one))
        first = outcomes[0][1]
        for way, one in outcomes[1:]:
            assert one.talk.sent == first.talk.sent, f"cut as {way} it went otherwise"
            assert told(one) == told(first), f"cut as {way} it went otherwise"
            assert one.tree.files == first.tree.files
        return first

    return run
