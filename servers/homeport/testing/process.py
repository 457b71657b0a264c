"""A farm in a child process, which ends with this one: `homeport up --until-eof`.

Its standard input is a pipe that is never written to. However this process ends, the pipe closes, and the farm stops.
Its configuration and its log are in-memory files, so nothing is left on disk.
"""

import json
import os
import re
import select
import subprocess
import sys
from typing import Any

from homeport.io.platform import memory_file
from homeport.testing import toml
from homeport.testing.api import Api, HttpApi
from homeport.testing.errors import FarmError
from homeport.testing.reachable import reachable

START_SECONDS = 30
STOP_SECONDS = 5
LOG_SHOWN = 4000
"""Bytes of the log, from its end, that an error shows."""
PLACE = re.compile(r"homeport: (/dev/fd/\d+(:\d+)?: )?")


class FarmProcess:
    """Starts a farm. tree: its configuration.

    Raises: FarmError if it does not start.
    """

    def __init__(self, tree: dict[str, Any]) -> None:
        self._pid = os.getpid()
        self._settings, contents = toml.settings_and_rest(tree)
        self._log = memory_file("homeport-log")
        config = memory_file("homeport-config")
        try:
            write_all(config, contents.encode())
            os.lseek(config, 0, os.SEEK_SET)  # on some systems /dev/fd does not open a file again
            self._process = self._spawn(config)
            os.register_at_fork(after_in_child=_let_go(self._process))
            self.ready = self._announced()
        except BaseException:
            self.close()
            raise
        finally:
            os.close(config)
        self.api: Api = HttpApi(reachable(self.ready)["control"], token_of(tree))

    def _spawn(self, config: int) -> "subprocess.Popen[bytes]":
        # The farm gets our module search path.
        program = f"import sys; sys.path[:] = {sys.path!r}; from homeport.cli import main; main()"
        flags = ["--ephemeral", "--quiet", "--until-eof", "--config", f"/dev/fd/{config}"]
        flags += [f"--set={setting}" for setting in self._settings]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT")}
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", program, "up", *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            pass_fds=[config],
            env=environment,
            # Ctrl-C is for the tests; the farm must survive until they have cleaned up.
            start_new_session=True,
        )

    def _announced(self) -> dict[str, Any]:
        """Read the ready line."""
        output = self._process.stdout
        assert output is not None  # noqa: S101 - a pipe
        poll = select.poll()
        poll.register(output, select.POLLIN)
        with output:
            line = output.readline() if poll.poll(START_SECONDS * 1000) else b""
        if not line:
            raise FarmError(self._last_words("the farm did not start"))
        ready: dict[str, Any] = json.loads(line)
        return ready

    def obituary(self) -> str:
        """Return how it ended, with its last log lines; empty if it is alive."""
        if self._pid != os.getpid():
            return ""
        try:
            # A process that has just closed its sockets is about to end.
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            return ""
        return self._last_words("the farm's process has ended")

    def _last_words(self, what: str) -> str:
        try:
            status = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return f"{what}: no output within {START_SECONDS} s{self._log_text()}"
        how = f"killed by signal {-status}" if status < 0 else f"exit status {status}"
        return f"{what} ({how}){self._log_text()}"

    def _log_text(self) -> str:
        size = os.fstat(self._log).st_size
        log = os.pread(self._log, LOG_SHOWN, max(size - LOG_SHOWN, 0)).decode(errors="replace").strip()
        for setting in self._settings:
            log = log.replace(f"--set {setting}: ", "")
        return ": " + PLACE.sub("", log) if log else "; its log is empty"

    def close(self) -> None:
        """Stop it, and wait for its end. In a forked child it does nothing: the farm belongs to the parent."""
        if self._pid != os.getpid() or self._log < 0:
            return
        if hasattr(self, "api"):
            self.api.close()
        if hasattr(self, "_process"):
            self._end()
        os.close(self._log)
        self._log = -1

    def _end(self) -> None:
        lifeline, output = self._process.stdin, self._process.stdout
        assert lifeline is not None  # noqa: S101 - pipes
        assert output is not None  # noqa: S101
        output.close()
        lifeline.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def token_of(tree: dict[str, Any]) -> str:
    """Return the control token of a configuration."""
    control = tree.get("control")
    return str(control.get("token", "")) if isinstance(control, dict) else ""


def write_all(descriptor: int, octets: bytes) -> None:
    """Write all of `data`."""
    while octets:
        octets = octets[os.write(descriptor, octets) :]


def _let_go(process: "subprocess.Popen[bytes]") -> Any:
    """Close a forked child's copy of the pipe, which would keep the farm alive after its parent."""
    from weakref import ref

    kept = ref(process)

    def after_fork() -> None:
        known = kept()
        if known is not None and known.stdin is not None:
            known.stdin.close()

    return after_fork
