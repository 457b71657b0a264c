"""Clients of LDAP."""

from collections.abc import Callable

import pytest
from services.ldap.asker import Asker


@pytest.fixture
def client() -> Callable[..., Asker]:
    """Open a connection: `client(world, **options)`."""
    return Asker


@pytest.fixture
def admin(client) -> Asker:
    """A connection that may change everything."""
    return client().login()
