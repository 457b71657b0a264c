"""The people of a world as an authority: their passwords, tokens and certificates.

Nonces come from the world's seeded generator and salts from the name, so that a run can be repeated octet by octet.
That is the point of a test farm, and would be a hole anywhere else: whoever knows the seed foresees every nonce.
"""

from base64 import b64encode

from homeport.world.people import Person
from homeport.world.world import World

NONCE_OCTETS = 18
SALT_OCTETS = 16
ITERATIONS = 4096
"""RFC 7677 4: at least this many."""


class WorldAuthority:
    """Keeps nothing itself: as cheap as the sessions that make one each.

    host: the name that CRAM-MD5's challenge shows. iterations: rounds of SCRAM; each password is salted once and the
    result kept, but more rounds make that once longer, and nothing else is served meanwhile. takes_strangers: take a
    login that nobody in the world has, with any password.
    """

    __slots__ = ("_world", "host", "iterations", "takes_strangers")

    def __init__(
        self, world: World, host: str = "localhost", iterations: int = ITERATIONS, *, takes_strangers: bool = False
    ) -> None:
        self._world = world
        self.host = host
        self.iterations = iterations
        self.takes_strangers = takes_strangers

    def identity(self, name: str) -> str | None:
        """By login, or by mail address; without regard to case."""
        person = self._find(name)
        return person.login if person else None

    def password(self, identity: str) -> str | None:
        """A person without a password cannot log in by one."""
        person = self._world.people.get(identity)
        return (person.password or None) if person else None

    def token(self, token: str) -> str | None:
        """Whoever has it among their tokens."""
        import hmac  # brings OpenSSL's hashes along, 2 ms of a start-up

        wanted = token.encode()
        for person in self._world.people:
            if any(hmac.compare_digest(one.encode(), wanted) for one in person.tokens):
                return person.login
        return None

    def has_tokens(self) -> bool:
        """Whether anybody has one."""
        return any(person.tokens for person in self._world.people)

    def identity_of(self, certificate: bytes) -> str | None:
        """By a mail address among its alternative names, then by its subject's common name or mail address."""
        from homeport.sasl.certificates import names_of

        found = (self._find(name) for name in names_of(certificate))
        return next((person.login for person in found if person), None)

    def may_act_as(self, identity: str, authorization: str) -> bool:
        """Everybody as themselves alone."""
        return identity == authorization

    def nonce(self) -> str:
        """The next one of the world's generator."""
        return b64encode(self._world.random.randbytes(NONCE_OCTETS)).decode()

    def salt(self, name: str) -> bytes:
        """Of the name alone: the same in every world, so that all of them share the salted passwords that are kept."""
        import hashlib

        return hashlib.sha256(b"homeport salt\0" + name.encode()).digest()[:SALT_OCTETS]

    def now(self) -> float:
        """The world's clock."""
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
        # Whoever has no address of their own is LOGIN@ the farm's name, which may be any of several.
        owner = people.get(local)
        return owner if owner and not owner.email else None
