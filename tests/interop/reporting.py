"""A process that is killed while it reports what it does: on each line of its standard output a list in JSON."""

import json
import subprocess
import sys
import time
from typing import Any


class Reporting:
    """A process of Python that runs a script. `first` is what it reports when it has begun."""

    def __init__(self, script: str, *arguments: object) -> None:
        command = [sys.executable, "-c", script, *map(str, arguments)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        assert line, "what it changes cannot be opened"
        self.first: list[Any] = json.loads(line)

    def kill(self, after_s: float) -> list[list[Any]]:
        """Kill it after that time, and return the rest of its reports."""
        time.sleep(after_s)  # real time is what is under test
        self._process.kill()
        reports = []
        for line in self._process.stdout.read().splitlines():
            try:
                reports.append(json.loads(line))
            except ValueError:
                break  # the last line is cut
        self._process.stdout.close()
        self._process.wait()
        return reports
