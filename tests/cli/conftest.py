"""Starts `homeport up` as a child process."""

import json
import os
import select
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

SERVERS = Path(__file__).parents[2] / "servers"


class Process:
    """A farm that its command started."""

    def __init__(self, command, *arguments, **environment):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT")}
        self.popen = subprocess.Popen(
            [*command, "up", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**inherited, "PYTHONPATH": str(SERVERS), **environment},
        )

    def ready(self):
        """The ready line."""
        readable, _, _ = select.select([self.popen.stdout], [], [], 30)
        assert readable, "no ready line"
        line = self.popen.stdout.readline()
        assert line, self.popen.stderr.read()
        return json.loads(line)

    def read_log(self, wanted):
        """Read the log up to the first line that contains `words`."""
        lines = []
        deadline = threading.Timer(30, self.popen.kill)
        deadline.start()
        try:
            while not lines or wanted not in lines[-1]:
                lines.append(self.popen.stderr.readline())
                assert lines[-1], f"no line has {wanted!r}: {lines}"
        finally:
            deadline.cancel()
        return lines

    def end(self, number=signal.SIGTERM):
        """Send a signal; return exit code, remaining output, log, and the seconds until the end."""
        begin = time.monotonic()
        self.popen.send_signal(number)
        out, err = self.popen.communicate(timeout=10)
        return self.popen.returncode, out, err, time.monotonic() - begin

    def kill(self):
        """Kill it; a second call does nothing."""
        self.popen.kill()
        self.popen.communicate()

    def fail(self):
        """Return exit code and log of a farm that does not start."""
        out, err = self.popen.communicate(timeout=30)
        assert out == ""
        return self.popen.returncode, err


@pytest.fixture
def up(homeport_command):
    """Start `homeport up` with arguments and environment."""
    processes = []

    def start(*arguments, **environment):
        processes.append(Process(homeport_command, *arguments, **environment))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
