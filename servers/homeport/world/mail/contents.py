"""The configuration of a world's mail: [mail], [[mail.alias]], [[mail.list]]."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.config.quantities import Size

LocalName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=320,
        description="local part, for every accepted domain, or a whole address; case-insensitive",
    ),
]
Target = Annotated[str, Meta(min_length=1, max_length=320)]


class MailAlias(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An alias: its mail goes to other addresses, and the return path stays (RFC 5321 3.9.1)."""

    name: LocalName
    to: Annotated[
        tuple[Target, ...],
        Meta(min_length=1, description="addresses, or local parts of the domain that the mail was for"),
    ]


class MailList(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mailing list: its mail goes to the members, and errors go to its owner (RFC 5321 3.9.2)."""

    name: LocalName
    owner: Annotated[
        Target, Meta(description="address, or local part of the list's domain: the return path of what the list sends")
    ]
    members: Annotated[
        tuple[Target, ...], Meta(description="addresses, or local parts of the domain that the mail was for")
    ] = ()


ALIASES = (MailAlias(name="crew", to=("alice", "bob")),)
LISTS = (MailList(name="tides", owner="operator", members=("alice", "bob", "carol")),)


class Usage(msgspec.Struct, frozen=True):
    """Bytes and number of the messages in mailboxes."""

    size: int = 0
    """Bytes of all messages."""
    messages: int = 0


class MailContents(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"aliases": "alias", "lists": "list"}
):
    """[mail]"""

    domains: Annotated[
        Sequence[str], Meta(min_length=1, description='domains that have mailboxes here; "*" is every domain')
    ] = ("*",)
    only_known: Annotated[
        bool,
        Meta(description="only people, aliases, lists and Postmaster have mailboxes; if false, every name has one"),
    ] = False
    messages: Annotated[
        int,
        Meta(
            ge=1, description="maximum messages kept in memory; the oldest are dropped first. With --data all are kept"
        ),
    ] = 10_000
    size: Annotated[
        Size, Meta(description="maximum bytes of messages kept in memory; the oldest are dropped first")
    ] = Size(64 << 20)
    mailbox_size: Annotated[
        Size, Meta(description="maximum bytes of a mailbox; a message over it is bounced to the sender; 0: unlimited")
    ] = Size(0)
    mailbox_messages: Annotated[
        int,
        Meta(
            ge=0,
            description="maximum messages of a mailbox, or of all mailboxes of a person together once a mail program "
            "has opened one; a message over it is treated as one over `mailbox_size`; 0: unlimited",
        ),
    ] = 0
    entries: Annotated[
        int,
        Meta(
            ge=1,
            description="maximum messages in all mailboxes of people together, as IMAP and POP3 show them; APPEND and "
            "COPY over it are refused",
        ),
    ] = 250_000
    aliases: Sequence[MailAlias] = ALIASES
    lists: Sequence[MailList] = LISTS

    @property
    def limited(self) -> bool:
        """True if mailboxes have a quota."""
        return bool(self.mailbox_size or self.mailbox_messages)

    def allows(self, used: Usage, size: int, messages: int = 1) -> bool:
        """Return True if the quota has room for messages of that size in bytes, all together."""
        enough = not self.mailbox_size or used.size + size <= self.mailbox_size
        return enough and (not self.mailbox_messages or used.messages + messages <= self.mailbox_messages)
