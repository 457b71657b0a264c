"""rgp-poll-1.0: a domain whose restore report is awaited, in poll messages (Verisign's mapping)."""

from homeport.services.epp.grammar.declare import Element
from homeport.services.epp.grammar.eppcom import Label, Time
from homeport.services.epp.grammar.rgp import Status

NAMESPACE = "http://www.verisign.com/epp/rgp-poll-1.0"


class PollData(Element, frozen=True, kw_only=True):
    section = "rgp-poll-1.0"  # the restore that was requested, and when its report is due
    name: Label
    rgp_status: Status
    req_date: Time
    report_due_date: Time


ELEMENTS = (PollData,)
