"""Edges of the extensions: what follows from switching one off, commands after HELO, and replies that need UTF-8."""

import pytest
from conftest import make_world
from services.smtp.conftest import MESSAGE, TLS

from homeport.world.people import Person
from homeport.world.world import WorldContents


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.77", "1.2"])
def test_an_address_without_brackets_in_ehlo_is_accepted_with_a_finding(client, address):
    one = client()
    assert one.say(f"EHLO {address}").startswith("250")
    assert one.findings == ["bad-helo"]


@pytest.mark.parametrize("name", ["[127.0.0.1]", "client.example", "1.example"])
def test_a_literal_and_a_domain_in_ehlo_are_no_finding(client, name):
    one = client()
    one.say(f"EHLO {name}")
    assert one.findings == []


@pytest.mark.parametrize("command", ["STARTTLS", "AUTH CRAM-MD5", "BDAT 0 LAST"])
def test_a_command_of_an_extension_after_helo_is_a_finding(client, command):
    one = client()
    one.say("HELO client.example")
    if command.startswith("BDAT"):
        one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>")
    one.say(command)
    assert one.findings[:2] == ["helo-used", "parameter-after-helo"]
    extended = client().hello()
    if command.startswith("BDAT"):
        extended.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>")
    extended.say(command)
    assert "parameter-after-helo" not in extended.findings


def test_a_command_of_an_extension_before_any_hello_is_out_of_sequence_alone(client):
    one = client()
    one.say("AUTH CRAM-MD5")
    assert one.findings == ["no-ehlo"]


def test_smtputf8_needs_8bitmime(client):
    assert "SMTPUTF8" in client().say("EHLO client.example")
    assert "SMTPUTF8" not in client(without=["8BITMIME"]).say("EHLO client.example")


@pytest.mark.parametrize(
    ("extension", "verb"),
    [
        ("AUTH", "AUTH"),
        ("CHUNKING", "BDAT"),
        ("EXPN", "EXPN"),
        ("HELP", "HELP"),
        ("STARTTLS", "STARTTLS"),
        ("VRFY", "VRFY"),
    ],
)
def test_help_leaves_out_what_is_switched_off(client, extension, verb):
    words = client().say("HELP").replace("\r\n", " ").split()
    assert verb in words
    assert verb not in client(without=[extension]).say("HELP").splitlines()[0].split()
    assert client(without=[extension]).say(f"HELP {verb}").startswith("504")


def test_help_names_starttls_only_where_it_is_offered(client):
    assert "STARTTLS" not in client(listener="plain").say("HELP")
    assert "STARTTLS" not in client(listener="tls", tls=TLS).say("HELP")


@pytest.mark.parametrize(("verb", "status"), [("AUTH PLAIN ", "5.5.6"), ("NOOP ", "5.5.2"), ("MAIL FROM:", "5.5.2")])
@pytest.mark.parametrize("size", [12_280, 20_000])
def test_a_line_that_is_too_long_has_the_status_of_its_command(client, verb, status, size):
    one = client(listener="plain").hello()
    if verb.startswith("AUTH") and size < 12_288:
        return  # within its limit
    assert one.say(verb + "x" * size).startswith(f"500 {status} ")


def test_vrfy_answers_in_utf8_only_if_it_is_asked(client):
    people = (Person(login="jorg", name="J\u00f6rg", email="jorg@homeport.test"),)
    one = client(world=make_world(WorldContents(people=people))).hello()
    assert one.say("VRFY jorg") == "252 2.6.8 the reply needs UTF-8: ask with the parameter SMTPUTF8 (RFC 6531 3.7.4.2)"
    assert one.say("VRFY jorg SMTPUTF8") == "250 2.1.5 J\u00f6rg <jorg@homeport.test>"
    assert one.findings == []


@pytest.mark.parametrize("without", [[], ["PIPELINING"]])
def test_a_command_with_the_end_of_a_message_needs_pipelining(client, without):
    one = client(without=without).hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>", "DATA")
    one.send(MESSAGE.encode() + b".\r\nQUIT\r\n")
    assert one.findings == (["pipelining-not-offered"] if without else [])
    one = client(without=without).hello()
    one.deliver()
    one.say("QUIT")
    assert one.findings == []
