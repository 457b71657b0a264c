"""The people of a world: who can log in, who Finger and Whois know."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.world.names import WordIndex

Text = Annotated[str, Meta(max_length=1000)]


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "One person. All texts are what the services show; only login and full name are required."

    login: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="login name, unique without regard to case")
    ]
    name: Annotated[
        str, Meta(min_length=1, max_length=200, description="full name (RFC 1288 2.5.1 and 2.5.2 make Finger show it)")
    ]
    office: Annotated[Text, Meta(description="office, as Finger shows it")] = ""
    phone: Annotated[Text, Meta(description="telephone number")] = ""
    project: Annotated[Text, Meta(description="one line: what .project holds")] = ""
    plan: Annotated[str, Meta(max_length=65536, description="any lines: what .plan holds")] = ""
    home: Annotated[Text, Meta(description="home directory; /home/LOGIN if empty")] = ""
    shell: Annotated[Text, Meta(description="login shell, as Finger shows it")] = "/bin/sh"
    email: Annotated[Text, Meta(description="mail address; LOGIN@ the farm's host name if empty")] = ""
    password: Annotated[Text, Meta(description="for every service that asks for one; empty: cannot log in")] = ""
    tokens: Annotated[
        tuple[str, ...], Meta(description="OAuth bearer tokens that log this person in (XOAUTH2, OAUTHBEARER)")
    ] = ()


class People:
    """All people of a world, by login without regard to case, in the order they came."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self._people: dict[str, Person] = {}
        self.changes = 0
        """How often people came, changed or went: what was asked before holds while this stays."""
        self._words: WordIndex[Person] | None = None  # made when first asked for, forgotten when people change
        self._emails: dict[str, Person] | None = None  # likewise
        for person in people:
            if person.login.lower() in self._people:
                raise ValueError(f"two people have the login {person.login!r}")
            self.put(person)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def __len__(self) -> int:
        return len(self._people)

    def get(self, login: str) -> Person | None:
        """The person of that login, or None."""
        return self._people.get(login.lower())

    def put(self, person: Person) -> None:
        """Add a person, or replace the one of the same login."""
        self._people[person.login.lower()] = person
        self.changes += 1
        self._words = self._emails = None

    def remove(self, login: str) -> bool:
        """Whether there was such a person, who is gone now."""
        self.changes += 1
        self._words = self._emails = None
        return self._people.pop(login.lower(), None) is not None

    def with_email(self, address: str) -> Person | None:
        """The person of that mail address, without regard to case, or None."""
        if self._emails is None:
            self._emails = {person.email.lower(): person for person in self if person.email}
        return self._emails.get(address.lower())

    def with_word(self, word: str) -> list[Person]:
        """Everybody whose full name has it as a whole word, without regard to case."""
        if self._words is None:
            self._words = WordIndex((person, (person.name,)) for person in self)
        return self._words.get(word)

    def named(self, word: str) -> list[Person]:
        """Whoever has that login, then everybody whose full name has it as a whole word, without regard to case."""
        person = self.get(word)
        others = [other for other in self.with_word(word) if other is not person]
        return [person, *others] if person else others
