"""The persona `active-directory-like`."""

from uuid import UUID

import msgspec
import pytest
from conftest import NOW
from services.ldap.asker import (
    ADMIN,
    ALICE,
    BASE,
    Asker,
    add,
    attribute,
    bind,
    compare,
    control,
    delete,
    equals,
    extended,
    octets,
    present,
    search,
    value_of,
)
from services.ldap.persona import connect, make_world
from services.line_client import TLS

from homeport.protocol.ber import ENUMERATED, encode_integer, encode_sequence
from homeport.protocol.faults import Plan
from homeport.services.ldap.personas.active_directory.domain import sid_of_text, text_of_sid
from homeport.world.directory.contents import DirectoryContents
from homeport.world.groups import Group
from homeport.world.people import Person
from homeport.world.world import WorldContents

BOB = f"uid=bob,ou=people,{BASE}"
EVE = f"cn=Eve Quay,ou=people,{BASE}"
PAGED = "1.2.840.113556.1.4.319"
IN_CHAIN = "1.2.840.113556.1.4.1941"
ADDED, DELETED, REPLACED = range(3)
DISABLED = "514"


def change(dn, *changes):
    """Write a modify request whose values may be bytes."""
    held = [
        encode_sequence(encode_integer(number, ENUMERATED), attribute(kind, *values))
        for number, kind, values in changes
    ]
    return encode_sequence(octets(dn), encode_sequence(*held), tag=0x66)


def matching(rule, kind, value):
    """Write an extensible filter."""
    return encode_sequence(octets(rule, 0x81), octets(kind, 0x82), octets(value, 0x83), tag=0xA9)


def page(size, cookie=b""):
    return control(PAGED, encode_sequence(encode_integer(size), octets(cookie)))


@pytest.fixture
def connection():
    """A connection of a client that has not logged in."""
    return connect("active-directory-like")


@pytest.fixture
def admin(connection):
    """A connection that may change everything."""
    return connection.login()


def entry_of(asker: Asker, dn=ALICE, *names, chosen=None):
    found = asker.ask(search(dn, 0, chosen or present("objectClass"), names))
    assert found[-1].code == 0, found[-1]
    return found[0].attributes


# Logins


@pytest.mark.parametrize(
    "name",
    [
        ALICE,
        "alice@homeport.test",
        "ALICE@HOMEPORT.TEST",
        "HOMEPORT\\alice",
        "homeport\\Alice",
        "homeport.test\\alice",
        "Alice Liddell",
    ],
)
def test_people_log_in_by_any_of_their_names(connection, name):
    assert connection.code(bind(name, "alice-pass")) == 0
    assert connection.ask(extended("1.3.6.1.4.1.4203.1.11.3"))[-1].more[0x8B] == b"u:HOMEPORT\\alice"


def test_people_log_in_by_their_identifiers(admin):
    held = entry_of(admin, ALICE, "objectSid", "objectGUID")
    for name in (text_of_sid(held["objectSid"][0]), f"{{{UUID(bytes_le=held['objectGUID'][0])}}}"):
        assert connect("active-directory-like").code(bind(name, "alice-pass")) == 0


@pytest.mark.parametrize("name", ["alice", "OTHER\\alice", "alice@other.test", "nobody@homeport.test"])
def test_a_name_of_nobody_is_525(connection, name):
    (done,) = connection.ask(bind(name, "alice-pass"))
    assert (done.code, "data 525," in done.text) == (49, True)


def test_a_wrong_password_is_52e(connection):
    (done,) = connection.ask(bind("alice@homeport.test", "wrong"))
    text = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v1db1\0"
    assert (done.code, done.text) == (49, text)
    assert connection.talk.logs[-2] == (
        "login",
        {"login": "alice@homeport.test", "mechanism": "simple", "code": "invalidCredentials"},
    )


HOUR = int(NOW % (7 * 86400) // 3600 + 4 * 24) % 168  # 1970 began on a Thursday
NOT_NOW = bytes(0 if at == HOUR // 8 else 255 for at in range(21))


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("userAccountControl", DISABLED, "533"),
        ("userAccountControl", "66050", "533"),
        ("userAccountControl", "8389120", "532"),
        ("accountExpires", "1", "701"),
        ("pwdLastSet", "0", "773"),
        ("logonHours", NOT_NOW, "530"),
        ("userWorkstations", "DESK1,DESK2", "531"),
        ("lockoutTime", "133774416000000000", "775"),
    ],
)
def test_an_attribute_bars_an_account_with_a_sub_code_of_its_own(admin, kind, value, code):
    assert admin.code(change(ALICE, (REPLACED, kind, (value,)))) == 0
    (done,) = Asker(admin.world, behaviour="active-directory").ask(bind("alice@homeport.test", "alice-pass"))
    assert (done.code, f"data {code}," in done.text) == (49, True)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("userAccountControl", "66048"),
        ("accountExpires", "0"),
        ("accountExpires", "9223372036854775807"),
        ("lockoutTime", "0"),
        ("logonHours", b"\xff" * 21),
        ("userWorkstations", "DESK1,LDAP"),
        ("pwdLastSet", "-1"),
    ],
)
def test_an_attribute_that_bars_nobody(admin, kind, value):
    assert admin.code(change(ALICE, (REPLACED, kind, (value,)))) == 0
    assert Asker(admin.world, behaviour="active-directory").code(bind("alice@homeport.test", "alice-pass")) == 0


def test_a_wrong_password_does_not_tell_that_the_account_is_disabled_but_that_it_is_locked(admin):
    admin.code(change(ALICE, (REPLACED, "userAccountControl", (DISABLED,))))
    admin.code(change(BOB, (REPLACED, "lockoutTime", ("1",))))
    other = Asker(admin.world, behaviour="active-directory")
    assert "data 52e," in other.ask(bind(ALICE, "wrong"))[-1].text
    assert "data 775," in other.ask(bind(BOB, "wrong"))[-1].text


def test_a_name_with_an_empty_password_is_let_in_as_nobody(connection):
    assert connection.code(bind(ALICE)) == 0
    assert connection.talk.findings == ["unauthenticated-bind"]
    assert connection.ask(search())[-1].code == 1


# Anonymous clients


def test_anonymous_clients_see_the_root_dse_alone(connection):
    (done,) = connection.ask(search())
    text = "comment: In order to perform this operation a successful bind must be completed on the connection., data 0"
    assert (done.code, done.text.startswith("000004DC: LdapErr: DSID-0C090A5C,"), text in done.text) == (1, True, True)
    assert connection.ask(search("", 0))[-1].code == 0
    assert connection.ask(delete(ALICE))[-1].code == 1


def test_the_root_dse(connection):
    (root, _done) = connection.ask(search("", 0))
    held = {name: [value.decode() for value in values] for name, values in root.attributes.items()}
    assert held["defaultNamingContext"] == held["rootDomainNamingContext"] == [BASE]
    assert held["configurationNamingContext"] == [f"CN=Configuration,{BASE}"]
    assert held["schemaNamingContext"] == [f"CN=Schema,CN=Configuration,{BASE}"]
    assert held["dnsHostName"] == ["ldap.homeport.test"]
    assert held["ldapServiceName"] == ["homeport.test:ldap$@HOMEPORT.TEST"]
    oids = ("1.2.840.113556.1.4.800", *(f"1.2.840.113556.1.4.{number}" for number in (1670, 1791, 1935, 2080)))
    assert {*oids} <= {*held["supportedCapabilities"]}
    assert held["domainFunctionality"] == ["7"]
    assert held["isGlobalCatalogReady"] == ["TRUE"]
    assert held["currentTime"][0].endswith(".0Z")
    assert int(held["highestCommittedUSN"][0]) > 0
    assert held["serverName"][0].startswith("CN=LDAP,CN=Servers,CN=Default-First-Site-Name,")
    assert "MaxPageSize" in held["supportedLDAPPolicies"]
    assert {PAGED, "1.2.840.113556.1.4.417", "1.2.840.113556.1.4.801"} <= {*held["supportedControl"]}
    assert "1.3.6.1.1.12" not in held["supportedControl"]
    assert "vendorName" not in held


def test_the_schema_is_found_by_the_name_in_the_root_dse(admin):
    (entry, _done) = admin.ask(
        search(f"CN=Aggregate,CN=Schema,CN=Configuration,{BASE}", 0, attributes=("attributeTypes",))
    )
    assert any(b"'sAMAccountName'" in value for value in entry.attributes["attributeTypes"])


# Attributes


def test_the_attributes_of_a_person(admin):
    held = entry_of(admin)
    texts = {name: [value.decode("utf-8", "replace") for value in values] for name, values in held.items()}
    assert texts["objectClass"] == ["top", "person", "organizationalPerson", "user"]
    assert texts["sAMAccountName"] == ["alice"]
    assert texts["userPrincipalName"] == ["alice@homeport.test"]
    assert texts["displayName"] == ["Alice Liddell"]
    assert texts["givenName"] == ["Alice"]
    assert texts["distinguishedName"] == [ALICE]
    assert texts["userAccountControl"] == ["512"]
    assert texts["sAMAccountType"] == ["805306368"]
    assert texts["primaryGroupID"] == ["513"]
    assert texts["accountExpires"] == ["9223372036854775807"]
    assert texts["objectCategory"] == [f"CN=Person,CN=Schema,CN=Configuration,{BASE}"]
    assert texts["memberOf"] == [f"cn=crew,ou=groups,{BASE}"]
    assert (texts["badPwdCount"], texts["lastLogon"]) == (["0"], ["0"])
    assert texts["whenCreated"] == ["20261130120000.0Z"] or texts["whenCreated"][0].endswith(".0Z")
    assert int(texts["pwdLastSet"][0]) == int((NOW + 11644473600) * 10**7)
    assert "userPassword" not in held


def test_identifiers_are_stable_and_binary(admin):
    held = entry_of(admin, ALICE, "objectSid", "objectGUID", "entryUUID")
    sid = held["objectSid"][0]
    assert (len(sid), sid[:8], sid[8:12]) == (28, b"\x01\x05\0\0\0\0\0\x05", (21).to_bytes(4, "little"))
    assert sid_of_text(text_of_sid(sid)) == sid
    assert UUID(bytes_le=held["objectGUID"][0]) == UUID(held["entryUUID"][0].decode())
    again = entry_of(connect("active-directory-like").login(), ALICE, "objectSid", "objectGUID")
    assert again["objectSid"] == held["objectSid"]
    assert again["objectGUID"] == held["objectGUID"]


def test_identifiers_differ(admin):
    found = admin.ask(search(BASE, 2, present("objectSid"), ("objectSid",)))
    sids = [one.attributes["objectSid"][0] for one in found if one.dn]
    assert len({*sids}) == len(sids) > 8
    (domain,) = (one.attributes["objectSid"][0] for one in found if one.dn == BASE)
    assert all(sid[8:24] == domain[8:24] for sid in sids)


def test_the_attributes_of_a_group(admin):
    held = entry_of(admin, f"cn=crew,ou=groups,{BASE}")
    assert held["objectClass"] == [b"top", b"group"]
    assert held["sAMAccountName"] == [b"crew"]
    assert held["groupType"] == [b"-2147483646"]
    assert held["sAMAccountType"] == [b"268435456"]
    assert ALICE.encode() in held["member"]


def test_an_empty_group_has_no_member():
    one = connect("active-directory-like", contents=WorldContents(groups=(Group(name="none"),))).login()
    assert "member" not in entry_of(one, f"cn=none,ou=groups,{BASE}")


def test_passwords_are_never_returned(admin):
    assert entry_of(admin, ALICE, "userPassword", "unicodePwd", "cn").keys() == {"cn"}
    alice = Asker(admin.world, behaviour="active-directory").login(ALICE, "alice-pass")
    assert "userPassword" not in entry_of(alice)
    assert admin.entries(search(ALICE, 0, equals("userPassword", "alice-pass"))) == []


def test_token_groups_hold_nested_groups_and_the_primary_one(admin):
    tokens = entry_of(admin, ALICE, "tokenGroups")["tokenGroups"]
    crew = entry_of(admin, f"cn=crew,ou=groups,{BASE}", "objectSid")["objectSid"][0]
    assert crew in tokens
    assert any(text_of_sid(sid).endswith("-513") for sid in tokens)
    assert "tokenGroups" not in entry_of(admin)


# Filters


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (equals("sAMAccountName", "ALICE"), [ALICE]),
        (equals("sAMAccountName", "crew"), [f"cn=crew,ou=groups,{BASE}"]),
        (equals("userPrincipalName", "alice@homeport.test"), [ALICE]),
        (equals("anr", "ali"), [ALICE]),
        (equals("anr", "=alice"), [ALICE]),
        (equals("anr", "al lid"), [ALICE]),
        (equals("anr", "lid al"), [ALICE]),
        (equals("anr", "zzz"), []),
        (equals("distinguishedName", ALICE.upper()), [ALICE]),
        (
            encode_sequence(equals("objectCategory", "group"), equals("cn", "crew"), tag=0xA0),
            [f"cn=crew,ou=groups,{BASE}"],
        ),
        (
            encode_sequence(
                equals("objectCategory", "person"), equals("objectClass", "user"), equals("sn", "Liddell"), tag=0xA0
            ),
            [ALICE],
        ),
        (encode_sequence(equals("objectClass", "posixAccount"), equals("uid", "alice"), tag=0xA0), []),
        (
            encode_sequence(
                equals("uid", "alice"), matching("1.2.840.113556.1.4.803", "userAccountControl", "512"), tag=0xA0
            ),
            [ALICE],
        ),
        (
            encode_sequence(
                equals("uid", "alice"), matching("1.2.840.113556.1.4.803", "userAccountControl", "514"), tag=0xA0
            ),
            [],
        ),
        (
            encode_sequence(
                equals("uid", "alice"), matching("1.2.840.113556.1.4.804", "userAccountControl", "514"), tag=0xA0
            ),
            [ALICE],
        ),
    ],
)
def test_filters(admin, chosen, found):
    units = (f"ou=people,{BASE}", f"ou=groups,{BASE}")
    assert [dn for unit in units for dn in admin.entries(search(unit, 2, chosen))] == found


def test_filters_by_identifiers(admin):
    held = entry_of(admin, ALICE, "objectSid", "objectGUID")
    sid, guid = held["objectSid"][0], held["objectGUID"][0]
    people = f"ou=people,{BASE}"
    for chosen in (equals("objectSid", sid), equals("objectSid", text_of_sid(sid)), equals("objectGUID", guid)):
        assert admin.entries(search(people, 2, chosen)) == [ALICE]


def test_names_are_found_by_the_index_among_many():
    people = tuple(Person(login=f"p{number}", name=f"Person {number}") for number in range(300))
    contents = WorldContents(people=people, directory=DirectoryContents())
    one = connect("active-directory-like", contents=contents).login()
    for chosen in (
        equals("sAMAccountName", "P77"),
        equals("userPrincipalName", "p77@homeport.test"),
        encode_sequence(equals("objectClass", "user"), equals("sAMAccountName", "p77"), tag=0xA0),
    ):
        assert one.entries(search(f"ou=people,{BASE}", 2, chosen)) == [f"uid=p77,ou=people,{BASE}"]


def test_membership_in_chains_of_groups():
    groups = (
        Group(name="inner", members=("alice",)),
        Group(name="middle", groups=("inner",)),
        Group(name="outer", groups=("middle",)),
    )
    one = connect("active-directory-like", contents=WorldContents(groups=groups)).login()
    outer = f"cn=outer,ou=groups,{BASE}"
    assert one.entries(search(f"ou=people,{BASE}", 2, equals("memberOf", outer))) == []
    assert one.entries(search(f"ou=people,{BASE}", 2, matching(IN_CHAIN, "memberOf", outer))) == [ALICE]
    found = one.entries(search(f"ou=groups,{BASE}", 2, matching(IN_CHAIN, "member", ALICE)))
    assert {dn.split(",")[0] for dn in found} == {"cn=inner", "cn=middle", "cn=outer"}


def test_compare_asks_about_what_is_made(admin):
    assert admin.code(compare(ALICE, "sAMAccountName", "ALICE")) == 6
    assert admin.code(compare(ALICE, "objectClass", "user")) == 6
    assert admin.code(compare(ALICE, "userAccountControl", "514")) == 5


def test_bases_are_named_by_identifiers(admin):
    held = entry_of(admin, ALICE, "objectSid", "objectGUID")
    sid, guid = held["objectSid"][0], held["objectGUID"][0]
    for name in (
        f"<GUID={UUID(bytes_le=guid)}>",
        f"<GUID={guid.hex()}>",
        f"<SID={text_of_sid(sid)}>",
        f"<SID={sid.hex()}>",
    ):
        assert admin.entries(search(name, 0)) == [ALICE]
    assert admin.code(search("<GUID=00000000-0000-0000-0000-000000000000>", 0)) == 32
    assert admin.code(search("<GUID=x>", 0)) == 32


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
    asked = change(ALICE, (REPLACED, "unicodePwd", (quoted("Neu-1234"),)))
    (done,) = admin.ask(asked)
    assert (done.code, done.text.startswith("0000001F: SvcErr:")) == (53, True)
    assert secure(admin.world, ALICE, "alice-pass").code(asked) == 50
    assert secure(admin.world).code(asked) == 0
    assert admin.world.people.get("alice").password == "Neu-1234"


def test_a_password_is_changed_by_its_owner(admin):
    def asked(old, new):
        return change(ALICE, (DELETED, "unicodePwd", (quoted(old),)), (ADDED, "unicodePwd", (quoted(new),)))

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
    assert secure(admin.world).code(change(ALICE, (REPLACED, "unicodePwd", (value,)))) == 53


def test_a_new_user_logs_in(admin):
    made = add(EVE, objectClass="user", cn="Eve Quay", sAMAccountName="eve", userAccountControl="512")
    assert admin.code(made) == 0
    held = entry_of(admin, EVE)
    assert held["userPrincipalName"] == [b"eve@homeport.test"]
    root = secure(admin.world)
    assert root.code(change(EVE, (REPLACED, "unicodePwd", (quoted("Neu-1234"),)))) == 0
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
    assert admin.code(change(dn, (ADDED, "member", (ALICE,)))) == 0
    assert [*admin.world.groups.get("new").members] == ["alice"]


def test_members_that_are_there_or_are_not_have_results_of_their_own(admin):
    dn = f"cn=crew,ou=groups,{BASE}"
    (done,) = admin.ask(change(dn, (ADDED, "member", (ALICE,))))
    assert (done.code, done.text.startswith("00000562: UpdErr:")) == (68, True)
    (done,) = admin.ask(change(dn, (DELETED, "member", (f"uid=dave,ou=people,{BASE}",))))
    assert (done.code, done.text.startswith("00000561: SvcErr:")) == (53, True)


@pytest.mark.parametrize(
    ("asked", "code", "text"),
    [
        (search(f"cn=nobody,{BASE}", 0), 32, f"best match of:\n\t'{BASE}'\n\0"),
        (search("no name", 0), 34, "problem 2006 (BAD_NAME)"),
        (delete(f"ou=people,{BASE}"), 53, "problem 5003 (WILL_NOT_PERFORM)"),
        (add(ALICE, objectClass="user", uid="alice"), 68, "problem 6005 (ENTRY_EXISTS)"),
        (change(ALICE, (ADDED, "noSuchThing", ("x",))), 16, "Error in attribute conversion operation"),
    ],
)
def test_texts_of_errors(admin, asked, code, text):
    done = admin.ask(asked)[-1]
    assert (done.code, text in done.text) == (code, True), done.text


def test_people_may_not_change_others(admin):
    alice = Asker(admin.world, behaviour="active-directory").login(ALICE, "alice-pass")
    (done,) = alice.ask(change(BOB, (REPLACED, "telephoneNumber", ("1",))))
    assert (done.code, "INSUFF_ACCESS_RIGHTS" in done.text) == (50, True)


def test_planned_results_are_left_as_planned(admin):
    do = {"reply": {"result": "invalidCredentials", "text": "as I say"}}
    admin.world.faults.add(msgspec.convert({"service": "ldap", "match": {"verb": "search"}, "do": do}, Plan))
    (done,) = admin.ask(search(ALICE, 0))
    assert (done.code, done.text) == (49, "as I say")
