"""Has the tests of ldap3 run against Homeport: the module `test.config`, which their archive lacks, made for it.

A plugin of the pytest that runs them (`-p ldap3_suite`). The module says where the server is and which attributes it
has, connects, and adds users and groups; tests were written for servers in a laboratory. LDAP3_STRATEGY chooses how
the client communicates: SYNC, ASYNC, RESTARTABLE, REUSABLE, SAFE_SYNC.
"""

import os
import secrets
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import found
import pytest
from selection import deselect

from homeport.testing import Farm

with warnings.catch_warnings():  # pyasn1's old names
    warnings.simplefilter("ignore")
    import ldap3

SUFFIX = "o=lab"
BASE, MOVED = f"ou=test,{SUFFIX}", f"ou=moved,ou=test,{SUFFIX}"
ADMIN, SECOND = f"cn=admin,{SUFFIX}", f"cn=second,{SUFFIX}"
PASSWORD = "password"
CLASSES = ["inetOrgPerson", "posixGroup", "top"]
LDIF = f"""\
dn: {BASE}
objectClass: organizationalUnit
ou: test

dn: {MOVED}
objectClass: organizationalUnit
ou: moved
"""
ATTRIBUTE = "( 2.16.840.1.113719.1.1.4.1.9999 NAME 'homeState' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"
CLASS = "( 2.16.840.1.113719.1.1.6.1.9999 NAME 'homeInfo' SUP top AUXILIARY MAY homeState )"
"""An auxiliary class that tests find in their server, eDirectory."""
DIRECTORY = {
    "attribute_types": [ATTRIBUTE],
    "object_classes": [CLASS],
    "suffixes": [SUFFIX],
    "ldif": LDIF,
    "account": [{"dn": ADMIN, "password": PASSWORD}, {"dn": SECOND, "password": PASSWORD}],
}
STRATEGY = os.environ.get("LDAP3_STRATEGY", ldap3.SYNC)
NOT_APPLICABLE: dict[str, list[str]] = {
    "it connects to the ports 389 and 636 of hosts in a laboratory": ["testRestartable.py"],
    "it tests a mock server of ldap3's own": ["testMockASyncStrategy.py", "testMockBase.py", "testMockSyncStrategy.py"],
    "it needs no server": [
        "testCaseInsensitiveDictionary.py",
        "testCaseInsensitiveWithAliasDictionary.py",
        "testDnParsing.py",
        "testExceptions.py",
        "testFormatGeneralizedTime.py",
        "testLDIF-change.py",
        "testOfflineSchema.py",
        "testParseSearchFilter.py",
        "testRdns.py",
        "testSaslPrep.py",
        "testValidators.py",
    ],
}


class Suite:
    """The farm, and the functions that tests import from `test.config`."""

    farm: ClassVar[Any] = None

    @classmethod
    def connect(
        cls,
        *,
        bind: bool = True,
        use_ssl: bool = False,
        check_names: bool = True,
        lazy_connection: bool = False,
        authentication: str = ldap3.SIMPLE,
        sasl_mechanism: str | None = None,
        sasl_credentials: Any = None,
        get_info: str = ldap3.ALL,
        simple_credentials: tuple[str | None, str | None] = (None, None),
    ) -> Any:
        """Return a connection, as `get_connection`."""
        listener = cls.farm.ldap.tls if use_ssl else cls.farm.ldap.starttls
        server = ldap3.Server(
            "127.0.0.1", listener.port, use_ssl=use_ssl, get_info=get_info, allowed_referral_hosts=("*", True)
        )
        user, password = (simple_credentials[0] or ADMIN, simple_credentials[1] or PASSWORD)
        if authentication != ldap3.SIMPLE:
            user = password = None
        return ldap3.Connection(
            server, user, password, auto_bind=bind, client_strategy=STRATEGY, authentication=authentication,
            sasl_mechanism=sasl_mechanism, sasl_credentials=sasl_credentials, lazy=lazy_connection, pool_name="pool",
            pool_size=5, check_names=check_names, collect_usage=True, fast_decoder=True,
        )  # fmt: skip

    @staticmethod
    def drop(connection: Any, made: Any = ()) -> None:
        """Delete what a test has made, as name and result, and disconnect."""
        for dn, _result in made or ():
            result_of(connection, connection.delete(dn))
        connection.unbind()
        if connection.strategy.pooled:
            connection.strategy.terminate()


def result_of(connection: Any, value: Any) -> Any:
    """Return the result of an operation, of which a method returned this."""
    return values_of(value, connection)[1]


def values_of(value: Any, connection: Any) -> tuple[Any, Any, Any, Any]:
    """Return status, result, response and request of an operation, as `get_response_values`."""
    if isinstance(value, tuple):  # of a thread-safe strategy
        return value
    if not connection.strategy.sync:
        response, result, request = connection.get_response(value, get_request=True)
        return result["result"] not in (1, 2, 16, 32, 48, 49, 50, 53, 65, 68, 80), result, response, request
    return value, connection.result, connection.response, connection.request


def dn_of(base: str, batch: str, name: str) -> str:
    """Return the name of an entry, as `generate_dn`."""
    return f"cn={batch}{name},{base}"


def user_attributes(_batch: str, name: str, _password: Any = None, attributes: Any = None) -> dict[str, Any]:
    """Return the attributes of a user, as `get_add_user_attributes`."""
    return {**(attributes or {}), "objectClass": list(CLASSES), "sn": name, "gidNumber": 0}


def as_bytes(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes with bytes in place of text."""

    def encoded(value: Any) -> Any:
        return value.encode() if isinstance(value, str) else value

    return {
        name: [*map(encoded, value)] if isinstance(value, (list, tuple)) else encoded(value)
        for name, value in attributes.items()
    }


def add(connection: Any, dn: str, attributes: dict[str, Any], *, is_bytes: bool) -> tuple[str, Any]:
    """Add an entry. Return its name and the result."""
    result = result_of(connection, connection.add(dn, None, as_bytes(attributes) if is_bytes else attributes))
    assert result["description"] == "success", f"cannot add {dn}: {result}"
    return dn, result


def add_user(
    connection: Any, batch: str, name: str, password: Any = None, attributes: Any = None, *, test_bytes: bool = False
) -> tuple[str, Any]:
    """Add a user."""
    given = user_attributes(batch, name, password, attributes)
    return add(connection, dn_of(BASE, batch, name), given, is_bytes=test_bytes)


def add_group(
    connection: Any, batch: str, name: str, members: Any = (), *, test_bytes: bool = False
) -> tuple[str, Any]:
    """Add a group. members: as `add_user` returned them."""
    given = {"objectClass": "groupOfNames", "member": [member[0] for member in members or ()]}
    return add(connection, dn_of(BASE, batch, name), given, is_bytes=test_bytes)


def configuration(farm: Any) -> dict[str, Any]:
    """Return the names of `test.config`."""
    return {
        "add_group": add_group, "add_user": add_user, "drop_connection": Suite.drop, "generate_dn": dn_of,
        "get_add_user_attributes": user_attributes, "get_connection": Suite.connect,
        "get_response_values": values_of, "random_id": lambda: f"[{secrets.token_hex(4)}]",
        "test_authentication": ldap3.SIMPLE, "test_auto_encode": True, "test_auto_escape": True, "test_base": BASE,
        "test_ca_cert_file": "", "test_check_names": True, "test_domain_name": "", "test_get_info": ldap3.ALL,
        "test_int_attr": "gidNumber", "test_internal_decoder": True, "test_lazy_connection": False,
        "test_logging": False, "test_moved": MOVED, "test_multivalued_attribute": "givenname", "test_name_attr": "cn",
        "test_ntlm_password": "",
        "test_ntlm_user": "", "test_password": PASSWORD, "test_pooling_active": 20, "test_pooling_exhaust": 15,
        "test_pooling_strategy": ldap3.ROUND_ROBIN, "test_port": farm.ldap.starttls.port,
        "test_port_ssl": farm.ldap.tls.port, "test_root_partition": "", "test_sasl_password": PASSWORD,
        "test_sasl_realm": None, "test_sasl_secondary_password": PASSWORD, "test_sasl_secondary_user": SECOND,
        "test_sasl_secondary_user_dn": SECOND, "test_sasl_user": SECOND, "test_sasl_user_dn": SECOND,
        "test_secondary_password": PASSWORD, "test_secondary_user": SECOND, "test_server": "127.0.0.1",
        "test_server_context": "", "test_server_edir_name": "", "test_server_mode": ldap3.IP_V4_ONLY,
        "test_server_type": "SLAPD", "test_singlevalued_attribute": "employeeNumber", "test_strategy": STRATEGY,
        "test_user": ADMIN, "test_user_cert_file": "", "test_user_key_file": "", "test_user_password": PASSWORD,
        "test_valid_names": ["127.0.0.1"], "test_validator": {},
    }  # fmt: skip


def pytest_configure() -> None:
    """Start the farm, and make the module, before the first test imports it."""
    Suite.farm = Farm(services=["ldap"], config={"directory": DIRECTORY}).start()
    package, module = ModuleType("test"), ModuleType("test.config")
    package.__path__ = []
    vars(module).update(configuration(Suite.farm))
    for size in (512, 1024):  # certificates that the archive lacks: their contents do not matter
        Path(f"{size}b-rsa-example-cert.der").write_bytes(secrets.token_bytes(size))
    sys.modules |= {"test": package, "test.config": module}


@pytest.fixture(scope="session", autouse=True)
def server():
    """The server that every test connects to; at the end, what it found is remembered, and the farm stops."""
    yield
    found.close(Suite.farm)


def pytest_collection_modifyitems(config, items):
    """Leave out what needs no server, and what is not applicable."""
    deselect(config, items, {"server"}, NOT_APPLICABLE)
