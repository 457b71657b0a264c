"""Commands whose work grows with a file or a directory run off the reactor when that is large."""

import pytest

from homeport.disk.file_tree import FolderTree
from homeport.services.ftp.listing import MAX_STATUS_ENTRIES
from homeport.services.ftp.lookup import MAX_ENTRIES_AT_ONCE
from homeport.world.files import LARGE_FILE_BYTES


@pytest.fixture
def one(client):
    """A client whose work off the reactor waits to be released, on a tree that does not block."""
    one = client(holding=True).log_in()
    one.say("TYPE I")
    return one


def fill(one, number):
    for at in range(number):
        one.tree.files["pub", f"f{at:05}"] = b""


@pytest.mark.parametrize("command", ["LIST /pub", "LIST -a /pub", "NLST /pub", "MLSD /pub", "LIST /pub/f*"])
@pytest.mark.parametrize(("number", "off"), [(MAX_ENTRIES_AT_ONCE - 3, False), (MAX_ENTRIES_AT_ONCE + 1, True)])
def test_a_large_directory_is_listed_off_the_reactor(one, command, number, off):
    fill(one, number)
    one.say("PASV", command)
    assert (one.calling is not None) is off


@pytest.mark.parametrize("command", ["NLST /p*/f*", "LIST /*/*"])
def test_a_pattern_that_reads_several_directories_is_expanded_off_the_reactor(one, command):
    one.say("PASV", command)
    assert one.calling is not None


def test_stat_of_a_path_is_answered_off_the_reactor(one):
    assert one.say("STAT /incoming") == ""
    assert one.calling is not None


def test_stat_refuses_a_directory_that_would_make_a_huge_reply(client):
    one = client().log_in()
    fill(one, MAX_STATUS_ENTRIES)
    assert one.say("STAT /incoming").startswith("212")
    assert one.say("STAT /pub") == f"450 more than {MAX_STATUS_ENTRIES} entries: use LIST"


@pytest.mark.parametrize(
    "commands",
    [("DELE /pub/large",), ("RNFR note.txt", "RNTO /pub/large"), ("PASV", "APPE /pub/large"),
     ("REST 5", "PASV", "STOR /pub/large"), ("TYPE A", "REST 5", "PASV", "RETR /pub/large"),
     ("TYPE A", "REST 5", "PASV", "STOR /pub/large"), ("XCRC /pub/a.txt",), ("HASH /pub/a.txt",),
     ("TYPE A", "SIZE /pub/a.txt")],
)  # fmt: skip
def test_a_command_that_reads_copies_or_frees_a_large_file_runs_off_the_reactor(one, commands):
    one.tree.files["pub", "large"] = bytes(LARGE_FILE_BYTES)
    one.say(*commands)
    assert one.calling is not None


def test_small_files_need_no_thread(one):
    one.say("DELE /pub/a.txt", "RNFR /pub/b.bin", "RNTO /pub/c.bin", "REST 5", "PASV", "STOR /pub/c.bin")
    assert one.calling is None
    assert one.moving is not None


class Counting(FolderTree):
    """A tree that counts how often all of it is walked through."""

    walks = 0

    def used(self):
        Counting.walks += 1
        return super().used()


@pytest.fixture
def counting(tmp_path):
    Counting.walks = 0
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b"12345")
    tree = Counting(str(tmp_path), blocks=False, octets=20, files=4)
    yield tree
    tree.close()


def test_a_tree_with_a_quota_blocks_until_it_is_counted_once(counting):
    assert counting.blocks
    counting.create(("a",)).drop()
    assert not counting.blocks
    for _ in range(5):
        counting.rename(("a",), ("d",))
        counting.rename(("d",), ("a",))
    counting.remove(("a",))
    counting.create(("b",)).drop()
    assert Counting.walks == 1


def test_a_rename_that_replaces_a_file_releases_its_space(counting):
    counting.create(("a",)).drop()
    counting.rename(("a",), ("b",))
    sink = counting.create(("new",))
    sink.write(bytes(10))
    sink.commit()
    assert counting.used() == (20, 3)
    counting.rename(("new",), ("new",))
    with pytest.raises(Exception, match="quota of 20 bytes"):
        counting.create(("more",)).write(b"x")
