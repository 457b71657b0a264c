"""systemd/: the units agree with the services' declarations, systemd accepts them, and they expose little."""

import os
import re
import shutil
import subprocess

import pytest
from listed import assert_listed

UNITS = ("homeport.service", "homeport@.service", "homeport.socket")
DROP_INS = ("lan.conf", "notify-reload.conf")
NOTIFY_RELOAD = 253
"""The version of systemd that introduced Type=notify-reload."""


@pytest.fixture
def analyze(tmp_path, read_file):
    """Run systemd-analyze on the units, with a program in place of theirs; return output and success."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    program = tmp_path / "homeport"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "homeport.service.d").mkdir()
    for unit in UNITS:
        text = read_file(f"systemd/{unit}").replace("/opt/homeport/bin/homeport", str(program))
        (tmp_path / unit).write_text(text.replace(" man:homeport(1)", "").replace("=man:homeport(1)", "="))

    def run(*arguments):
        ran = subprocess.run(
            ["systemd-analyze", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            check=False,
            env={**os.environ, "SYSTEMD_PAGER": "cat"},
        )
        return ran.returncode, (ran.stdout + ran.stderr).strip()

    return run


def test_systemd_from_252_on_understands_the_units(analyze):
    assert analyze("verify", *(f"./{unit}" for unit in UNITS)) == (0, "")


@pytest.mark.parametrize("name", DROP_INS)
def test_systemd_understands_the_drop_ins(analyze, tmp_path, read_file, name):
    (tmp_path / "homeport.service.d" / name).write_text(read_file(f"systemd/homeport.service.d/{name}"))
    version = int(re.search(r"\d+", analyze("--version")[1])[0])
    code, said = analyze("verify", "./homeport.service")
    if name == "notify-reload.conf" and version < NOTIFY_RELOAD:
        assert "Failed to parse service type, ignoring: notify-reload" in said
    else:
        assert (code, said) == (0, "")


def test_the_service_says_when_it_is_ready_and_reloads_by_a_signal_or_by_itself(read_file):
    service, newer = read_file("systemd/homeport.service"), read_file("systemd/homeport.service.d/notify-reload.conf")
    assert re.findall(r"^(?:Type|ExecReload)=.*$", service, re.M) == [
        "Type=notify",
        "ExecReload=/bin/kill -HUP $MAINPID",
    ]
    assert re.findall(r"^(?:Type|ExecReload)=.*$", newer, re.M) == ["Type=notify-reload", "ExecReload="]


def test_the_service_exposes_little_of_the_machine(analyze):
    code, said = analyze("security", "--offline=yes", "--threshold=20", "./homeport.service")
    assert code == 0, said
    assert float(re.search(r"Overall exposure level for homeport.service: ([\d.]+)", said)[1]) < 2


def test_the_socket_unit_has_every_listener_on_iana_s_port(read_file, iana_ports):
    listens = re.findall(
        r"^Listen(Stream|Datagram)=(127\.0\.0\.1|\[::1\]):(\d+)$", read_file("systemd/homeport.socket"), re.M
    )
    kinds = {"Stream": "tcp", "Datagram": "udp"}
    for address in ("127.0.0.1", "[::1]"):
        found = {(int(port), kinds[kind]) for kind, host, port in listens if host == address}
        assert_listed(f"systemd/homeport.socket, ListenStream= and ListenDatagram= on {address}", found, iana_ports)
    assert len(listens) == 2 * len(iana_ports)


def test_the_template_is_hardened_as_the_service_is(read_file):
    def settings(unit):
        lines = read_file(f"systemd/{unit}").splitlines()
        own = ("Description=", "ExecStart=", "StateDirectory=", "RuntimeDirectory=")
        return [line for line in lines if "=" in line and not line.startswith(("#", *own))]

    assert settings("homeport@.service") == settings("homeport.service")
