"""Telnet in tests: logins and lines waited for, devices, faults planned by name."""

import socket

import pytest

from homeport.testing import TimedOut


def talk(telnet, *lines):
    """Type lines and half-close; return the answer."""
    with socket.create_connection(telnet.address, timeout=10) as client:
        client.sendall("".join(f"{line}\r\n" for line in lines).encode())
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while data := client.recv(65536):
            answer += data
        return answer.decode("latin-1")


def test_a_login_and_its_lines_are_waited_for(world):
    assert "/dev/pts/1" in talk(world.telnet, "alice", "alice-pass", "tty")
    assert world.telnet.wait_for_login("alice").code == "ok"
    assert world.telnet.wait_for_line("tty").conn == world.telnet.wait_for_login().conn
    assert world.telnet.lines() == ["tty"]
    with pytest.raises(TimedOut):
        world.telnet.wait_for_login("bob", timeout=0.01)
    talk(world.telnet, "bob", "wrong")
    assert [event.code for event in world.telnet.logins()] == ["ok", "failed"]


def test_a_device_misbehaves_once_as_planned(farm):
    with farm.world(services=["telnet"], config={"telnet": {"program": "router"}}) as world:
        world.telnet.fail("LINE", frame="kicked-out")
        script = ["alice", "alice-pass", "show clock", "enable", "enable-pass", "configure terminal", "hostname edge"]
        assert "cleared by an operator" in talk(world.telnet, *script)
        assert "edge(config)#" in talk(world.telnet, *script)
