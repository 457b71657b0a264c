"""Verification of addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.world.mail.addresses import join_address, split_address
from homeport.world.people import Person


def told(verdict):
    return verdict.kind, verdict.address


@pytest.mark.parametrize(
    ("address", "halves"),
    [
        ("alice@example.org", ("alice", "example.org")),
        ("postmaster", ("postmaster", "")),
        ('"a b"@example.org', ("a b", "example.org")),
        (r'"a\"b\\"@example.org', ('a"b\\', "example.org")),
        ('"a@b"@example.org', ("a@b", "example.org")),
        ('"a@b"', ("a@b", "")),
        ("alice@[127.0.0.1]", ("alice", "[127.0.0.1]")),
        ("jörg@bücher.example", ("jörg", "bücher.example")),
        ("", ("", "")),
    ],
)
def test_an_address_has_two_parts(address, halves):
    assert split_address(address) == halves
    if halves[0]:
        assert join_address(*halves) == address


@given(st.text(), st.from_regex(r"[a-z]+(\.[a-z]+)*", fullmatch=True))
def test_local_parts_round_trip_through_addresses(local_part, domain):
    assert split_address(join_address(local_part, domain)) == (local_part, domain)


@pytest.mark.parametrize("local_part", ["alice", "ALICE", "alice+shop", "Alice+a+b"])
def test_a_person_owns_the_login_at_every_domain_in_any_case_with_any_tag(make_mail, local_part):
    verdict = make_mail().verify(local_part, "Example.ORG")
    assert told(verdict) == ("mailbox", "alice@example.org")
    assert verdict.person.login == "alice"


def test_a_person_owns_the_configured_mail_address(make_mail):
    mail = make_mail(only_known=True)
    assert mail.verify("BOB", "Boat.Example").person.login == "bob"
    mail.world.people.put(Person(login="eve", name="Eve", email="e.smith@example.org"))
    assert told(mail.verify("E.Smith", "example.org")) == ("mailbox", "e.smith@example.org")
    assert mail.verify("e.smith", "example.com").kind == "unknown"
    mail.world.people.remove("eve")
    assert mail.verify("e.smith", "example.org").kind == "unknown"


def test_an_unknown_name_is_a_case_sensitive_mailbox(make_mail):
    mail = make_mail()
    assert told(mail.verify("Smith+tag", "Example.ORG")) == ("mailbox", "Smith+tag@example.org")
    assert told(mail.verify("a b", "example.org")) == ("mailbox", '"a b"@example.org')


def test_with_only_known_other_names_are_unknown(make_mail):
    assert told(make_mail(only_known=True).verify("smith", "example.org")) == ("unknown", "smith@example.org")


def test_other_domains_are_elsewhere(make_mail):
    mail = make_mail(domains=["example.org", "bücher.example"])
    assert mail.verify("alice", "example.com").kind == "elsewhere"
    assert mail.verify("alice", "EXAMPLE.org").kind == "mailbox"
    assert told(mail.verify("alice", "Bücher.Example")) == ("mailbox", "alice@xn--bcher-kva.example")
    assert mail.accepts("xn--bcher-kva.example")
    assert not mail.accepts("example.com")


@pytest.mark.parametrize("name", ["postmaster", "Postmaster", "POSTMASTER"])
def test_postmaster_always_exists_with_and_without_a_domain(make_mail, name):
    mail = make_mail(domains=["example.org"], only_known=True)
    assert told(mail.verify(name, "")) == ("mailbox", "postmaster@example.org")
    assert told(mail.verify(name, "example.org")) == ("mailbox", "postmaster@example.org")


def test_aliases_and_lists_have_names_in_any_case(make_mail):
    mail = make_mail(
        aliases={"Crew": ("alice", "x@elsewhere.example")}, lists={"tides@example.org": ("operator", "bob")}
    )
    crew = mail.verify("cREW", "example.com")
    assert told(crew) == ("alias", "crew@example.com")
    assert crew.members == ("alice@example.com", "x@elsewhere.example")
    tides = mail.verify("Tides", "example.org")
    assert (tides.kind, tides.members, tides.owner) == ("list", ("bob@example.org",), "operator@example.org")
    assert mail.verify("tides", "example.com").kind == "mailbox"


@pytest.mark.parametrize(
    ("text", "kind", "address"),
    [
        ("alice", "mailbox", "alice@homeport.test"),
        ("ALICE@example.org", "mailbox", "alice@example.org"),
        ("Liddell", "mailbox", "alice@homeport.test"),
        ("robert anchor", "mailbox", "Bob@boat.example"),
        ("crew", "alias", "crew@homeport.test"),
        ("Postmaster", "mailbox", "postmaster@homeport.test"),
        ("Anchor", "ambiguous", "Anchor@homeport.test"),
        ("nobody", "unknown", "nobody@homeport.test"),
        ("", "unknown", '""@homeport.test'),
    ],
)
def test_names_are_looked_up_as_vrfy_takes_them(make_mail, text, kind, address):
    assert told(make_mail(aliases={"crew": ("alice",)}).search(text)) == (kind, address)


def test_an_ambiguous_name_lists_the_candidates(make_mail):
    assert make_mail().search("anchor").members == ("Bob@boat.example", "carol@homeport.test")


@given(st.text(), st.text())
def test_every_text_gets_a_verdict(local_part, domain):
    from conftest import make_world

    mail = make_world().mail
    assert mail.verify(local_part, domain).kind in ("mailbox", "alias", "list")
    assert mail.search(local_part).kind
