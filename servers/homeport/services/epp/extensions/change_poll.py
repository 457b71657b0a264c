"""Changes that the registry made by itself (RFC 8590): what was done, by whom and why, in poll messages."""

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import Request
from homeport.services.epp.grammar import change_poll, epp
from homeport.services.epp.grammar.eppcom import Reason
from homeport.world.registry import Message
from homeport.world.registry.registry_acts import Case, act_of


def change_of_message(_request: Request[epp.Poll], message: Message) -> change_poll.ChangeData | None:
    """Return the change that a message is about; None for one that is about a client's own doing."""
    act = act_of(message)
    if act is None:
        return None
    return change_poll.ChangeData(
        state=act.state,
        operation=change_poll.Operation(op=act.op or None, value=act.operation),
        date=message.date,
        sv_trid=f"hp-act-{message.id}",
        who=act.who,
        case_id=None if act.case is None else _case(act.case),
        reason=Reason(value=act.reason) if act.reason else None,
    )


def _case(case: Case) -> change_poll.CaseId:
    return change_poll.CaseId(type=case.type, name=case.name or None, value=case.id)


EXTENSION = Extension(uri=change_poll.NAMESPACE, rfc="8590", shows={epp.Poll: change_of_message})
