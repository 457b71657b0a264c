"""Where a message goes: its recipients, with aliases and lists expanded (RFC 1123 5.3.6, RFC 5321 3.9).

An alias keeps the return path, a list puts its owner there, so that errors of members go to who keeps the list. A
mailbox gets a message once for each return path. What cannot be delivered, and what the client wants to be told of
(RFC 3461), comes out as an `Outcome`; `report.py` makes reports of them.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from homeport.world.mail.addresses import Verdict, split_address
from homeport.world.mail.message import Delivery, Envelope, Recipient

DEEPEST = 50
"""Aliases and lists within each other; what is deeper is taken for a loop."""
UNKNOWN = ("5.1.1", "there is no such mailbox")
FOREIGN = ("5.7.1", "mail for other hosts is not passed on from here")
LOOP = ("5.4.6", "an alias or a list leads back to itself")
FULL = ("5.2.2", "the mailbox is full")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a recipient, as a report tells it (RFC 3464 2.3)."""

    recipient: Recipient
    final: str
    """The address that it came to."""
    action: Literal["failed", "delivered", "expanded"]
    status: str
    """RFC 3463."""
    text: str
    report_to: str
    """The return path in force there; empty if nobody is to be told."""

    @property
    def wanted(self) -> bool:
        """Whether a report of it is sent (RFC 3461 4.1)."""
        notify = self.recipient.notify
        if self.action == "failed":
            return bool(self.report_to) and (not notify or "FAILURE" in notify)
        return bool(self.report_to) and "SUCCESS" in notify


class Plan(msgspec.Struct, frozen=True):
    """What is to be done with a message."""

    deliveries: tuple[Delivery, ...]
    outcomes: tuple[Outcome, ...]
    """Those of which a report is wanted."""


class Router:
    """Plans the delivery of one message.

    verify: whose an address is, by local part and domain. has_room: whether a mailbox takes the message.
    """

    def __init__(
        self, envelope: Envelope, verify: Callable[[str, str], Verdict], has_room: Callable[[str], bool]
    ) -> None:
        self._envelope = envelope
        self._verify = verify
        self._has_room = has_room
        self._deliveries: dict[Delivery, None] = {}
        self._outcomes: list[Outcome] = []
        self._expanded: set[tuple[str, str]] = set()

    def plan(self) -> Plan:
        """Where the message goes."""
        for recipient in self._envelope.recipients:
            self._route(recipient, recipient.address, self._envelope.reverse_path, ())
        return Plan(tuple(self._deliveries), tuple(one for one in self._outcomes if one.wanted))

    def _route(self, recipient: Recipient, address: str, return_path: str, way: tuple[str, ...]) -> None:
        """way: the aliases and lists that led here."""
        verdict = self._verify(*split_address(address))
        match verdict.kind:
            case "mailbox":
                self._deliver(recipient, verdict.address, return_path)
            case "alias" | "list":
                if verdict.address in way or len(way) >= DEEPEST:
                    self._end(recipient, verdict.address, return_path, "failed", *LOOP)
                elif (verdict.address, return_path) not in self._expanded:
                    self._expanded.add((verdict.address, return_path))
                    self._expand(recipient, verdict, return_path, (*way, verdict.address))
            case "elsewhere":
                self._end(recipient, verdict.address, return_path, "failed", *FOREIGN)
            case _:
                self._end(recipient, verdict.address, return_path, "failed", *UNKNOWN)

    def _deliver(self, recipient: Recipient, mailbox: str, return_path: str) -> None:
        if not self._has_room(mailbox):
            self._end(recipient, mailbox, return_path, "failed", *FULL)
            return
        self._deliveries[Delivery(mailbox, return_path)] = None
        self._end(recipient, mailbox, return_path, "delivered", "2.1.5", "delivered to the mailbox")

    def _expand(self, recipient: Recipient, verdict: Verdict, return_path: str, way: tuple[str, ...]) -> None:
        members = recipient
        if verdict.kind == "list":
            # RFC 3461 5.2.7.1: to the sender a message is delivered when the list has it.
            self._end(recipient, verdict.address, return_path, "delivered", "2.1.5", "passed on to a mailing list")
            members = Recipient(address=recipient.address)
            # A report goes through with the null path, or errors of errors would go in circles (RFC 5321 4.5.5).
            return_path = return_path and verdict.owner
        elif len(verdict.members) > 1 and "SUCCESS" in recipient.notify:
            # RFC 3461 5.2.7.3: one report of the expansion instead of one for each member.
            self._end(recipient, verdict.address, return_path, "expanded", "2.1.5", "passed on to several mailboxes")
            left = tuple(word for word in recipient.notify if word != "SUCCESS") or ("NEVER",)
            members = msgspec.structs.replace(recipient, notify=left)
        for member in verdict.members:
            self._route(members, member, return_path, way)

    def _end(
        self,
        recipient: Recipient,
        final: str,
        report_to: str,
        action: Literal["failed", "delivered", "expanded"],
        status: str,
        text: str,
    ) -> None:
        if action == "failed" or recipient.notify:
            self._outcomes.append(
                Outcome(recipient=recipient, final=final, action=action, status=status, text=text, report_to=report_to)
            )
