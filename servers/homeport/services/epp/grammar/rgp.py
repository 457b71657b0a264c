"""rgp-1.0: grace periods and the restoring of deleted domains (RFC 3915)."""

from typing import Annotated, Literal

from homeport.services.epp.grammar.declare import AtMost, Attribute, Breach, CheckedMixed, Content, Element
from homeport.services.epp.grammar.eppcom import Lang, Text, Time
from homeport.services.epp.results import Code

NAMESPACE = "urn:ietf:params:xml:ns:rgp-1.0"

StatusValue = Literal[
    "addPeriod",
    "autoRenewPeriod",
    "renewPeriod",
    "transferPeriod",
    "pendingDelete",
    "pendingRestore",
    "redemptionPeriod",
]


class ReportData(Element, frozen=True, kw_only=True):
    section = "RFC 3915 4.2.5"  # registration data in a report, as text or markup
    content: CheckedMixed


class ReportText(Element, frozen=True, kw_only=True):
    section = "RFC 3915 4.2.5"  # a reason or a statement in a report, as text or markup
    lang: Attribute[Lang] = "en"
    content: CheckedMixed


class Report(Element, frozen=True, kw_only=True):
    section = "RFC 3915 4.2.5"  # why a domain is restored
    pre_data: ReportData
    post_data: ReportData
    del_time: Time
    res_time: Time
    res_reason: ReportText
    statement: Annotated[tuple[ReportText, ...], AtMost(2)]
    other: ReportData | None = None


class Restore(Element, frozen=True, kw_only=True):
    section = "RFC 3915 4.2.5"  # asks for a restore, or reports on one
    op: Attribute[Literal["request", "report"]]
    report: Report | None = None

    def rule(self) -> Breach | None:
        if self.op == "report" and self.report is None:
            return Breach(Code.MISSING_PARAMETER, 'op="report" needs the element report')
        if self.op == "request" and self.report is not None:
            return Breach(Code.SYNTAX_ERROR, 'op="request" has no report; send it later, with op="report"')
        return None


class Update(Element, frozen=True, kw_only=True):
    section = "RFC 3915 4.2.5"  # the extension of a domain's update
    restore: Restore


class Status(Element, frozen=True, kw_only=True):
    section = "RFC 3915 3.1"  # a grace period, with a text that may explain it
    s: Attribute[StatusValue]
    lang: Attribute[Lang] = "en"
    value: Content[Text] = ""


class InfData(Element, frozen=True, kw_only=True):
    section = "RFC 3915 4.1.2"  # the grace periods of a domain
    rgp_status: tuple[Status, ...]


class UpData(Element, frozen=True, kw_only=True):
    section = "RFC 3915 4.2.5"  # the domain's status after a restore
    rgp_status: tuple[Status, ...]


ELEMENTS = (Update, InfData, UpData)
