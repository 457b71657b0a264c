"""changePoll-1.0: changes that a client did not make itself, in poll messages (RFC 8590)."""

from typing import Annotated, Literal

from homeport.services.epp.grammar.datatypes import Normalized, Token
from homeport.services.epp.grammar.declare import Attribute, Content, Element, Named
from homeport.services.epp.grammar.epp import TrId
from homeport.services.epp.grammar.eppcom import Reason, Time, Words

NAMESPACE = "urn:ietf:params:xml:ns:changePoll-1.0"

OperationName = Literal[
    "create",
    "delete",
    "renew",
    "transfer",
    "update",
    "restore",
    "autoRenew",
    "autoDelete",
    "autoPurge",
    "custom",
]


class Operation(Element, frozen=True, kw_only=True):
    section = "RFC 8590 2.1"  # what was done; op: a part of it, such as purge, or the name of a custom one
    op: Attribute[Words | None] = None
    value: Content[OperationName]


class CaseId(Element, frozen=True, kw_only=True):
    section = "RFC 8590 2.3"  # the case that the change belongs to
    type: Attribute[Literal["udrp", "urs", "custom"]]
    name: Attribute[Words | None] = None
    value: Content[Annotated[str, Token()]]


class ChangeData(Element, frozen=True, kw_only=True):
    section = "RFC 8590 3.1.2"  # a change of the object that the message shows, as it was before or after it
    state: Attribute[Literal["before", "after"]] = "after"
    operation: Operation
    date: Time
    sv_trid: TrId
    who: Annotated[str, Normalized(1, 255)]
    case_id: Annotated[CaseId | None, Named("caseId")] = None
    reason: Reason | None = None


ELEMENTS = (ChangeData,)
