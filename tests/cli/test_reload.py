"""SIGHUP: a farm in a child process reads its configuration again."""

import json
import signal
import socket

START = """
[control]
port = 0
[farm]
services = ["echo", "finger"]
[echo]
port = 0
[finger]
port = 0
"""


def test_sighup_applies_the_changed_file_and_an_open_connection_survives(up, tmp_path):
    file = tmp_path / "farm.toml"
    file.write_text(START)
    farm = up("-c", str(file), "-q", "--host", "127.0.0.1", "--log-format", "json")
    ready = farm.ready()
    echo = ready["services"]["echo"]["tcp"]
    with socket.create_connection((echo["host"], echo["port"]), timeout=10) as client:
        client.sendall(b"before")
        assert client.recv(100) == b"before"
        file.write_text(
            START.replace('"finger"]', '"finger", "users"]\nseed = 7') + "syntax = 'strict'\n[users]\nport = 0\n"
        )
        farm.popen.send_signal(signal.SIGHUP)
        (line,) = farm.read_log("reloaded")
        assert json.loads(line)["applied"] == ["farm.services", "finger.syntax", "users.enabled"]
        assert json.loads(line)["needs_restart"] == ["farm.seed"]
        assert json.loads(line)["level"] == "warning"
        client.sendall(b"after")
        assert client.recv(100) == b"after"
    code, out, _err, _seconds = farm.end()
    assert (code, out) == (0, "")


def test_sighup_with_a_mistake_changes_nothing_and_names_its_line(up, tmp_path):
    file = tmp_path / "farm.toml"
    file.write_text(START)
    farm = up("-c", str(file), "-q")
    farm.ready()
    file.write_text(START.replace("[echo]", "[echo]\nstrikt = true"))
    farm.popen.send_signal(signal.SIGHUP)
    (line,) = farm.read_log("not reloaded")
    assert line.endswith(f"error: not reloaded: {file}:7: echo has no key 'strikt'; did you mean 'strict'?\n")
    assert farm.end()[0] == 0


def test_flags_still_override_the_file_after_a_reload(up, tmp_path):
    file = tmp_path / "farm.toml"
    file.write_text(START)
    farm = up("-c", str(file), "--set", "limits.connections=5", HOMEPORT__LIMITS__IDLE="5s")
    farm.ready()
    file.write_text(START + "[limits]\nconnections = 7\nidle = '9s'\nconnections_per_peer = 9\n")
    farm.popen.send_signal(signal.SIGHUP)
    assert farm.read_log("reloaded: ")[-1].endswith("reloaded: applied: limits.connections_per_peer\n")
    farm.popen.send_signal(signal.SIGHUP)
    assert farm.read_log("reloaded: ")[-1].endswith("reloaded: the configuration has not changed\n")


def test_the_service_manager_is_notified_of_a_reload_good_or_bad(up, tmp_path):
    path = str(tmp_path / "notify")
    file = tmp_path / "farm.toml"
    file.write_text(START)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(10)
        farm = up("-c", str(file), "-q", NOTIFY_SOCKET=path)
        assert manager.recv(100) == b"READY=1"
        for text in (START + "strict = true\n", "no toml"):
            file.write_text(text)
            farm.popen.send_signal(signal.SIGHUP)
            state, time = manager.recv(100).split(b"\n")
            assert state == b"RELOADING=1"
            assert time.startswith(b"MONOTONIC_USEC=")
            assert int(time.partition(b"=")[2]) > 0
            assert manager.recv(100) == b"READY=1"
