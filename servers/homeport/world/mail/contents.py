"""What is configured of a world's mail: [mail], [[mail.alias]], [[mail.list]]."""

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
        description="local part, for every accepted domain, or a whole address; case makes no difference",
    ),
]
Target = Annotated[str, Meta(min_length=1, max_length=320)]


class MailAlias(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An alias: its mail goes to others, the return path stays (RFC 5321 3.9.1)."""

    name: LocalName
    to: Annotated[
        tuple[Target, ...],
        Meta(min_length=1, description="addresses, or local parts of the domain that the mail was for"),
    ]


class MailList(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mailing list: its mail goes to the members, and errors to its owner (RFC 5321 3.9.2)."""

    name: LocalName
    owner: Annotated[
        Target, Meta(description="address, or local part of the list's domain: the return path of what the list sends")
    ]
    members: Annotated[
        tuple[Target, ...], Meta(description="addresses, or local parts of the domain that the mail was for")
    ] = ()


ALIASES = (MailAlias(name="crew", to=("alice", "bob")),)
LISTS = (MailList(name="tides", owner="operator", members=("alice", "bob", "carol")),)


class MailContents(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"aliases": "alias", "lists": "list"}
):
    """[mail]"""

    domains: Annotated[
        Sequence[str], Meta(min_length=1, description='domains that have mailboxes here; "*" is every domain')
    ] = ("*",)
    only_known: Annotated[
        bool,
        Meta(description="no mailboxes but those of people, aliases, lists and Postmaster; if not, any name has one"),
    ] = False
    messages: Annotated[
        int, Meta(ge=1, description="messages kept in memory; the oldest go first. With --data all are kept")
    ] = 10_000
    size: Annotated[Size, Meta(description="octets of messages kept in memory; the oldest go first")] = Size(64 << 20)
    mailbox_size: Annotated[
        Size, Meta(description="octets that a mailbox holds; what is over is reported to the sender; 0: any number")
    ] = Size(0)
    aliases: Sequence[MailAlias] = ALIASES
    lists: Sequence[MailList] = LISTS
