"""The keys of a world's zones: how each zone is signed, and the rollover of keys.

Keys follow from the world's secret, the zone's name and a count, so that they are the same after a reset and a restart,
and cost nothing before they are needed. RSA keys cannot be derived: they are generated.
"""

from collections.abc import Callable, Mapping
from secrets import token_bytes

import msgspec

from homeport.world.zones.name import Name, name_text
from homeport.world.zones.rrset import RRset
from homeport.world.zones.signing.key import Key, KeySet, Policy, Recipe
from homeport.world.zones.signing.numbers import RSA_SHA256
from homeport.world.zones.signing.signatures import Signatures
from homeport.world.zones.signing.signed_zone import SignedZone
from homeport.world.zones.zone import Zone

UNSIGNED = Policy(signed=False)
SECRET_BYTES = 32
MAX_KEYS = 4
"""Keys of one zone at one time: each of them signs every record set."""
MAX_VIEWS = 1024
"""Views of zones that are kept; another one costs microseconds, and a key for its first signature."""


class KeyProblem(ValueError):
    """Raised for a change of keys that is not possible; the message says why."""


class KeysRow(msgspec.Struct, frozen=True):
    """The settings of one zone: its signing policy, and its keys."""

    policy: Policy | None = None
    """None: as the configuration says."""
    recipes: tuple[Recipe, ...] = ()
    """The oldest first; none: the first key, as it follows from the policy."""


NOTHING = KeysRow()


class Keys:
    """The keys of a world's zones.

    secret: from which they follow. is_stored: True for the origin of a zone whose records are kept. Such a zone is
    signed only if it has a policy that says so, because its history is that of its records; and its parent gets its
    DS from here. The DS of other names come from the registry. own: the world's own zone, whose DS are those of its
    keys, and not the registry's: a world has keys of its own, so its contents cannot name them.
    """

    def __init__(
        self, secret: bytes, is_stored: Callable[[Name], bool] = lambda _name: False, own: Name | None = None
    ) -> None:
        self.secret = secret
        self._is_stored = is_stored
        self._own = own
        self._default = Policy()
        self._configured: dict[Name, Policy] = {}
        self._rows: dict[Name, KeysRow] = {}
        self._sets: dict[Name, KeySet] = {}
        self._views: dict[Name, SignedZone] = {}
        self.signatures = Signatures()
        self.keep: Callable[[Name, KeysRow, KeysRow], None] = lambda _origin, _after, _before: None
        """Stores what is set of a zone, before it changes in memory."""
        self.keep_secret: Callable[[bytes], None] | None = None
        """Stores the secret, before its first use; None if it is stored, or need not be."""
        self.on_change: list[Callable[[Name], None]] = []
        """Called with a zone's origin after its keys have changed, or how it is signed."""

    def __repr__(self) -> str:
        """Leave out the secret."""
        return f"Keys({len(self._rows)} rows)"

    def view(self, zone: Zone) -> Zone:
        """Return a zone as it is served: with the records of its keys, if it is signed."""
        found = self._views.get(zone.origin)
        if found is not None and found.zone is zone:
            return found
        keys = self.of(zone.origin)
        if keys is None:
            return zone
        if len(self._views) >= MAX_VIEWS:
            self._views.clear()
        view = self._views[zone.origin] = SignedZone(zone, keys, self._signers)
        return view

    def of(self, origin: Name) -> KeySet | None:
        """Return the keys of a zone; None if it is not signed."""
        policy = self.policy(origin)
        if not policy.signed:
            return None
        if (keys := self._sets.get(origin)) is not None:
            return keys
        recipes = self._rows.get(origin, NOTHING).recipes or (Recipe(policy.algorithm, 0),)
        if len(self._sets) >= MAX_VIEWS:
            self._sets.clear()
            self._views.clear()
        made = [Key(origin, one, self._use_secret) for one in recipes]
        keys = self._sets[origin] = KeySet(origin, policy, made)
        return keys

    def policy(self, origin: Name) -> Policy:
        """Return how a zone is signed."""
        policy = self._rows.get(origin, NOTHING).policy or self._configured.get(origin)
        if policy is not None:
            return policy
        return UNSIGNED if self._is_stored(origin) else self._default

    def set_default(self, policy: Policy) -> None:
        """Set how the zones that the world makes are signed."""
        if policy != self._default:
            self._default = policy
            self.forget()

    def configure(self, policies: dict[Name, Policy]) -> set[Name]:
        """Set how the configuration has stored zones signed. Return those for which it says something else now."""
        before, self._configured = self._configured, dict(policies)
        if before != policies:
            self.forget()
        return {one for one in {*before, *policies} if before.get(one, UNSIGNED) != policies.get(one, UNSIGNED)}

    def set_policy(self, origin: Name, policy: Policy) -> None:
        """Set how one zone is signed, which replaces what the configuration says. Raises: StoreError."""
        row = self._rows.get(origin, NOTHING)
        self._change(origin, KeysRow(policy, row.recipes))

    def next_recipe(self, origin: Name, algorithm: int = 0) -> Recipe:
        """Return what the next key of a zone is made from: `generate` it in the thread pool, then `add` it.

        algorithm: its number; 0: that of the newest key.
        Raises: KeyProblem.
        """
        recipes = self._present(origin)
        if len(recipes) >= MAX_KEYS:
            raise KeyProblem(f"{name_text(origin)} has {MAX_KEYS} keys already: remove one first")
        return Recipe(algorithm or recipes[-1].algorithm, recipes[-1].generation + 1)

    def add(self, origin: Name, recipe: Recipe) -> Key:
        """Give a zone a key beside those that it has: both sign until the older one is removed (RFC 6781 4.1.2).

        Raises: KeyProblem, StoreError.
        """
        present = self._present(origin)
        if any(one.generation == recipe.generation for one in present):
            raise KeyProblem(f"{name_text(origin)} has got another key meanwhile: try again")
        self._change(origin, KeysRow(self._rows.get(origin, NOTHING).policy, (*present, recipe)))
        return Key(origin, recipe, self._use_secret)

    def remove(self, origin: Name, tag: int) -> None:
        """Remove a key; the last one of a zone stays. Raises: KeyProblem, StoreError."""
        keys = self.of(origin)
        if keys is None:
            raise KeyProblem(f"{name_text(origin)} is not signed")
        keep = tuple(one.recipe for one in keys.keys if one.tag != tag)
        if len(keep) == len(keys.keys):
            raise KeyProblem(f"{name_text(origin)} has no key {tag}")
        if not keep:
            raise KeyProblem(f"{tag} is the only key of {name_text(origin)}: roll to another one first")
        self._change(origin, KeysRow(self._rows.get(origin, NOTHING).policy, keep))

    def rows(self) -> dict[Name, KeysRow]:
        """Return what was set."""
        return dict(self._rows)

    def restore(self, rows: Mapping[Name, KeysRow]) -> None:
        """Replace what was set, without storing it: by what was stored, or by nothing in a world that begins again."""
        self._rows = {origin: row for origin, row in rows.items() if row != NOTHING}
        self.forget()

    def forget(self) -> None:
        """Have all keys be looked up again."""
        self._sets.clear()
        self._views.clear()

    def _use_secret(self) -> bytes:
        if self.keep_secret is not None:
            keep, self.keep_secret = self.keep_secret, None
            keep(self.secret)
        return self.secret

    def _present(self, origin: Name) -> tuple[Recipe, ...]:
        keys = self.of(origin)
        if keys is None:
            raise KeyProblem(f"{name_text(origin)} is not signed")
        return tuple(one.recipe for one in keys.keys)

    def _change(self, origin: Name, row: KeysRow) -> None:
        self.keep(origin, row, self._rows.get(origin, NOTHING))
        self._rows[origin] = row
        self._sets.pop(origin, None)
        self._views.pop(origin, None)
        for call in self.on_change:
            call(origin)

    def _signers(self, name: Name, registered: RRset | None, ttl: int) -> RRset | None:
        """Return the DS of a delegated name. registered: those that the registry has."""
        if name != self._own and (registered is not None or not self._is_stored(name)):
            return registered
        keys = self.of(name)
        return None if keys is None else keys.delegation_signer(ttl)


def secret_of(seed: int) -> bytes:
    """Return the secret of a world: worlds that were given the same seed have the same keys, all others their own."""
    return b"seed %d" % seed if seed else token_bytes(SECRET_BYTES)


def generate(recipe: Recipe) -> Recipe:
    """Return a recipe with its private key, where that cannot be derived. Takes 0.1 s: call it in the thread pool."""
    if recipe.algorithm != RSA_SHA256 or recipe.der:
        return recipe
    from homeport.world.zones.signing import algorithms

    return Recipe(recipe.algorithm, recipe.generation, algorithms.generate_rsa())
