"""Simulation of Windows: removes what it lacks."""

import os
import shutil  # noqa: F401 - imported before the platform is another, because it would want Windows' own modules
import signal
import sys

import click  # noqa: F401 - looks at the platform when it is imported, and would then want the console of Windows

MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog")
NAMES = {
    os: (
        "fork",
        "O_CLOEXEC",
        "O_DIRECTORY",
        "O_NOFOLLOW",
        "O_NONBLOCK",
        "O_PATH",
        "memfd_create",
        "sendfile",
        "getuid",
    ),
    signal: ("SIGHUP", "SIGUSR1", "SIGUSR2"),
}


def pretend() -> None:
    """Simulate Windows for imports."""
    for name in MODULES:
        sys.modules[name] = None
    for module, names in NAMES.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = "win32"
