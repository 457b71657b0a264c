"""Simulation of other operating systems in tests, selected by the environment variable HOMEPORT_TEST_PLATFORM.

    generic    features of Linux that macOS lacks are removed; constants and behaviour of macOS replace them
    windows    features of POSIX that Windows lacks are removed; only refusals can be tested there

Importing this package activates it, before Homeport is imported: `conftest.py` imports it first, and every Python that
a test starts has `simulated/site` on its path, where `sitecustomize.py` imports it. Nothing of Homeport is replaced:
only modules of the standard library change, and `sys.platform` while `homeport.io.platform` looks at it.
"""

import os
import subprocess
from pathlib import Path

VARIABLE = "HOMEPORT_TEST_PLATFORM"
PLATFORM = os.environ.get(VARIABLE, "")
HERE = Path(__file__).parent


def follow_children() -> None:
    """Make every Python that this process starts simulate the same system."""
    begin = subprocess.Popen.__init__

    def start(self, args, *rest, env=None, **options):
        env = dict(os.environ if env is None else env)
        env.setdefault(VARIABLE, PLATFORM)
        ours = [str(HERE / "site"), str(HERE.parent)]
        path = [one for one in env.get("PYTHONPATH", "").split(os.pathsep) if one not in ours]
        # The directory of the tests comes last: its modules must not hide anything from programs.
        env["PYTHONPATH"] = os.pathsep.join([ours[0], *filter(None, path), ours[1]])
        begin(self, args, *rest, env=env, **options)

    subprocess.Popen.__init__ = start


if PLATFORM == "generic":
    from simulated import mac

    mac.pretend()
    follow_children()
elif PLATFORM == "windows":
    from simulated import windows

    windows.pretend()
    follow_children()
elif PLATFORM:
    raise ValueError(f"{VARIABLE}={PLATFORM}: write generic, windows or nothing")
