"""Mail on disk: a Maildir for each mailbox, readable by any mail program, and the messages as received.

Below the folder of a world:

    ADDRESS/{tmp,new,cur}   Maildirs of delivered messages; mail programs may move and delete files there
    envelopes/ID.eml        a message as received; the rename to this name commits it
    envelopes/aN.eml        a message that a mail program appended to a mailbox; `mailboxes.sqlite` refers to it
    envelopes/ID.json       its envelope and deliveries, written before the message
    envelopes/ID.removed    the same, of a message that is being deleted: the rename to this name commits the deletion
    mailboxes.sqlite        the mailboxes that IMAP and POP3 show (`mailboxes_store.py`)
    tmp/                    messages being received
    format                  the version of this layout
    lock                    locked by the farm that writes here; contains the highest removed identifier

A message is written to `tmp`, made durable (fsync), committed by one rename, then shown in each mailbox by another one.
After a crash at any moment `load` loads the committed messages, finishes their deliveries and removes other leftovers.
It finishes deletions, too, so that a deletion is all or nothing.
It also restores a message whose file is missing from its copy in a mailbox, or logs that it is lost.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from shutil import disk_usage
from threading import Lock
from typing import Any
from urllib.parse import unquote

import msgspec

from homeport.disk.write_aside import sync_folder, write_aside
from homeport.io import platform
from homeport.world.mail.message import Delivery, Envelope, Message, Recipient, trace
from homeport.world.mail.store import Draft, FolderError, MessageGone

log = logging.getLogger("homeport")

MAX_NAME_BYTES = 200
"""Bytes of a folder's name; file systems allow 255."""
# Characters that are escaped: those of paths, and the dot of hidden files. `@` and `+` are common in addresses.
UNSAFE = re.compile(r"^\.|[^\w.@+=~-]")
ORIGINAL = re.compile(r"(m\d+)\.eml")
APPENDED = re.compile(r"(a\d+)\.eml")
SIDECAR = re.compile(r"(m\d+)\.json")
REMOVED = re.compile(r"(m\d+)\.removed")
ARRIVING = re.compile(r"\d+(?:\.json)?")
FORMAT = 1
"""Version of this layout, in the file `format`; a folder without it has version 1."""
DELIVERED = re.compile(r"\d+\.M\d+Q(m\d+)N(\d+)\.homeport")
"""Our files in Maildirs: time, identifier of the message, number of the delivery."""
COPY_BYTES = 1 << 24
PIECE_BYTES = 1 << 20
"""Bytes that are read at once of a copy from which a message is restored."""


class DiskStore:
    """Stores the messages of one world.

    Raises: FolderError.
    """

    blocks = True
    bounded = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._arriving = folder / "tmp"
        self._envelopes = folder / "envelopes"
        self._mailboxes: set[Path] = set()  # known to exist
        self._drafts = count()
        self._marking = Lock()  # so that no envelope is written again while its message is deleted
        try:
            old = (folder / "lock").exists()
            for path in (self._arriving, self._envelopes):
                make_folder(path, warn=old)
            (folder / "lock").touch(mode=0o600)
            self._lock = (folder / "lock").open("r+b")
        except OSError as error:
            raise FolderError(f"{error.filename}: {error.strerror}: move it away, or name a writable --data") from None
        try:
            platform.lock(self._lock.fileno())
        except OSError:
            self._lock.close()
            raise FolderError(f"another farm stores its mail in {folder}: stop it, or name another --data") from None
        remembered = self._lock.read().strip()
        self.removed = int(remembered) if remembered.isdigit() else 0
        try:
            self._check_format()
        except BaseException:
            self._lock.close()
            raise

    def _check_format(self) -> None:
        """Raise FolderError if a newer version wrote the folder; record the version if it is new."""
        path = self._folder / "format"
        try:
            found = path.read_text().strip() if path.exists() else ""
            if found in ("", str(FORMAT)):
                if not found:
                    write_aside(path, b"%d\n" % FORMAT, 0o600)
                return
        except OSError as error:
            raise FolderError(f"{path}: {error.strerror}: move it away, or name a writable --data") from None
        if found.isdigit() and int(found) > FORMAT:
            raise FolderError(
                f"{self._folder} was written by a newer Homeport (format {found}; this version supports {FORMAT}): "
                "run that version, or name another --data"
            )
        raise FolderError(f"{path} has no version number: restore it, or remove it if this is a folder of version 1")

    def close(self) -> None:
        """Unlock the folder for other farms."""
        self._lock.close()

    def draft(self) -> "DiskDraft":
        """Start a message."""
        while (path := self._arriving / str(next(self._drafts))).exists():
            pass  # a folder that another program made
        return DiskDraft(path)

    def free(self) -> int | None:
        """Return the bytes of free space on the disk. Raises: OSError."""
        return disk_usage(self._folder).free

    def read(self, message: Message, limit: int | None = None) -> bytes:
        """Return a message as received, or its first `limit` bytes.

        Raises: MessageGone; OSError if it cannot be read.
        """
        try:
            with self._original(message.id).open("rb") as file:
                return file.read(-1 if limit is None else limit)
        except FileNotFoundError:
            raise MessageGone(message.id) from None

    def save(self, message: Message, draft: Draft) -> None:
        """Store a message permanently."""
        assert isinstance(draft, DiskDraft)  # noqa: S101 - a store only gets its own drafts
        made: list[Path] = []
        try:
            self._save(message, draft, made)
        except OSError:
            for path in made:
                path.unlink(missing_ok=True)
            raise
        finally:
            draft.drop()

    def update(self, message: Message) -> None:
        """Write the envelope of a message again, with its mark; no effect if it was deleted meanwhile."""
        with self._marking:
            if self._original(message.id).exists() and not self._tombstone(message.id).exists():
                write_aside(self._sidecar(message.id), msgspec.json.encode(message), 0o600)

    def retire(self, messages: Iterable[Message]) -> list[Message]:
        """Commit the deletion of messages, and return those for which that succeeded: no later farm shows them.

        Raises: OSError if it failed for the first one already; then nothing has changed.
        """
        messages = tuple(messages)
        self._reserve(message.serial for message in messages)
        retired: list[Message] = []
        for message in messages:
            try:
                self._retire(message.id)
            except OSError:
                if not retired:
                    raise
                break
            retired.append(message)
        with suppress(OSError):
            sync_folder(self._envelopes)
        return retired

    def _retire(self, identifier: str) -> None:
        with self._marking:
            try:
                self._sidecar(identifier).rename(self._tombstone(identifier))
            except FileNotFoundError:  # people delete files
                if self._original(identifier).exists():
                    self._tombstone(identifier).touch(mode=0o600)

    def remove(self, messages: Iterable[Message]) -> None:
        """Delete messages, also from the mailboxes."""
        listed: dict[Path, list[Path]] = {}
        messages = tuple(messages)
        self._reserve(message.serial for message in messages)
        for message in messages:
            with suppress(OSError):
                self._retire(message.id)
        for message in messages:
            self._erase(message.id, self._names(message), listed)

    def _erase(self, identifier: str, copies: Iterable[tuple[Path, str]], listed: dict[Path, list[Path]]) -> None:
        """Delete the files of a message. copies: in mailboxes. listed: the files in each `cur`, as far as known."""
        for mailbox, name in copies:
            with suppress(OSError):
                (mailbox / "new" / name).unlink(missing_ok=True)
                if mailbox not in listed:
                    listed[mailbox] = list((mailbox / "cur").iterdir())
                for read in listed[mailbox]:
                    # A mail program has appended `:2,` and flags.
                    if read.name.partition(":")[0] == name:
                        read.unlink(missing_ok=True)
        # The tombstone is the last: until then a farm that is started again finishes the deletion.
        with suppress(OSError), self._marking:
            self._original(identifier).unlink(missing_ok=True)
            self._sidecar(identifier).unlink(missing_ok=True)
            self._tombstone(identifier).unlink(missing_ok=True)

    def _finish_removals(self) -> set[str]:
        """Finish the deletions that were interrupted; return the identifiers of their messages."""
        listed: dict[Path, list[Path]] = {}
        gone = self._listed(REMOVED)
        for identifier in gone:
            copies: Iterable[tuple[Path, str]] = ()
            with suppress(OSError, msgspec.MsgspecError):
                copies = self._names(_parse_envelope(self._tombstone(identifier)))
            self._erase(identifier, copies, listed)
        self._reserve(int(one.removeprefix("m")) for one in gone)
        return gone

    def save_content(self, identifier: str, draft: Draft) -> None:
        """Store a content that is no captured message permanently: `envelopes/aN.eml`, which `load` passes over."""
        assert isinstance(draft, DiskDraft)  # noqa: S101 - a store only gets its own drafts
        try:
            make_folder(self._envelopes, warn=True)
            draft.finish().rename(self._original(identifier))
            sync_folder(self._envelopes)
        finally:
            draft.drop()

    def read_content(self, identifier: str) -> bytes:
        """Return such a content. Raises: MessageGone; OSError if it cannot be read."""
        try:
            return self._original(identifier).read_bytes()
        except FileNotFoundError:
            raise MessageGone(identifier) from None

    def remove_content(self, identifiers: Iterable[str]) -> None:
        """Delete such contents."""
        for identifier in identifiers:
            with suppress(OSError):
                self._original(identifier).unlink(missing_ok=True)

    def list_contents(self) -> set[str]:
        """Return the identifiers of such contents."""
        return self._listed(APPENDED)

    def _reserve(self, serials: Iterable[int]) -> None:
        """Record the highest identifier in the lock file, so that neither this farm nor the next one reuses it."""
        highest = max(serials, default=0)
        if highest > self.removed:
            self.removed = highest
            with suppress(OSError):
                os.pwrite(self._lock.fileno(), b"%d\n" % highest, 0)

    def load(self) -> Iterator[Message]:
        """Yield what an earlier farm stored, by number; remove what it left unfinished.

        People touch this folder, so nothing else in it is removed, and whatever is missing is made.
        """
        kept = []
        gone = self._finish_removals()
        originals, sidecars = self._listed(ORIGINAL) - gone, self._listed(SIDECAR) - gone
        for identifier in originals & sidecars:
            kept += self._load_one(identifier)
        drafts = self._sweep_arriving()
        mailboxes = self._repair_mailboxes()
        dropped = set()
        if originals != sidecars:
            copies = _list_copies(mailboxes)
            for identifier in sorted(sidecars - originals):
                found = self._restore(identifier, copies.get(identifier, ()), drafts)
                if found is None:
                    self._sidecar(identifier).unlink()
                    dropped.add(identifier)
                else:
                    kept += found
            kept += (self._rebuild(one, copies.get(one, ())) for one in sorted(originals - sidecars))
        present = (originals | sidecars) - dropped
        self._finish_deliveries(mailboxes, {message.id for message in kept}, present)
        # Files that are not shown keep their names: no later message may replace them.
        self._reserve(int(one.removeprefix("m")) for one in present.difference(message.id for message in kept))
        number = 0
        for message in sorted(kept, key=lambda message: (message.number, message.time)):
            number = max(message.number, number + 1)
            yield message if message.number == number else msgspec.structs.replace(message, number=number)

    def _load_one(self, identifier: str) -> list[Message]:
        """Return the message of an envelope, if it can be parsed; warn if its file has another size."""
        path = self._sidecar(identifier)
        try:
            message = _parse_envelope(path)
        except msgspec.MsgspecError as error:
            log.warning("%s: %s; the message stays on disk, but is not shown", path, error)
            return []
        original = self._original(identifier)
        if (size := original.stat().st_size) != message.size:
            log.warning(
                "%s is damaged: it has %d bytes instead of %d; it is kept and shown as it is. Restore it from a backup",
                original,
                size,
                message.size,
            )
        return [message]

    def _sweep_arriving(self) -> set[int]:
        """Remove what was being received; return the sizes of these messages."""
        sizes = set()
        for path in self._arriving.iterdir():
            if ARRIVING.fullmatch(path.name) and path.is_file():
                if path.suffix != ".json":
                    sizes.add(path.stat().st_size)
                path.unlink()
        return sizes

    def _restore(self, identifier: str, copies: Iterable[Path], drafts: set[int]) -> list[Message] | None:
        """Restore the file of a message from one of its copies in mailboxes, and return the message.

        Return nothing if it is lost, None if it was never committed. drafts: sizes of messages that were being
        received: before it is committed, a message is there, and its copies are in `tmp`.
        """
        original, sidecar = self._original(identifier), self._sidecar(identifier)
        settled = any(path.parent.name != "tmp" for path in copies)
        try:
            message = _parse_envelope(sidecar)
        except msgspec.MsgspecError as error:
            if copies and not settled:
                return None
            log.warning("%s is missing, and %s: %s; the message is not shown", original, sidecar, error)
            return []
        if not settled and message.size in drafts:
            return None
        if not os.path.lexists(original):
            for path in copies:
                if self._copy_back(message, path):
                    log.warning("%s was missing: restored from %s", original, path)
                    return [message]
        log.warning(
            "%s is missing, and no mailbox has an intact copy: the message is lost. Restore the file from a backup, "
            "or remove %s",
            original,
            sidecar,
        )
        return []

    def _copy_back(self, message: Message, path: Path) -> bool:
        """Write the file of a message from its copy in a mailbox; return False if the copy is not intact."""
        match = DELIVERED.match(path.name)
        number = int(match[2]) if match else 0
        if not 0 < number <= len(message.delivered_to):
            return False
        prefix = trace(message, message.delivered_to[number - 1].return_path)
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size != len(prefix) + message.size or file.read(len(prefix)) != prefix:
                return False
            draft = self.draft()
            try:
                while piece := file.read(PIECE_BYTES):
                    draft.write(piece)
                draft.finish().rename(self._original(message.id))
            except BaseException:
                draft.drop()
                raise
        sync_folder(self._envelopes)
        return True

    def _listed(self, pattern: re.Pattern[str]) -> set[str]:
        """Return the identifiers of the files of a kind."""
        found = (pattern.fullmatch(path.name) for path in self._envelopes.iterdir() if path.is_file())
        return {match[1] for match in found if match}

    def _repair_mailboxes(self) -> list[Path]:
        """Return the mailboxes, with all their folders."""
        mailboxes = []
        for folder in self._folder.iterdir():
            if "@" in folder.name:
                if folder.is_dir():
                    self._make_mailbox(folder, warn=True)
                    mailboxes.append(folder)
                else:
                    log.warning("%s is not a mailbox: it is left alone", folder)
        return mailboxes

    def _rebuild(self, identifier: str, copies: Iterable[Path]) -> Message:
        """Write the lost envelope of a message again, as far as its file and its copies in mailboxes tell."""
        original = self._original(identifier)
        state = original.stat()
        deliveries = []
        for path in copies:
            with path.open("rb") as file:
                first, _, _ = file.read(1000).partition(b"\r\n")
            sender = first.removeprefix(b"Return-Path: <").removesuffix(b">").decode("utf-8", "replace")
            deliveries.append(Delivery(unquote(path.parents[1].name), sender))
        message = Message(
            id=identifier,
            number=int(identifier.removeprefix("m")),
            time=state.st_mtime,
            world_time=state.st_mtime,
            envelope=Envelope(
                reverse_path=deliveries[0].return_path if deliveries else "",
                recipients=tuple(Recipient(address=one.mailbox) for one in deliveries),
                id=identifier,
            ),
            size=state.st_size,
            delivered_to=tuple(deliveries),
        )
        sidecar = self._sidecar(identifier)
        log.warning("%s is missing: written again, with what the message and its mailboxes tell", sidecar)
        write_aside(sidecar, msgspec.json.encode(message), 0o600)
        return message

    def _finish_deliveries(self, mailboxes: Iterable[Path], kept: set[str], present: set[str]) -> None:
        """Show the copies of messages that are kept; remove those of messages of which no file is present."""
        for folder in mailboxes:
            for path in (folder / "tmp").iterdir():
                if (match := DELIVERED.fullmatch(path.name)) is None:
                    continue
                if match[1] in kept:
                    path.rename(folder / "new" / path.name)
                elif match[1] not in present:
                    path.unlink()

    def _save(self, message: Message, draft: "DiskDraft", made: list[Path]) -> None:
        """Write and commit the message. made: collects the path of every file before it is created."""
        make_folder(self._envelopes, warn=True)
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
            if not new.is_dir():  # deleted meanwhile
                self._make_mailbox(path.parents[1], warn=True)
            path.rename(new / path.name)
        for new in {path.parents[1] / "new" for path in delivered}:
            sync_folder(new)

    def _deliver(self, message: Message, arrived: Path, made: list[Path]) -> list[Path]:
        """Write the message into each mailbox's tmp: once for each return path, then as links into further
        mailboxes.
        """
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
        """Yield mailbox folder and file name of each delivery."""
        seconds, fraction = divmod(message.time, 1)
        for number, delivery in enumerate(message.delivered_to, 1):
            name = f"{seconds:.0f}.M{fraction * 1e6:06.0f}Q{message.id}N{number}.homeport"
            yield self._folder / folder_name(delivery.mailbox), name

    def _make_mailbox(self, mailbox: Path, *, warn: bool = False) -> None:
        """Make a mailbox, or what is missing of it: people delete folders, and backups leave out empty ones."""
        if mailbox in self._mailboxes and (mailbox / "tmp").is_dir() and (mailbox / "new").is_dir():
            return
        warn = warn or mailbox in self._mailboxes
        for name in ("tmp", "new", "cur"):
            make_folder(mailbox / name, warn=warn)
        sync_folder(mailbox)
        sync_folder(self._folder)
        self._mailboxes.add(mailbox)

    def _original(self, identifier: str) -> Path:
        return self._envelopes / f"{identifier}.eml"

    def _sidecar(self, identifier: str) -> Path:
        return self._envelopes / f"{identifier}.json"

    def _tombstone(self, identifier: str) -> Path:
        return self._envelopes / f"{identifier}.removed"


class DiskDraft:
    """A message being received in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Any = None
        self._error: OSError | None = None
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append bytes. Raises: OSError."""
        if self._error is not None:
            raise self._error
        try:
            if self._file is None:
                make_folder(self._path.parent, warn=True)
                self._file = open(self._path, "w+b", opener=private)  # noqa: SIM115 - `drop` closes it
            self._file.write(data)
            self.size += len(data)
        except OSError as error:
            self._error = error  # what has a hole is never stored
            raise

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes; fewer if they cannot be read."""
        file = self._file
        if file is None:
            return b""
        with suppress(OSError, ValueError):  # another thread may close it
            file.flush()
            return os.pread(file.fileno(), size, 0)
        return b""

    def finish(self) -> Path:
        """Make it durable; return its path.

        Raises: OSError if any of it could not be written.
        """
        self.write(b"")  # a message may be empty
        self._file.flush()
        platform.sync(self._file.fileno())
        self._file.close()
        return self._path

    def drop(self) -> None:
        """Discard it."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            self._file = None


def _parse_envelope(path: Path) -> Message:
    """Parse the file of an envelope. Raises: msgspec.MsgspecError."""
    return msgspec.json.decode(path.read_bytes(), type=Message)


def _list_copies(mailboxes: Iterable[Path]) -> dict[str, list[Path]]:
    """Return the copies of messages in mailboxes, by identifier: one listing for all."""
    copies: dict[str, list[Path]] = {}
    for mailbox in mailboxes:
        for path in (one for name in ("tmp", "new", "cur") for one in (mailbox / name).iterdir()):
            if (match := DELIVERED.match(path.name)) and path.is_file():
                copies.setdefault(match[1], []).append(path)
    return copies


def private(path: str, flags: int) -> int:
    """Open a file that only this user may read (an opener for `open`)."""
    return os.open(path, flags, 0o600)


def make_folder(path: Path, *, warn: bool) -> None:
    """Make a folder that only this user may enter, unless it exists. warn: it should have existed. Raises: OSError."""
    if path.is_dir():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    if warn:
        log.warning("%s was missing: made again", path)


def folder_name(address: str) -> str:
    """Return the name of a mailbox's folder: the address, with `%XX` for unsafe characters."""
    name = UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode(errors="replace")), address)
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    return f"{name.encode()[: MAX_NAME_BYTES - 34].decode(errors='ignore')}@{sha256(address.encode()).hexdigest()[:32]}"


def _write(path: Path, content: bytes, source: Path | None = None) -> None:
    """Write a new file and make it durable. source: a file to append."""
    with open(path, "xb", buffering=0, opener=private) as file:
        view: Any = memoryview(content)
        while view:
            view = view[file.write(view) :]
        if source is not None:
            with source.open("rb", buffering=0) as original:
                while platform.copy_some(original.fileno(), file.fileno(), COPY_BYTES):
                    pass
        platform.sync(file.fileno())
