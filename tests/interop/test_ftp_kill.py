"""A farm with --data is killed at any moment while clients store: each file is the old or the new, never half of one.

What got its last reply is there. HOMEPORT_TEST_KILLS says how often (5 unless set); HOMEPORT_TEST_SEED repeats a run.
"""

import ftplib
import io
import os
import random
import threading
import time
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from tests.interop.conftest import KILLS

SEED = int(os.environ.get("HOMEPORT_TEST_SEED", "959"))
STORERS = 5
FILES_EACH = 3
LONGEST = 3_000_000
"""Size in bytes beyond which nothing is appended."""


class Kept:
    """A file as its client knows it: what it holds for certain, and after a command without a reply perhaps.

    None: there is no such file.
    """

    def __init__(self) -> None:
        self.certain: bytes | None = None
        self.perhaps: bytes | None = None

    def settle(self, found: bytes | None, name: str) -> None:
        """It has been looked at."""
        assert found in (self.certain, self.perhaps), f"{name} is neither the old nor the new"
        self.certain = self.perhaps = found


class Storer(threading.Thread):
    """Stores, appends and removes files of its own until the farm stops answering."""

    def __init__(
        self, port: int, name: str, files: dict[str, Kept], chance: random.Random, answered: threading.Semaphore
    ) -> None:
        super().__init__(name=name)
        self.port = port
        self.files = files
        self.chance = chance
        self.acknowledged = 0
        self.answered = answered
        self.surprises: list[str] = []
        self.start()

    def run(self) -> None:
        client = ftplib.FTP()
        try:
            client.connect("127.0.0.1", self.port, timeout=20)
            client.login("alice", "alice-pass")
            while True:
                self.change(client)
        except (EOFError, OSError):
            pass  # the farm was killed
        except ftplib.Error as refused:
            self.surprises.append(str(refused))
            self.answered.release()
        finally:
            client.close()

    def change(self, client: ftplib.FTP) -> None:
        name, kept = self.chance.choice(list(self.files.items()))
        old, what = kept.certain, self.chance.random()
        data = self.chance.randbytes(self.chance.choice([0, 1, 1000, 60_000, 100_000, 700_000]))
        if what < 0.1 and old is not None:
            kept.perhaps = None
            client.delete(name)
        elif what < 0.4 and old is not None and len(old) < LONGEST:
            kept.perhaps = old + data
            client.storbinary(f"APPE {name}", io.BytesIO(data))
        else:
            kept.perhaps = data
            client.storbinary(f"STOR {name}", io.BytesIO(data))
        kept.certain = kept.perhaps
        self.acknowledged += 1
        self.answered.release()


@pytest.fixture
def start(start_to_kill):
    """Start the farm that keeps its files in tmp_path."""
    return lambda: start_to_kill("ftp")


def content_of(url: str) -> bytes | None:
    try:
        with urlopen(url) as answer:
            return answer.read()
    except HTTPError as error:
        with error:  # it is the answer, too
            if error.code != 404:
                raise
        return None


@pytest.mark.timeout(900)  # dozens of farms are started one after another
def test_files_are_old_or_new_after_a_kill_at_any_time(start, tmp_path, capsys):
    chance = random.Random(SEED)
    storers = [{f"{one}-{number}": Kept() for number in range(FILES_EACH)} for one in range(STORERS)]
    folder = tmp_path / "files" / "default"
    kills = acknowledged = unanswered = 0
    begin = time.monotonic()
    while kills < KILLS:
        process = start()
        port = process.ready()["services"]["ftp"]["tcp"]["port"]
        answered = threading.Semaphore(0)
        threads = [
            Storer(port, str(number), files, random.Random(f"{SEED}:{kills}:{number}"), answered)
            for number, files in enumerate(storers)
        ]
        # At any moment: between the answers and while the next files are on their way.
        for _ in range(chance.randint(2, 40)):
            assert answered.acquire(timeout=60)
        process.kill()
        kills += 1
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
            assert thread.surprises == []
            acknowledged += thread.acknowledged
        if chance.random() < 0.3:  # the next start is killed, too, at its beginning or later
            process = start()
            time.sleep(chance.uniform(0.1, 0.6))
            process.kill()
            kills += 1
        process = start()
        url = f"{process.ready()['control']}/api/v1/worlds/default/ftp/files/home/alice"
        for files in storers:
            for name, kept in files.items():
                unanswered += kept.certain != kept.perhaps
                kept.settle(content_of(f"{url}/{name}"), name)
        held = {path.name for path in (folder / "home" / "alice").iterdir()} - {"note.txt"}
        assert held == {name for files in storers for name, kept in files.items() if kept.certain is not None}
        aside = folder / ".homeport-aside"
        assert not aside.exists() or not list(aside.iterdir())
        process.end()
    took = time.monotonic() - begin
    assert acknowledged > KILLS
    if "HOMEPORT_TEST_KILLS" in os.environ:
        with capsys.disabled():
            print(f" [{kills} kills, {took:.0f} s: {acknowledged} changes acknowledged, {unanswered} not] ", end="")
