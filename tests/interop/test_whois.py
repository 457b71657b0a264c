"""Debian's whois."""

import pytest


@pytest.fixture
def whois(client, run, still_farm):
    """Return a function that queries a farm: `whois("alice")`."""
    return lambda query: run(client("whois"), "-h", "127.0.0.1", "-p", still_farm.port("whois"), query).decode()


def test_whois_shows_a_person(whois):
    assert "Alice Liddell" in whois("alice")


def test_whois_shows_a_domain(whois):
    assert "homeport.test" in whois("homeport.test").lower()


def test_whois_shows_that_nothing_matches(whois):
    assert "no match" in whois("nothing-like-this.test").lower()


def test_whois_breaks_no_rule(whois, still_farm):
    whois("alice")
    assert still_farm.call(lambda: dict(still_farm.world.findings.counts)) == {}


def test_whois_shows_the_most_specific_network(whois):
    assert "192.0.2.64 - 192.0.2.127" in whois("192.0.2.77")
    assert "LIGHTHOUSE-V6" in whois("2001:db8:7::1")
    assert "HARBOUR-AS" in whois("AS64496")


def test_whois_follows_a_referral_of_a_network(client, run, start_farm):
    near = start_farm("whois")
    far = start_farm(whois={"refer": {"198.51.100.0/24": f"127.0.0.1:{near.port('whois')}"}})
    shown = run(client("whois"), "-h", "127.0.0.1", "-p", far.port("whois"), "198.51.100.15").decode()
    assert shown.index("Found a referral to 127.0.0.1") < shown.index("LIGHTHOUSE-LAMPS")
