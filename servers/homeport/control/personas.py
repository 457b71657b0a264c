"""What the API says of personas: the named bundles of options that services have."""

from typing import Any

import msgspec

from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of


class PersonaState(msgspec.Struct, frozen=True):
    meaning = "A persona of a service."

    service: str
    name: str
    text: str
    options: dict[str, Any]
    chosen: bool
    """Whether the service has it in this world; keys that are given besides override its options."""


class Personas(msgspec.Struct, frozen=True):
    meaning = "The personas of the services of a world."

    items: list[PersonaState]
    total: int
    next: int | None = None


def personas(farm: Farm, request: Request) -> Personas:
    host = world_of(farm, request)
    services = {one.service.name: one.service for one in host.listeners}
    items = [
        PersonaState(name, one.name, one.text, one.options, chosen=one.name == host.world.options[name].persona)
        for name, service in services.items()
        for one in service.personas
    ]
    return Personas(items, len(items))


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/personas",
        description="The personas that the services of a world can have.",
        summary="The personas that a world's services can have: named bundles of their options",
        handler=personas,
        answer=Personas,
    ),
)
