"""A farm with EPP for third-party clients: address, authority, and a movable clock."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.world.world import World

DAY = 86_400.0


@dataclass
class EppRegistry:
    """A farm whose registrars are harbour, lighthouse and pilot; a password is the name with `-pass` appended."""

    farm: Any
    port: int
    ca: Path

    def advance(self, seconds: float) -> None:
        """Advance the world's clock."""
        self.farm.call(self.farm.world.clock.advance, seconds)

    def findings(self) -> set[str]:
        """Return the EPP rules broken so far."""
        world: World = self.farm.world
        return {name for name in self.farm.call(lambda: dict(world.findings.counts)) if name.startswith("epp.")}

    def settings(self, registrar: str) -> list[str]:
        """Return the arguments of a client script: address and credentials."""
        return [str(self.port), str(self.ca), registrar, f"{registrar}-pass"]
