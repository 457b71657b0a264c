"""A client of the Gopher session, and a world with files in a folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import cuts, make_world
from services.line_client import LineClient

from homeport.disk.file_tree import FolderTree
from homeport.services.gopher import SERVICE
from homeport.world.seed_files import MODIFIED, seed_files
from homeport.world.world import World

HOST = ("127.0.0.1", 10070)


class Store:
    def __init__(self, root: Path) -> None:
        self.tree = FolderTree(str(root))

    def open(self) -> FolderTree:
        return self.tree

    def restore(self) -> None: ...


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of the world's files."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def world(root: Path) -> World:
    """Return a world with its seed files, whose real time is frozen."""
    import os

    world = make_world()
    for path, content in seed_files(world.people):
        place = root.joinpath(*path)
        if content is None:
            place.mkdir()
        else:
            place.write_bytes(content)
        os.utime(place, (MODIFIED, MODIFIED))
    world.file_store = Store(root)
    return world


Ask = Callable[..., LineClient]


@pytest.fixture
def connect(world: World) -> Ask:
    """Open a connection: `connect(gopher_plus=False)`."""

    def run(**options: Any) -> LineClient:
        options.setdefault("local", HOST)
        return LineClient(SERVICE, world, listener="tcp", **options)

    return run


@pytest.fixture
def ask(connect: Ask) -> Ask:
    """Send a request and return the connection, which must be closed then: `ask(b"/files")`."""

    def run(request: bytes = b"", *, end: bytes = b"\r\n", **options: Any) -> LineClient:
        outcomes = []
        for way in cuts(request + end):
            one = connect(**options)
            for piece in way:
                one.send(piece)
            if not end:
                one.end()
            outcomes.append((way, one))
        first = outcomes[0][1]
        assert first.talk.closed
        for way, other in outcomes[1:]:
            assert other.talk == first.talk, f"cut as {way} it went otherwise"
        return first

    return run


@pytest.fixture
def menu(ask: Ask) -> Callable[..., list[list[str]]]:
    """Return the lines of a menu, each split at its TABs."""

    def run(request: bytes = b"", **options: Any) -> list[list[str]]:
        sent = ask(request, **options).talk.sent
        assert sent.endswith(b"\r\n.\r\n")
        return [line.split("\t") for line in sent.decode().removesuffix(".\r\n").splitlines()]

    return run
