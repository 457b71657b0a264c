"""Clients of a world with a folder of files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import make_world
from services.tftp.packets_client import Client

from homeport.config.sections import Config, FarmOptions
from homeport.disk.world_files import WorldFiles
from homeport.services import find_service


@pytest.fixture(params=[False, True], ids=["memory", "disk"])
def blocks(request: pytest.FixtureRequest) -> bool:
    """True if the disk may block."""
    return bool(request.param)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return the folder of the world's files."""
    folder = tmp_path / "tree"
    (folder / "pub").mkdir(parents=True)
    (folder / "incoming").mkdir()
    return folder


@pytest.fixture
def client(files: Path, blocks: bool) -> Iterator[Callable[..., Client]]:
    """Open a client: `client(write="new")`. Its world has the tree of `files`."""
    stores: list[WorldFiles] = []

    def make(**options: Any) -> Client:
        world = make_world()
        ftp = find_service("ftp").options(root=str(files))
        store = WorldFiles(world, Config(farm=FarmOptions(), services={"ftp": ftp}))
        world.file_store = store
        store.open().blocks = blocks
        stores.append(store)
        return Client(world, **options)

    yield make
    for store in stores:
        store.close()
