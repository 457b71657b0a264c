"""The files of a world: a folder of the data folder is seeded whole or again, a temporary one goes with the world."""

import shutil
import time

import pytest
from msgspec.structs import replace

from homeport.config.reading import load
from homeport.disk.file_tree import FolderTree
from homeport.disk.world_files import WorldFiles
from homeport.world.files import FileProblem
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents


class Killed(BaseException):
    """The farm is killed here."""


@pytest.fixture
def begin(tmp_path):
    """Files of the world `default` of a new farm on the same data folder."""
    config = load(ephemeral=True)
    opened = []

    def call():
        kept = replace(config, farm=replace(config.farm, data=str(tmp_path)))
        world = World("default", WorldContents(), JournalOptions(), time.time)
        opened.append(WorldFiles(world, kept))
        return opened[-1]

    yield call
    for one in opened:
        one.close()


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if ".homeport-aside" not in path.parts)


def test_seeding_that_is_cut_off_at_any_step_is_done_again_by_the_next_farm(begin, tmp_path, monkeypatch):
    begin().open()
    folder = tmp_path / "files" / "default"
    whole = names(folder)
    create = FolderTree.create
    for step in range(sum((folder / name).is_file() for name in whole)):
        shutil.rmtree(folder)
        left = step

        def cut_off(tree, path, *arguments, **options):
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return create(tree, path, *arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(FolderTree, "create", cut_off)
            with pytest.raises(Killed):
                begin().open()
        assert names(folder) != whole
        begin().open()
        assert names(folder) == whole
        assert [path.name for path in folder.parent.iterdir()] == ["default"]


def test_a_reset_that_is_cut_off_is_done_again_and_one_that_is_not_leaves_nothing(begin, tmp_path, monkeypatch):
    files = begin()
    files.open()
    folder = tmp_path / "files" / "default"
    whole = names(folder)
    (folder / "mine").touch()
    with monkeypatch.context() as patch:
        patch.setattr(FolderTree, "create", lambda *_arguments: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            files.restore()
    assert names(folder) != whole
    begin().open()
    assert names(folder) == whole


def test_what_clients_have_stored_is_kept_by_the_next_farm(begin, tmp_path):
    begin().open()
    (tmp_path / "files" / "default" / "mine").write_text("mine")
    begin().open()
    assert (tmp_path / "files" / "default" / "mine").read_text() == "mine"


def test_the_folder_is_closed_to_other_users(begin, tmp_path):
    begin().open()
    for path in (tmp_path / "files", tmp_path / "files" / "default"):
        assert path.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_a_problem_of_storage(begin, tmp_path):
    (tmp_path / "files").write_text("a file")
    files = begin()
    with pytest.raises(FileProblem, match="cannot create the folder for the world's files"):
        files.open()
    assert files._world.storage.problems == ["files: File exists"] or files._world.storage.problems == [
        "files: Not a directory"
    ]
