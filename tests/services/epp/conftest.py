"""Fixtures of EPP's tests: a registry, and who sits at its desks."""

import pytest
from services.epp.registrars import Desk, make_registry

from homeport.world.registry import Registry


@pytest.fixture
def registry() -> Registry:
    return make_registry()


@pytest.fixture
def harbour(registry: Registry) -> Desk:
    return Desk(registry, "harbour")


@pytest.fixture
def lighthouse(registry: Registry) -> Desk:
    return Desk(registry, "lighthouse")


@pytest.fixture
def pilot(registry: Registry) -> Desk:
    return Desk(registry, "pilot")
