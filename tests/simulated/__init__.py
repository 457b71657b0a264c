"""Systems that the tests can pretend to run on, by the environment variable HOMEPORT_TEST_PLATFORM.

    generic    what Linux has and macOS has not is taken away; numbers and behaviour of macOS take its place
    windows    what POSIX has and Windows has not is taken away; only refusals can be tested there

Importing this package makes it so, before Homeport is imported: `conftest.py` imports it first, and every Python that a
test starts is given `simulated/site` on its path, where `sitecustomize.py` imports it. Nothing of Homeport is replaced:
only modules of the standard library change, and `sys.platform` while `homeport.io.platform` looks at it.
"""

import os
import subprocess
from pathlib import Path

VARIABLE = "HOMEPORT_TEST_PLATFORM"
PLATFORM = os.environ.get(VARIABLE, "")
HERE = Path(__file__).parent


def follow_children() -> None:
    """Have every Python that this process starts pretend the same."""
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
