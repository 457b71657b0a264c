"""The shapes of mailboxes and their entries in the API."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.control.times import Time

Uids = Annotated[str, Meta(description="UIDs such as `1:3,7` or `5:*`; `1:*` is all")]
Flags = Annotated[
    list[str], Meta(description="`\\Seen`, `\\Answered`, `\\Flagged`, `\\Deleted`, `\\Draft`, and keywords")
]
FROM = {"sender": "from"}


class MailboxState(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A mailbox of a person, as IMAP shows it."

    name: Annotated[str, Meta(description="levels are separated by `/`")]
    id: Annotated[str, Meta(description="MAILBOXID (RFC 8474)")]
    special_use: Annotated[str | None, Meta(description="such as `\\Sent` (RFC 6154)")]
    subscribed: bool
    messages: int
    unseen: int
    size: Annotated[int, Meta(description="bytes of all messages")]
    uid_validity: int
    uid_next: int
    highest_modseq: int
    keywords: Annotated[list[str], Meta(description="the keywords that were ever used here")]


class MailboxStates(msgspec.Struct, frozen=True):
    meaning = "The mailboxes of a person: INBOX first, and the shared mailbox All last."

    items: list[MailboxState]
    total: int
    quota_used: Annotated[int, Meta(description="bytes of the person's mailboxes together")]
    quota_limit: Annotated[int | None, Meta(description="`[mail] mailbox_size`; null: none")]
    messages_used: Annotated[int, Meta(description="messages of the person's mailboxes together")]
    messages_limit: Annotated[int | None, Meta(description="`[mail] mailbox_messages`; null: none")]
    next: int | None = None


class MailboxBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A mailbox to create, or to change."

    special_use: Annotated[str, Meta(description="for a new mailbox: `\\Sent`, `\\Drafts`, ... (RFC 6154)")] = ""
    subscribed: Annotated[bool | None, Meta(description="subscribe or unsubscribe; null: as it is")] = None


class MailboxName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "The new name of a mailbox; those below it move with it."

    to: Annotated[str, Meta(min_length=1, max_length=1000)]


class EntriesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "The messages of a mailbox to list."

    since: Annotated[int, Meta(ge=0, description="only UIDs after this one: `next` of the page before")] = 0
    limit: Annotated[int, Meta(ge=1, le=1000, description="maximum messages of a page")] = 100
    flag: Annotated[str | None, Meta(description="only messages with this flag, or without it: `-\\Seen`")] = None


class EntrySummary(msgspec.Struct, frozen=True, kw_only=True, rename=FROM):
    meaning = "A message in a mailbox."

    uid: int
    message: Annotated[str, Meta(description="identifier of the captured message, such as m12; a1 for an appended one")]
    flags: Flags
    size: Annotated[int, Meta(description="bytes, with the trace lines of its delivery")]
    internal_date: Annotated[str, Meta(description="INTERNALDATE, in UTC")]
    saved: Annotated[str, Meta(description="SAVEDATE (RFC 8514), by the world's clock")]
    modseq: int
    sender: Annotated[str, Meta(description="the header From")]
    subject: str


class Entries(msgspec.Struct, frozen=True):
    meaning = "The messages of a mailbox, by UID. Pass `next` as `since` to continue the list; it is null at the end."

    items: list[EntrySummary]
    total: Annotated[int, Meta(description="number of messages that match, with those of other pages")]
    uid_validity: int
    next: int | None = None


class AddQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "How messages are added to a mailbox."

    flags: Annotated[str, Meta(description="flags of all of them, separated by blanks, besides those of an mbox")] = ""
    date: Annotated[
        Time | None, Meta(description="INTERNALDATE, with its zone; that of an mbox, or now, if not given")
    ] = None


class Added(msgspec.Struct, frozen=True):
    meaning = "Messages were added."

    uids: list[int]
    uid_validity: int


class FlagChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A change of the flags of messages."

    flags: Flags
    how: Literal["add", "remove", "replace"] = "replace"


class FlagChanges(FlagChange, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A change of the flags of several messages."

    uids: Uids


class Changed(msgspec.Struct, frozen=True):
    meaning = "The messages whose flags are others now."

    uids: list[int]


class Transfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Messages to move or copy to another mailbox of the same person."

    uids: Uids
    to: Annotated[str, Meta(min_length=1, max_length=1000, description="name of an existing mailbox")]


class Transferred(msgspec.Struct, frozen=True):
    meaning = "Messages were moved or copied: their UIDs there and here, one by one."

    uids: list[int]
    new_uids: list[int]
    uid_validity: Annotated[int, Meta(description="of the other mailbox")]


class ExpungeQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "The messages to remove from a mailbox."

    uids: Uids = "1:*"


class Expunged(msgspec.Struct, frozen=True):
    meaning = "Messages were removed from a mailbox; the captured messages stay."

    uids: list[int]
