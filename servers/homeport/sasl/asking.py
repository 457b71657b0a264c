"""User names that ask for faults: `alice+NAME`, if `[faults] by_client` is set."""

from homeport.sasl.authority import WorldAuthority
from homeport.world.world import World


class AskingAuthority(WorldAuthority):
    """The people of a world, whose names may have `+` and the name of a fault after them."""

    __slots__ = ("asked",)

    def __init__(self, world: World, host: str) -> None:
        super().__init__(world, host)
        self.asked = ""
        """Name of the fault that the client asks for; empty for none."""

    def identity(self, name: str) -> str | None:
        """Return the login for a name, with or without a fault."""
        found = super().identity(name)
        if found is None and "+" in name:
            user, _, asked = name.partition("+")
            asked, at, domain = asked.partition("@")
            found = super().identity(user + at + domain)
            self.asked = asked if found is not None else ""
        return found
