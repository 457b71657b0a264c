"""A farm with EPP, as clients of others see it: an address, an authority, and a clock to move."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.world.world import World

DAY = 86_400.0


@dataclass
class EppRegistry:
    """A farm whose registrars are harbour, lighthouse and pilot; a password is the name with `-pass` behind it."""

    farm: Any
    port: int
    ca: Path

    def advance(self, seconds: float) -> None:
        """Let the world's time pass."""
        self.farm.call(self.farm.world.clock.advance, seconds)

    def findings(self) -> set[str]:
        """The rules of EPP that were broken so far."""
        world: World = self.farm.world
        return {name for name in self.farm.call(lambda: dict(world.findings.counts)) if name.startswith("epp.")}

    def settings(self, registrar: str) -> list[str]:
        """Where and as whom a script logs in."""
        return [str(self.port), str(self.ca), registrar, f"{registrar}-pass"]
