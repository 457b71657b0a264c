"""Personas over the API: named sets of options that a service offers."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of


class PersonaState(msgspec.Struct, frozen=True):
    meaning = "A persona of a service."

    service: str
    name: str
    text: str
    options: dict[str, Any]
    zones: Annotated[dict[str, Any], Meta(description="keys of every TLD of the registry that it sets")]
    chosen: Annotated[
        bool, Meta(description="true if the service uses it in this world; keys set beside it override its options")
    ]


class Personas(msgspec.Struct, frozen=True):
    meaning = "The personas of the services of a world."

    items: list[PersonaState]
    total: int
    next: int | None = None


def personas(farm: Farm, request: Request) -> Personas:
    host = world_of(farm, request)
    services = {one.service.name: one.service for one in host.listeners}
    items = [
        PersonaState(
            name, one.name, one.text, one.options, one.zones, chosen=one.name == host.world.options[name].persona
        )
        for name, service in services.items()
        for one in service.personas
    ]
    return Personas(items, len(items))


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/personas",
        summary="List the personas of a world's services",
        description="Return the personas that the services of a world offer. A persona is a named set of options.",
        handler=personas,
        cli="homeport personas",
        answer=Personas,
    ),
)
