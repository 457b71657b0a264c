"""The choice of the authority over a world's accounts."""

from homeport.sasl.authority import WorldAuthority
from homeport.world.world import World


def choose_authority(world: World, host: str) -> WorldAuthority:
    """Return the accounts of a world; if clients may ask for faults, by user names that do so as well."""
    if not world.faults.by_client:
        return WorldAuthority(world, host)
    from homeport.sasl.asking import AskingAuthority  # most farms never need it

    return AskingAuthority(world, host)
