"""epptools (PyPI), a client with every command: two registrars that use it against each other.

It verifies our certificate by the farm's authority, as it does by default. Every answer is validated by the schemas
where available, and nothing that it does is a finding.
"""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.interop.conftest import lacking
from tests.interop.epp_registry import DAY, EppRegistry
from tests.services.epp.desk import check

SECRET = "Tide-and-9-bells"
DS = {"key_tag": 12345, "alg": 13, "digest_type": 2, "digest": "AB" * 32}


@pytest.fixture
def epptools() -> Any:
    try:
        for part in ("transport", "exceptions"):
            importlib.import_module(f"epptools.{part}")
        return importlib.import_module("epptools")
    except ImportError:
        lacking("there is no epptools for this Python (pip install epptools)")


@pytest.fixture
def log_in(epptools, registry: EppRegistry) -> Iterator[Callable[..., Any]]:
    """Return a function that logs a registrar in."""
    clients = []

    class Checked(epptools.transport.Connection):
        def read_frame(self) -> str:
            frame = super().read_frame()
            check(frame.encode())
            return frame

    def start(registrar: str, password: str = "", **settings: Any) -> Any:
        config = epptools.Config(
            host="localhost",
            port=registry.port,
            clid=registrar,
            password=password or f"{registrar}-pass",
            ca_file=str(registry.ca),
            **settings,
        )
        client = epptools.Client(config, Checked(config))
        clients.append(client)
        client.connect()
        client.login()
        return client

    yield start
    for client in clients:
        client.disconnect()
    assert registry.findings() <= {"epp.no-logout"}


@pytest.fixture
def harbour(log_in):
    return log_in("harbour")


@pytest.fixture
def lighthouse(log_in):
    return log_in("lighthouse")


@pytest.fixture
def refused(epptools):
    """Return a function that returns the code and reasons of a refused call."""

    def refused(call: Callable[..., Any], *args: Any, **options: Any) -> tuple[int, str]:
        with pytest.raises(epptools.exceptions.CommandException) as refusal:
            call(*args, **options)
        return refusal.value.epp_code, " ".join(refusal.value.reasons())

    return refused


def drained(client: Any) -> list[Any]:
    """Return and acknowledge all messages of a queue."""
    notices: list[Any] = []
    client.poll.drain(notices.append)
    return notices


def test_a_session_from_greeting_to_logout(log_in, registry):
    client = log_in("harbour", lang="de")
    assert client.hello().is_greeting()
    assert client.domain.check(["homeport.test"]).message_lang() == "de"
    assert client.logout().code() == 1500


def test_a_password_is_changed_at_login(epptools, log_in, registry):
    config = epptools.Config(
        host="localhost", port=registry.port, clid="pilot", password="pilot-pass", ca_file=str(registry.ca)
    )
    with epptools.Client(config) as client:
        assert client.login("pilot-pass-2").code() == 1000
        assert client.contact.check(["free-1"]).is_available("free-1")
    assert log_in("pilot", "pilot-pass-2").is_logged_in()
    with pytest.raises(epptools.exceptions.AuthenticationException):
        log_in("pilot", "pilot-pass")


def test_every_command_of_contacts(harbour, lighthouse, refused):
    assert harbour.contact.check(["maja-1", "HM-1"]).availability() == {"maja-1": True, "HM-1": False}
    made = harbour.contact.create(
        "maja-1",
        postal_infos=[
            {
                "type": "int",
                "name": "Maja Lund",
                "org": "Lund & Sons",
                "street": ["Quay 4"],
                "city": "Port",
                "cc": "GB",
            },
            {"type": "loc", "name": "Мая Лунд", "city": "Порт", "cc": "GB"},
        ],
        voice="+44.1865550177",
        email="maja@lund.example",
        auth_info=SECRET,
        disclose={"flag": False, "addr": ["int"], "voice": True},
    )
    assert made.object_name() == "maja-1"
    told = harbour.contact.info("maja-1")
    assert told.postal_info()["loc"]["name"] == "Мая Лунд"
    assert (told.statuses(), told.sponsor(), told.auth_info()) == (["ok"], "harbour", SECRET)
    assert told.disclose()["flag"] is False
    harbour.contact.update(
        "maja-1",
        add_statuses=["clientDeleteProhibited"],
        chg={
            "email": "maja@new.example",
            "postal_info": {"name": "M. Lund", "city": "Nordhafen", "cc": "DE", "org": ""},
        },
    )
    told = harbour.contact.info("maja-1")
    assert (told.email(), told.postal_info()["int"]["city"]) == ("maja@new.example", "Nordhafen")
    assert refused(harbour.contact.delete, "maja-1")[0] == 2304
    assert refused(lighthouse.contact.info, "maja-1")[0] == 2201
    assert lighthouse.contact.info("maja-1", SECRET).email() == "maja@new.example"
    harbour.contact.update("maja-1", rem_statuses=["clientDeleteProhibited"])
    harbour.contact.delete("maja-1")
    assert refused(harbour.contact.info, "maja-1")[0] == 2303
    assert refused(harbour.contact.delete, "HM-1")[0] == 2305


def test_every_command_of_hosts(harbour, lighthouse, refused):
    assert harbour.host.check(["ns9.homeport.test", "ns1.homeport.test"]).availability() == {
        "ns9.homeport.test": True,
        "ns1.homeport.test": False,
    }
    harbour.host.create("ns9.homeport.test", ["192.0.2.99", "2001:db8::99"])
    harbour.host.update(
        "ns9.homeport.test",
        add_addresses=["192.0.2.98"],
        rem_addresses=["192.0.2.99"],
        add_statuses=["clientDeleteProhibited"],
    )
    told = lighthouse.host.info("ns9.homeport.test")
    assert {one["ip"] for one in told.host_addresses()} == {"192.0.2.98", "2001:db8::99"}
    assert refused(harbour.host.delete, "ns9.homeport.test")[0] == 2304
    harbour.host.update("ns9.homeport.test", rem_statuses=["clientDeleteProhibited"])
    harbour.host.delete("ns9.homeport.test")
    code, reason = refused(harbour.host.delete, "ns1.homeport.test")
    assert code == 2305
    assert "lighthouse.test" in reason
    assert refused(lighthouse.host.create, "ns8.homeport.test", ["192.0.2.1"])[0] == 2201


def test_every_command_of_domains(harbour, lighthouse, refused):
    assert harbour.domain.check(["regatta.test"]).is_available("regatta.test")
    harbour.domain.create(
        "regatta.test",
        years=2,
        registrant="HM-1",
        contacts={"admin": "HM-1", "tech": ["AL-1"]},
        nameservers=["ns1.homeport.test", "ns2.homeport.test"],
        auth_info=SECRET,
        sec_dns={"ds_data": [DS]},
    )
    told = harbour.domain.info("regatta.test")
    assert told.nameservers() == ["ns1.homeport.test", "ns2.homeport.test"]
    assert (told.registrant(), told.tech_contacts(), told.rgp_status()) == ("HM-1", ["AL-1"], ["addPeriod"])
    assert told.is_signed()
    harbour.domain.update(
        "regatta.test",
        add={"statuses": ["clientHold"]},
        rem={"ns": ["ns2.homeport.test"]},
        chg={"registrant": "AL-1"},
        sec_dns={"rem_all": True},
    )
    told = harbour.domain.info("regatta.test")
    assert (told.statuses(), told.nameservers(), told.registrant()) == (["clientHold"], ["ns1.homeport.test"], "AL-1")
    assert not told.is_signed()
    expiry = told.expiry_date()
    renewed = harbour.domain.renew("regatta.test", expiry, 3)
    assert int(renewed.expiry_date()[:4]) == int(expiry[:4]) + 3
    assert refused(harbour.domain.renew, "regatta.test", expiry, 1)[0] == 2004
    assert refused(lighthouse.domain.update, "regatta.test", add={"statuses": ["clientHold"]})[0] == 2201
    assert harbour.domain.delete("regatta.test").code() == 1000
    assert harbour.domain.check(["regatta.test"]).is_available("regatta.test")


def test_domains_are_transferred_in_every_way(harbour, lighthouse, refused):
    drained(harbour)
    drained(lighthouse)
    for name in ("approved.test", "rejected.test", "cancelled.test"):
        harbour.domain.create(name, years=1, auth_info=SECRET)
        assert refused(lighthouse.domain.transfer, "request", name, "wrong-1-guess")[0] == 2202
        asked = lighthouse.domain.transfer("request", name, SECRET, 1)
        assert (asked.code(), asked.transfer_status()) == (1001, "pending")
        assert harbour.domain.transfer("query", name).transfer()["requested_by"] == "lighthouse"
        assert harbour.domain.info(name).statuses() == ["inactive", "pendingTransfer"]
    assert [notice.transfer_status() for notice in drained(harbour)] == ["pending"] * 3
    assert harbour.domain.transfer("approve", "approved.test").transfer_status() == "clientApproved"
    assert harbour.domain.transfer("reject", "rejected.test").transfer_status() == "clientRejected"
    assert lighthouse.domain.transfer("cancel", "cancelled.test").transfer_status() == "clientCancelled"
    assert refused(harbour.domain.transfer, "approve", "cancelled.test")[0] == 2301
    assert [notice.transfer_status() for notice in drained(lighthouse)] == ["clientApproved", "clientRejected"]
    assert [notice.transfer_status() for notice in drained(harbour)] == ["clientCancelled"]
    assert lighthouse.domain.info("approved.test").sponsor() == "lighthouse"
    assert harbour.domain.info("rejected.test").sponsor() == "harbour"


def test_a_contact_is_transferred(harbour, lighthouse, refused):
    harbour.contact.create("maja-1", name="Maja", city="Port", cc="GB", email="maja@lund.example", auth_info=SECRET)
    assert lighthouse.contact.transfer("request", "maja-1", SECRET).code() == 1001
    assert refused(lighthouse.contact.transfer, "approve", "maja-1")[0] == 2201
    assert harbour.contact.transfer("query", "maja-1").transfer_status() == "pending"
    assert harbour.contact.transfer("approve", "maja-1").transfer_status() == "clientApproved"
    assert lighthouse.contact.info("maja-1").sponsor() == "lighthouse"


def test_a_queue_is_read_in_order_and_emptied(harbour, lighthouse):
    drained(lighthouse)
    assert lighthouse.poll.request().code() == 1300
    for name in ("first.test", "second.test"):
        harbour.domain.create(name, years=1, auth_info=SECRET)
        lighthouse.domain.transfer("request", name, SECRET)
        harbour.domain.transfer("reject", name)
    oldest = lighthouse.poll.request()
    assert (oldest.code(), oldest.message_count(), oldest.object_name()) == (1301, 2, "first.test")
    assert "first.test" in oldest.queue_message()
    assert lighthouse.poll.request().message_id() == oldest.message_id()
    assert lighthouse.poll.ack(oldest.message_id()).code() == 1000
    assert [notice.object_name() for notice in drained(lighthouse)] == ["second.test"]


def test_a_deleted_domain_is_restored(harbour, registry):
    harbour.domain.create("lost.test", years=1, auth_info=SECRET)
    registry.advance(6 * DAY)
    assert harbour.domain.delete("lost.test").code() == 1001
    assert harbour.domain.info("lost.test").rgp_status() == ["redemptionPeriod"]
    assert harbour.domain.info("lost.test").statuses()[-1] == "pendingDelete"
    restored = harbour.domain.restore("lost.test")
    assert restored.code() in {1000, 1001}
    assert harbour.domain.info("lost.test").rgp_status() == ["pendingRestore"]


def test_a_domain_expires_is_renewed_redeemed_and_transferred_and_whois_follows(harbour, lighthouse, registry):
    """One domain's life: the clock is moved, the queue reports it, Whois shows it."""
    drained(harbour)
    harbour.domain.create("voyage.test", years=1, registrant="HM-1", auth_info=SECRET)
    expiry = harbour.domain.info("voyage.test").expiry_date()
    registry.advance(366 * DAY)
    told = {notice.queue_message() for notice in drained(harbour)}
    assert any("voyage.test" in message and "renewed" in message for message in told)
    info = harbour.domain.info("voyage.test")
    assert (int(info.expiry_date()[:4]), info.rgp_status()) == (int(expiry[:4]) + 1, ["autoRenewPeriod"])
    registry.advance(50 * DAY)
    assert harbour.domain.delete("voyage.test").code() == 1001
    assert harbour.domain.restore("voyage.test").is_success()
    registry.advance(8 * DAY)  # no report came: it is in redemption again
    assert harbour.domain.info("voyage.test").rgp_status() == ["redemptionPeriod"]
    registry.advance(40 * DAY)
    assert harbour.domain.check(["voyage.test"]).is_available("voyage.test")
    harbour.domain.create("voyage.test", years=1, registrant="HM-1", auth_info=SECRET)
    lighthouse.domain.transfer("request", "voyage.test", SECRET, 1)
    registry.advance(6 * DAY)  # the transfer is not answered
    assert "serverApproved" in [notice.transfer_status() for notice in drained(lighthouse)]
    assert "serverApproved" in [notice.transfer_status() for notice in drained(harbour)]
    assert lighthouse.domain.info("voyage.test").sponsor() == "lighthouse"
    said = registry.farm.exchange("whois", b"voyage.test\r\n").decode()
    assert "Lighthouse Registrations GmbH" in said


def test_refusals_say_which_rule_was_broken(harbour, refused):
    code, reason = refused(harbour.contact.create, "maja-1", name="M", city="P", cc="UK", email="m@lund.example")
    assert (code, "ISO 3166-1" in reason, "GB" in reason) == (2005, True, True)
    code, reason = refused(harbour.host.create, "ns9.homeport.test", ["127.0.0.1"])
    assert (code, "loopback" in reason) == (2306, True)


def test_prices_are_asked_for_agreed_to_and_charged(harbour):
    """RFC 8748."""
    asked = harbour.domain.check(
        ["premium-quay.test", "pier.test"], fee={"create": [1, 2], "renew": 1, "transfer": 1, "restore": 1}
    )
    assert asked.availability() == {"premium-quay.test": True, "pier.test": True}
    assert (asked.fee_for("premium-quay.test", "create", 2), asked.fee_for("pier.test", "create", 2)) == (
        "200.00",
        "20.00",
    )
    assert (asked.fee_class("premium-quay.test"), asked.is_premium("pier.test")) == ("premium", False)
    assert asked.fee_for("pier.test", "restore") == "40.00"
    assert harbour.domain.check(["premium-quay.test"]).availability() == {"premium-quay.test": False}
    made = harbour.domain.create("premium-quay.test", years=1, auth_info="", fee={"amount": "100.00"})
    assert made.charged_fee() == {"currency": "USD", "fee": "100.00"}
    assert harbour.domain.delete("premium-quay.test").code() == 1000
