"""Groups as entries, and entries as groups."""

from collections.abc import Callable

import msgspec

from homeport.world.directory.entry import OBJECT_CLASS, Attributes
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.groups import Group

CLASSES = (b"top", b"groupOfNames", b"posixGroup")
FIRST_NUMBER = 20_001
"""First gidNumber."""
Kind = tuple[str, str]
"""The kind of a DN: `person` or `group` with its name, or `other` with the DN."""


def group_attributes(
    group: Group, number: int, dn_of_login: Callable[[str], str], dn_of_group: Callable[[str], str]
) -> Attributes:
    """Return the attributes of a group's entry. An empty group has the empty DN as its member: the class needs one."""
    members = (*map(dn_of_login, group.members), *map(dn_of_group, group.groups), *group.others)
    attributes: Attributes = {
        OBJECT_CLASS: CLASSES,
        "cn": (group.name.encode(),),
        "member": tuple(dn.encode() for dn in members) or (b"",),
        "gidnumber": (str(group.gid or number).encode(),),
    }
    if group.description:
        attributes["description"] = (group.description.encode(),)
    if group.members:
        attributes["memberuid"] = tuple(login.encode() for login in group.members)
    return attributes


def group_of(attributes: Attributes, kind_of: Callable[[str], Kind]) -> Group:
    """Return the group that these attributes make. Raises: DirectoryError."""
    held: dict[str, dict[str, None]] = {"person": {}, "group": {}, "other": {}}
    for value in attributes.get("member", ()):
        kind, name = kind_of(value.decode("utf-8", "replace"))
        if name:
            held[kind][name] = None
    unknown = attributes.keys() - {OBJECT_CLASS, "cn", "member", "gidnumber", "description", "memberuid"}
    if unknown:
        text = f"groups of the world have no {sorted(unknown)[0]}: make an entry elsewhere for it"
        raise DirectoryError(Code.UNWILLING_TO_PERFORM, text)
    name = attributes.get("cn", (b"",))[0].decode("utf-8", "replace")
    description = attributes.get("description", (b"",))[0].decode("utf-8", "replace")
    gid = attributes.get("gidnumber", (b"0",))[0]
    fields = {
        "name": name,
        "description": description,
        "members": [*held["person"]],
        "groups": [*held["group"]],
        "others": [*held["other"]],
        "gid": int(gid) if gid.isdigit() else 0,
    }
    try:
        return msgspec.convert(fields, Group)
    except msgspec.ValidationError as error:
        raise DirectoryError(Code.CONSTRAINT_VIOLATION, f"the world has no such group: {error}") from None
