"""Clients of other authors against LDAP with a persona."""

import importlib
import os
import ssl
import subprocess
import sys
import warnings

import pytest
from conftest import RunningFarm, farm_config
from tests.interop.conftest import lacking

from homeport.services.ldap import SERVICE
from homeport.world.groups import Group
from homeport.world.people import Person
from homeport.world.seed import PEOPLE
from homeport.world.world import WorldContents

BASE = "dc=homeport,dc=test"
ALICE = f"uid=alice,ou=people,{BASE}"
ADMIN = f"cn=admin,{BASE}"
CROWD = tuple(Person(login=f"p{number}", name=f"Person {number}") for number in range(1600))
GROUPS = (
    Group(name="crowd", members=tuple(one.login for one in CROWD)),
    Group(name="crew", members=("alice",)),
)
PERSONAS = ("active-directory-like", "openldap-like", "389ds-like")


@pytest.fixture(scope="module")
def farms():
    """Return a function that returns the farm of a persona."""
    running = {}

    def farm(persona):
        if persona not in running:
            contents = WorldContents(people=(*PEOPLE, *CROWD), groups=GROUPS)
            options = SERVICE.find_persona(persona).options
            running[persona] = RunningFarm(farm_config("ldap", contents=contents, ldap=options))
        return running[persona]

    yield farm
    for one in running.values():
        one.stop()


@pytest.fixture
def ldap3():
    """The client ldap3."""
    return imported("ldap3")


def imported(name):
    """Return a library, or skip the test."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError as error:
        lacking(f"there is no {name} in this Python: {error}")


@pytest.fixture
def domain(farms, ldap3):
    """A connection of the administrator to a domain controller, over TLS."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tls = ldap3.Tls(validate=ssl.CERT_NONE)
        port = farms("active-directory-like").port("ldap", "tls")
        server = ldap3.Server("127.0.0.1", port, use_ssl=True, tls=tls, get_info=ldap3.ALL)
        user = "HOMEPORT\\admin"
        with ldap3.Connection(server, user, "admin-pass", auto_bind=True, auto_range=True) as connection:
            yield connection
            socket = connection.socket
        socket.close()  # ldap3 leaves it open if the server closes first


@pytest.fixture
def tool(client, farms):
    """Run a program of ldap-utils: `tool(persona, "ldapsearch", ...)`; return status and output."""

    def run(persona, name, *words):
        url = f"ldap://127.0.0.1:{farms(persona).port('ldap', 'starttls')}"
        done = subprocess.run(
            [client(name), "-x", "-H", url, *words], capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize("persona", PERSONAS)
def test_ldap3_reads_the_schema_of_each_and_finds_by_it(farms, ldap3, persona):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = ldap3.Server("127.0.0.1", farms(persona).port("ldap", "starttls"), get_info=ldap3.ALL)
        with ldap3.Connection(server, ALICE, "alice-pass", auto_bind=True) as connection:
            assert BASE in server.info.naming_contexts
            assert "inetOrgPerson" in server.schema.object_classes
            assert connection.search(f"ou=people,{BASE}", "(cn=Alice Liddell)", attributes=["*", "memberOf"])
            (entry,) = connection.entries
            assert entry.memberOf.value == f"cn=crew,ou=groups,{BASE}"
            socket = connection.socket
        socket.close()


def test_ldap3_formats_the_attributes_of_active_directory(domain):
    assert domain.search(f"ou=people,{BASE}", "(sAMAccountName=alice)", attributes=["*"])
    (entry,) = domain.entries
    assert entry.objectSid.value.startswith("S-1-5-21-")
    assert entry.objectGUID.value.startswith("{")
    assert entry.accountExpires.value.year == 9999
    assert domain.extend.standard.who_am_i() == "u:HOMEPORT\\admin"
    assert domain.search(f"ou=people,{BASE}", f"(objectSid={entry.objectSid.value})")


def test_ldap3_reads_all_pages_and_all_ranges(domain):
    pages = domain.extend.standard.paged_search(BASE, "(objectClass=user)", paged_size=500, generator=False)
    assert sum(one["type"] == "searchResEntry" for one in pages) > len(CROWD)
    assert domain.search(f"cn=crowd,ou=groups,{BASE}", "(objectClass=group)", attributes=["member"])
    assert len(domain.entries[0].member.values) == len(CROWD)


def test_ldap3_changes_passwords_members_and_accounts_as_in_active_directory(domain, farms, ldap3):
    microsoft, bob = domain.extend.microsoft, f"uid=bob,ou=people,{BASE}"
    assert microsoft.modify_password(bob, "Neu-1234")
    assert microsoft.modify_password(bob, "Neu-5678", "Neu-1234")
    farm = farms("active-directory-like")
    assert farm.call(lambda: farm.world.people.get("bob").password) == "Neu-5678"
    assert microsoft.unlock_account(bob)
    crew = f"cn=crew,ou=groups,{BASE}"
    assert microsoft.add_members_to_groups(bob, crew)
    assert microsoft.remove_members_from_groups(bob, crew)
    assert domain.modify(bob, {"userAccountControl": [(ldap3.MODIFY_REPLACE, [514])]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = ldap3.Connection(domain.server, "bob@homeport.test", "Neu-5678")
        assert not other.bind()
        other.socket.close()
    assert "data 533," in other.result["message"]


def test_ldapdomaindump_reads_a_whole_domain(farms, ldap3, tmp_path):
    imported("ldapdomaindump")
    url = f"ldap://127.0.0.1:{farms('active-directory-like').port('ldap', 'starttls')}"
    who = ("-u", "HOMEPORT\\alice", "-p", "alice-pass", "-at", "SIMPLE")
    words = [sys.executable, "-W", "ignore", "-m", "ldapdomaindump", *who, "-o", str(tmp_path), "--no-json", url]
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=paths)
    assert (done.returncode, "Domain dump finished" in done.stdout) == (0, True), done.stderr
    users = (tmp_path / "domain_users.grep").read_text().splitlines()
    assert len(users) > len(CROWD)
    assert any(line.startswith("Alice Liddell\talice\talice\tcrew\t") for line in users)
    assert (tmp_path / "domain_policy.grep").read_text().splitlines()[1].startswith(f"{BASE}\t30.0 minutes")


def test_ms_active_directory_finds_people_and_changes_groups(farms, ldap3):
    library = imported("ms_active_directory")
    url = f"ldap://127.0.0.1:{farms('active-directory-like').port('ldap', 'starttls')}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        domain = library.ADDomain(
            "homeport.test", encrypt_connections=False, ldap_servers_or_uris=[url], kerberos_uris=["127.0.0.1:88"]
        )
        session = domain.create_session_as_user("HOMEPORT\\admin", "admin-pass", authentication_mechanism="SIMPLE")
        try:
            assert session.who_am_i() == "u:HOMEPORT\\admin"
            assert session.find_netbios_name_for_domain() == "HOMEPORT"
            assert session.find_user_by_sam_name("carol", ["mail"]).get("mail") == ["carol@homeport.test"]
            assert session.add_users_to_groups(["carol"], ["crew"]) == ["crew"]
            found = session.find_groups_for_user(session.find_user_by_sam_name("carol"))
            assert [one.name for one in found] == ["crew"]
            assert session.disable_account("carol")
        finally:
            session.ldap_connection.unbind()


def test_ldap_utils_log_in_by_principal_names(tool):
    who = ("-D", "alice@homeport.test", "-w", "alice-pass")
    assert tool("active-directory-like", "ldapwhoami", *who) == (0, "u:HOMEPORT\\alice\n")
    status, told = tool("active-directory-like", "ldapsearch", *who, "-LLL", "-b", BASE, "(sAMAccountName=alice)", "cn")
    assert (status, "cn: Alice Liddell" in told, f"CN=Configuration,{BASE}" in told) == (0, True, True)
    status, told = tool(
        "active-directory-like", "ldapsearch", *who, "-b", f"ou=people,{BASE}", "(objectClass=user)", "1.1"
    )
    assert (status, "numEntries: 1000" in told) == (4, True)


@pytest.mark.parametrize(
    ("persona", "words", "status", "text"),
    [
        ("active-directory-like", ("ldapwhoami", "-D", "alice@homeport.test", "-w", "x"), 49, "data 52e, v1db1"),
        ("active-directory-like", ("ldapsearch", "-b", BASE), 1, "000004DC: LdapErr: DSID-0C090A5C"),
        ("openldap-like", ("ldapsearch", "-b", f"ou=people,{BASE}", "1.1"), 4, "result: 4 Size limit exceeded"),
        ("openldap-like", ("ldapdelete", "-D", ADMIN, "-w", "admin-pass", "dc=x"), 53, "no global superior knowledge"),
        ("389ds-like", ("ldapdelete", ALICE), 50, "Insufficient access rights"),
    ],
)
def test_ldap_utils_tell_the_texts(tool, persona, words, status, text):
    found, told = tool(persona, *words)
    assert (found, text in told) == (status, True), told
