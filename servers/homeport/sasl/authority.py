"""The people of a world as the authority over accounts: their passwords, tokens and certificates.

Nonces come from the world's seeded generator and salts from the name, so that a run can be repeated byte for byte. That
is the purpose of a test farm, and would be a security hole elsewhere: anyone who knows the seed can predict every
nonce.
"""

from base64 import b64encode

from homeport.world.passwords import is_hashed
from homeport.world.people import Person
from homeport.world.world import World

NONCE_BYTES = 18
SALT_BYTES = 16
ITERATIONS = 4096
"""RFC 7677 4: at least this many."""


class WorldAuthority:
    """The accounts of one world. Each session makes its own.

    host: the name in CRAM-MD5's challenge. iterations: rounds of SCRAM; salted passwords are cached, but the first
    salting blocks the reactor for that many rounds. any_login: accept an unknown login, with any password.
    """

    __slots__ = ("_world", "any_login", "asked_for", "host", "iterations")

    def __init__(
        self, world: World, host: str = "localhost", iterations: int = ITERATIONS, *, any_login: bool = False
    ) -> None:
        self._world = world
        self.host = host
        self.iterations = iterations
        self.any_login = any_login
        self.asked_for = ""
        """The login whose password was asked for last, so that a wrong one can be counted."""

    def identity(self, name: str) -> str | None:
        """Return the login for a login or a mail address, in any case; None if it is unknown."""
        person = self._find(name)
        return person.login if person else None

    def password(self, identity: str) -> str | None:
        """Return the password of a login in the clear; None for a person without one, or with a hash of it."""
        self.asked_for = identity
        person = self._world.people.get(identity)
        if person is None or not person.password or is_hashed(person.password.encode()):
            return None
        return person.password

    def hashed(self, identity: str) -> str | None:
        """Return the hash of a login's password, if only that is kept."""
        self.asked_for = identity
        person = self._world.people.get(identity)
        return person.password if person is not None and is_hashed(person.password.encode()) else None

    def token(self, token: str) -> str | None:
        """Return the login of the person who has this token."""
        import hmac  # imports OpenSSL's hashes, 2 ms at start

        wanted = token.encode()
        for person in self._world.people:
            if any(hmac.compare_digest(one.encode(), wanted) for one in person.tokens):
                return person.login
        return None

    def has_tokens(self) -> bool:
        """Return True if any person has a token."""
        return any(person.tokens for person in self._world.people)

    def identity_of(self, certificate: bytes) -> str | None:
        """Look up the mail addresses in subjectAltName, then the subject's common names and mail addresses."""
        from homeport.sasl.certificates import names_of

        found = (self._find(name) for name in names_of(certificate))
        return next((person.login for person in found if person), None)

    def may_act_as(self, identity: str, authorization: str) -> bool:
        """Return True if both are the same login."""
        return identity == authorization

    def nonce(self) -> str:
        """Return the next nonce of the world's generator."""
        return b64encode(self._world.random.randbytes(NONCE_BYTES)).decode()

    def salt(self, name: str) -> bytes:
        """Derive the salt from the name alone: it is the same in every world, so that all share the salted
        passwords.
        """
        import hashlib

        return hashlib.sha256(b"homeport salt\0" + name.encode()).digest()[:SALT_BYTES]

    def now(self) -> float:
        """Return the time of the world's clock."""
        return self._world.clock.now()

    def _find(self, name: str) -> Person | None:
        people = self._world.people
        local, at, _domain = name.rpartition("@")
        if not at:
            return people.get(name)
        address = name.lower()
        for person in people:
            if person.email.lower() == address:
                return person
        # A person without an address of their own is LOGIN@ any name of the farm.
        owner = people.get(local)
        return owner if owner and not owner.email else None
