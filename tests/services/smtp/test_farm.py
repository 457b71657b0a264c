"""SMTP on a running farm: concurrency, large messages, and behaviour that only the network shows."""

import smtplib
import socket
import time

import pytest
from conftest import read_all
from services.smtp.conftest import MESSAGE


@pytest.fixture
def smtp_farm(start_farm):
    """A farm with SMTP alone."""
    return start_farm("smtp")


def connect(farm, listener: str = "starttls") -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", farm.port("smtp", listener), local_hostname="client.example", timeout=10)


@pytest.mark.requirement("SMTP-5.3.1.2-1")
def test_a_client_idle_in_a_message_delays_no_other(smtp_farm):
    idle = [connect(smtp_farm) for _ in range(19)]
    for client in idle:
        client.ehlo()
        client.mail("a@client.example")
        client.rcpt("alice@homeport.test")
        assert client.docmd("DATA")[0] == 354
    begun = time.monotonic()
    with connect(smtp_farm) as client:
        assert client.sendmail("a@client.example", "alice@homeport.test", MESSAGE) == {}
    assert time.monotonic() - begun < 5
    for client in idle:
        client.close()


@pytest.mark.requirement("SMTP-5.3.3-7")
def test_a_large_message_is_answered_soon_after_its_dot(smtp_farm):
    content = MESSAGE.encode() + (b"x" * 76 + b"\r\n") * 13_500
    with connect(smtp_farm) as client:
        client.ehlo()
        client.mail("a@client.example")
        client.rcpt("tides@homeport.test")
        assert client.docmd("DATA")[0] == 354
        client.send(content)
        begun = time.monotonic()
        assert client.docmd(".")[0] == 250
    assert time.monotonic() - begun < 5
    [message] = smtp_farm.call(lambda: list(smtp_farm.world.mail.messages()))
    assert smtp_farm.call(smtp_farm.world.mail.raw, message) == content


def test_a_session_of_the_library_breaks_no_rule_but_what_it_sends(smtp_farm):
    with connect(smtp_farm) as client:
        client.sendmail("a@client.example", ["alice@homeport.test", "bob@homeport.test"], MESSAGE)
        assert client.verify("alice")[0] == 250
        assert client.expn("tides")[0] == 250
        assert client.noop()[0] == 250
    assert smtp_farm.call(lambda: dict(smtp_farm.world.findings.counts)) == {}


def test_the_journal_has_the_message(smtp_farm):
    with connect(smtp_farm) as client:
        client.sendmail("a@client.example", "alice@homeport.test", MESSAGE)
    [event] = smtp_farm.events("message")
    assert event["subject"] == "hello"
    assert event["conn"].startswith("c")


@pytest.mark.parametrize("listener", ["plain", "starttls"])
def test_a_proxy_header_names_the_client_on_each_listener(start_farm, listener):
    farm = start_farm("smtp", smtp={"proxy_protocol": True})
    with socket.create_connection(("127.0.0.1", farm.port("smtp", listener)), timeout=10) as proxy:
        proxy.sendall(b"PROXY TCP4 192.0.2.9 192.0.2.1 4000 25\r\nEHLO [192.0.2.9]\r\nQUIT\r\n")
        assert read_all(proxy).startswith(b"220 ")
    [opened] = farm.events("opened")
    assert (opened["listener"], opened["peer"]) == (listener, "192.0.2.9:4000")
