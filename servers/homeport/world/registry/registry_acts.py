"""Acts of the registry on objects by itself, as poll messages describe them (RFC 8590): by time, or over the API.

A message of time needs no more than its key: `OF_TIME` has the rest. An order of the API can say by whom and why, and
such a message keeps its `RegistryAct`.
"""

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

if TYPE_CHECKING:
    from homeport.world.registry.messages import Message

ActOperation = Literal[
    "create", "delete", "renew", "transfer", "update", "restore", "autoRenew", "autoDelete", "autoPurge", "custom"
]
"""RFC 8590 2.1."""


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "The case that an act of the registry belongs to (RFC 8590 2.3)."

    id: Annotated[str, Meta(min_length=1, max_length=255, description="its identifier, such as urs123")]
    type: Annotated[Literal["udrp", "urs", "custom"], Meta(description="kind of the case")] = "custom"
    name: Annotated[str, Meta(max_length=255, description="name of a custom kind")] = ""


class RegistryAct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An act of the registry on an object."""

    operation: ActOperation
    op: str = ""
    """Part of the operation, such as `purge`, or the name of a custom one."""
    state: Literal["before", "after"] = "after"
    """State of the object that the message shows; before: the act has removed it."""
    who: str = "Registry"
    reason: str = ""
    """At most 32 characters (eppcom-1.0)."""
    case: Case | None = None


AUTHINFO_UNSET = RegistryAct(operation="update", reason="The time of its authInfo is over")
OF_TIME = MappingProxyType(
    {
        "domain.renewed": RegistryAct(operation="autoRenew", reason="Past its expiry"),
        "domain.expired": RegistryAct(operation="autoDelete", reason="Past its expiry"),
        "domain.redemption-ended": RegistryAct(
            operation="custom", op="pendingDelete", reason="Past its redemption period"
        ),
        "domain.restore-missed": RegistryAct(
            operation="custom", op="redemptionPeriod", reason="No restore report in time"
        ),
        "domain.purged": RegistryAct(operation="autoPurge", state="before", reason="Past its pendingDelete period"),
        "domain.authinfo-unset": AUTHINFO_UNSET,
        "contact.authinfo-unset": AUTHINFO_UNSET,
        "domain.server-removed": RegistryAct(operation="update", reason="A name server was removed"),
        "transfer.server-approved": RegistryAct(operation="transfer", op="approve"),
        "transfer.server-cancelled": RegistryAct(operation="transfer", op="cancel"),
    }
)
"""Acts by the keys of their messages (`messages.TEXTS`)."""

ABOUT_OBJECTS = ("domain", "host", "contact")
"""First words of the keys of messages about objects."""


def act_of(message: "Message") -> RegistryAct | None:
    """Return the act that a message is about; None: it is about what a registrar did."""
    return message.act or OF_TIME.get(message.text)


def act_for(act: RegistryAct | None, text: str) -> RegistryAct | None:
    """Return the act that a message of this key keeps: that of its transaction, if it is about that.

    A delete may also cancel a transfer, and take name servers from other domains: their messages say it by their keys.
    """
    if act is None or text == "domain.server-removed":
        return None
    kind = text.partition(".")[0]
    if kind == "transfer":
        return act if act.operation == "transfer" else None
    return act if kind in ABOUT_OBJECTS else None


def removed_by(act: RegistryAct | None) -> RegistryAct | None:
    """Return an act that has removed its object at once: its message shows the state before it."""
    return None if act is None else replace(act, op="purge", state="before")
