"""The people of a world: users who can log in, and whom Finger and Whois show."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.world.names import WordIndex

Text = Annotated[str, Meta(max_length=1000)]


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A person. The services show these texts; only login and full name are required."

    login: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="login name, unique ignoring case")]
    name: Annotated[
        str, Meta(min_length=1, max_length=200, description="full name, which Finger must show (RFC 1288 2.5.1, 2.5.2)")
    ]
    office: Annotated[Text, Meta(description="office, as Finger shows it")] = ""
    phone: Annotated[Text, Meta(description="telephone number")] = ""
    project: Annotated[Text, Meta(description="content of .project: one line")] = ""
    plan: Annotated[str, Meta(max_length=65536, description="content of .plan: any number of lines")] = ""
    home: Annotated[Text, Meta(description="home directory; /home/LOGIN if empty")] = ""
    shell: Annotated[Text, Meta(description="login shell, as Finger shows it")] = "/bin/sh"
    email: Annotated[Text, Meta(description="mail address; LOGIN@ the farm's host name if empty")] = ""
    password: Annotated[Text, Meta(description="password for every service that needs one; empty: cannot log in")] = ""
    tokens: Annotated[
        tuple[str, ...], Meta(description="OAuth bearer tokens that log this person in (XOAUTH2, OAUTHBEARER)")
    ] = ()


class People:
    """All people of a world, by login ignoring case, in the order in which they were added."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self._people: dict[str, Person] = {}
        self.changes = 0
        """Number of changes so far; results of look-ups are valid while it is unchanged."""
        self.on_change: list[Callable[[str], None]] = []
        """Called with the login in lower case after a person was added, replaced or removed."""
        self.on_replace: list[Callable[[Person | None, Person | None], None]] = []
        """Likewise, with the person before and afterwards; None: there was none, or is none."""
        self._words: WordIndex[Person] | None = None  # built on first use, discarded when people change
        self._emails: dict[str, Person] | None = None  # likewise
        for person in people:  # without `put`: a world may begin with thousands
            login = person.login.lower()
            if login in self._people:
                raise ValueError(f"two people have the login {person.login!r}")
            self._people[login] = person

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def __len__(self) -> int:
        return len(self._people)

    def get(self, login: str) -> Person | None:
        """Return the person with this login, or None."""
        return self._people.get(login.lower())

    def put(self, person: Person) -> None:
        """Add a person, or replace the one with the same login."""
        before = self._people.get(person.login.lower())
        self._people[person.login.lower()] = person
        self._changed(person.login, before, person)

    def remove(self, login: str) -> bool:
        """Remove a person; return False if there was none with this login."""
        removed = self._people.pop(login.lower(), None)
        self._changed(login, removed, None)
        return removed is not None

    def _changed(self, login: str, before: Person | None, after: Person | None) -> None:
        self.changes += 1
        self._words = self._emails = None
        for notify in list(self.on_change):
            notify(login.lower())
        for follow in list(self.on_replace):
            follow(before, after)

    def with_email(self, address: str) -> Person | None:
        """Return the person with this mail address, ignoring case, or None."""
        if self._emails is None:
            self._emails = {person.email.lower(): person for person in self if person.email}
        return self._emails.get(address.lower())

    def with_word(self, word: str) -> list[Person]:
        """Return the people whose full name contains this whole word, ignoring case."""
        if self._words is None:
            self._words = WordIndex((person, (person.name,)) for person in self)
        return self._words.get(word)

    def named(self, word: str) -> list[Person]:
        """Return the person with this login, then those with this whole word in their full name, ignoring case."""
        person = self.get(word)
        others = [other for other in self.with_word(word) if other is not person]
        return [person, *others] if person else others
