"""A domain: names, identifiers and times as Active Directory writes them."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING
from uuid import UUID

from homeport.world.directory.entry import Entry
from homeport.world.directory.group_entries import FIRST_NUMBER as FIRST_GID
from homeport.world.directory.names import NameProblem, parse_dn
from homeport.world.directory.people_entries import FIRST_NUMBER as FIRST_UID

if TYPE_CHECKING:
    from homeport.services.ldap.dialogue import LdapDialogue

EPOCH_S = 11_644_473_600
"""Seconds from 1601 to 1970."""
TICKS = 10_000_000
"""Ticks of a second."""
NEVER = (1 << 63) - 1
MAX_NETBIOS, MAX_DIGITS = 15, 20
ADMINISTRATOR, DOMAIN_USERS = 500, 513
FIRST_RID = 1104
OF_UUID = 1 << 30
"""Identifiers from here on are taken from the UUID: those of entries that are neither people nor groups."""
USERS = frozenset(("person", "simplesecurityobject", "user"))
GROUPS = frozenset(("group", "groupofnames", "groupofuniquenames"))


class Domain:
    """The domain whose name is that of the first suffix."""

    def __init__(self, dialogue: "LdapDialogue") -> None:
        self.world = dialogue.context.world
        self.directory = self.world.directory
        self.suffix = self.directory.suffix
        self.host_name = dialogue.options.host_name.lower()
        labels = [
            one.value.decode("utf-8", "replace")
            for rdn in parse_dn(self.suffix)
            for one in rdn
            if one.type.lower() == "dc"
        ]
        self.name = ".".join(labels).lower() or "homeport.test"
        self.netbios = self.name.partition(".")[0].upper()[:MAX_NETBIOS]
        self._last: tuple[Entry | None, str] = (None, "")  # the role of the entry that was asked about last
        self.host = self.host_name.partition(".")[0].upper()[:MAX_NETBIOS]

    @property
    def configuration(self) -> str:
        """DN of the configuration's naming context."""
        return f"CN=Configuration,{self.suffix}"

    @property
    def schema_context(self) -> str:
        """DN of the schema's naming context."""
        return f"CN=Schema,{self.configuration}"

    # Entries

    def role(self, entry: Entry) -> str:
        """Return what an entry is: `user`, `group`, `domain`, or `other`."""
        if self._last[0] is not entry:
            self._last = (entry, self._found_role(entry))
        return self._last[1]

    def _found_role(self, entry: Entry) -> str:
        classes = entry.classes()
        if not USERS.isdisjoint(classes):
            return "user"
        if not GROUPS.isdisjoint(classes):
            return "group"
        return "domain" if entry.key == self.directory.fold(self.suffix) else "other"

    def account_name(self, entry: Entry) -> str:
        """Return the sAMAccountName of a user or group."""
        return entry.text("samaccountname") or entry.text("uid") or entry.text("cn")

    def uuid(self, entry: Entry) -> UUID:
        """Return the UUID of an entry."""
        return UUID(self.directory.stamp_of(entry).uuid)

    # Identifiers

    @property
    def sid(self) -> bytes:
        """The security identifier of the domain: it follows from the seed and the suffix."""
        digest = blake2b(f"{self.world.contents.seed} {self.suffix}".encode(), digest_size=12).digest()
        return b"\x01\x04" + bytes((0, 0, 0, 0, 0, 5)) + (21).to_bytes(4, "little") + digest

    def sid_of(self, rid: int) -> bytes:
        """Return the security identifier of a relative one."""
        return b"\x01\x05" + self.sid[2:] + rid.to_bytes(4, "little")

    def rid(self, entry: Entry) -> int:
        """Return the relative identifier of an entry: it follows from its uidNumber or gidNumber."""
        kind, _name = self.directory.kind_of(entry.key)
        uid, gid = entry.text("uidnumber"), entry.text("gidnumber")
        if kind == "person" and is_number(uid):
            return FIRST_RID + 2 * max(int(uid) - FIRST_UID, 0) % OF_UUID
        if kind == "group" and is_number(gid):
            return FIRST_RID + 1 + 2 * max(int(gid) - FIRST_GID, 0) % OF_UUID
        if b"simpleSecurityObject" in entry.get("objectclass"):
            return ADMINISTRATOR
        return OF_UUID | int.from_bytes(self.uuid(entry).bytes[:4], "big") >> 2

    def groups_around(self, entry: Entry) -> Iterator[Entry]:
        """Yield the groups that an entry is in, by any number of groups."""
        seen, waiting = {entry.key}, [entry]
        while waiting:
            for group in self.directory.groups_of(waiting.pop()):
                if group.key not in seen:
                    seen.add(group.key)
                    waiting.append(group)
                    yield group


def is_number(text: str) -> bool:
    """Return True for the digits of a number of up to 64 bits."""
    return len(text) <= MAX_DIGITS and text.isascii() and text.isdigit()


def text_of_sid(sid: bytes) -> str:
    """Return a security identifier as `S-1-5-21-...`."""
    authority = int.from_bytes(sid[2:8], "big")
    parts = [int.from_bytes(sid[at : at + 4], "little") for at in range(8, len(sid), 4)]
    return "-".join(map(str, ("S", sid[0], authority, *parts)))


def sid_of_text(text: str) -> bytes | None:
    """Return the bytes of `S-1-5-21-...`; None if it is no security identifier."""
    letter, *words = text.split("-")
    if letter.upper() != "S" or not 3 <= len(words) <= 17 or not all(map(is_number, words)):
        return None
    revision, authority, *parts = map(int, words)
    if revision != 1 or authority >= 1 << 48 or any(part >= 1 << 32 for part in parts):
        return None
    held = b"".join(part.to_bytes(4, "little") for part in parts)
    return bytes((revision, len(parts))) + authority.to_bytes(6, "big") + held


def uuid_of_text(text: str) -> UUID | None:
    """Return the UUID of a text: with hyphens, or its 16 bytes in hexadecimal as objectGUID has them."""
    bare = text.strip("{}")
    try:
        return UUID(bare) if "-" in bare else UUID(bytes_le=bytes.fromhex(bare))
    except ValueError:
        return None


def file_time(moment: float) -> int:
    """Return a Unix time in ticks of 100 ns since 1601."""
    return int((moment + EPOCH_S) * TICKS)


def unix_time(ticks: int) -> float:
    """Return ticks of 100 ns since 1601 as a Unix time."""
    return ticks / TICKS - EPOCH_S


def is_dn(name: str) -> bool:
    """Return True for a distinguished name."""
    try:
        return bool(parse_dn(name))
    except NameProblem:
        return False
