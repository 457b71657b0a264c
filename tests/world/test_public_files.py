"""Access to a world's files without a login."""

from pathlib import Path

import pytest
from conftest import make_world

from homeport.disk.file_tree import FolderTree
from homeport.services.ftp.options import FtpOptions
from homeport.world.files import FileProblem
from homeport.world.people import Person
from homeport.world.public_files import PublicFiles
from homeport.world.world import World


class Store:
    def __init__(self, root: Path) -> None:
        self.tree = FolderTree(str(root))

    def open(self) -> FolderTree:
        return self.tree

    def restore(self) -> None: ...


@pytest.fixture
def world(tmp_path: Path) -> World:
    for folder in ("pub", "incoming", "home/alice", "berths/zed"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "note.txt").write_text(folder)
    world = make_world()
    world.file_store = Store(tmp_path)
    return world


def content(world: World, *path: str) -> bytes:
    source = PublicFiles(world).tree().open(path)
    try:
        return source.read(100)
    finally:
        source.close()


def refused(world: World, *path: str) -> str:
    with pytest.raises(FileProblem) as problem:
        content(world, *path)
    assert problem.value.kind == "denied"
    return problem.value.text


def test_what_lies_outside_homes_is_for_everybody(world: World) -> None:
    assert content(world, "pub", "note.txt") == b"pub"
    assert [one.name for one in PublicFiles(world).tree().entries(())] == ["berths", "home", "incoming", "pub"]


@pytest.mark.parametrize("path", [("home", "alice", "note.txt"), ("HOME", "Alice", "note.txt")])
def test_a_home_is_refused_in_any_case_of_letters(world: World, path: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "HOME").symlink_to("home")
    (tmp_path / "home" / "Alice").symlink_to("alice")
    assert "the home of alice" in refused(world, *path)
    with pytest.raises(FileProblem, match="the home of alice"):
        list(PublicFiles(world).tree().entries(path[:-1]))


def test_a_home_is_refused_by_a_link_that_leads_into_it(world: World, tmp_path: Path) -> None:
    (tmp_path / "pub" / "hers").symlink_to("../home/alice")
    assert "the home of alice" in refused(world, "pub", "hers", "note.txt")


def test_a_home_elsewhere_is_refused_as_soon_as_somebody_has_it(world: World) -> None:
    assert content(world, "berths", "zed", "note.txt") == b"berths/zed"
    world.people.put(Person(login="zed", name="Zed", home="/berths/zed"))
    assert "the home of zed" in refused(world, "berths", "zed", "note.txt")


def test_what_is_uploaded_can_be_listed_and_not_read(world: World) -> None:
    assert [one.name for one in PublicFiles(world).tree().entries(("incoming",))] == ["note.txt"]
    assert "not read" in refused(world, "incoming", "note.txt")


def test_the_upload_folder_is_that_of_ftp(world: World) -> None:
    world.options = {"ftp": FtpOptions(upload="/pub")}
    assert "not read" in refused(world, "pub", "note.txt")
    assert content(world, "incoming", "note.txt") == b"incoming"


def test_nothing_can_be_written(world: World) -> None:
    with pytest.raises(FileProblem, match="can only be read"):
        PublicFiles(world).tree().create(("pub", "new.txt"))
    with pytest.raises(FileProblem, match="can only be read"):
        PublicFiles(world).tree().remove(("pub", "note.txt"))
