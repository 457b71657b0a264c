"""launch-1.0: sunrise, claims, landrush and other phases of a TLD's launch (RFC 8334)."""

from typing import Annotated, Literal

from homeport.services.epp.grammar import smd
from homeport.services.epp.grammar.declare import Attribute, Breach, Content, Element, Markup, Other, Verbatim
from homeport.services.epp.grammar.eppcom import Label, Lang, MinToken, Text, Time, Words
from homeport.services.epp.results import Code

NAMESPACE = "urn:ietf:params:xml:ns:launch-1.0"

PhaseValue = Literal["sunrise", "landrush", "claims", "open", "custom"]
StatusValue = Literal[
    "pendingValidation", "validated", "invalid", "pendingAllocation", "allocated", "rejected", "custom"
]  # fmt: skip


class Phase(Element, frozen=True, kw_only=True):
    section = "RFC 8334 2.3"  # a phase of the launch; `name` is that of a custom phase, or of a part of one
    name: Attribute[Words | None] = None
    value: Content[PhaseValue]


class CodeText(Element, frozen=True, kw_only=True):
    section = "RFC 8334 2.6.1"  # a code that says that a validator knows the mark
    validator_id: Attribute[MinToken | None] = None
    value: Content[MinToken]


class CodeMark(Element, frozen=True, kw_only=True):
    section = "RFC 8334 2.6.1"  # a mark that is not signed, or a code, or both
    code: CodeText | None = None
    mark: Annotated[Markup | None, Verbatim("mark.Mark")] = None


class NoticeId(Element, frozen=True, kw_only=True):
    section = "RFC 8334 3.3.2"  # identifier of a claims notice
    validator_id: Attribute[MinToken | None] = None
    value: Content[MinToken]


class Notice(Element, frozen=True, kw_only=True):
    section = "RFC 8334 3.3.2"  # the claims notice that a registrant has accepted
    notice_id: NoticeId
    not_after: Time
    accepted_date: Time


class Check(Element, frozen=True, kw_only=True):
    section = "RFC 8334 3.1"  # asks for claims keys, for availability in a phase, or if a mark exists
    type: Attribute[Literal["claims", "avail", "trademark"]] = "claims"
    phase: Phase | None = None


class Info(Element, frozen=True, kw_only=True):
    section = "RFC 8334 3.2"  # asks for an application, or for the phase of a registration
    include_mark: Attribute[bool] = False
    phase: Phase
    application_id: Words | None = None


class Create(Element, frozen=True, kw_only=True):
    section = "RFC 8334 3.3"  # applies for a name, or registers one, in a phase
    type: Attribute[Literal["application", "registration"] | None] = None
    phase: Phase
    code_mark: tuple[CodeMark, ...] = ()
    signed_mark: Annotated[tuple[Markup, ...], Verbatim("signed_mark.SignedMark")] = ()
    encoded_signed_mark: Other[tuple[smd.EncodedSignedMark, ...]] = ()
    notice: tuple[Notice, ...] = ()

    def rule(self) -> Breach | None:
        if bool(self.code_mark) + bool(self.signed_mark) + bool(self.encoded_signed_mark) > 1:
            return Breach(
                Code.SYNTAX_ERROR, "launch:create has codeMark, signedMark or encodedSignedMark, of one kind only"
            )
        return None


class IdContainer(Element, frozen=True, kw_only=True):
    section = "RFC 8334 2.1"  # an application of a phase
    phase: Phase
    application_id: Words


class Update(IdContainer, frozen=True, kw_only=True):
    section = "RFC 8334 3.4"  # changes an application


class Delete(IdContainer, frozen=True, kw_only=True):
    section = "RFC 8334 3.5"  # withdraws an application


class CreData(IdContainer, frozen=True, kw_only=True):
    section = "RFC 8334 3.3.4"  # the new application


class CdName(Element, frozen=True, kw_only=True):
    section = "RFC 8334 3.1.1"  # a name; exists: a mark matches it
    exists: Attribute[bool]
    value: Content[Label]


class ClaimKey(Element, frozen=True, kw_only=True):
    section = "RFC 8334 3.1.1"  # the key by which the claims notice is looked up
    validator_id: Attribute[MinToken | None] = None
    value: Content[Words]


class Cd(Element, frozen=True, kw_only=True):
    section = "RFC 8334 3.1.1"  # the answer for one name
    name: CdName
    claim_key: tuple[ClaimKey, ...] = ()


class ChkData(Element, frozen=True, kw_only=True):
    section = "RFC 8334 3.1.1"  # the answers, in the order asked
    phase: Phase | None = None
    cd: tuple[Cd, ...]


class Status(Element, frozen=True, kw_only=True):
    section = "RFC 8334 2.6"  # the state of an application
    s: Attribute[StatusValue]
    lang: Attribute[Lang] = "en"
    name: Attribute[Words | None] = None
    value: Content[Text] = ""


class InfData(Element, frozen=True, kw_only=True):
    section = "RFC 8334 3.2"  # an application, or the phase of a registration
    phase: Phase
    application_id: Words | None = None
    status: Status | None = None
    mark: Annotated[tuple[Markup, ...], Verbatim("mark.Mark")] = ()


ELEMENTS = (Check, Info, Create, Update, Delete, ChkData, CreData, InfData)
