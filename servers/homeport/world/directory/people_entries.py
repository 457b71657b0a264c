"""People as entries, and entries as people: which attribute is which field of a person.

What a person of the world has no field for, such as a second mail address, is kept beside it: `extra` attributes.
"""

from typing import TYPE_CHECKING

import msgspec

from homeport.world.directory.entry import OBJECT_CLASS, Attributes
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.people import Person

if TYPE_CHECKING:
    from homeport.world.directory.contents import DirectoryContents

CLASSES = (b"top", b"person", b"organizationalPerson", b"inetOrgPerson", b"posixAccount")
FIRST_NUMBER = 10_001
"""First uidNumber."""
USERS_GID = b"100"
FIELDS = {
    "uid": "login",
    "cn": "name",
    "telephonenumber": "phone",
    "roomnumber": "office",
    "homedirectory": "home",
    "loginshell": "shell",
    "mail": "email",
    "userpassword": "password",
}
"""Fields of a person by attribute; each holds the first value."""
DERIVED = frozenset(("sn", "givenname", "displayname", "uidnumber", "gidnumber", OBJECT_CLASS))
"""Attributes that every person has: made of the fields, unless they were set."""

OF_POSIX = ("uidnumber", "gidnumber", "homedirectory", "loginshell")


def person_attributes(person: Person, extra: Attributes, number: int, mail_host: str) -> Attributes:
    """Return the attributes of a person's entry. number: uidNumber. mail_host: of people without a mail address."""
    given, _, family = person.name.rpartition(" ")
    fields = {
        OBJECT_CLASS: CLASSES,
        "uid": (person.login.encode(),),
        "cn": (person.name.encode(),),
        "sn": (family.encode(),),
        "givenname": (given.encode(),) if given else (),
        "displayname": (person.name.encode(),),
        "mail": ((person.email or f"{person.login}@{mail_host}").encode(),),
        "telephonenumber": (person.phone.encode(),) if person.phone else (),
        "roomnumber": (person.office.encode(),) if person.office else (),
        "uidnumber": (str(number).encode(),),
        "gidnumber": (USERS_GID,),
        "homedirectory": ((person.home or f"/home/{person.login}").encode(),),
        "loginshell": (person.shell.encode(),) if person.shell else (),
        "userpassword": (person.password.encode(),) if person.password else (),
    }
    attributes = {name: values for name, values in fields.items() if values}
    for name, values in extra.items():
        # An empty one was deleted; what a person's field has comes first.
        first = attributes.get(name, ()) if name in FIELDS else ()
        merged = (*first, *(value for value in values if value not in first))
        if merged:
            attributes[name] = merged
        else:
            attributes.pop(name, None)
    if not any(one.lower() == b"posixaccount" for one in attributes[OBJECT_CLASS]):
        for name in OF_POSIX:
            attributes.pop(name, None)
    return attributes


def person_of(attributes: Attributes, before: Person | None) -> tuple[Person, Attributes]:
    """Return the person that these attributes make, and the attributes beside it.

    before: the person that is changed, for the fields that no attribute has. Raises: DirectoryError.
    """
    fields: dict[str, object] = {} if before is None else msgspec.structs.asdict(before)
    extra: Attributes = {}
    for name, field in FIELDS.items():
        values = attributes.get(name, ())
        first = values[0].decode("utf-8", "replace") if values else ""
        fields[field] = first
        if len(values) > 1:
            extra[name] = values[1:]
    for name, values in attributes.items():
        if name not in FIELDS:
            extra[name] = values
    try:
        person = msgspec.convert(fields, Person)
    except msgspec.ValidationError as error:
        raise DirectoryError(Code.CONSTRAINT_VIOLATION, f"the world has no such person: {error}") from None
    derived = person_attributes(person, {}, 0, "")
    for name in DERIVED:
        if name in attributes and attributes[name] == derived.get(name):
            extra.pop(name, None)
        elif name not in attributes and name in derived and name != "uidnumber":
            extra[name] = ()
    extra.pop("uidnumber", None)
    return person, extra


def people_base(contents: "DirectoryContents") -> str:
    """Return the DN below which people are."""
    return f"ou=people,{contents.base}"
