"""Searches and changes over LDAP, and how they are the world's."""

import pytest
from conftest import make_world
from services.ldap.asker import (
    ADMIN,
    ALICE,
    BASE,
    add,
    bind,
    compare,
    control,
    delete,
    equals,
    extended,
    modify,
    octets,
    present,
    rename,
    search,
    value_of,
)

from homeport.protocol.ber import ENUMERATED, encode, encode_boolean, encode_integer, encode_sequence
from homeport.world.groups import Group
from homeport.world.people import Person

PEOPLE = f"ou=people,{BASE}"
GROUPS = f"ou=groups,{BASE}"
EVE = f"uid=eve,{PEOPLE}"
PERSON = ("top", "person", "organizationalPerson", "inetOrgPerson")
ADDED, DELETED, REPLACED, INCREMENTED = range(4)


def eve(**more):
    return add(EVE, objectClass=PERSON, uid="eve", cn="Eve Quay", sn="Quay", **more)


# Search


@pytest.mark.parametrize(
    ("scope", "base", "found"),
    [
        (0, ALICE, [ALICE]),
        (1, BASE, ["ou=people", "ou=groups", "ou=hosts", "ou=registrars", "cn=admin"]),
        (1, GROUPS, ["cn=harbour", "cn=crew", "cn=staff"]),
        (3, GROUPS, ["cn=harbour", "cn=crew", "cn=staff"]),
        (2, GROUPS, ["ou=groups", "cn=harbour", "cn=crew", "cn=staff"]),
    ],
)
def test_rfc_4511_4_5_1_2_scopes(client, scope, base, found):
    names = client().entries(search(base, scope))
    assert [name.partition(",")[0] for name in names] == [name.partition(",")[0] for name in found]


def test_rfc_4511_4_1_9_a_missing_base_names_the_nearest_entry(client):
    (done,) = client().ask(search(f"uid=nobody,{PEOPLE}", 0))
    assert (done.code, done.matched) == (32, PEOPLE)


def test_a_base_that_is_no_name_is_refused(client):
    assert client().code(search("no name", 0)) == 34


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (equals("uid", "ALICE"), {"alice"}),
        (equals("cn", "  alice   LIDDELL "), {"alice"}),
        (equals("commonName", "Alice Liddell"), {"alice"}),
        (equals("2.5.4.3", "Alice Liddell"), {"alice"}),
        (equals("name", "Anchor"), {"bob", "carol"}),
        (equals("telephoneNumber", "+441865-5550101"), {"alice"}),
        (equals("memberOf", f"CN=crew, {GROUPS}"), {"alice", "bob"}),
        (equals("nosuchattribute", "x"), set()),
        (encode(0xA2, equals("nosuchattribute", "x")), set()),  # RFC 4511 4.5.1.7: Undefined stays Undefined
        (encode_sequence(equals("uid", "bob"), equals("nosuchattribute", "x"), tag=0xA1), {"bob"}),
        (encode_sequence(equals("uid", "bob"), encode(0xA2, equals("uid", "bob")), tag=0xA0), set()),
        (encode_sequence(octets("cn"), encode_sequence(octets("al", 0x80), octets("ell", 0x82)), tag=0xA4), {"alice"}),
        (
            encode_sequence(octets("cn"), encode_sequence(octets("n", 0x81), octets("h", 0x81)), tag=0xA4),
            {"bob", "carol"},
        ),
        (encode_sequence(octets("uidNumber"), octets("10004"), tag=0xA5), {"dave", "operator"}),
        (encode_sequence(octets("uidNumber"), octets("10001"), tag=0xA6), {"alice"}),
        (encode_sequence(octets("2.5.13.5", 0x81), octets("cn", 0x82), octets("alice liddell", 0x83), tag=0xA9), set()),
        (encode_sequence(octets("ou", 0x82), octets("people", 0x83), octets(b"\xff", 0x84), tag=0xA9), {"people"}),
    ],
)
def test_rfc_4511_4_5_1_7_filters(client, chosen, found):
    inside = encode_sequence(equals("objectClass", "person"), chosen, tag=0xA0)
    if found == {"people"}:
        names = client().entries(search(PEOPLE, 2, chosen))
        assert len(names) == 6
        return
    names = client().entries(search(PEOPLE, 2, inside))
    assert {name.partition(",")[0].removeprefix("uid=") for name in names} == found


def test_rfc_4526_absolute_true_and_false(client):
    assert len(client().entries(search(GROUPS, 1, encode(0xA0, b"")))) == 3
    assert client().entries(search(GROUPS, 1, encode(0xA1, b""))) == []


def test_rfc_4511_4_5_1_8_selection_of_attributes(client):
    one = client()

    def names(*asked, **more):
        return {*one.ask(search(ALICE, 0, attributes=asked, **more))[0].attributes}

    assert "cn" in names()
    assert "entryUUID" not in names()
    assert names("cn", "SN") == {"cn", "sn"}
    assert names("1.1") == set()
    assert {"entryUUID", "memberOf", "createTimestamp"} <= names("+")
    assert {"entryUUID", "cn"} <= names("*", "+")
    assert names("name") == {"cn", "sn", "givenName"}
    (entry, _done) = one.ask(search(ALICE, 0, attributes=("cn",), types_only=True))
    assert entry.attributes == {"cn": []}


def test_passwords_are_shown_to_administrators_and_to_their_owner(client):
    asked = search(ALICE, 0, attributes=("userPassword",))
    assert client().ask(asked)[0].attributes == {}
    assert client().login(f"uid=bob,{PEOPLE}", "bob-pass").ask(asked)[0].attributes == {}
    assert client().login(ALICE, "alice-pass").ask(asked)[0].attributes == {"userPassword": [b"alice-pass"]}
    assert client().login().ask(asked)[0].attributes == {"userPassword": [b"alice-pass"]}


def test_nobody_finds_out_passwords_by_filters(client):
    assert client().entries(search(PEOPLE, 1, equals("userPassword", "alice-pass"))) == []
    assert client().entries(search(PEOPLE, 1, encode(0xA2, present("userPassword")))) == []


def test_the_size_limit_comes_with_the_entries_up_to_it(client):
    *found, done = client().ask(search(PEOPLE, 1, size=2))
    assert (len(found), done.code) == (2, 4)


def test_many_people_are_found_by_an_index(client):
    world = make_world()
    for index in range(3000):
        world.people.put(Person(login=f"u{index}", name=f"User Number{index}"))
    one = client(world)
    assert one.entries(search(BASE, 2, equals("uid", "u2999"))) == [f"uid=u2999,{PEOPLE}"]
    pieces = one.pieces
    world.people.put(Person(login="late", name="Late Comer"))
    world.people.remove("u2999")
    assert one.entries(search(BASE, 2, equals("uid", "late"))) == [f"uid=late,{PEOPLE}"]
    assert one.entries(search(BASE, 2, equals("uid", "u2999"))) == []
    assert one.pieces == pieces


# The world


def test_a_person_added_to_the_world_is_an_entry_at_once(client):
    one = client()
    assert one.entries(search(PEOPLE, 1, equals("uid", "mary"))) == []
    one.world.people.put(Person(login="mary", name="Mary Celeste", password="m"))
    assert one.entries(search(PEOPLE, 1, equals("uid", "mary"))) == [f"uid=mary,{PEOPLE}"]
    assert one.code(bind(f"uid=mary,{PEOPLE}", "m")) == 0
    one.world.people.remove("mary")
    assert one.entries(search(PEOPLE, 1, equals("uid", "mary"))) == []


def test_an_added_person_is_one_of_the_world(admin):
    assert admin.code(eve(mail="eve@x.test", telephoneNumber="+1 555", userPassword="secret")) == 0
    person = admin.world.people.get("eve")
    assert (person.name, person.email, person.phone, person.password) == ("Eve Quay", "eve@x.test", "+1 555", "secret")


def test_a_password_that_is_changed_over_ldap_is_the_person_s(admin, client):
    assert admin.code(modify(ALICE, (REPLACED, "userPassword", ("new",)))) == 0
    assert admin.world.people.get("alice").password == "new"
    assert client(admin.world).code(bind(ALICE, "new")) == 0


def test_a_person_changes_the_own_entry_and_no_other(client):
    one = client().login(ALICE, "alice-pass")
    assert one.code(modify(ALICE, (REPLACED, "telephoneNumber", ("+1 2",)))) == 0
    assert one.world.people.get("alice").phone == "+1 2"
    assert one.code(modify(f"uid=bob,{PEOPLE}", (REPLACED, "telephoneNumber", ("+1 2",)))) == 50
    assert one.code(eve()) == 50
    assert client().code(eve()) == 8


def test_an_attribute_that_people_have_not_is_kept_beside_them(admin):
    admin.code(modify(ALICE, (ADDED, "mail", ("second@x.test",)), (ADDED, "description", ("a word",))))
    entry, _done = admin.ask(search(ALICE, 0, attributes=("mail", "description")))
    assert entry.attributes == {"mail": [b"alice@homeport.test", b"second@x.test"], "description": [b"a word"]}
    admin.world.people.put(Person(login="alice", name="Alice Liddell", email="third@x.test"))
    entry, _done = admin.ask(search(ALICE, 0, attributes=("mail",)))
    assert entry.attributes == {"mail": [b"third@x.test", b"second@x.test"]}


def test_a_group_of_the_world_is_changed_over_ldap(admin):
    crew = f"cn=crew,{GROUPS}"
    assert admin.code(modify(crew, (ADDED, "member", (f"uid=carol,{PEOPLE}",)))) == 0
    assert admin.world.groups.get("crew").members == ("alice", "bob", "carol")
    admin.world.groups.put(Group(name="crew", members=("dave",)))
    entry, _done = admin.ask(search(crew, 0, attributes=("member",)))
    assert entry.attributes == {"member": [f"uid=dave,{PEOPLE}".encode()]}
    assert admin.code(add(f"cn=new,{GROUPS}", objectClass=("top", "groupOfNames"), cn="new", member=(ALICE, crew))) == 0
    assert admin.world.groups.get("new") == Group(name="new", members=("alice",), groups=("crew",))


def test_hosts_and_registrars_are_the_registry_s(admin):
    assert f"cn=ns1.homeport.test,ou=hosts,{BASE}" in admin.entries(search(f"ou=hosts,{BASE}", 1))
    assert admin.entries(search(BASE, 2, equals("cn", "harbour"))) == [
        f"cn=harbour,{GROUPS}",
        f"cn=harbour,ou=registrars,{BASE}",
    ]
    new = add(f"cn=x.test,ou=hosts,{BASE}", objectClass=("top", "device"), cn="x.test")
    assert admin.code(new) == 53


def test_a_reset_brings_everything_back(admin):
    admin.code(eve())
    admin.code(delete(ALICE))
    admin.world.reset()
    assert admin.entries(search(PEOPLE, 1, equals("uid", "eve"))) == []
    assert admin.entries(search(PEOPLE, 1, equals("uid", "alice"))) == [ALICE]


# Changes, code by code

UNIT = f"ou=things,{BASE}"
PRINTER = f"cn=printer,{UNIT}"


@pytest.fixture
def things(admin):
    """A unit with a printer in it."""
    assert admin.code(add(UNIT, objectClass=("top", "organizationalUnit"), ou="things")) == 0
    assert admin.code(add(PRINTER, objectClass=("top", "device"), cn="printer", serialNumber="17")) == 0
    return admin


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (add(UNIT, objectClass="organizationalUnit", ou="things"), 68),
        (add(f"cn=a,ou=nowhere,{BASE}", objectClass="device", cn="a"), 32),
        (add(f"c=DE,{UNIT}", objectClass="country", c="FR"), 64),
        (add(f"nosuch=a,{UNIT}", objectClass="device", cn="a"), 17),
        (add(f"cn=a,{UNIT}", cn="a"), 65),
        (add(f"cn=a,{UNIT}", objectClass="top", cn="a"), 65),
        (add(f"cn=a,{UNIT}", objectClass=("device", "person"), cn="a", sn="b"), 65),
        (add(f"cn=a,{UNIT}", objectClass="person", cn="a"), 65),
        (add(f"cn=a,{UNIT}", objectClass="device", cn="a", mail="a@b"), 65),
        (add(f"cn=a,{UNIT}", objectClass="nosuchclass", cn="a"), 21),
        (add(f"cn=a,{UNIT}", objectClass="device", cn="a", nosuch="b"), 17),
        (add(f"cn=a,{UNIT}", objectClass="device", cn="a", owner="no name"), 21),
        (add(f"cn=a,{UNIT}", objectClass="device", cn=("a", "A")), 20),
        (add(f"cn=a,{UNIT}", objectClass="device", cn="a", entryUUID="b"), 19),
        (add(f"cn=a,{UNIT}", objectClass="device", cn="a", owner=()), 2),
        (add("no name", objectClass="device", cn="a"), 34),
        (modify(PRINTER, (ADDED, "serialNumber", ("17",))), 20),
        (modify(PRINTER, (ADDED, "serialNumber", ())), 2),
        (modify(PRINTER, (DELETED, "serialNumber", ("18",))), 16),
        (modify(PRINTER, (DELETED, "owner", ())), 16),
        (modify(PRINTER, (DELETED, "cn", ())), 67),
        (modify(PRINTER, (REPLACED, "cn", ("other",))), 67),
        (modify(PRINTER, (REPLACED, "objectClass", ("person",)), (ADDED, "sn", ("x",))), 69),
        (modify(PRINTER, (ADDED, "objectClass", ("nosuchclass",))), 21),
        (modify(PRINTER, (DELETED, "objectClass", ("top",))), 69),
        (modify(PRINTER, (REPLACED, "createTimestamp", ("20260101000000Z",))), 19),
        (modify(PRINTER, (7, "cn", ())), 2),
        (modify(PRINTER, (INCREMENTED, "owner", ("1",))), 16),
        (modify(PRINTER, (INCREMENTED, "cn", ("1",))), 19),
        (modify(PRINTER), 0),
        (delete(UNIT), 66),
        (delete(f"cn=x,{UNIT}"), 32),
        (delete(f"ou=people,{BASE}"), 53),
        (rename(PRINTER, "cn=printer"), 0),
        (rename(PRINTER, "nonsense"), 34),
        (rename(PRINTER, "cn=a", superior=f"ou=nowhere,{BASE}"), 32),
        (rename(UNIT, "ou=b", superior=PRINTER), 53),
        (rename(ALICE, "uid=alice", superior=UNIT), 71),
        (rename(f"ou=people,{BASE}", "ou=folk"), 53),
        (compare(PRINTER, "serialNumber", "17"), 6),
        (compare(PRINTER, "serialNumber", "18"), 5),
        (compare(PRINTER, "owner", ADMIN), 16),
        (compare(PRINTER, "nosuch", "x"), 17),
        (compare(PRINTER, "objectClass", "TOP"), 6),
        (compare(f"cn=x,{UNIT}", "cn", "x"), 32),
    ],
)
def test_rfc_4511_result_codes_of_changes(things, request_, code):
    before = things.ask(search(BASE, 2, attributes=("*",)))
    assert things.code(request_) == code
    if code not in (0, 5, 6):
        assert [one.attributes for one in things.ask(search(BASE, 2, attributes=("*",)))] == [
            one.attributes for one in before
        ]


def test_rfc_4511_4_7_an_entry_gets_the_attributes_of_its_name(things):
    assert things.code(add(f"cn=a+serialNumber=5,{UNIT}", objectClass="device", cn="b")) == 0
    (entry,) = things.ask(search(UNIT, 2, equals("cn", "a")))[:-1]
    assert (entry.attributes["cn"], entry.attributes["serialNumber"]) == ([b"b", b"a"], [b"5"])


def test_rfc_4512_3_3_superclasses_are_added_implicitly(things):
    assert things.code(add(f"cn=a,{UNIT}", objectClass="inetOrgPerson", sn="a")) == 0
    (entry,) = things.ask(search(UNIT, 2, equals("objectClass", "person")))[:-1]
    assert set(entry.attributes["objectClass"]) == {b"inetOrgPerson", b"organizationalPerson", b"person", b"top"}
    assert things.code(modify(f"cn=a,{UNIT}", (REPLACED, "objectClass", ("inetOrgPerson", "uidObject", "top")))) == 65
    assert things.code(modify(f"cn=a,{UNIT}", (REPLACED, "objectClass", ("inetOrgPerson",)))) == 0
    assert len(things.ask(search(UNIT, 2, equals("objectClass", "person")))) == 2


def test_rfc_4511_4_5_1_7_an_empty_assertion_of_a_text_is_undefined(things):
    assert things.entries(search(UNIT, 2, encode_sequence(equals("cn", ""), tag=0xA2))) == []
    assert things.code(compare(PRINTER, "cn", "")) == 21


@pytest.mark.parametrize("name", ["device", "DEVICE", "2.5.6.14", " device "])
def test_rfc_4517_4_2_26_an_object_class_is_found_by_each_of_its_names(things, name):
    assert things.entries(search(UNIT, 2, equals("objectClass", name))) == [PRINTER]
    assert things.entries(search(UNIT, 2, encode_sequence(equals("objectClass", name), tag=0xA2))) == [UNIT]


def test_rfc_4517_4_2_26_a_filter_of_an_unknown_object_class_is_undefined(things):
    assert things.entries(search(UNIT, 2, encode_sequence(equals("objectClass", "nosuchclass"), tag=0xA2))) == []


@pytest.mark.parametrize(
    ("kind", "rule", "value", "count"),
    [
        ("serialNumber", "caseExactMatch", "17", 1),  # a printable string
        ("cn", "2.5.13.5", "printer", 1),
        ("cn", "2.5.13.5", "PRINTER", 0),
        ("objectClass", "caseIgnoreMatch", "device", 0),  # an object identifier
        ("cn", "distinguishedNameMatch", "printer", 0),
        ("cn", "integerMatch", "17", 0),
    ],
)
def test_rfc_4512_4_1_4_a_matching_rule_compares_only_values_of_its_syntax(things, kind, rule, value, count):
    parts = encode(0x81, rule.encode()), encode(0x82, kind.encode()), encode(0x83, value.encode())
    chosen = encode_sequence(*parts, tag=0xA9)
    assert len(things.entries(search(UNIT, 2, chosen))) == count
    assert things.entries(search(UNIT, 2, encode_sequence(chosen, tag=0xA2))) == (
        [UNIT] if kind == "serialNumber" or rule == "2.5.13.5" else []
    ) + ([PRINTER] if value == "PRINTER" else [])


def test_rfc_4525_a_number_is_incremented(admin):
    uid = add(
        f"uid=n,{PEOPLE}",
        objectClass=(*PERSON, "posixAccount"),
        uid="n",
        cn="N",
        sn="N",
        uidNumber="5",
        gidNumber="7",
        homeDirectory="/n",
    )
    assert admin.code(uid) == 0
    assert admin.code(modify(f"uid=n,{PEOPLE}", (INCREMENTED, "gidNumber", ("3",)))) == 0
    assert admin.ask(search(f"uid=n,{PEOPLE}", 0, attributes=("gidNumber",)))[0].attributes == {"gidNumber": [b"10"]}


def test_rfc_4511_4_9_a_subtree_moves_with_its_entries(things):
    uuid = things.ask(search(PRINTER, 0, attributes=("entryUUID",)))[0].attributes
    assert things.code(rename(UNIT, "ou=stuff")) == 0
    moved = f"cn=printer,ou=stuff,{BASE}"
    assert things.ask(search(moved, 0, attributes=("entryUUID",)))[0].attributes == uuid
    assert things.code(search(PRINTER, 0)) == 32


@pytest.mark.parametrize(("delete_old", "left"), [(True, [b"scanner"]), (False, [b"printer", b"scanner"])])
def test_rfc_4511_4_9_the_old_value_of_the_name_goes_or_stays(things, delete_old, left):
    assert things.code(rename(PRINTER, "cn=scanner", delete_old=delete_old)) == 0
    assert things.ask(search(f"cn=scanner,{UNIT}", 0, attributes=("cn",)))[0].attributes == {"cn": left}


def test_a_person_gets_another_login_by_modify_dn(admin):
    assert admin.code(rename(ALICE, "uid=alicia")) == 0
    assert admin.world.people.get("alice") is None
    assert admin.world.people.get("alicia").password == "alice-pass"


# Passwords

PASSWORD_MODIFY = "1.3.6.1.4.1.4203.1.11.1"


def test_rfc_3062_the_own_password(client):
    one = client().login(ALICE, "alice-pass")
    assert one.code(extended(PASSWORD_MODIFY, encode_sequence(octets("wrong", 0x81), octets("n", 0x82)))) == 49
    assert one.code(extended(PASSWORD_MODIFY, encode_sequence(octets("alice-pass", 0x81), octets("n", 0x82)))) == 0
    assert one.world.people.get("alice").password == "n"


def test_rfc_3062_the_server_makes_a_password(admin, client):
    (done,) = admin.ask(extended(PASSWORD_MODIFY, encode_sequence(octets(ALICE, 0x80))))
    (made,) = value_of(done.more[0x8B])
    assert client(admin.world).code(bind(ALICE, made.decode())) == 0


@pytest.mark.parametrize(
    "kept",
    [
        "{SSHA}a6O8lsBOEFkVaqwlkEgq+GsrXPBzYWx0",
        "{SHA}Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "{MD5}XrY7u+Ae7tCTyyK7j1rNww==",
        "{CLEARTEXT}hello world",
        "hello world",
    ],
)
def test_entries_log_in_by_hashes(admin, client, kept):
    role = add(
        f"cn=app,{BASE}", objectClass=("organizationalRole", "simpleSecurityObject"), cn="app", userPassword=kept
    )
    assert admin.code(role) == 0
    right = kept in (
        "hello world",
        "{CLEARTEXT}hello world",
        "{SHA}Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "{MD5}XrY7u+Ae7tCTyyK7j1rNww==",
    )
    assert client(admin.world).code(bind(f"cn=app,{BASE}", "hello world")) == (0 if right else 49)
    assert client(admin.world).code(bind(f"cn=app,{BASE}", kept + "x")) == 49


# Controls


def test_rfc_2696_pages(client):
    one = client()
    seen, cookie = [], b""
    while True:
        value = encode_sequence(encode_integer(2), octets(cookie))
        *found, done = one.ask(search(PEOPLE, 1), control("1.2.840.113556.1.4.319", value, critical=True))
        assert done.code == 0
        assert len(found) <= 2
        seen += [each.dn for each in found]
        _size, cookie = value_of(done.controls["1.2.840.113556.1.4.319"])
        if not cookie:
            break
    assert seen == client().entries(search(PEOPLE, 1))


def test_rfc_2696_a_cookie_of_another_search_is_refused(client):
    one = client()
    value = encode_sequence(encode_integer(2), octets("page-9"))
    assert one.code(search(PEOPLE, 1), control("1.2.840.113556.1.4.319", value)) == 53
    assert one.talk.findings == ["paging-cookie"]


def test_rfc_2891_order(client):
    keys = encode_sequence(
        encode_sequence(octets("sn"), encode_boolean(value=True, tag=0x81)), encode_sequence(octets("cn"))
    )
    names = client().entries(search(PEOPLE, 1), control("1.2.840.113556.1.4.473", keys))
    assert [name.partition(",")[0].removeprefix("uid=") for name in names] == [
        "operator",
        "alice",
        "dave",
        "carol",
        "bob",
    ]


def test_a_window_of_a_sorted_list(client):
    keys = control("1.2.840.113556.1.4.473", encode_sequence(encode_sequence(octets("cn"))))
    window = encode_sequence(
        encode_integer(1), encode_integer(1), encode_sequence(encode_integer(3), encode_integer(0), tag=0xA0)
    )
    *found, done = client().ask(search(PEOPLE, 1), keys, control("2.16.840.1.113730.3.4.9", window))
    assert [one.dn.partition(",")[0] for one in found] == ["uid=carol", "uid=dave", "uid=operator"]
    assert value_of(done.controls["2.16.840.1.113730.3.4.10"])[:2] == [b"\3", b"\5"]
    assert client().code(search(PEOPLE, 1), control("2.16.840.1.113730.3.4.9", window)) == 60


def test_rfc_4528_assertions(admin):
    request = modify(ALICE, (REPLACED, "telephoneNumber", ("+1",)))
    assert admin.code(request, control("1.3.6.1.1.12", equals("cn", "nobody"), critical=True)) == 122
    assert admin.code(request, control("1.3.6.1.1.12", equals("uid", "alice"), critical=True)) == 0


def test_rfc_4527_reads_before_and_after(admin):
    asked = encode_sequence(octets("telephoneNumber"))
    request = modify(ALICE, (REPLACED, "telephoneNumber", ("+1",)))
    (done,) = admin.ask(request, control("1.3.6.1.1.13.1", asked), control("1.3.6.1.1.13.2", asked))
    assert b"+44 1865 555 0101" in done.controls["1.3.6.1.1.13.1"]
    assert b"+1" in done.controls["1.3.6.1.1.13.2"]


def test_a_tree_is_deleted_with_its_control(things):
    assert things.code(delete(UNIT), control("1.2.840.113556.1.4.805", critical=True)) == 0
    assert things.code(search(PRINTER, 0)) == 32


def test_rfc_4370_acting_as_somebody_else(admin, client):
    own = control("2.16.840.1.113730.3.4.18", b"u:bob", critical=True)
    assert admin.code(modify(ALICE, (REPLACED, "telephoneNumber", ("+1",))), own) == 50
    assert client(admin.world).login(ALICE, "alice-pass").code(search(), own) == 123


def test_rfc_3876_matched_values(client):
    one = control("1.2.826.0.1.3344810.2.3", encode_sequence(equals("member", ALICE)))
    entry, _done = client().ask(search(f"cn=crew,{GROUPS}", 0, attributes=("member",)), one)
    assert entry.attributes == {"member": [ALICE.encode()]}


def test_rfc_3296_referrals(things):
    url = "ldap://other.test/ou=far,dc=other,dc=test"
    assert things.code(add(f"cn=far,{UNIT}", objectClass=("referral", "extensibleObject"), cn="far", ref=url)) == 0
    found = things.ask(search(UNIT, 1))
    assert [one.referrals for one in found if one.tag == 0x73] == [[f"{url}??base"]]
    (done,) = things.ask(modify(f"cn=x,cn=far,{UNIT}", (REPLACED, "cn", ("x",))))
    assert (done.code, done.referrals, done.matched) == (10, [url], f"cn=far,{UNIT}")
    manage = control("2.16.840.1.113730.3.4.2")
    assert f"cn=far,{UNIT}" in things.entries(search(UNIT, 1), manage)
    assert things.code(delete(f"cn=far,{UNIT}"), manage) == 0


def test_rfc_4511_4_5_1_3_aliases(things):
    alias = add(f"cn=short,{UNIT}", objectClass=("alias", "extensibleObject"), cn="short", aliasedObjectName=ALICE)
    assert things.code(alias) == 0
    assert things.entries(search(f"cn=short,{UNIT}", 0)) == [f"cn=short,{UNIT}"]
    assert things.entries(search(f"cn=short,{UNIT}", 0, deref=2)) == [ALICE]
    assert ALICE in things.entries(search(UNIT, 1, deref=1))


def test_a_persistent_search_tells_of_changes(admin, client):
    value = encode_sequence(encode_integer(15), encode_boolean(value=True), encode_boolean(value=True))
    one = client(admin.world)
    assert one.ask(search(PEOPLE, 1), control("2.16.840.1.113730.3.4.3", value, critical=True)) == []
    assert one.talk.watching == {"directory.changed"}
    admin.world.people.put(Person(login="mary", name="Mary Celeste"))
    (told,) = noticed(one)
    assert told.dn == f"uid=mary,{PEOPLE}"
    assert value_of(told.controls["2.16.840.1.113730.3.4.7"]) == [b"\1"]


def test_rfc_4533_content_is_synchronized_and_changes_follow(admin, client):
    one = client(admin.world)
    value = encode_sequence(encode_integer(3, ENUMERATED))
    *found, fresh = one.ask(search(GROUPS, 1), control("1.3.6.1.4.1.4203.1.9.1.1", value, critical=True))
    assert len(found) == 3
    assert fresh.tag == 0x79
    admin.world.groups.remove("crew")
    (told,) = noticed(one)
    state, uuid = value_of(told.controls["1.3.6.1.4.1.4203.1.9.1.2"])
    assert (told.dn, state, len(uuid)) == (f"cn=crew,{GROUPS}", b"\3", 16)


def noticed(client):
    """Tell a client's session that what it watches has changed; return what it sends."""
    from services.ldap.asker import read

    from homeport.protocol.events import Noticed

    return read(client.hear(Noticed(frozenset(client.talk.watching))))
