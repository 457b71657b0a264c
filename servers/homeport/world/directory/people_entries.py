"""People as entries, and entries as people: which attribute is which field of a person.

What a person of the world has no field for, such as a second mail address, is kept beside it: `extra` attributes.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import msgspec

from homeport.world.directory.entry import OBJECT_CLASS, Attributes, Entry, Values, has_options
from homeport.world.directory.names import Folded
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.people import Person

if TYPE_CHECKING:
    from homeport.world.directory.contents import DirectoryContents

CLASSES = (b"top", b"person", b"organizationalPerson", b"inetOrgPerson", b"posixAccount")
FIRST_NUMBER = 10_001
"""First uidNumber."""
USERS_GID = b"100"
MAIL_HOST = "homeport.test"
"""Domain of the mail addresses of people who have none."""
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

SMALL = 200
"""Bytes of attributes beside a person that may be the same for many people: object classes above all."""
OF_POSIX = ("uidnumber", "gidnumber", "homedirectory", "loginshell")


class PersonEntry(Entry):
    """A person as an entry, which makes its attributes when they are asked for: a world has many people."""

    __slots__ = ("_above", "_extra", "_number", "_person")

    latest: ClassVar[tuple[Entry | None, Attributes]] = (None, {})
    """The entry that was asked last, with its attributes: a filter and a selection ask several times."""

    def __init__(self, key: Folded, person: Person, extra: Attributes, number: int, above: str) -> None:
        # Not `super().__init__`, which sets what is made here.
        self.key = key
        self._person = person
        self._extra = extra
        self._number = number
        self._above = above

    @property
    def dn(self) -> str:  # type: ignore[override]  # read only, as all entries are once they are made
        """Its name; a login needs no escapes."""
        return f"uid={self._person.login},{self._above}"

    @property
    def attributes(self) -> Attributes:  # type: ignore[override]
        """Its attributes."""
        entry, attributes = PersonEntry.latest
        if entry is not self:
            attributes = person_attributes(self._person, self._extra, self._number, MAIL_HOST)
            PersonEntry.latest = self, attributes
        return attributes

    @property
    def has_options(self) -> bool:  # type: ignore[override]
        """True if a description has options."""
        return bool(self._extra) and has_options(self._extra)


def person_attributes(person: Person, extra: Attributes, number: int, mail_host: str) -> Attributes:
    """Return the attributes of a person's entry. number: uidNumber. mail_host: of people without a mail address."""
    given, _, family = person.name.rpartition(" ")
    name = (person.name.encode(),)
    attributes: Attributes = {OBJECT_CLASS: CLASSES, "uid": (person.login.encode(),), "cn": name}
    if family:
        attributes["sn"] = (family.encode(),)
    if given:
        attributes["givenname"] = (given.encode(),)
    attributes["displayname"] = name
    attributes["mail"] = ((person.email or f"{person.login}@{mail_host}").encode(),)
    if person.phone:
        attributes["telephonenumber"] = (person.phone.encode(),)
    if person.office:
        attributes["roomnumber"] = (person.office.encode(),)
    attributes["uidnumber"] = (str(number).encode(),)
    attributes["gidnumber"] = (USERS_GID,)
    attributes["homedirectory"] = ((person.home or f"/home/{person.login}").encode(),)
    if person.shell:
        attributes["loginshell"] = (person.shell.encode(),)
    if person.password:
        attributes["userpassword"] = (person.password.encode(),)
    if extra:
        _merge(attributes, extra)
    return attributes


def _merge(attributes: Attributes, extra: Attributes) -> None:
    """Add what is beside a person's fields."""
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


def person_of(attributes: Attributes, before: Person | None) -> tuple[Person, Attributes]:
    """Return the person that these attributes make, and the attributes beside it.

    before: the person that is changed, for the fields that no attribute has. Raises: DirectoryError.
    """
    fields: dict[str, object] = {} if before is None else msgspec.structs.asdict(before)
    extra: Attributes = {}
    for name, field in FIELDS.items():
        values = attributes.get(name, ())
        try:
            first = values[0].decode("utf-8") if values else ""
        except UnicodeDecodeError:
            raise DirectoryError(Code.INVALID_ATTRIBUTE_SYNTAX, f"{name} of people is UTF-8") from None
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
    size = sum(len(value) for values in extra.values() for value in values)
    return person, extra if size > SMALL else _shared(tuple(extra.items()))


@lru_cache(256)
def _shared(items: tuple[tuple[str, Values], ...]) -> Attributes:
    """Return the same dictionary for the same attributes: most people of a directory have the same ones beside them."""
    return dict(items)


def people_base(contents: "DirectoryContents") -> str:
    """Return the DN below which people are."""
    return f"ou=people,{contents.base}"
