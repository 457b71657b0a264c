"""pyepp (PyPI), a client with objects: a registrar's day with it, which also fills in the operational test."""

import importlib
import ssl
from datetime import date
from typing import Any

import pytest
from tests.interop.conftest import lacking
from tests.interop.epp_registry import EppRegistry

from homeport.services.epp.ote import sheets_of

SECRET = "kQ7vX2mB9tR4wZ6pL8nC3dF5gH1jS0y-A"
NAME = "pyepp.test"


@pytest.fixture
def pyepp() -> Any:
    try:
        for part in ("domain", "contact", "host", "poll"):
            importlib.import_module(f"pyepp.{part}")
        return importlib.import_module("pyepp")
    except ImportError:
        lacking("there is no pyepp for this Python (pip install pyepp)")


def did(result: Any) -> Any:
    """Return the data of a command that succeeded."""
    assert int(result.code) in (1000, 1001), (result.code, result.message, result.reason)
    return result.result_data


@pytest.mark.filterwarnings("ignore:ssl.OP_NO_:DeprecationWarning")  # its own, of TLS options
def test_a_day_with_pyepp(pyepp: Any, registry: EppRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(registry.ca))
    client = pyepp.epp.EppCommunicator(server="localhost", port=str(registry.port))
    assert b"<greeting>" in client.connect()
    client.login("harbour", "harbour-pass")
    contacts, hosts, domains, poll = (
        getattr(getattr(pyepp, kind.lower()), kind)(client) for kind in ("Contact", "Host", "Domain", "Poll")
    )
    address = pyepp.contact.AddressData(street_1="1 Quay", city="Port", country_code="GB")
    postal = pyepp.contact.PostalInfoData(name="Rita", address=address, type="int")
    person = pyepp.contact.ContactData(
        id="pyepp-1", email="rita@example.com", postal_info=postal, phone="+44.1865550100", password=SECRET
    )
    did(contacts.check(["pyepp-1"]))
    did(contacts.create(person))
    assert did(contacts.info("pyepp-1")).email == "rita@example.com"
    did(domains.check([NAME, "homeport.test"]))
    wanted = pyepp.domain.DomainData(
        domain_name=NAME, period=2, registrant="pyepp-1", admin="pyepp-1", tech="pyepp-1", host=["ns1.homeport.test"],
        password="",
    )  # fmt: skip
    did(domains.create(wanted))
    shown = did(domains.info(NAME))
    assert (shown.domain_name, shown.sponsoring_client_id) == (NAME, "harbour")
    glue = pyepp.host.IPAddressData(address="192.0.2.7", ip="v4")
    did(hosts.create(pyepp.host.HostData(host_name=f"ns1.{NAME}", address=[glue])))
    did(domains.renew(NAME, date.fromisoformat(str(shown.expiry_date)[:10]), 1))
    assert int(domains.create(wanted).code) == 2302
    while int((message := poll.request()).code) == 1301:
        if message.result_data.message_count > 1:
            did(poll.acknowledge(message.result_data.message_id))
        else:  # it expects msgQ in the answer to the last one, too, where RFC 5730 2.9.2.3 has none
            with pytest.raises(AttributeError):
                poll.acknowledge(message.result_data.message_id)
    did(hosts.delete(f"ns1.{NAME}"))
    did(domains.delete(NAME))
    assert int(client.logout().code) == 1500
    marks = registry.farm.call(lambda: sheets_of(registry.farm.world).of("harbour").marks)
    assert {name for name, mark in marks.items() if mark.state == "wrong"} == set()
    assert {"login", "domain-create", "domain-create-years", "domain-renew", "poll-empty", "logout"} <= set(marks)
