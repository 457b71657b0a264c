"""Fixtures of EPP's tests: a desk, and its registrars."""

import pytest
from services.epp.desk import Desk
from services.epp.registrars import Clerk, make_desk

from homeport.world.registry import Registry


@pytest.fixture
def desk() -> Desk:
    return make_desk()


@pytest.fixture
def registry(desk: Desk) -> Registry:
    return desk.registry


@pytest.fixture
def harbour(desk: Desk) -> Clerk:
    return Clerk(desk, "harbour")


@pytest.fixture
def lighthouse(desk: Desk) -> Clerk:
    return Clerk(desk, "lighthouse")


@pytest.fixture
def pilot(desk: Desk) -> Clerk:
    return Clerk(desk, "pilot")
