"""The persona `389ds-like`."""

import pytest
from services.ldap.asker import ALICE, BASE, add, bind, control, delete, equals, extended, modify, search
from services.ldap.persona import connect
from services.line_client import TLS

from homeport.world.directory.stamps import time_text

BOB = f"uid=bob,ou=people,{BASE}"
EVE = f"uid=eve,ou=people,{BASE}"
WHO_AM_I, PASSWORD_MODIFY = "1.3.6.1.4.1.4203.1.11.3", "1.3.6.1.4.1.4203.1.11.1"


@pytest.fixture
def connection():
    """A connection of a client that has not logged in."""
    return connect("389ds-like")


@pytest.fixture
def admin(connection):
    """A connection that may change everything."""
    return connection.login()


def after(admin, *changes):
    """Change Alice's entry; return the result of her login."""
    assert admin.code(modify(ALICE, *changes)) == 0
    (done,) = connect("389ds-like", admin.world).ask(bind(ALICE, "alice-pass"))
    return done.code, done.text


def test_the_root_dse(connection):
    (root, _done) = connection.ask(search("", 0, attributes=("*", "+")))
    assert root.attributes["vendorName"] == [b"389 Project"]
    assert root.attributes["vendorVersion"][0].startswith(b"389-Directory/")
    assert root.attributes["defaultNamingContext"] == [BASE.encode()]
    assert "netscapemdsuffix" in root.attributes
    controls = {value.decode() for value in root.attributes["supportedControl"]}
    assert {f"2.16.840.1.113730.3.4.{number}" for number in (2, 3, 4, 5, 9, 17, 18, 19)} <= controls
    assert "1.2.840.113556.1.4.805" not in controls


def test_entries_have_a_unique_identifier_in_four_groups(connection):
    (entry, _done) = connection.ask(search(ALICE, 0, attributes=("nsUniqueId", "entryUUID")))
    unique, uuid = entry.attributes["nsUniqueId"][0], entry.attributes["entryUUID"][0]
    assert [len(part) for part in unique.split(b"-")] == [8, 8, 8, 8]
    assert unique.replace(b"-", b"") == uuid.replace(b"-", b"")
    assert connection.entries(search(BASE, 2, equals("nsUniqueId", unique))) == [ALICE]
    assert "nsUniqueId" not in connection.ask(search(ALICE, 0))[0].attributes
    assert "nsUniqueId" in connection.ask(search(ALICE, 0, attributes=("+",)))[0].attributes


def test_membership_comes_with_the_user_attributes(connection):
    (entry, _done) = connection.ask(search(ALICE, 0))
    assert entry.attributes["memberOf"] == [f"cn=crew,ou=groups,{BASE}".encode()]


def test_an_inactivated_account_is_53(admin):
    assert after(admin, (2, "nsAccountLock", ("true",))) == (
        53,
        "Account inactivated. Contact system administrator.",
    )
    assert after(admin, (2, "nsAccountLock", ("false",))) == (0, "")


def test_a_locked_account_is_19_until_its_time(admin):
    now = admin.world.clock.now()
    soon = time_text(now + 60).decode()
    text = "Exceed password retry limit. Please try later."
    assert after(admin, (2, "accountUnlockTime", (soon,))) == (19, text)
    assert after(admin, (2, "accountUnlockTime", ("19700101000000Z",))) == (19, text)
    assert after(admin, (2, "accountUnlockTime", (time_text(now - 60).decode(),))) == (0, "")


def test_an_expired_password_is_49_with_a_text(admin):
    now = admin.world.clock.now()
    assert after(admin, (2, "passwordExpirationTime", (time_text(now + 60).decode(),))) == (0, "")
    admin.world.clock.set(now + 61)
    (done,) = connect("389ds-like", admin.world).ask(bind(ALICE, "alice-pass"))
    assert (done.code, done.text) == (49, "password expired!")
    (done,) = connect("389ds-like", admin.world).ask(bind(ALICE, "wrong"))
    assert (done.code, done.text) == (49, "")


def test_passwords_are_changed_over_tls_alone(admin):
    (done,) = admin.ask(extended(PASSWORD_MODIFY))
    assert (done.code, done.text) == (13, "Operation requires a secure connection.\n")
    assert connect("389ds-like", admin.world, tls=TLS).login().code(extended(PASSWORD_MODIFY)) == 0


def test_the_identity_has_a_blank(connection):
    assert connection.ask(extended(WHO_AM_I))[-1].more[0x8B] == b"dn: "
    assert connection.login(ALICE, "alice-pass").ask(extended(WHO_AM_I))[-1].more[0x8B] == f"dn: {ALICE}".encode()


@pytest.mark.parametrize(
    ("asked", "code", "text"),
    [
        (bind(ALICE), 53, "Unauthenticated binds are not allowed"),
        (bind(ALICE, "wrong"), 49, ""),
        (search(f"cn=nobody,{BASE}"), 32, ""),
        (delete(ALICE), 50, "Insufficient access rights\n"),
    ],
)
def test_results_of_anonymous_clients(connection, asked, code, text):
    done = connection.ask(asked)[-1]
    assert (done.code, done.text) == (code, text)


@pytest.mark.parametrize(
    ("asked", "code", "text"),
    [
        (
            add(f"cn=Eve,{BASE}", objectClass="person", cn="Eve"),
            65,
            'missing attribute "sn" required by object class "person"\n',
        ),
        (add(EVE, objectClass="nothing", uid="eve"), 65, 'unknown object class "nothing"\n'),
        (modify(ALICE, (0, "nothing", ("x",))), 65, 'attribute "nothing" not allowed\n'),
        (modify(ALICE, (0, "mail", ("alice@homeport.test",))), 20, ""),
        (modify(ALICE, (1, "mobile", ())), 16, ""),
    ],
)
def test_results_of_changes(admin, asked, code, text):
    (done,) = admin.ask(asked)
    assert (done.code, done.text) == (code, text)


def test_people_may_not_remove_others(connection):
    (done,) = connection.login(ALICE, "alice-pass").ask(delete(BOB))
    assert (done.code, done.text) == (50, f"Insufficient 'delete' privilege to delete the entry '{BOB}'.\n")


def test_controls(admin):
    assert admin.code(search(ALICE, 0), control("2.16.840.1.113730.3.4.17", critical=True)) == 0
    assert admin.code(delete(ALICE), control("1.2.840.113556.1.4.805", critical=True)) == 12


def test_two_thousand_entries_are_the_limit(connection):
    assert connection.session.dialogue.options.max_entries == 2000
