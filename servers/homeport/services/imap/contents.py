"""The messages of a mailbox as commands look at them: read when that is needed, with what was found out before."""

from collections.abc import Callable

from homeport.world.mail.mailbox import Entry, Mailbox
from homeport.world.mail.message_facts import MessageFacts
from homeport.world.mail.mime.parsed import UnreadMessage
from homeport.world.mail.searched_message import SearchedMessage
from homeport.world.world import World


class Contents:
    """Reads messages, in any thread; their first use raises MessageGone or OSError if a message cannot be read."""

    def __init__(self, world: World, mailbox: Mailbox) -> None:
        self._mailboxes = world.mailboxes
        self._mailbox = mailbox
        self._facts = world.of_service("imap messages", MessageFacts)

    def unread(self, entry: Entry) -> UnreadMessage:
        """Return a message for FETCH."""
        return UnreadMessage(lambda: self._mailboxes.read(self._mailbox, entry))

    def searched(self, entry: Entry) -> SearchedMessage:
        """Return a message for SEARCH, SORT and THREAD."""
        read = self._mailboxes.read
        return SearchedMessage(lambda limit: read(self._mailbox, entry)[:limit], entry.size, self._facts, entry.content)

    def fact(self, entry: Entry, what: object, find: Callable[[], bytes]) -> bytes:
        """Return what was found out about a message before, or find it out."""
        return self._facts.get(entry.content, what, find)
