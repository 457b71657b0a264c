"""Searches that go on: persistent search, and synchronization of content (RFC 4533)."""

from collections import deque
from typing import Any
from uuid import UUID

from homeport.protocol import ber
from homeport.services.ldap.controls.requests import ENTRY_CHANGE, PERSISTENT_SEARCH, SYNC_REQUEST
from homeport.services.ldap.finding import Finder, Found
from homeport.services.ldap.messages import Control, Result
from homeport.services.ldap.operation import PAUSE, Answer, Await, Operation, Steps
from homeport.services.ldap.responses import write_intermediate
from homeport.world.directory.directory import CHANGED
from homeport.world.directory.entry import Entry
from homeport.world.directory.results import Code, DirectoryError

SYNC_STATE = "1.3.6.1.4.1.4203.1.9.1.2"
SYNC_DONE = "1.3.6.1.4.1.4203.1.9.1.3"
SYNC_INFO = "1.3.6.1.4.1.4203.1.9.1.4"
PERSIST = 3
PRESENT, ADDED, MODIFIED, DELETED = range(4)
CHANGE_ADD, CHANGE_DELETE, CHANGE_MODIFY, CHANGE_MODDN = 1, 2, 4, 8
MAX_WAITING = 10_000
"""Changes that wait for a client that does not read."""
Change = tuple[Entry | None, Entry | None]


class Follower:
    """The changes of a directory since it was made. Raises: DirectoryError once a client has left too many unread."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._waiting: deque[Change] = deque()
        self._lost = False
        finder.directory.on_change.append(self._note)

    def _note(self, before: Entry | None, after: Entry | None) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self._lost = True
            self._waiting.clear()
        elif not self._lost:
            self._waiting.append((before, after))

    def close(self) -> None:
        """Follow no more."""
        if self._note in self._finder.directory.on_change:
            self._finder.directory.on_change.remove(self._note)

    def take(self) -> Change | None:
        """Return the next change; None if there is none yet."""
        if self._lost:
            text = f"more than {MAX_WAITING} changes were not read: begin again"
            raise DirectoryError(Code.SYNC_REFRESH_REQUIRED, text)
        return self._waiting.popleft() if self._waiting else None

    def changed(self, change: Change) -> tuple[int, Entry] | None:
        """Return what a change is for the search: ADDED, MODIFIED or DELETED, with the entry; None for nothing."""
        before, after = change
        was = before is not None and self._finder.covers(before) and bool(self._finder.test(before))
        now = after is not None and self._finder.covers(after) and bool(self._finder.test(after))
        if now and after is not None:
            return (MODIFIED if was else ADDED), after
        return (DELETED, before) if was and before is not None else None


def watch(operation: Operation, finder: Finder) -> Steps:
    """Answer a persistent search: what is there, unless only changes are asked for, then every change."""
    asked = operation.parsed[PERSISTENT_SEARCH]
    follower = Follower(finder)
    wanted = {ADDED: CHANGE_ADD, DELETED: CHANGE_DELETE, MODIFIED: CHANGE_MODIFY}
    try:
        if not asked.changes_only:
            yield from _send_all(operation, finder, lambda _entry: ())
        while True:
            change = follower.take()
            if change is None:
                yield Await(frozenset((CHANGED,)))
                continue
            told = follower.changed(change)
            if told is None or not wanted[told[0]] & asked.changes:
                continue
            number = ber.encode_integer(wanted[told[0]], ber.ENUMERATED)
            controls = (Control(ENTRY_CHANGE, value=ber.encode_sequence(number)),) if asked.return_changes else ()
            operation.send(finder.found(told[1]).wire, controls)
    finally:
        follower.close()


def synchronize(operation: Operation, finder: Finder) -> Steps:
    """Answer a synchronization: everything that is there, then, if the client persists, every change."""
    asked = operation.parsed[SYNC_REQUEST]
    follower = Follower(finder)

    def state_of(state: int, entry: Entry) -> tuple[Control, ...]:
        uuid = UUID(finder.directory.stamp_of(entry).uuid).bytes
        parts = (ber.encode_integer(state, ber.ENUMERATED), ber.encode(ber.OCTET_STRING, uuid))
        return (Control(SYNC_STATE, value=ber.encode_sequence(*parts)),)

    try:
        yield from _send_all(operation, finder, lambda entry: state_of(ADDED, entry))
        cookie = ber.encode(ber.OCTET_STRING, b"hp")
        if asked.mode != PERSIST:
            done = Control(SYNC_DONE, value=ber.encode_sequence(cookie))
            return Answer(Result(), controls=(done,))
        # RFC 4533 2.5: refreshPresent, so that the client drops what was not sent
        operation.send(write_intermediate(SYNC_INFO, ber.encode_sequence(cookie, tag=0xA2)))
        while True:
            change = follower.take()
            if change is None:
                yield Await(frozenset((CHANGED,)))
            elif (told := follower.changed(change)) is not None:
                state, entry = told
                found = finder.found(entry) if state != DELETED else Found(entry.dn, [])
                operation.send(found.wire, state_of(state, entry))
    finally:
        follower.close()


def _send_all(operation: Operation, finder: Finder, controls_of: Any) -> Any:
    for item in finder.items():
        if item is None:
            yield PAUSE
            continue
        entry = item.entry if type(item) is Found else None
        operation.send(item.wire, controls_of(entry) if entry is not None else ())
        if operation.ends_piece():
            yield PAUSE
