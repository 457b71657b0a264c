"""A registrar in Go, by its standard library: crypto/tls verifies the farm, encoding/xml reads its namespaces."""

from collections.abc import Callable
from pathlib import Path

from tests.interop.epp_registry import EppRegistry

PROGRAM = Path(__file__).with_name("epp_day.go")


def test_a_day_in_go(registry: EppRegistry, client: Callable[[str], str], run: Callable[..., bytes]) -> None:
    said = run(client("go"), "run", PROGRAM, *registry.settings("harbour"), timeout=240).decode()
    assert said.splitlines() == [
        "greeting Homeport EPP true",
        "login 1000",
        "check go.test true",
        "check homeport.test false",
        "create 1000 true",
        "delete 1000",
        "logout 1500",
    ]
    assert registry.findings() == set()
