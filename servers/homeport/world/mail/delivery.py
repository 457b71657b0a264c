"""Delivery planning: recipients, with aliases and lists expanded (RFC 1123 5.3.6, RFC 5321 3.9).

An alias keeps the return path; a list replaces it by its owner, so that the owner gets the errors of members. A mailbox
gets a message once for each return path. Failures, and successes that the client wants reported (RFC 3461), become
`Outcome`s; `report.py` turns them into reports.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from homeport.world.mail.addresses import Verdict, split_address
from homeport.world.mail.message import Delivery, Envelope, Recipient

MAX_DEPTH = 50
"""Nesting of aliases and lists; anything deeper counts as a loop."""
UNKNOWN = ("5.1.1", "no such mailbox")
NOT_RELAYED = ("5.7.1", "mail for other hosts is not relayed")
LOOP = ("5.4.6", "an alias or a list contains itself")
FULL = ("5.2.2", "the mailbox is full")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome for one recipient, as a report has it (RFC 3464 2.3)."""

    recipient: Recipient
    final: str
    """The address after expansion."""
    action: Literal["failed", "delivered", "expanded"]
    status: str
    """RFC 3463."""
    text: str
    report_to: str
    """The return path in force; empty if no report is sent."""

    @property
    def wanted(self) -> bool:
        """True if a report of it is sent (RFC 3461 4.1)."""
        notify = self.recipient.notify
        if self.action == "failed":
            return bool(self.report_to) and (not notify or "FAILURE" in notify)
        return bool(self.report_to) and "SUCCESS" in notify


class Plan(msgspec.Struct, frozen=True):
    """The deliveries of a message, and the outcomes to report."""

    deliveries: tuple[Delivery, ...]
    outcomes: tuple[Outcome, ...]
    """Only those that need a report."""


class Router:
    """Plans the delivery of one message.

    verify: verifies an address, given local part and domain. has_room: returns True if a mailbox has room for the
    message.
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
        """Plan the deliveries and reports."""
        for recipient in self._envelope.recipients:
            self._route(recipient, recipient.address, self._envelope.reverse_path, ())
        return Plan(tuple(self._deliveries), tuple(one for one in self._outcomes if one.wanted))

    def _route(self, recipient: Recipient, address: str, return_path: str, path: tuple[str, ...]) -> None:
        """Route one recipient. path: the aliases and lists that led here."""
        verdict = self._verify(*split_address(address))
        match verdict.kind:
            case "mailbox":
                self._deliver(recipient, verdict.address, return_path)
            case "alias" | "list":
                if verdict.address in path or len(path) >= MAX_DEPTH:
                    self._end(recipient, verdict.address, return_path, "failed", *LOOP)
                elif (verdict.address, return_path) not in self._expanded:
                    self._expanded.add((verdict.address, return_path))
                    self._expand(recipient, verdict, return_path, (*path, verdict.address))
            case "elsewhere":
                self._end(recipient, verdict.address, return_path, "failed", *NOT_RELAYED)
            case _:
                self._end(recipient, verdict.address, return_path, "failed", *UNKNOWN)

    def _deliver(self, recipient: Recipient, mailbox: str, return_path: str) -> None:
        if not self._has_room(mailbox):
            self._end(recipient, mailbox, return_path, "failed", *FULL)
            return
        self._deliveries[Delivery(mailbox, return_path)] = None
        self._end(recipient, mailbox, return_path, "delivered", "2.1.5", "delivered to the mailbox")

    def _expand(self, recipient: Recipient, verdict: Verdict, return_path: str, path: tuple[str, ...]) -> None:
        members = recipient
        if verdict.kind == "list":
            # RFC 3461 5.2.7.1: for the sender, a message is delivered when it reaches the list.
            self._end(recipient, verdict.address, return_path, "delivered", "2.1.5", "forwarded to a mailing list")
            members = Recipient(address=recipient.address)
            # A report keeps the null path, or reports of reports would loop (RFC 5321 4.5.5).
            return_path = return_path and verdict.owner
        elif len(verdict.members) > 1 and "SUCCESS" in recipient.notify:
            # RFC 3461 5.2.7.3: one report of the expansion instead of one for each member.
            self._end(recipient, verdict.address, return_path, "expanded", "2.1.5", "forwarded to several mailboxes")
            left = tuple(word for word in recipient.notify if word != "SUCCESS") or ("NEVER",)
            members = msgspec.structs.replace(recipient, notify=left)
        for member in verdict.members:
            self._route(members, member, return_path, path)

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
