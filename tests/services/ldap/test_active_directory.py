"""The persona `active-directory-like`."""

from uuid import UUID

import pytest
from conftest import NOW
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.ldap.asker import (
    ALICE,
    BASE,
    Asker,
    bind,
    compare,
    delete,
    equals,
    extended,
    matching,
    modify,
    present,
    search,
)
from services.ldap.persona import connect, entry_of, make_world

from homeport.config.further_worlds import world_config
from homeport.config.sections import Config
from homeport.protocol.ber import encode_sequence
from homeport.services.ldap.options import LdapOptions
from homeport.services.ldap.personas.active_directory import BEHAVIOUR
from homeport.services.ldap.personas.active_directory.domain import sid_of_text, text_of_sid
from homeport.services.ldap.personas.behaviour import POLICY_REASONS
from homeport.world.directory.contents import DirectoryContents
from homeport.world.groups import Group
from homeport.world.people import Person
from homeport.world.world import WorldContents

BOB = f"uid=bob,ou=people,{BASE}"
EVE = f"cn=Eve Quay,ou=people,{BASE}"
PAGED = "1.2.840.113556.1.4.319"
IN_CHAIN = "1.2.840.113556.1.4.1941"
ADDED, DELETED, REPLACED = range(3)
WORLD = make_world("active-directory-like")
DISABLED = "514"


@pytest.fixture
def connection():
    """A connection of a client that has not logged in."""
    return connect("active-directory-like")


@pytest.fixture
def admin(connection):
    """A connection that may change everything."""
    return connection.login()


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
    assert admin.code(modify(ALICE, (REPLACED, kind, (value,)))) == 0
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
    assert admin.code(modify(ALICE, (REPLACED, kind, (value,)))) == 0
    assert Asker(admin.world, behaviour="active-directory").code(bind("alice@homeport.test", "alice-pass")) == 0


def test_a_wrong_password_does_not_tell_that_the_account_is_disabled_but_that_it_is_locked(admin):
    admin.code(modify(ALICE, (REPLACED, "userAccountControl", (DISABLED,))))
    admin.code(modify(BOB, (REPLACED, "lockoutTime", ("1",))))
    other = Asker(admin.world, behaviour="active-directory")
    assert "data 52e," in other.ask(bind(ALICE, "wrong"))[-1].text
    assert "data 775," in other.ask(bind(BOB, "wrong"))[-1].text


def test_worlds_of_a_farm_have_personas_of_their_own():
    farm = Config(services={"ldap": LdapOptions()})
    given = {"ldap": {"persona": "active-directory-like", "max_entries": 5}}
    options = world_config(farm, ["ldap"], given).services["ldap"]
    assert (options.behaviour, options.max_entries, options.max_values) == ("active-directory", 5, 1500)
    assert connect("active-directory-like").code(bind("alice@homeport.test", "alice-pass")) == 0
    assert connect("strict").code(bind("alice@homeport.test", "alice-pass")) == 49


@pytest.mark.parametrize(
    ("policy", "code"), [("ACCOUNT_LOCKED", "775"), ("PASSWORD_EXPIRED", "532"), ("CHANGE_AFTER_RESET", "773")]
)
def test_each_error_of_a_password_policy_has_a_sub_code(policy, code):
    assert f"data {code}," in BEHAVIOUR.refused_login(POLICY_REASONS[policy]).text


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


def test_a_search_below_the_partitions_tells_the_name_of_the_domain(admin):
    partitions = f"CN=Partitions,CN=Configuration,{BASE}"
    chosen = encode_sequence(equals("objectClass", "crossRef"), equals("nCName", BASE), tag=0xA0)
    (reference, _done) = admin.ask(search(partitions, 2, chosen))
    assert (reference.attributes["nETBIOSName"], reference.attributes["dnsRoot"]) == ([b"HOMEPORT"], [b"homeport.test"])
    assert admin.code(search(partitions, 0)) == 32
    assert admin.code(search(f"CN=Configuration,{BASE}", 2)) == 32


# Hostile input

MARKS = ("S", "-", "1", "5", "<", ">", "=", "{", "}", "@", "\\", "\u00b2", "*", ",", " ")
WORDS = (*MARKS, "GUID", "SID", "homeport", "ff", "uid", "9" * 20, ";range=", "alice")
PIECES = st.sampled_from(WORDS)
TEXTS = st.text(max_size=40) | st.lists(PIECES, max_size=12).map("".join)


@given(TEXTS)
@examples(100)
def test_no_name_breaks_a_session(text):
    one = connect("active-directory-like", WORLD)
    assert one.code(bind(text, "x")) == 49
    one.login("HOMEPORT\\admin", "admin-pass")
    for asked in (search(text, 1), search(BASE, 1, equals("anr", text)), search(BASE, 1, equals("objectSid", text))):
        assert one.code(asked) in (0, 32, 34)
    assert one.code(search(ALICE, 0, attributes=(text, f"member;range={text}"))) == 0
    assert one.code(delete(f"<{text}>")) in (32, 34)
    value = text.encode("utf-16-le")
    assert one.code(modify(ALICE, (REPLACED, "unicodePwd", (value,)))) == 53
