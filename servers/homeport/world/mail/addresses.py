"""Mail addresses: their two parts, and who owns them.

The owner of a mailbox decides what its local part means, and RFC 5321 2.4 allows `Smith` and `smith` to differ. Here
the names of people, aliases, lists and Postmaster are case-insensitive (2.4 advises it, 4.5.1 requires it of
Postmaster); every other local part is case-sensitive. Domains are compared as A-labels, case-insensitively.
"""

import re
from functools import lru_cache
from typing import Literal

import msgspec

from homeport.world.mail.contents import MailAlias, MailContents, MailList
from homeport.world.names import canonical_name
from homeport.world.people import People, Person

Kind = Literal["mailbox", "alias", "list", "unknown", "ambiguous", "elsewhere"]
HOME = "homeport.test"
"""The domain of bare names if every domain is accepted."""
POSTMASTER = "postmaster"
CACHE_SIZE = 1024
"""Verdicts that are cached: each address is verified at RCPT and again at delivery."""
TAG = "+"
"""Separates a name from its owner's tag: `alice+shop` is Alice's."""
# RFC 5321 4.1.2: Dot-string, atoms without specials; RFC 6531 3.3 adds all of UTF-8.
ATOM = r'[^\x00-\x20()<>\[\]:;@\\,."\x7f]+'
DOT_STRING = re.compile(rf"{ATOM}(?:\.{ATOM})*")
SPECIAL = re.compile(r'([\\"])')
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The result of verifying an address."""

    kind: Kind
    address: str
    """In canonical form: without a tag, its domain in lower case."""
    person: Person | None = None
    members: tuple[str, ...] = ()
    """Addresses: the targets of an alias or a list, or the candidates for an ambiguous name."""
    owner: str = ""
    """Address: the return path of what a list sends."""


def join_address(local_part: str, domain: str) -> str:
    """Join local part and domain; quote the local part if it needs it."""
    if not DOT_STRING.fullmatch(local_part):
        local_part = '"' + SPECIAL.sub(r"\\\1", local_part) + '"'
    return f"{local_part}@{domain}" if domain else local_part


def split_address(address: str) -> tuple[str, str]:
    """Split an address into local part, without quotes, and domain; the domain may be empty."""
    local_part, at, domain = address.rpartition("@")
    if not at or domain.endswith('"'):
        local_part, domain = address, ""
    if len(local_part) > 1 and local_part.startswith('"') and local_part.endswith('"'):
        local_part = ESCAPED.sub(r"\1", local_part[1:-1])
    return local_part, domain


def canonical_domain(domain: str) -> str:
    """Return the domain in the form that is compared: in lower case, its labels as A-labels."""
    if domain.isascii():
        return domain.lower()
    return canonical_name(domain) or domain.lower()


class Directory:
    """Owners of addresses.

    The methods take `people` on each call, because people are added and removed while the farm runs.
    """

    def __init__(self, contents: MailContents) -> None:
        self._only_known = contents.only_known
        self._domains = {canonical_domain(domain) for domain in contents.domains}
        self._everywhere = "*" in self._domains
        self.home = next((canonical_domain(domain) for domain in contents.domains if domain != "*"), HOME)
        """The domain of names without one."""
        named: tuple[MailAlias | MailList, ...] = (*contents.lists, *contents.aliases)
        self._groups = {_key(group.name): group for group in named}
        self._cached = lru_cache(CACHE_SIZE)(self._verify)

    def accepts(self, domain: str) -> bool:
        """Return True if a domain has mailboxes here."""
        return self._everywhere or canonical_domain(domain) in self._domains

    def verify(self, people: People, local_part: str, domain: str) -> Verdict:
        """Verify an address. local_part: without quotes. domain: empty for a bare name (`Postmaster`)."""
        return self._cached(people, people.changes, local_part, domain)

    def _verify(self, people: People, _changes: int, local_part: str, domain: str) -> Verdict:
        domain = canonical_domain(domain) if domain else self.home
        if not self._everywhere and domain not in self._domains:
            return Verdict(kind="elsewhere", address=join_address(local_part, domain))
        name = local_part.lower()
        found = self._known(people, name, domain)
        if found is None and TAG in name:
            found = self._known(people, name.partition(TAG)[0], domain)
        if found is not None:
            return found
        kind: Kind = "unknown" if self._only_known else "mailbox"
        return Verdict(kind=kind, address=join_address(local_part, domain))

    def search(self, people: People, text: str) -> Verdict:
        """Verify an address or a name as VRFY takes it: a login, an alias, a list, or a word of a full name."""
        local_part, domain = split_address(text.strip())
        if domain:
            return self.verify(people, local_part, domain)
        found = self._known(people, local_part.lower(), self.home)
        if found is not None:
            return found
        matches = [person for person in people if person.name.lower() == local_part.lower()]
        matches = matches or people.with_word(local_part)
        if len(matches) == 1:
            return self._mailbox_of(matches[0])
        members = tuple(self._mailbox_of(person).address for person in matches)
        return Verdict(
            kind="ambiguous" if matches else "unknown", address=join_address(local_part, self.home), members=members
        )

    def _mailbox_of(self, person: Person) -> Verdict:
        address = person.email or f"{person.login.lower()}@{self.home}"
        return Verdict(kind="mailbox", address=address, person=person)

    def _known(self, people: People, name: str, domain: str) -> Verdict | None:
        """Look up a local part in lower case: a group, a person, Postmaster."""
        address = f"{name}@{domain}"
        group = self._groups.get(address) or self._groups.get(name)
        if group is not None:
            return _group_verdict(group, join_address(name, domain), domain)
        person = people.get(name) or people.with_email(address)
        if person is not None:
            return Verdict(kind="mailbox", address=join_address(name, domain), person=person)
        if name == POSTMASTER:
            return Verdict(kind="mailbox", address=address)
        return None


def _key(name: str) -> str:
    local_part, domain = split_address(name)
    return f"{local_part.lower()}@{canonical_domain(domain)}" if domain else local_part.lower()


def _group_verdict(group: MailAlias | MailList, address: str, domain: str) -> Verdict:
    def full(target: str) -> str:
        local_part, its_domain = split_address(target)
        return join_address(local_part, its_domain or domain)

    if isinstance(group, MailList):
        members = tuple(map(full, group.members))
        return Verdict(kind="list", address=address, members=members, owner=full(group.owner))
    return Verdict(kind="alias", address=address, members=tuple(map(full, group.to)))
