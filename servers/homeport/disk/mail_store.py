"""Mail on disk: a Maildir for each mailbox, readable by any mail program, and the messages as they were received.

Below the folder of a world:

    ADDRESS/{tmp,new,cur}   Maildirs of delivered messages; what was read or deleted there is the reader's business
    envelopes/ID.eml        a message as it was received; that it has this name is what commits it
    envelopes/ID.json       its envelope and where it was delivered, there before the message is
    tmp/                    what is arriving
    lock                    held by the farm that writes here; has the highest identifier that was removed

A message is written aside, made durable (fsync), committed by one rename, then shown in each mailbox by another. After
a crash at any moment `load` takes up the committed ones, finishes their deliveries and removes what is left of others.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from homeport.disk.write_aside import sync_folder
from homeport.io import platform
from homeport.world.mail.message import Message, trace
from homeport.world.mail.store import Draft, FolderError, MessageGone

log = logging.getLogger("homeport")

LONGEST_NAME = 200
"""Octets of a folder's name; file systems have 255."""
# What makes neither a path nor a name hidden; `@` and `+` are what addresses are made of.
UNSAFE = re.compile(r"^\.|[^\w.@+=~-]")
DELIVERED = re.compile(r"\d+\.M\d+Q(m\d+)N\d+\.homeport")
"""Our files in Maildirs: time, identifier of the message, number of the return path."""
COPIED_AT_ONCE = 1 << 24


class DiskStore:
    """Keeps the messages of one world.

    Raises: FolderError.
    """

    blocks = True
    bounded = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._arriving = folder / "tmp"
        self._envelopes = folder / "envelopes"
        self._mailboxes: set[Path] = set()  # that are known to be there
        self._drafts = count()
        try:
            for path in (self._arriving, self._envelopes):
                path.mkdir(parents=True, exist_ok=True)
            (folder / "lock").touch()
            self._lock = (folder / "lock").open("r+b")
        except OSError as error:
            raise FolderError(f"{error.filename}: {error.strerror}: name a --data that can be written to") from None
        try:
            platform.lock(self._lock.fileno())
        except OSError:
            self._lock.close()
            raise FolderError(f"another farm keeps its mail in {folder}: end it, or name another --data") from None
        remembered = self._lock.read().strip()
        self.removed = int(remembered) if remembered.isdigit() else 0

    def close(self) -> None:
        """Let another farm write there."""
        self._lock.close()

    def draft(self) -> "DiskDraft":
        """A new message begins."""
        return DiskDraft(self._arriving / str(next(self._drafts)))

    def read(self, message: Message, limit: int | None = None) -> bytes:
        """The octets as they were received, or the first of them.

        Raises: MessageGone; OSError if they cannot be read.
        """
        try:
            with self._original(message.id).open("rb") as file:
                return file.read(-1 if limit is None else limit)
        except FileNotFoundError:
            raise MessageGone(message.id) from None

    def save(self, message: Message, draft: Draft) -> None:
        """Keep a message for good."""
        assert isinstance(draft, DiskDraft)  # noqa: S101 - a store is given the drafts that it made
        made: list[Path] = []
        try:
            self._save(message, draft, made)
        except OSError:
            for path in made:
                path.unlink(missing_ok=True)
            raise
        finally:
            draft.drop()

    def remove(self, messages: Iterable[Message]) -> None:
        """Forget messages, in the mailboxes too."""
        listed: dict[Path, list[Path]] = {}
        messages = tuple(messages)
        self._remember_removed(messages)
        for message in messages:
            with suppress(OSError):
                self._original(message.id).unlink(missing_ok=True)
                self._sidecar(message.id).unlink(missing_ok=True)
            for mailbox, name in self._names(message):
                with suppress(OSError):
                    (mailbox / "new" / name).unlink(missing_ok=True)
                    if mailbox not in listed:
                        listed[mailbox] = list((mailbox / "cur").iterdir())
                    for read in listed[mailbox]:
                        # A reader has added `:2,` and flags.
                        if read.name.partition(":")[0] == name:
                            read.unlink(missing_ok=True)

    def _remember_removed(self, messages: Iterable[Message]) -> None:
        """Have the next farm give out no identifier again. The lock's file has room for the highest one."""
        highest = max((message.serial for message in messages), default=0)
        if highest > self.removed:
            self.removed = highest
            with suppress(OSError):
                os.pwrite(self._lock.fileno(), b"%d\n" % highest, 0)

    def load(self) -> Iterator[Message]:
        """What an earlier farm has kept, by number; the leftovers of what it did not finish are removed."""
        names = {path.name for path in self._envelopes.iterdir()}
        kept = []
        for name in names:
            stem, dot, suffix = name.rpartition(".")
            if suffix == "json" and f"{stem}.eml" in names:
                kept += self._load_one(self._envelopes / name)
            elif (dot and f"{stem}.json" not in names) or suffix == "json":
                (self._envelopes / name).unlink()
        for path in self._arriving.iterdir():
            path.unlink()
        self._finish_deliveries({message.id for message in kept})
        number = 0
        for message in sorted(kept, key=lambda message: (message.number, message.time)):
            number = max(message.number, number + 1)
            yield message if message.number == number else msgspec.structs.replace(message, number=number)

    def _load_one(self, path: Path) -> list[Message]:
        try:
            return [msgspec.json.decode(path.read_bytes(), type=Message)]
        except msgspec.MsgspecError as error:
            log.warning("%s: %s; the message is left where it is, and not shown", path, error)
            return []

    def _finish_deliveries(self, kept: set[str]) -> None:
        for folder in self._folder.iterdir():
            if "@" not in folder.name:
                continue
            for path in (folder / "tmp").iterdir():
                if (match := DELIVERED.fullmatch(path.name)) is None:
                    continue
                if match[1] in kept:
                    path.rename(folder / "new" / path.name)
                else:
                    path.unlink()

    def _save(self, message: Message, draft: "DiskDraft", made: list[Path]) -> None:
        """made: takes every file's path before there is one."""
        arrived = draft.finish()
        sidecar = self._arriving / f"{arrived.name}.json"
        made += (arrived, sidecar)
        _write(sidecar, msgspec.json.encode(message))
        delivered = self._deliver(message, arrived, made)
        made += (self._sidecar(message.id), self._original(message.id))
        sidecar.rename(self._sidecar(message.id))
        arrived.rename(self._original(message.id))
        sync_folder(self._envelopes)
        for path in delivered:
            new = path.parents[1] / "new"
            made.append(new / path.name)
            path.rename(new / path.name)
        for new in {path.parents[1] / "new" for path in delivered}:
            sync_folder(new)

    def _deliver(self, message: Message, arrived: Path, made: list[Path]) -> list[Path]:
        """Write the message into each mailbox's tmp: once for each return path, by links into further mailboxes."""
        written: dict[str, Path] = {}
        delivered = []
        for delivery, (mailbox, name) in zip(message.delivered_to, self._names(message), strict=True):
            self._make_mailbox(mailbox)
            path = mailbox / "tmp" / name
            made.append(path)
            if delivery.return_path in written:
                path.hardlink_to(written[delivery.return_path])
            else:
                _write(path, trace(message, delivery.return_path), arrived)
                written[delivery.return_path] = path
            delivered.append(path)
        return delivered

    def _names(self, message: Message) -> Iterator[tuple[Path, str]]:
        """Mailbox and file of each delivery."""
        seconds, fraction = divmod(message.time, 1)
        for number, delivery in enumerate(message.delivered_to, 1):
            name = f"{seconds:.0f}.M{fraction * 1e6:06.0f}Q{message.id}N{number}.homeport"
            yield self._folder / folder_name(delivery.mailbox), name

    def _make_mailbox(self, mailbox: Path) -> None:
        if mailbox in self._mailboxes:
            return
        for name in ("tmp", "new", "cur"):
            (mailbox / name).mkdir(parents=True, exist_ok=True)
        sync_folder(mailbox)
        sync_folder(self._folder)
        self._mailboxes.add(mailbox)

    def _original(self, identifier: str) -> Path:
        return self._envelopes / f"{identifier}.eml"

    def _sidecar(self, identifier: str) -> Path:
        return self._envelopes / f"{identifier}.json"


class DiskDraft:
    """A message arriving in a file. Errors wait until it is to be saved: nobody could do anything about them before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Any = None
        self._error: OSError | None = None
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add octets."""
        if self._error is not None:
            return
        try:
            if self._file is None:
                self._file = self._path.open("w+b")
            self._file.write(data)
            self.size += len(data)
        except OSError as error:
            self._error = error

    def head(self, size: int) -> bytes:
        """The first octets; fewer if the disk will not give them."""
        if self._file is None:
            return b""
        with suppress(OSError):
            self._file.flush()
            return os.pread(self._file.fileno(), size, 0)
        return b""

    def finish(self) -> Path:
        """Make it durable; where it is.

        Raises: OSError if any of it could not be written.
        """
        self.write(b"")  # a message may be empty
        if self._error is not None:
            raise self._error
        self._file.flush()
        platform.sync(self._file.fileno())
        self._file.close()
        return self._path

    def drop(self) -> None:
        """Forget it."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            self._file = None


def folder_name(address: str) -> str:
    """The name of a mailbox's folder: the address, with `%XX` for what no file's name should have."""
    name = UNSAFE.sub(lambda match: "".join(f"%{octet:02X}" for octet in match[0].encode(errors="replace")), address)
    if len(name.encode()) <= LONGEST_NAME:
        return name
    return f"{name.encode()[: LONGEST_NAME - 34].decode(errors='ignore')}@{sha256(address.encode()).hexdigest()[:32]}"


def _write(path: Path, content: bytes, source: Path | None = None) -> None:
    """Write a new file and make it durable. source: a file whose content follows."""
    with path.open("xb", buffering=0) as file:
        view: Any = memoryview(content)
        while view:
            view = view[file.write(view) :]
        if source is not None:
            with source.open("rb", buffering=0) as original:
                while platform.copy_some(original.fileno(), file.fileno(), COPIED_AT_ONCE):
                    pass
        platform.sync(file.fileno())
