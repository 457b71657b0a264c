"""A tree on a folder: nothing leads out of it, nothing is seen half-written, and every refusal has its name."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.disk.file_tree import FolderTree
from homeport.disk.open_file import LARGE_FILE_BYTES
from homeport.disk.safe_open import HIDDEN
from homeport.disk.world_files import fill
from homeport.io.platform import in_memory
from homeport.world.files import FileProblem
from homeport.world.people import Person
from homeport.world.seed_files import MODIFIED, seed_files


@pytest.fixture
def root(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"secret")
    (tmp_path / "root" / "pub").mkdir(parents=True)
    (tmp_path / "root" / "pub" / "a.txt").write_bytes(b"0123456789")
    return tmp_path / "root"


@pytest.fixture(params=[False, True], ids=["quick", "durable"])
def tree(root, request):
    made = FolderTree(str(root), durable=request.param)
    yield made
    made.close()


def problem_kind(action, *arguments, **options):
    """Return the kind of the FileProblem that a call raises."""
    with pytest.raises(FileProblem) as caught:
        action(*arguments, **options)
    return caught.value.kind


def found(folder):
    """Return the names in a folder."""
    return sorted(one.name for one in folder.iterdir())


def read(tree, *path, offset=0):
    source = tree.open(path, offset)
    try:
        return source.read(1 << 20)
    finally:
        source.close()


def write(tree, *path, content=b"new", **how):
    sink = tree.create(path, **how)
    sink.write(content)
    return sink.commit()


def names(tree, *path):
    return [entry.name for entry in tree.entries(path)]


def test_files_are_read_from_any_offset(tree):
    assert read(tree, "pub", "a.txt") == b"0123456789"
    assert read(tree, "pub", "a.txt", offset=10) == b""
    assert tree.open(("pub", "a.txt"), 4).size == 6
    assert problem_kind(tree.open, ("pub", "a.txt"), 11) == "bad offset"


def test_entries_are_sorted_by_name(tree, root):
    (root / "pub" / "Z").mkdir()
    (root / "pub" / "link").symlink_to("a.txt")
    (root / "pub" / "a.txt").chmod(0o640)
    os.utime(root / "pub" / "a.txt", (1e9, 1e9))
    directory, file, link = tree.entries(("pub",))
    assert (directory.name, directory.kind) == ("Z", "directory")
    assert (file.name, file.kind, file.size, file.mode, file.modified) == ("a.txt", "file", 10, 0o640, 1e9)
    assert (link.name, link.kind, link.target) == ("link", "link", "a.txt")
    assert tree.entry(("pub", "link")).unique == file.unique
    assert tree.entry(("pub", "link"), follow=False).kind == "link"
    assert tree.entry(()).kind == "directory"


def test_every_byte_but_two_can_be_in_a_name(tree):
    name = bytes(octet for octet in range(1, 256) if octet != 0x2F).decode("utf-8", "surrogateescape")
    write(tree, name, content=b"odd")
    assert name in names(tree)
    assert read(tree, name) == b"odd"
    tree.remove((name,))
    assert name not in names(tree)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/", "a\0b", "\udfff\ud800", f"{HIDDEN.decode()}x", "x" * 256])
def test_an_invalid_name_is_refused_everywhere(tree, name):
    assert problem_kind(tree.open, ("pub", name)) == "bad name"
    assert problem_kind(tree.create, (name,)) == "bad name"
    assert problem_kind(tree.make_directory, ("pub", name)) == "bad name"
    assert problem_kind(tree.rename, ("pub", "a.txt"), (name,)) == "bad name"
    assert problem_kind(tree.entry, (name, "a.txt")) == "bad name"


def test_each_error_has_its_kind(tree, root):
    assert problem_kind(tree.open, ("missing",)) == "missing"
    assert problem_kind(tree.open, ("pub",)) == "is a directory"
    assert problem_kind(tree.open, ("pub", "a.txt", "b")) == "no directory"
    assert problem_kind(tree.create, ("pub",)) == "is a directory"
    assert problem_kind(tree.create, ("missing", "a")) == "missing"
    assert problem_kind(tree.create, ("new",), offset=3) == "bad offset"
    assert problem_kind(tree.create, ("pub", "a.txt"), offset=11) == "bad offset"
    assert problem_kind(tree.make_directory, ("pub",)) == "exists"
    assert problem_kind(tree.remove, ("pub",)) == "is a directory"
    assert problem_kind(tree.remove_directory, ("pub",)) == "not empty"
    assert problem_kind(tree.remove_directory, ("pub", "a.txt")) == "no directory"
    assert problem_kind(lambda: list(tree.entries(("pub", "a.txt")))) == "no directory"
    for act in (tree.remove, tree.remove_directory):
        assert problem_kind(act, ()) == "denied"
    os.mkfifo(root / "pipe")
    assert problem_kind(tree.open, ("pipe",)) == "denied"
    assert names(tree) == ["pipe", "pub"]


def test_a_file_is_invisible_before_its_commit_and_after_a_discard(tree):
    sink = tree.create(("pub", "a.txt"))
    sink.write(b"new")
    assert read(tree, "pub", "a.txt") == b"0123456789"
    assert names(tree) == ["pub"]
    assert sink.commit() == "a.txt"
    assert read(tree, "pub", "a.txt") == b"new"
    dropped = tree.create(("pub", "b.txt"))
    dropped.write(b"never")
    dropped.drop()
    dropped.drop()
    assert problem_kind(dropped.write, b"more") == "failed"
    assert names(tree, "pub") == ["a.txt"]


def test_a_sink_knows_that_it_replaces_a_large_file(tree, root):
    os.truncate(root / "pub" / "a.txt", LARGE_FILE_BYTES)
    for name, much in (("a.txt", True), ("new", False)):
        sink = tree.create(("pub", name))
        assert sink.replaces_much is much
        sink.drop()


def test_an_open_source_is_readable_after_its_file_is_replaced(tree):
    source = tree.open(("pub", "a.txt"))
    write(tree, "pub", "a.txt")
    assert source.read(100) == b"0123456789"
    source.close()


def test_writing_continues_after_existing_data_and_keeps_the_mode(tree, root):
    (root / "pub" / "a.txt").chmod(0o600)
    write(tree, "pub", "a.txt", content=b"x", offset=4)
    assert read(tree, "pub", "a.txt") == b"0123x56789"
    write(tree, "pub", "a.txt", content=b"longer", offset=8)
    assert read(tree, "pub", "a.txt") == b"0123x567longer"
    write(tree, "pub", "a.txt", content=b"y", append=True)
    assert read(tree, "pub", "a.txt") == b"0123x567longery"
    write(tree, "pub", "a.txt", content=b"end", offset=15)
    assert read(tree, "pub", "a.txt") == b"0123x567longeryend"
    write(tree, "fresh", content=b"z", append=True)
    assert read(tree, "fresh") == b"z"
    assert stat.S_IMODE((root / "pub" / "a.txt").stat().st_mode) == 0o600


def test_unique_names_are_unique_even_before_their_commit(tree):
    sinks = [tree.create_unique(("pub",), "a.txt") for _ in range(3)]
    assert [sink.name for sink in sinks] == ["a.txt.1", "a.txt.2", "a.txt.3"]
    sinks[1].drop()
    assert tree.create_unique(("pub",), "a.txt").name == "a.txt.2"
    assert sinks[0].commit() == "a.txt.1"
    (sink := tree.create_unique((), "a.txt")).commit()
    assert sink.name == "a.txt"


def test_a_unique_file_replaces_no_other(tree, root):
    sink = tree.create_unique((), "a.txt")
    (root / "a.txt").write_bytes(b"another process was first")
    assert problem_kind(sink.commit) == "exists"
    assert read(tree, "a.txt") == b"another process was first"


def test_directories_and_files_are_made_renamed_and_removed(tree):
    tree.make_directory(("new",))
    tree.rename(("pub", "a.txt"), ("new", "b.txt"))
    assert (names(tree, "pub"), names(tree, "new")) == ([], ["b.txt"])
    tree.set_modified(("new", "b.txt"), 1e9)
    tree.set_mode(("new", "b.txt"), 0o4600)
    entry = tree.entry(("new", "b.txt"))
    assert (entry.modified, entry.mode) == (1e9, 0o600)
    assert tree.used() == (10, 1)
    tree.remove(("new", "b.txt"))
    tree.remove_directory(("new",))
    assert names(tree) == ["pub"]


def test_links_that_stay_inside_are_followed(tree, root):
    (root / "inside").symlink_to("pub/../pub/./a.txt")
    (root / "pub" / "up").symlink_to("..")
    (root / "dir").symlink_to("pub")
    assert read(tree, "inside") == b"0123456789"
    assert read(tree, "pub", "up", "dir", "up", "inside") == b"0123456789"
    assert "a.txt" in names(tree, "dir")
    write(tree, "inside", content=b"through")
    assert (root / "pub" / "a.txt").read_bytes() == b"through"
    assert (root / "inside").is_symlink()
    tree.set_mode(("inside",), 0o600)
    tree.set_modified(("inside",), 1e9)
    assert tree.entry(("pub", "a.txt")).modified == 1e9
    tree.remove(("inside",))
    assert read(tree, "pub", "a.txt") == b"through"


@pytest.mark.parametrize(
    "target", ["../outside/secret", "pub/../../outside/secret", "{root}/pub/a.txt", "/etc/passwd", "loop"]
)
def test_links_out_of_the_tree_or_to_themselves_are_refused(tree, root, target):
    (root / "link").symlink_to(target.format(root=root))
    (root / "loop").symlink_to("link")
    assert problem_kind(tree.open, ("link",)) == "denied"
    assert problem_kind(tree.create, ("link",)) == "denied"
    assert problem_kind(tree.entry, ("link",)) == "denied"
    assert problem_kind(tree.set_mode, ("link",), 0o777) == "denied"
    assert problem_kind(lambda: list(tree.entries(("link", "x")))) in ("denied", "no directory")
    assert (root.parent / "outside" / "secret").read_bytes() == b"secret"


def test_nothing_outside_is_read_or_written_while_links_are_swapped(root):
    tree = FolderTree(str(root))
    (root / "real").mkdir()
    (root / "real" / "secret").write_bytes(b"public")
    done = threading.Event()

    def swap():
        spare, shown = root / "spare", root / "shown"
        while not done.is_set():
            for target in ("real", "../outside", str(root.parent / "outside"), "pub"):
                spare.symlink_to(target)
                spare.rename(shown)
            shown.unlink()
            (root / "real").rename(shown)
            shown.rename(root / "real")

    swapper = threading.Thread(target=swap)
    swapper.start()
    outcomes = set()
    try:
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            for act in (
                lambda: read(tree, "shown", "secret"),
                lambda: write(tree, "shown", "secret", content=b"public"),
            ):
                try:
                    outcomes.add(act())
                except FileProblem as problem:
                    outcomes.add(problem.kind)
    finally:
        done.set()
        swapper.join()
        tree.close()
    assert b"public" in outcomes
    assert b"secret" not in outcomes
    assert (root.parent / "outside" / "secret").read_bytes() == b"secret"
    assert found(root.parent / "outside") == ["secret"]


def test_quotas_bound_bytes_and_files_and_release_discarded_ones(root):
    tree = FolderTree(str(root), octets=20, files=3)
    sink = tree.create(("b",))
    sink.write(b"x" * 10)
    assert problem_kind(sink.write, b"x") == "no space"
    sink.drop()
    write(tree, "b", content=b"x" * 10)
    tree.remove(("pub", "a.txt"))
    write(tree, "b", content=b"y" * 10)
    write(tree, "c", content=b"")
    write(tree, "d", content=b"")
    assert problem_kind(tree.create, ("e",)) == "no space"
    tree.rename(("c",), ("d",))
    write(tree, "e", content=b"y" * 10)
    assert tree.used() == (20, 3)
    tree.close()


def counted(tree):
    return tuple(tree._quota._held)


def test_a_file_that_replaces_another_needs_only_the_difference(root):
    tree = FolderTree(str(root), octets=15, files=1)
    write(tree, "pub", "a.txt", content=b"x" * 15)
    write(tree, "pub", "a.txt", content=b"y" * 15)
    assert counted(tree) == tree.used() == (15, 1)
    sink = tree.create(("pub", "a.txt"))
    sink.write(b"z" * 15)
    assert problem_kind(sink.write, b"z") == "no space"
    sink.drop()
    assert read(tree, "pub", "a.txt") == b"y" * 15
    write(tree, "pub", "a.txt", content=b"z" * 5, offset=10)
    assert problem_kind(write, tree, "pub", "a.txt", content=b"z" * 6, offset=10) == "no space"
    assert problem_kind(write, tree, "pub", "a.txt", content=b"z", append=True) == "no space"
    write(tree, "pub", "a.txt", content=b"short")
    assert counted(tree) == tree.used() == (5, 1)
    write(tree, "pub", "a.txt", content=b"x" * 10, append=True)
    assert counted(tree) == tree.used() == (15, 1)
    tree.close()


def test_files_that_replace_the_same_one_at_a_time_are_counted_right(root):
    tree = FolderTree(str(root), octets=30, files=2)
    first, second = tree.create(("pub", "a.txt")), tree.create(("pub", "a.txt"))
    first.write(b"x" * 20)
    second.write(b"y" * 15)
    first.commit()
    assert tree.used() == (20, 1)
    second.commit()
    assert counted(tree) == tree.used() == (15, 1)
    tree.close()


def test_a_file_whose_old_copy_is_removed_meanwhile_needs_all_of_its_space(root):
    tree = FolderTree(str(root), octets=10, files=1)
    sinks = [tree.create(("pub", "a.txt")) for _ in range(2)]
    for sink in sinks:
        sink.write(b"x" * 10)
    tree.remove(("pub", "a.txt"))
    assert counted(tree) == (0, 0)
    sinks[0].commit()
    assert counted(tree) == tree.used() == (10, 1)
    tree.remove(("pub", "a.txt"))
    write(tree, "b", content=b"other")
    assert problem_kind(sinks[1].commit) == "no space"
    assert counted(tree) == tree.used() == (5, 1)
    tree.close()


def test_a_removal_before_the_tree_was_counted_is_not_counted_twice(root):
    tree = FolderTree(str(root), octets=20, files=2)
    tree.remove(("pub", "a.txt"))
    write(tree, "b", content=b"x" * 15)
    assert counted(tree) == tree.used() == (15, 1)
    tree.close()


def test_leftovers_are_removed_at_the_start_but_not_what_is_being_written(root):
    first = FolderTree(str(root))
    sink = first.create(("kept",))
    sink.write(b"kept")
    (root / ".homeport-aside" / ".homeport-1-1").write_bytes(b"left over")
    second = FolderTree(str(root))
    assert len(found(root / ".homeport-aside")) == 1
    sink.commit()
    assert read(second, "kept") == b"kept"
    second.close()
    first.close()
    assert found(root) == ["kept", "pub"]


WRITER = """
import sys
from homeport.disk.file_tree import FolderTree
tree = FolderTree(sys.argv[1], durable=True)
for number in range(1 << 30):
    sink = tree.create(("file",))
    for _ in range(20):
        sink.write(b"%c" % (97 + number % 26) * 10_000)
    sink.commit()
    if not number:
        print("kept", flush=True)
"""


def test_a_kill_leaves_the_old_file_or_the_new_and_no_leftover(root):
    seen = set()
    for delay in (0.0, 0.003, 0.01, 0.02, 0.03):
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", WRITER, str(root)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        assert writer.stdout.readline() == b"kept\n"
        threading.Event().wait(delay)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        tree = FolderTree(str(root))
        content = b""
        source = tree.open(("file",))
        while part := source.read(1 << 20):
            content += part
        source.close()
        tree.close()
        assert len(content) == 200_000
        assert len(set(content)) == 1
        seen.add(content[:1])
        assert found(root) == ["file", "pub"]
    assert seen


@given(st.lists(st.one_of(st.text(max_size=8), st.sampled_from(["pub", "a.txt", "..", "link"])), max_size=5))
def test_any_path_is_found_or_refused(path):
    tree = ANY[0]
    for act in (tree.entry, lambda one: list(tree.entries(one)), lambda one: tree.open(one).close()):
        with contextlib.suppress(FileProblem):
            act(tuple(path))


ANY = []


@pytest.fixture(autouse=True, scope="module")
def _any_tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("any")
    (root / "pub").mkdir()
    (root / "link").symlink_to("..")
    ANY.append(FolderTree(str(root)))
    yield
    ANY.pop().close()


def test_the_seed_is_deterministic_and_has_a_home_for_each_person(tmp_path):
    tree = FolderTree(str(tmp_path))
    people = [Person(login="zoe", name="Zoe")]
    fill(tree, seed_files(people))
    assert names(tree) == ["README.txt", "home", "incoming", "pub"]
    assert names(tree, "home") == ["zoe"]
    assert b"\r\n" in read(tree, "pub", "tides.txt")
    assert "überfahrt.txt" in names(tree, "pub")
    assert {entry.modified for entry in tree.entries(())} == {MODIFIED}
    tree.clear()
    assert names(tree) == []
    fill(tree, seed_files(people))
    assert tree.used() == (sum(len(content or b"") for _path, content in seed_files(people)), 9)
    tree.close()


@pytest.mark.linux
def test_memory_file_systems_are_distinguished_from_disks():
    assert in_memory("/dev/shm")
    assert not in_memory("/proc")


def test_uncommitted_files_and_hidden_folders_do_not_count(root):
    (root / (HIDDEN.decode() + "x")).mkdir()
    (root / (HIDDEN.decode() + "x") / "leftover").write_bytes(b"x" * 1000)
    tree = FolderTree(str(root), octets=20, files=2)
    sink = tree.create(("pub", "b.txt"))
    sink.write(b"12345")
    assert tree.used() == (10, 1)
    sink.commit()
    assert tree.used() == (15, 2)
    tree.close()


@pytest.mark.parametrize("target", ["pub", "nowhere", "../outside"])
def test_no_directory_is_made_in_place_of_a_link(tree, root, target):
    (root / "link").symlink_to(target)
    assert problem_kind(tree.make_directory, ("link",)) == "exists"
    assert (root / "link").is_symlink()
    assert found(root / "pub") == ["a.txt"]
    assert found(root.parent / "outside") == ["secret"]


@pytest.mark.parametrize("target", ["pub/a.txt", "nowhere", "../outside/secret"])
def test_a_rename_onto_a_link_replaces_it_and_leaves_its_target(tree, root, target):
    (root / "link").symlink_to(target)
    (root / "new").write_bytes(b"new")
    tree.rename(("new",), ("link",))
    assert not (root / "link").is_symlink()
    assert (root / "link").read_bytes() == b"new"
    assert (root / "pub" / "a.txt").read_bytes() == b"0123456789"
    assert (root.parent / "outside" / "secret").read_bytes() == b"secret"
    assert not (root / "nowhere").exists()


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_a_new_file_has_the_mode_that_the_umask_leaves(tree, root, mask):
    before = os.umask(mask)
    try:
        write(tree, "pub", "new.txt")
        tree.make_directory(("made",))
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "pub" / "new.txt").stat().st_mode) == 0o666 & ~mask
    assert stat.S_IMODE((root / "made").stat().st_mode) == 0o777 & ~mask


def test_reading_creates_nothing_in_a_folder(root):
    tree = FolderTree(str(root))
    assert names(tree) == ["pub"]
    assert read(tree, "pub", "a.txt") == b"0123456789"
    assert found(root) == ["pub"]
    tree.close()
    assert found(root) == ["pub"]


def test_a_refusal_leaves_no_descriptor_open(tree, root):
    os.mkfifo(root / "pipe")
    (root / "link").symlink_to("pub/a.txt")
    write(tree, "x")  # so that the folder aside is open
    before = len(list(Path("/dev/fd").iterdir()))
    assert problem_kind(tree.open, ("pub",)) == "is a directory"
    assert problem_kind(tree.open, ("pub", "a.txt"), 11) == "bad offset"
    assert problem_kind(tree.open, ("pipe",)) == "denied"
    assert problem_kind(tree.create, ("pub", "a.txt"), offset=11) == "bad offset"
    assert problem_kind(tree.create, ("pipe",), append=True) == "denied"
    assert problem_kind(tree.create, ("pub",)) == "is a directory"
    assert len(list(Path("/dev/fd").iterdir())) == before
    assert [name for name in found(root) if not name.startswith(HIDDEN.decode())] == ["link", "pipe", "pub", "x"]
