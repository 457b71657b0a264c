"""A world's groups over the API. LDAP shows a change at once.

Changes live in memory, as those of people do: a farm that starts again has the configured groups, with the changes
that clients of LDAP made.
"""

from http import HTTPStatus

import msgspec

from homeport.control.farm import Farm
from homeport.control.json_pieces import whole_list
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.slices import Body
from homeport.control.state import body_of, log_change, not_found, with_key
from homeport.world.groups import Group
from homeport.world.world import World

GroupBody = body_of(Group, "name")
SHOWN_AT_ONCE = 4
"""Groups that are serialized in one step: each may have many members."""


class GroupList(msgspec.Struct, frozen=True):
    meaning = "The groups of a world."

    items: list[Group]
    total: int
    next: int | None = None


def groups(farm: Farm, request: Request) -> Body:
    return whole_list(farm, world_of(farm, request).world.groups, lambda one: one, size=SHOWN_AT_ONCE)


def group(farm: Farm, request: Request) -> Group:
    return _group(world_of(farm, request).world, request)


def put_group(farm: Farm, request: Request) -> Group:
    world, put = world_of(farm, request).world, with_key(request, Group, "name")
    world.groups.put(put)
    log_change(world, "group", put.name, "put")
    return put


def delete_group(farm: Farm, request: Request) -> None:
    world = world_of(farm, request).world
    name = _group(world, request).name
    world.groups.remove(name)
    log_change(world, "group", name, "deleted")


def _group(world: World, request: Request) -> Group:
    name = request.parameters["name"]
    found = world.groups.get(name)
    if found is None:
        raise not_found("group", name, (one.name for one in world.groups))
    return found


GROUPS = f"{WORLD}/groups"
GROUP = f"{GROUPS}/{{name}}"
OPERATIONS = (
    Operation(
        method="GET",
        path=GROUPS,
        summary="List the groups of a world",
        description="Return all groups of people, which LDAP shows as entries.",
        handler=groups,
        cli="homeport groups list",
        python="homeport.groups.all()",
        answer=GroupList,
    ),
    Operation(
        method="GET",
        path=GROUP,
        summary="Get a group",
        description="Return the group with this name.",
        handler=group,
        cli="homeport groups show {name}",
        python="homeport.groups[{name}]",
        answer=Group,
    ),
    Operation(
        method="PUT",
        path=GROUP,
        summary="Add or replace a group",
        description="Add a group, or replace the one with the same name. Members need not exist.",
        handler=put_group,
        cli="homeport groups put {name} members:={members}",
        python="homeport.groups.put({name}, members={members})",
        body=GroupBody,
        answer=Group,
    ),
    Operation(
        method="DELETE",
        path=GROUP,
        summary="Delete a group",
        description="Delete the group with this name. Its members stay.",
        handler=delete_group,
        cli="homeport groups remove {name}",
        python="del homeport.groups[{name}]",
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
)
