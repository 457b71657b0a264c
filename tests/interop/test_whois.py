"""Debian's whois."""

import pytest


@pytest.fixture
def whois(client, run, still_farm):
    """Ask a farm: `whois("alice")`."""
    return lambda query: run(client("whois"), "-h", "127.0.0.1", "-p", still_farm.port("whois"), query).decode()


def test_whois_shows_a_person(whois):
    assert "Alice Liddell" in whois("alice")


def test_whois_shows_a_domain(whois):
    assert "homeport.test" in whois("homeport.test").lower()


def test_whois_is_told_that_there_is_no_match(whois):
    assert "no match" in whois("nothing-like-this.test").lower()


def test_whois_breaks_no_rule(whois, still_farm):
    whois("alice")
    assert still_farm.call(lambda: dict(still_farm.world.findings.counts)) == {}
