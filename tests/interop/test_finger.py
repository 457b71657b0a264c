"""Debian's finger, which connects only to the port of finger in /etc/services.

So it runs in a mount namespace with another /etc/services. Where the system allows none, the farm listens on port 79,
if it may.
"""

import os
import shutil
import socket
import subprocess

import pytest

FINGER_PORT = 79
OVERLAY = 'mount --bind "$1" /etc/services && shift && exec "$@"'


def namespace() -> list[str] | None:
    """Return the command that runs a program in a mount namespace; None if that is not permitted."""
    unshare = shutil.which("unshare")
    for options in (["-m"], ["-r", "-m"]):
        tried = [str(unshare), *options]
        if unshare and not subprocess.run([*tried, "true"], capture_output=True, check=False).returncode:
            return tried
    return None


def may_listen_on_79() -> bool:
    """Return True if the port is free and may be bound."""
    with socket.socket() as trial:
        # As the farm does it: the server closes first, so the last test's connections linger.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", FINGER_PORT))
        except OSError:
            return False
    return True


@pytest.fixture
def finger(client, run, start_farm, tmp_path):
    """Query a farm with Debian's finger: `finger("alice@127.0.0.1")`."""
    path = client("finger")
    within = namespace()
    if within:
        farm = start_farm("finger")
        services = tmp_path / "services"
        services.write_text(f"finger {farm.port('finger')}/tcp\n")
        command = [*within, "sh", "-c", OVERLAY, "sh", services, path]
    elif may_listen_on_79():
        start_farm("finger", hosts=["127.0.0.1"], finger={"port": FINGER_PORT})
        command = [path]
    else:
        reason = "finger asks only port 79, and this account may neither listen there nor have mounts of its own"
        (pytest.fail if os.environ.get("HOMEPORT_REQUIRE_INTEROP") == "1" else pytest.skip)(reason)
    return lambda *arguments: run(*command, *arguments).decode()


def test_finger_lists_who_is_on(finger):
    answer = finger("@127.0.0.1")
    for shown in ("alice", "Alice Liddell", "bob", "Robert Anchor", "operator", "Harbour Operator"):
        assert shown in answer
    assert "carol" not in answer


@pytest.mark.parametrize("options", [[], ["-l"]], ids=["plain", "verbose"])
def test_finger_shows_a_person_with_plan_and_project(finger, options):
    answer = finger(*options, "alice@127.0.0.1")
    for shown in ("alice", "Alice Liddell", "Harbour House 12", "Mapping the tides", "Walk the mole before breakfast."):
        assert shown in answer


def test_finger_finds_everybody_of_a_name(finger):
    answer = finger("anchor@127.0.0.1")
    assert "Robert Anchor" in answer
    assert "Carol Anchor" in answer


def test_finger_is_reported_that_there_is_nobody(finger):
    assert "no such user" in finger("nobody-here@127.0.0.1")


def test_finger_is_refused_forwarding(finger):
    assert "Finger forwarding service denied" in finger("alice@elsewhere.test@127.0.0.1")
