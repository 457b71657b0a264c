"""The health of a world's stores: which of them cannot be read or written at present, and the reason.

A full disk or a failing one shows in whichever client's command meets it first. The operator hears of it in two other
places: once in the log when it begins, and in `/readyz` for as long as it lasts. So every store reports the outcome of
its writes here: `failed` after an error, `recovered` after a success. Both are cheap, and may be called on any thread.
"""

import errno
import logging
import os

log = logging.getLogger("homeport")

ADVICE = {
    errno.ENOSPC: "free space there",
    errno.EDQUOT: "free space there, or raise the quota",
    errno.EIO: "check the disk",
    errno.EROFS: "mount it writable, or name another --data",
    errno.EACCES: "allow this user to read and write it",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the limit of open files (fs.file-max)",
}
"""The remedy of an error, by errno."""


class StorageHealth:
    """The stores of one world that fail at present. A store is named by its word: `mail`, `registry`, `files`, `CA`."""

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}

    @property
    def problems(self) -> list[str]:
        """One line for each failing store, with the remedy: `mail: No space left on device: free space there`."""
        return [f"{store}: {reason}" for store, reason in sorted(self._problems.items())]

    def failed(self, store: str, reason: str | OSError) -> None:
        """Record that a store cannot be written or read. It is logged if the reason is new."""
        text = describe(reason) if isinstance(reason, OSError) else reason
        if self._problems.get(store) != text:
            self._problems[store] = text
            log.error("%s cannot be stored: %s", store, text)

    def recovered(self, store: str) -> None:
        """Record that a store works; it is logged if it failed before."""
        if store in self._problems and self._problems.pop(store, None) is not None:
            log.warning("%s can be stored again", store)

    def all_recovered(self) -> None:
        """Record that every store works again."""
        for store in list(self._problems):
            self.recovered(store)


def describe(error: OSError) -> str:
    """Return an error of the system with its remedy; without the path, so that the same error is the same text."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    advice = ADVICE.get(error.errno or 0)
    return f"{reason}: {advice}" if advice else reason
