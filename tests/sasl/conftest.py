"""An authority to authenticate against: the people of the default world."""

import pytest

from homeport.sasl.authority import WorldAuthority


@pytest.fixture
def authority(world):
    """The authority of a new world: alice's password is alice-pass."""
    return WorldAuthority(world, "homeport.test")
