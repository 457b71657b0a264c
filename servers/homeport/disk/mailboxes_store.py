"""The mailboxes on disk: `mail/WORLD/mailboxes.sqlite` in the data folder (`row_store.py`), beside the Maildirs.

The folder is locked by the store of its messages.
"""

from pathlib import Path

from homeport.disk.row_store import RowFile, RowStore

MAILBOXES = RowFile(
    name="mailboxes",
    noun="set of mailboxes",
    restore="restore a copy, or move it away: mail programs fetch everything again then, and flags are lost",
    application=0x48504D42,  # "HPMB"
    format=1,
    locks=False,
)


def open_mailboxes(folder: Path) -> RowStore:
    """Open the store of one world's mailboxes. Raises: StoreError."""
    return RowStore(folder, MAILBOXES)
