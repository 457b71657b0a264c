"""An authority to authenticate against: the default world's people."""

import pytest

from homeport.sasl.authority import WorldAuthority


@pytest.fixture
def authority(world):
    """Over a fresh world: alice's password is alice-pass."""
    return WorldAuthority(world, "homeport.test")
