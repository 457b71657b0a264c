"""The files in the facts of a world: counted off the reactor, one count at a time, and seldom where they are many."""

from http.client import HTTPConnection

import pytest

from homeport.control import held_files
from homeport.control.held_files import FileCounter, count_of
from homeport.disk.file_tree import FolderTree


class Pool:
    """A farm whose thread pool and time the test moves."""

    def __init__(self):
        self.reactor = self
        self.now = 0.0
        self.calls = []

    def seconds(self):
        return self.now

    def call_off(self, work, done):
        self.calls.append((work, done))

    def work(self):
        """Do what was begun, in order."""
        calls, self.calls = self.calls, []
        for work, done in calls:
            done(work(), None)
        return len(calls)


class Store:
    """The files of a world in a folder of the test."""

    def __init__(self, folder):
        self.tree = FolderTree(str(folder))

    def open(self):
        return self.tree


@pytest.fixture
def pool():
    return Pool()


@pytest.fixture
def filed(world, tmp_path):
    """A world with an empty tree of files."""
    world.file_store = Store(tmp_path)
    yield world
    world.file_store.tree.close()


@pytest.fixture
def ask(pool, filed):
    """Ask for the files of the world: the list to which the answer is added."""
    counter = FileCounter()

    def start():
        answers = []
        counter.ask(pool, filed, answers.append)
        return answers

    return start


def test_files_links_and_directories_are_counted_each_once(filed, tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "one").write_bytes(b"12345")
    (tmp_path / "two").write_bytes(b"1")
    (tmp_path / "link").symlink_to("two")
    (tmp_path / "to-directory").symlink_to("a")
    sink = filed.files.create(("unfinished",))
    found = count_of(filed)()
    sink.drop()
    assert (found.number, found.directories, found.bytes, found.complete) == (4, 2, 6, True)
    assert found.counted == "2026-10-14T17:46:40.000000Z"


@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b"1"), lambda path: path.mkdir()])
def test_a_count_ends_at_its_maximum_and_says_so(filed, tmp_path, monkeypatch, make):
    monkeypatch.setattr(held_files, "MAX_COUNTED", 10)
    for number in range(10):
        make(tmp_path / f"n{number}")
    assert count_of(filed)().complete
    make(tmp_path / "more")
    found = count_of(filed)()
    assert (found.number + found.directories, found.complete) == (10, False)


def test_a_tree_that_cannot_be_read_has_no_facts(world):
    assert count_of(world)() is None


def test_questions_during_a_count_share_the_next_one(pool, ask, tmp_path):
    first = ask()
    (tmp_path / "late").write_bytes(b"1")
    second, third = ask(), ask()
    assert (len(pool.calls), first) == (1, [])
    assert (pool.work(), second, third) == (1, [], [])
    assert pool.work() == 1
    assert [second[0].number, third[0].number] == [1, 1]
    assert not pool.calls


def test_a_file_that_was_stored_before_the_question_is_counted(pool, ask, tmp_path):
    ask()
    (tmp_path / "late").write_bytes(b"1")
    second = ask()
    pool.work()
    pool.work()
    assert second[0].number == 1


def test_a_tree_of_many_files_is_counted_again_after_some_time(pool, ask, tmp_path, monkeypatch):
    monkeypatch.setattr(held_files, "MANY_FILES", 2)
    for name in "abc":
        (tmp_path / name).write_bytes(b"1")
    ask()
    assert pool.work() == 1
    (tmp_path / "d").write_bytes(b"1")
    pool.now = held_files.RECOUNT_SECONDS - 1
    assert [one.number for one in ask()] == [3]
    pool.now = held_files.RECOUNT_SECONDS
    answers = ask()
    assert pool.work() == 1
    assert answers[0].number == 4


def test_a_tree_of_few_files_is_counted_at_each_question(pool, ask, tmp_path):
    ask()
    pool.work()
    (tmp_path / "d").write_bytes(b"1")
    answers = ask()
    pool.work()
    assert answers[0].number == 1


def test_the_facts_of_a_world_count_its_files(farm, api):
    before = api("GET", "/facts")
    connection = HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10)
    connection.request("PUT", "/api/v1/worlds/default/ftp/files/new/five.txt", b"12345")
    assert connection.getresponse().status == 200
    connection.close()
    after = api("GET", "/facts")
    assert after["files"]["number"] - before["files"]["number"] == 1
    assert after["files"]["directories"] - before["files"]["directories"] == 1
    assert after["files"]["bytes"] - before["files"]["bytes"] == 5
    assert after["holds"]["files"] == after["files"]["number"]
    assert after["files"]["complete"]
