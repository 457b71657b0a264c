"""nslcd and the C library's name service: the world's people and groups as users of a system."""

import os
import shutil
from pathlib import Path

from tests.interop.conftest import lacking

SCRIPT = """\
set -e
"$@" up --host 127.0.0.77 -q --services ldap >ready.json &
trap 'kill $(jobs -p); wait' EXIT
"$@" ready --wait --url "http://127.0.0.77:18000" >/dev/null
mkdir -p run/nslcd
cp -a /etc etc
cat >etc/nslcd.conf <<END
uid 0
gid 0
uri ldap://127.0.0.77:10389/
base dc=homeport,dc=test
END
chmod 600 etc/nslcd.conf
printf 'passwd: files ldap\\ngroup: files ldap\\n' >etc/nsswitch.conf
unshare --mount sh -ec '
    mount --bind etc /etc
    mount --bind run /run
    NSLCD -n &
    until [ -S /run/nslcd/socket ]; do :; done
    getent passwd alice
    getent group crew
    id -Gn alice
    getent passwd nobody-there || echo "not found: $?"
    kill %1 || kill $!'
"""


def test_people_and_groups_are_users_and_groups_of_a_system(in_own_network):
    server = shutil.which("nslcd")
    if server is None:
        lacking("there is no nslcd")
    module = Path(server).parents[2] / "lib" / f"{os.uname().machine}-linux-gnu"
    printed = in_own_network(SCRIPT.replace("NSLCD", server), LD_LIBRARY_PATH=str(module))
    assert printed.splitlines() == [
        "alice:*:10001:100:Alice Liddell:/home/alice:/bin/sh",
        "crew:*:20002:bob,alice",
        "users crew",
        "not found: 2",
    ]
