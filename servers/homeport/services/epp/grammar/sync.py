"""sync-1.0: the day of the year on which a domain expires (Verisign's ConsoliDate)."""

from typing import Annotated

from homeport.services.epp.grammar.datatypes import Pattern
from homeport.services.epp.grammar.declare import Element

NAMESPACE = "http://www.verisign.com/epp/sync-1.0"

_DAYS = r"(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|[12]\d)"
_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?"
MonthDay = Annotated[str, Pattern(rf"--(?:{_DAYS}){_ZONE}", "a day of the year such as --05-31")]
"""xs:gMonthDay."""


class Update(Element, frozen=True, kw_only=True):
    section = "sync 3.2.5"  # the extension of a domain's update
    exp_month_day: MonthDay


ELEMENTS = (Update,)
