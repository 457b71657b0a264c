"""The persona `openldap-like`."""

import pytest
from services.ldap.asker import (
    ADMIN,
    ALICE,
    BASE,
    add,
    bind,
    control,
    delete,
    encode_integer,
    encode_sequence,
    equals,
    extended,
    modify,
    octets,
    search,
    value_of,
)
from services.ldap.persona import connect

from homeport.world.people import Person
from homeport.world.world import WorldContents

BOB = f"uid=bob,ou=people,{BASE}"
EVE = f"uid=eve,ou=people,{BASE}"
PAGED = "1.2.840.113556.1.4.319"


@pytest.fixture
def connection():
    """A connection of a client that has not logged in."""
    return connect("openldap-like")


@pytest.fixture
def admin(connection):
    """A connection that may change everything."""
    return connection.login()


def test_the_root_dse_has_its_attributes_for_those_who_ask(connection):
    (plain, _done) = connection.ask(search("", 0))
    assert plain.attributes == {"objectClass": [b"top", b"OpenLDAProotDSE"]}
    (root, _done) = connection.ask(search("", 0, attributes=("+",)))
    assert root.attributes["structuralObjectClass"] == [b"OpenLDAProotDSE"]
    assert root.attributes["configContext"] == [b"cn=config"]
    assert root.attributes["monitorContext"] == [b"cn=Monitor"]
    assert root.attributes["subschemaSubentry"] == [b"cn=Subschema"]
    assert {f"1.3.6.1.4.1.4203.1.5.{number}".encode() for number in range(1, 6)} <= {
        *root.attributes["supportedFeatures"]
    }
    assert "vendorName" not in root.attributes


def test_the_subschema_has_its_name(connection):
    assert connection.entries(search("cn=Subschema", 0)) == ["cn=Subschema"]


def test_operational_attributes_come_when_they_are_asked_for(connection):
    (plain, _done) = connection.ask(search(ALICE, 0))
    assert {"memberOf", "entryUUID", "entryCSN"}.isdisjoint(plain.attributes)
    (full, _done) = connection.ask(search(ALICE, 0, attributes=("*", "+")))
    assert {"memberOf", "entryUUID", "entryCSN", "structuralObjectClass"} <= full.attributes.keys()
    assert "contextCSN" not in full.attributes


def test_a_change_has_a_later_number(admin):
    def csn(dn, kind):
        return admin.ask(search(dn, 0, attributes=(kind,)))[0].attributes[kind][0]

    before, context = csn(ALICE, "entryCSN"), csn(BASE, "contextCSN")
    assert before.endswith(b"Z#000000#000#000000")
    admin.world.clock.set(admin.world.clock.now() + 60)
    assert admin.code(add(f"ou=new,{BASE}", objectClass="organizationalUnit", ou="new")) == 0
    assert csn(f"ou=new,{BASE}", "entryCSN") > before
    assert csn(BASE, "contextCSN") > context
    assert admin.entries(search(BASE, 1, equals("entryCSN", csn(f"ou=new,{BASE}", "entryCSN")))) == [f"ou=new,{BASE}"]


@pytest.mark.parametrize(
    ("asked", "code", "text"),
    [
        (bind(ALICE, "wrong"), 49, ""),
        (bind(f"uid=nobody,{BASE}", "wrong"), 49, ""),
        (bind(ALICE), 53, "unauthenticated bind (DN with no password) disallowed"),
        (bind(version=2), 2, "historical protocol version requested, use LDAPv3 instead"),
        (search("dc=elsewhere", 2), 32, ""),
        (search("cn=config", 0), 32, ""),
        (search("no name", 0), 34, "invalid DN"),
        (delete("dc=elsewhere"), 53, "no global superior knowledge"),
        (add("dc=elsewhere", objectClass="domain", dc="elsewhere"), 53, "no global superior knowledge"),
        (delete(ALICE), 8, "modifications require authentication"),
        (extended("1.2.3"), 2, "unsupported extended operation"),
    ],
)
def test_texts_that_clients_look_for(connection, asked, code, text):
    done = connection.ask(asked)[-1]
    assert (done.code, done.text) == (code, text)


@pytest.mark.parametrize(
    ("asked", "code", "text"),
    [
        (
            add(f"cn=Eve,{BASE}", objectClass="person", cn="Eve"),
            65,
            "object class 'person' requires attribute 'sn'",
        ),
        (add(EVE, objectClass="person", uid="eve", cn="Eve", sn="Quay"), 65, "attribute 'uid' not allowed"),
        (add(EVE, objectClass="nothing", uid="eve"), 21, "objectClass: value #0 invalid per syntax"),
        (add(ALICE, objectClass="inetOrgPerson", uid="alice", cn="A", sn="L"), 68, ""),
        (modify(ALICE, (0, "nothing", ("x",))), 17, "nothing: attribute type undefined"),
        (modify(ALICE, (1, "mobile", ())), 16, "modify/delete: mobile: no such attribute"),
        (modify(ALICE, (1, "mail", ("no@x.test",))), 16, "modify/delete: mail: no such value"),
        (modify(ALICE, (0, "mail", ("alice@homeport.test",))), 20, "modify/add: mail: value #0 already exists"),
        (modify(ALICE, (2, "entryUUID", ("x",))), 19, "entryUUID: no user modification allowed"),
        (add(EVE, objectClass="inetOrgPerson", cn="Eve", sn="Quay"), 0, ""),  # it adds the attribute of the name
    ],
)
def test_texts_of_changes(admin, asked, code, text):
    (done,) = admin.ask(asked)
    assert (done.code, done.text) == (code, text)


def test_people_may_not_change_others(connection):
    alice = connection.login(ALICE, "alice-pass")
    (done,) = alice.ask(modify(BOB, (2, "mail", ("x@x.test",))))
    assert (done.code, done.text) == (50, "")
    (done,) = alice.ask(delete(BOB))
    assert (done.code, done.text) == (50, "no write access to parent")


def test_an_unknown_critical_control(connection):
    (done,) = connection.ask(search(), control("1.2.3.4", critical=True))
    assert (done.code, done.text) == (12, "critical extension is not recognized")


def test_administrators_see_the_roots_of_configuration_and_monitor(admin):
    assert admin.entries(search("cn=config", 0)) == ["cn=config"]
    assert admin.entries(search("cn=monitor", 0)) == ["cn=Monitor"]


def test_five_hundred_entries_are_the_limit_of_a_search_in_pages_too():
    people = tuple(Person(login=f"p{number}", name=f"Person {number}") for number in range(600))
    one = connect("openldap-like", contents=WorldContents(people=people))
    asked = search(f"ou=people,{BASE}", 1, attributes=("1.1",))
    *found, done = one.ask(asked)
    assert (len(found), done.code, done.text) == (500, 4, "")
    assert one.talk.findings == ["no-paging"]
    *found, done = one.ask(asked, control(PAGED, encode_sequence(encode_integer(400), octets(b""))))
    cookie = value_of(done.controls[PAGED])[1]
    *more, done = one.ask(asked, control(PAGED, encode_sequence(encode_integer(400), octets(cookie))))
    assert (len(found), len(more), done.code) == (400, 100, 4)
    assert len(one.login(ADMIN, "admin-pass").entries(asked)) == 600
