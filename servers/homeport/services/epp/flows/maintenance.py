"""Info of a maintenance, or of those that have not ended (RFC 9167 4.1.3). Only the registry makes them."""

from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.grammar.maintenance import (
    Description,
    Environment,
    Id,
    InfData,
    Info,
    Intervention,
    Item,
    ListData,
    ListItem,
    System,
    Systems,
    Tlds,
    TypeText,
)
from homeport.services.epp.results import Code
from homeport.world.registry.maintenances import Maintenance, PollType, listed


@flow(Info, reference="RFC 9167 4.1.3")
def info(request: Request[Info]) -> Outcome:
    """Return one maintenance, or the list."""
    wanted, registry = request.command.id, request.registry
    if wanted is None:
        return Outcome(data=InfData(list=ListData(list_item=tuple(map(_list_item, listed(registry))))))
    one = registry.maintenances.get(wanted.value.lower())
    if one is None:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST,
            "RFC 9167 4.1.3: no maintenance has this identifier; ask for the list to see those there are",
            value=Value("id", wanted.value),
        )
    return Outcome(data=shown_maintenance(one))


def shown_maintenance(one: Maintenance, poll_type: PollType | None = None) -> InfData:
    """Return a maintenance as an answer shows it. poll_type: of a message."""
    return InfData(
        item=Item(
            id=_id(one),
            type=tuple(TypeText(value=text) for text in one.types),
            poll_type=poll_type,
            systems=Systems(
                system=tuple(System(name=each.name, host=each.host or None, impact=each.impact) for each in one.systems)
            ),
            environment=Environment(type=one.environment, name=one.environment_name or None),
            start=one.start,
            end=one.end,
            reason=one.reason,
            detail=one.detail or None,
            description=tuple(
                Description(lang=each.lang, type=each.type, value=each.text) for each in one.descriptions
            ),
            tlds=Tlds(tld=one.zones) if one.zones else None,
            intervention=Intervention(connection=one.connection, implementation=one.implementation),
            cr_date=one.created,
            up_date=one.updated,
        )
    )


def _list_item(one: Maintenance) -> ListItem:
    return ListItem(id=_id(one), start=one.start, end=one.end, cr_date=one.created, up_date=one.updated)


def _id(one: Maintenance) -> Id:
    return Id(name=one.name or None, value=one.id)
