"""The entries that a directory has from its configuration: suffixes, containers, accounts, and those of its LDIF."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from homeport.world.directory.entry import OBJECT_CLASS, Attributes, describe
from homeport.world.directory.names import parse_dn
from homeport.world.directory.results import DirectoryError
from homeport.world.directory.schema.schema import Schema

if TYPE_CHECKING:
    from homeport.world.directory.contents import DirectoryContents

CONTAINERS = {
    "people": "people of the world",
    "groups": "groups of the world",
    "hosts": "hosts of the registry",
    "registrars": "registrars of the registry",
}
"""Units below the base, each with its description."""
SUFFIX_CLASSES = {
    "dc": (b"top", b"organization", b"dcObject"),
    "o": (b"top", b"organization"),
    "ou": (b"top", b"organizationalUnit"),
    "c": (b"top", b"country"),
}
"""Object classes of a suffix, by the attribute that names it."""
OTHER_CLASSES = (b"top", b"organization", b"extensibleObject")
Named = tuple[str, Attributes]
"""The DN of an entry, and its attributes."""


def frame_entries(schema: Schema, contents: "DirectoryContents") -> Iterator[Named]:
    """Yield the suffixes, the containers of the world below the first one, and the accounts."""
    for suffix in (contents.base, *contents.suffixes):
        yield suffix, _suffix(schema, suffix)
    for name, description in CONTAINERS.items():
        unit: Attributes = {
            OBJECT_CLASS: (b"top", b"organizationalUnit"),
            "ou": (name.encode(),),
            "description": (description.encode(),),
        }
        yield f"ou={name},{contents.base}", unit
    for account in contents.account:
        role: Attributes = {
            OBJECT_CLASS: (b"top", b"organizationalRole", b"simpleSecurityObject"),
            "cn": (parse_dn(account.dn)[0][0].value,),
            "userpassword": (account.password.encode(),),
        }
        yield account.dn, role


def configured_entries(schema: Schema, contents: "DirectoryContents") -> Iterator[Named]:
    """Yield the entries of the configuration's LDIF, with what they imply."""
    from homeport.world.directory.ldif import read_entries

    for dn, given in read_entries(contents.ldif):
        attributes = {describe(schema, name): values for name, values in given}
        yield dn, completed(schema, dn, attributes)


def _suffix(schema: Schema, suffix: str) -> Attributes:
    (first, *_others) = parse_dn(suffix)[0]
    name = describe(schema, first.type)
    attributes: Attributes = {OBJECT_CLASS: SUFFIX_CLASSES.get(name, OTHER_CLASSES), name: (first.value,)}
    if name == "dc":
        attributes["o"] = (b"Homeport",)
    return attributes


def completed(schema: Schema, dn: str, attributes: Attributes) -> Attributes:
    """Return the attributes of a configured entry with those that its name and its classes imply, if it is valid."""
    from homeport.world.directory.checks import with_naming, with_superclasses

    try:
        return with_superclasses(schema, with_naming(schema, parse_dn(dn)[0], attributes))
    except DirectoryError:
        return attributes
