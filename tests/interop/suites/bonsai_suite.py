"""Has the tests of bonsai run against Homeport, at the ports 389 and 636 of a network of their own.

A plugin of the pytest that runs them (`-p bonsai_suite`). Their configuration names a server in a container with
people of a series on television; here it is a farm with the same names. What delays their network is a fault.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import found
import pytest
from selection import deselect

from homeport.testing import Farm

BASE = "dc=bonsai,dc=test"
PASSWORD = "p@ssword"
PEOPLE = {
    "chuck": "Bartowski",
    "lester": "Patel",
    "jeff": "Barnes",
    "skip": "Johnson",
    "sam": "Lembeck",
    "will": "DeBlasio",
}
"""By first name."""
PERSON = """
dn: cn={name},ou=nerdherd,{base}
objectClass: inetOrgPerson
objectClass: organizationalPerson
objectClass: person
objectClass: top
objectClass: posixAccount
uid: {name}
cn: {name}
sn: {surname}
givenName: {name}
uidNumber: {number}
gidNumber: 1
homeDirectory: /home/{name}
userPassword: {password}
"""
UNITS = f"""\
dn: ou=nerdherd,{BASE}
objectClass: organizationalUnit
ou: nerdherd

dn: ou=nerdherd-refs,{BASE}
objectClass: organizationalUnit
ou: nerdherd-refs
"""
REFERRAL = """
dn: o={name},ou=nerdherd-refs,{base}
objectClass: referral
objectClass: extensibleObject
o: {name}
ref: ldap://bonsai.test/cn={name},{base}
ref: ldap://bonsai.test/cn=other,{base}
"""
LDIF = "".join(
    (
        UNITS,
        *(
            PERSON.format(name=name, surname=surname, number=number, base=BASE, password=PASSWORD)
            for number, (name, surname) in enumerate(PEOPLE.items())
        ),
        REFERRAL.format(name="invalid-ref", base=BASE),
        REFERRAL.format(name="admin", base=BASE).replace(f"ref: ldap://bonsai.test/cn=other,{BASE}\n", ""),
    )
)
CONFIG = {
    "directory": {
        "base": "dc=homeport,dc=test",
        "suffixes": [BASE],
        "account": [{"dn": f"cn=admin,{BASE}", "password": PASSWORD}],
        "ldif": LDIF,
    },
}
LDAP = {"port": 389, "tls_port": 636, "client_certificates": "ask"}
NOT_APPLICABLE = {
    "it needs no server": [
        "test_ad_acl.py",
        "test_ad_securitydescriptor.py",
        "test_ad_sid.py",
        "test_ad_useraccountcontrol.py",
        "test_ldapdn.py",
        "test_ldapurl.py",
        "test_ldapvaluelist.py",
        "test_ldifreader.py",
        "test_ldifwriter.py",
    ],
    "DIGEST-MD5 is historic (RFC 6331), and NTLM is Microsoft's: Homeport has neither": [
        "test_bind_digest",
        "test_bind_digest_with_authzid",
        "test_bind_ntlm",
        "test_digest_auth_error",
    ],
    "it needs Kerberos": ["test_bind_gssapi_kinit", "test_bind_gssapi_with_authzid_kinit"],
    "it connects to a socket in /var/run of a server on the same machine": ["test_ldapi"],
    "it needs an image that the archive lacks": ["test_binary"],
    "password policies of a few seconds are configured in their server": [
        "test_password_expire",
        "test_password_lockout",
    ],
    "a network would delay the TCP handshake, a server delays what it answers": [
        "test_gevent.py::test_connection_timeout",
        "test_ldapclient.py::test_connection_timeout",
    ],
    "their server is configured with a limit of 1024 entries": ["test_server_sizelimit_error"],
}


class Server:
    """The farm of all tests."""

    farm: ClassVar[Any] = None


def settings() -> dict[str, dict[str, str]]:
    """Return the configuration of the tests, as `get_config`."""
    login = {"user": "chuck", "password": PASSWORD, "realm": "None", "authzid": "u:chuck", "dn": "dn:"}
    return {
        "SERVER": {
            "hostip": "127.0.0.1", "hostname": "bonsai.test", "port": "389", "ssl_port": "636", "has_tls": "True",
            "basedn": BASE, "search_scope": "sub", "search_attr": "cn",
        },
        "SIMPLEAUTH": {"user": f"cn=admin,{BASE}", "password": PASSWORD, "adusername": ""},
        "DIGESTAUTH": login, "NTLMAUTH": login, "GSSAPIAUTH": {**login, "keytab": ""},
        "EXTERNALAUTH": {"authzid": "u:alice", "dn": "dn:uid=alice,ou=people,dc=homeport,dc=test"},
    }  # fmt: skip


@contextlib.contextmanager
def delay(seconds: float) -> Iterator[None]:
    """Have every answer come late, as `network_delay`, which delays both ways."""
    verbs = ("bind", "search", "extended", "modify")
    plans = [Server.farm.ldap.fail(verb, latency=round(seconds * 2000), times=0, optional=True) for verb in verbs]
    try:
        yield
    finally:
        for plan in plans:
            plan.remove()


def write_certificates(folder: Path) -> None:
    """Write the certificate of the farm's authority, and one of a client, where the tests expect them."""
    folder.mkdir(parents=True)
    issued = Server.farm.ldap._api.send("POST", "/api/v1/client-certificates", {"name": "alice"})
    (folder / "cacert.pem").write_text(Server.farm.ca_pem)
    (folder / "client.pem").write_text(issued["certificate"])
    (folder / "client.key").write_text(issued["key"])


def pytest_configure() -> None:
    """Start the farm before tests read their configuration."""
    Server.farm = Farm(mode="process", services=["ldap"], config={**CONFIG, "ldap": LDAP}).start()
    write_certificates(Path("tests/testenv/certs"))


def pytest_plugin_registered(plugin, plugin_name):
    """Put our functions into their conftest before the tests import them from there."""
    if Path(plugin_name or "").name == "conftest.py":
        assert plugin.get_config
        assert plugin.network_delay
        plugin.get_config, plugin.network_delay = settings, delay


@pytest.fixture(scope="session", autouse=True)
def server():
    """The server that every test connects to; at the end, what it found is remembered, and the farm stops."""
    yield
    found.close(Server.farm)


def pytest_collection_modifyitems(config, items):
    """Leave out what needs no server, and what is not applicable."""
    deselect(config, items, {"server"}, NOT_APPLICABLE)
