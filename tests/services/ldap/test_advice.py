"""Findings about searches, pages and logins: what is legal, and seldom what the author meant."""

import pytest
from services.ldap.asker import (
    ADMIN,
    ALICE,
    BASE,
    UNBIND,
    add,
    bind,
    equals,
    extended,
    page,
    present,
    search,
)

from homeport.protocol.ber import encode_sequence
from homeport.protocol.events import Eof

PAGED = "1.2.840.113556.1.4.319"
START_TLS = "1.3.6.1.4.1.1466.20037"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"


def both(*filters):
    return encode_sequence(*filters, tag=0xA0)


def test_a_size_limit_that_is_hit_without_pages_is_told_once(client):
    one = client()
    assert one.code(search(size=1)) == 4
    assert one.code(search(size=1)) == 4
    assert one.talk.findings == ["no-paging"]


@pytest.mark.parametrize("end", [UNBIND, None])
def test_pages_that_are_left_are_told_at_the_end(client, end):
    one = client()
    assert one.code(search(), page(1)) == 0
    if end is None:
        one.tell(Eof())
        assert "paging-abandoned" in one.talk.findings
    else:
        one.ask(end)
        assert one.talk.findings == ["paging-abandoned"]


def test_pages_that_the_client_gives_up_are_no_finding(client):
    one = client()
    *_entries, done = one.ask(search(), page(1))
    cookie = done.controls[PAGED].partition(b"page")[2]
    assert one.code(search(), page(0, b"page" + cookie)) == 0
    one.ask(UNBIND)
    assert one.talk.findings == []


@pytest.mark.parametrize(
    "request_", [search(chosen=equals("sAMAccountNome", "x")), search(attributes=("cn", "memberOff"))]
)
def test_an_attribute_that_the_schema_does_not_have_is_told(client, request_):
    one = client()
    assert one.code(request_) == 0
    assert one.talk.findings == ["attribute-unknown"]


def test_special_selections_are_no_unknown_attributes(client):
    one = client()
    one.ask(search(attributes=("*", "+", "1.1", "@person", "cn;lang-de")))
    assert one.talk.findings == []


def test_a_search_below_the_root_is_told(client):
    one = client()
    one.ask(search("", 2, equals("uid", "alice")))
    assert one.talk.findings == ["search-base-too-wide"]


def test_a_login_as_what_a_wildcard_found_is_told(client):
    one = client()
    lookup = search(chosen=both(equals("objectClass", "person"), present("uid")), size=1, attributes=("1.1",))
    (found, _done) = one.ask(lookup)
    one.ask(bind(found.dn, "guess"))
    assert one.talk.findings == ["no-paging", "filter-injection", "bind-in-clear"]


def test_a_login_on_another_connection_counts_and_one_as_another_entry_does_not(client):
    one = client()
    found = one.entries(search(chosen=present("uid")))[0]
    other = client(one.world)
    other.ask(bind(ADMIN, "admin-pass"))
    assert other.talk.findings == ["bind-in-clear"]
    one.entries(search(chosen=present("uid")))
    other.ask(bind(found, "guess"))
    assert "filter-injection" in other.talk.findings


def test_a_login_after_a_search_for_its_name_is_no_finding(client):
    one = client()
    one.entries(search(chosen=both(equals("objectClass", "person"), equals("uid", "alice"))))
    one.ask(bind(ALICE, "alice-pass"))
    assert one.talk.findings == ["bind-in-clear"]


def test_a_login_of_before_starttls_that_goes_on_is_told(client):
    one = client()
    assert one.code(bind(ALICE, "alice-pass")) == 0
    one.start_tls()
    one.ask(extended(WHO_AM_I))
    assert one.talk.findings == ["bind-in-clear", "rebind-missing-after-starttls"]
    again = client()
    again.start_tls()
    again.ask(bind(ALICE, "alice-pass"))
    again.ask(extended(WHO_AM_I))
    assert again.talk.findings == []


def test_an_unknown_attribute_in_an_add_is_refused(admin):
    assert admin.code(add(f"cn=x,{BASE}", objectClass="person", cn="x", sn="x", shoeSize="44")) == 17
