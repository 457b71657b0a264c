"""The cost of Homeport for other projects' tests: the plugin's import, the first farm, a fresh world.

    python bench/fixtures.py [--rounds 7]

Each round runs in its own process. Milliseconds: the median of the rounds, and the best.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

SERVERS = str(Path(__file__).parents[1] / "servers")
IMPORT = """
import pytest, time
begin = time.perf_counter()
import homeport.testing.plugin
print("import of the plugin", (time.perf_counter() - begin) * 1000, sep="\\t")
"""
FARM = """
import statistics, time

def timed(function):
    begin = time.perf_counter()
    result = function()
    return result, (time.perf_counter() - begin) * 1000

def first():
    from homeport import Farm
    return Farm(mode={mode!r}).start()

farm, seconds = timed(first)
print("first farm, every service, imports and all", seconds, sep="\\t")
world, seconds = timed(farm.world)
print("its first world", seconds, sep="\\t")
made = [timed(farm.world) for _ in range(50)]
print("a fresh world, every service", statistics.median(seconds for _world, seconds in made), sep="\\t")
closed = [timed(world.close)[1] for world, _seconds in made]
print("its end", statistics.median(closed), sep="\\t")
print("the end of the farm", timed(farm.stop)[1], sep="\\t")
"""


def measure(title: str, program: str, rounds: int) -> None:
    """Run a program N times, and print the figures in its lines."""
    figures: dict[str, list[float]] = {}
    environment = {**os.environ, "PYTHONPATH": SERVERS}
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
        )
        for line in done.stdout.splitlines():
            name, _tab, milliseconds = line.partition("\t")
            figures.setdefault(name, []).append(float(milliseconds))
    for name, values in figures.items():
        print(f"{title:<9}{name:<44}{statistics.median(values):8.1f}{min(values):8.1f}")


def main() -> None:
    """Measure all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(f"{'mode':<9}{'milliseconds':<44}{'median':>8}{'best':>8}")
    measure("", IMPORT, rounds)
    for mode in ("thread", "process"):
        measure(mode, FARM.format(mode=mode), rounds)


if __name__ == "__main__":
    main()
