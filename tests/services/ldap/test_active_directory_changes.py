"""The persona `active-directory-like`: limits, references, controls, changes."""

import msgspec
import pytest
from services.ldap.asker import (
    ADMIN,
    ALICE,
    BASE,
    Asker,
    add,
    bind,
    control,
    delete,
    equals,
    extended,
    modify,
    page,
    search,
    value_of,
)
from services.ldap.persona import connect, entry_of, make_world
from services.line_client import TLS

from homeport.protocol.ber import encode_integer, encode_sequence
from homeport.protocol.faults import Plan
from homeport.world.groups import Group
from homeport.world.people import Person
from homeport.world.world import WorldContents

BOB = f"uid=bob,ou=people,{BASE}"
EVE = f"cn=Eve Quay,ou=people,{BASE}"
PAGED = "1.2.840.113556.1.4.319"
IN_CHAIN = "1.2.840.113556.1.4.1941"
ADDED, DELETED, REPLACED = range(3)
DISABLED = "514"


@pytest.fixture
def connection():
    """A connection of a client that has not logged in."""
    return connect("active-directory-like")


@pytest.fixture
def admin(connection):
    """A connection that may change everything."""
    return connection.login()


# Limits


@pytest.fixture(scope="module")
def crowd():
    """A world of many people and a group of all of them."""
    people = tuple(Person(login=f"p{number}", name=f"Person {number}") for number in range(2100))
    group = Group(name="all", members=tuple(one.login for one in people))
    return make_world("active-directory-like", WorldContents(people=people, groups=(group,)))


def crowded(world):
    return connect("active-directory-like", world).login()


def test_a_search_returns_a_thousand_entries(crowd):
    one = crowded(crowd)
    *found, done = one.ask(search(f"ou=people,{BASE}", 1, attributes=("1.1",)))
    assert (len(found), done.code, done.text) == (1000, 4, "")
    assert "no-paging" in one.talk.findings


def test_pages_are_capped_and_return_everything(crowd):
    one = crowded(crowd)
    sizes, cookie = [], b""
    while True:
        *found, done = one.ask(search(f"ou=people,{BASE}", 1, attributes=("1.1",)), page(1500, cookie))
        assert done.code == 0
        sizes.append(len(found))
        cookie = value_of(done.controls[PAGED])[1]
        if not cookie:
            break
    assert sizes == [1000, 1000, 100]
    assert "no-paging" not in one.talk.findings


def test_ranges_of_values(crowd):
    one = crowded(crowd)
    group = f"cn=all,ou=groups,{BASE}"
    first = entry_of(one, group)
    assert (first["member"], len(first["member;range=0-1499"])) == ([], 1500)
    rest = entry_of(one, group, "member;range=1500-*")
    assert [(name, len(values)) for name, values in rest.items()] == [("member;range=1500-*", 600)]
    some = entry_of(one, group, "member;range=10-11")
    assert [(name, len(values)) for name, values in some.items()] == [("member;range=10-11", 2)]
    wide = entry_of(one, group, "member;range=0-*")
    assert [(name, len(values)) for name, values in wide.items()] == [
        ("member;range=0-*", 0),
        ("member;range=0-1499", 1500),
    ]


def test_options_override_the_persona():
    one = connect("active-directory-like", max_entries=2, max_values=1, anonymous_search=True)
    *found, done = one.ask(search(f"ou=people,{BASE}", 1))
    assert (len(found), done.code) == (2, 4)
    assert "member;range=0-0" in entry_of(one, f"cn=crew,ou=groups,{BASE}")


# References, controls


def test_a_search_from_the_root_ends_with_references(admin):
    *found, done = admin.ask(search(BASE, 2, equals("uid", "alice"), ("cn",)))
    assert [one.referrals for one in found] == [
        [],
        [f"ldap://ForestDnsZones.homeport.test/DC=ForestDnsZones,{BASE}"],
        [f"ldap://DomainDnsZones.homeport.test/DC=DomainDnsZones,{BASE}"],
        [f"ldap://homeport.test/CN=Configuration,{BASE}"],
    ]
    assert done.code == 0
    scoped = control("1.2.840.113556.1.4.1339", critical=True)
    assert [one.referrals for one in admin.ask(search(BASE, 2, equals("uid", "alice")), scoped)] == [[], []]
    assert len(admin.ask(search(f"ou=people,{BASE}", 2, equals("uid", "alice")))) == 2


def test_pages_end_with_references(admin):
    *first, done = admin.ask(search(BASE, 2), page(3))
    assert not any(one.referrals for one in first)
    *last, _done = admin.ask(search(BASE, 2), page(900, value_of(done.controls[PAGED])[1]))
    assert sum(bool(one.referrals) for one in last) == 3


@pytest.mark.parametrize("oid", ["1.2.840.113556.1.4.417", "1.2.840.113556.1.4.801", "1.2.840.113556.1.4.2064"])
def test_controls_without_effect_are_accepted(admin, oid):
    value = encode_sequence(encode_integer(7)) if oid.endswith(".801") else None
    assert admin.code(search(ALICE, 0), control(oid, value, critical=True)) == 0


@pytest.mark.parametrize("oid", ["1.3.6.1.1.12", "1.2.3.4", "1.2.840.113556.1.4.841"])
def test_other_critical_controls_are_refused(admin, oid):
    (done,) = admin.ask(search(ALICE, 0), control(oid, critical=True))
    assert (done.code, done.text.startswith("00000057: LdapErr:")) == (12, True)


def test_the_password_modify_operation_is_unknown(admin):
    (done,) = admin.ask(extended("1.3.6.1.4.1.4203.1.11.1"))
    assert (done.code, done.text.startswith("0000203D: LdapErr:")) == (2, True)


# Changes


def quoted(password):
    return f'"{password}"'.encode("utf-16-le")


def secure(world, name=ADMIN, password="admin-pass"):
    return Asker(world, tls=TLS, behaviour="active-directory").login(name, password)


def test_a_password_is_reset_by_an_administrator_over_tls(admin):
    asked = modify(ALICE, (REPLACED, "unicodePwd", (quoted("Neu-1234"),)))
    (done,) = admin.ask(asked)
    assert (done.code, done.text.startswith("0000001F: SvcErr:")) == (53, True)
    assert secure(admin.world, ALICE, "alice-pass").code(asked) == 50
    assert secure(admin.world).code(asked) == 0
    assert admin.world.people.get("alice").password == "Neu-1234"


def test_a_password_is_changed_by_its_owner(admin):
    def asked(old, new):
        return modify(ALICE, (DELETED, "unicodePwd", (quoted(old),)), (ADDED, "unicodePwd", (quoted(new),)))

    alice = secure(admin.world, ALICE, "alice-pass")
    (done,) = alice.ask(asked("wrong", "Neu-1234"))
    assert (done.code, done.text.startswith("00000056: AtrErr:")) == (19, True)
    assert alice.code(asked("alice-pass", "Neu-1234")) == 0
    assert admin.world.people.get("alice").password == "Neu-1234"
    assert int(entry_of(admin, ALICE, "pwdLastSet")["pwdLastSet"][0]) > 0


@pytest.mark.parametrize(
    "value", [b"plain", "unquoted".encode("utf-16-le"), b'"', '""'.encode("utf-16-le"), b"\xff\xdf\xff"]
)
def test_a_malformed_password_is_refused(admin, value):
    assert secure(admin.world).code(modify(ALICE, (REPLACED, "unicodePwd", (value,)))) == 53


def test_a_new_user_logs_in(admin):
    made = add(EVE, objectClass="user", cn="Eve Quay", sAMAccountName="eve", userAccountControl="512")
    assert admin.code(made) == 0
    held = entry_of(admin, EVE)
    assert held["userPrincipalName"] == [b"eve@homeport.test"]
    root = secure(admin.world)
    assert root.code(modify(EVE, (REPLACED, "unicodePwd", (quoted("Neu-1234"),)))) == 0
    one = Asker(admin.world, behaviour="active-directory")
    assert one.code(bind("eve@homeport.test", "Neu-1234")) == 0
    assert one.code(bind("HOMEPORT\\eve", "Neu-1234")) == 0
    assert one.code(bind(EVE, "Neu-1234")) == 0


def test_a_new_person_is_one_of_the_world(admin):
    dn = f"uid=eve,ou=people,{BASE}"
    assert admin.code(add(dn, objectClass=("top", "user"), uid="eve", cn="Eve Quay", sn="Quay")) == 0
    assert admin.world.people.get("eve").name == "Eve Quay"
    assert entry_of(admin, dn)["userAccountControl"] == [DISABLED.encode()]


def test_a_new_group_is_one_of_the_world(admin):
    dn = f"cn=new,ou=groups,{BASE}"
    assert (
        admin.code(add(dn, objectClass=("top", "group"), cn="new", sAMAccountName="new", groupType="-2147483646")) == 0
    )
    assert admin.world.groups.get("new").members == ()
    assert admin.code(modify(dn, (ADDED, "member", (ALICE,)))) == 0
    assert [*admin.world.groups.get("new").members] == ["alice"]


def test_members_that_are_there_or_are_not_have_results_of_their_own(admin):
    dn = f"cn=crew,ou=groups,{BASE}"
    (done,) = admin.ask(modify(dn, (ADDED, "member", (ALICE,))))
    assert (done.code, done.text.startswith("00000562: UpdErr:")) == (68, True)
    (done,) = admin.ask(modify(dn, (DELETED, "member", (f"uid=dave,ou=people,{BASE}",))))
    assert (done.code, done.text.startswith("00000561: SvcErr:")) == (53, True)


@pytest.mark.parametrize(
    ("asked", "code", "text"),
    [
        (search(f"cn=nobody,{BASE}", 0), 32, f"best match of:\n\t'{BASE}'\n\0"),
        (search("no name", 0), 34, "problem 2006 (BAD_NAME)"),
        (delete(f"ou=people,{BASE}"), 53, "problem 5003 (WILL_NOT_PERFORM)"),
        (add(ALICE, objectClass="user", uid="alice"), 68, "problem 6005 (ENTRY_EXISTS)"),
        (modify(ALICE, (ADDED, "noSuchThing", ("x",))), 16, "Error in attribute conversion operation"),
    ],
)
def test_texts_of_errors(admin, asked, code, text):
    done = admin.ask(asked)[-1]
    assert (done.code, text in done.text) == (code, True), done.text


def test_people_may_not_change_others(admin):
    alice = Asker(admin.world, behaviour="active-directory").login(ALICE, "alice-pass")
    (done,) = alice.ask(modify(BOB, (REPLACED, "telephoneNumber", ("1",))))
    assert (done.code, "INSUFF_ACCESS_RIGHTS" in done.text) == (50, True)


def test_planned_results_are_left_as_planned(admin):
    do = {"reply": {"result": "invalidCredentials", "text": "as I say"}}
    admin.world.faults.add(msgspec.convert({"service": "ldap", "match": {"verb": "search"}, "do": do}, Plan))
    (done,) = admin.ask(search(ALICE, 0))
    assert (done.code, done.text) == (49, "as I say")


def test_a_certificate_is_bytes_without_an_option(admin):
    assert admin.code(modify(ALICE, (0, "userCertificate", (b"0\x00",)))) == 0
    assert entry_of(admin, ALICE, "userCertificate")["userCertificate"] == [b"0\x00"]
