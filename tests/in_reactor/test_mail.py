"""Twisted's SMTP client against a farm in its own reactor."""

from io import BytesIO

import pytest
import pytest_twisted
from in_reactor.verifying import CONFIGURED, options_for
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.mail.smtp import ESMTPSenderFactory, SMTPClientError

MESSAGE = (
    b"Date: Wed, 14 Oct 2026 20:00:00 +0000\nFrom: app@client.test\nMessage-ID: <1@client.test>\n"
    b"Subject: Welcome\n\nahoy\n"
)


def post(farm, listener="starttls", name="localhost", login=(b"alice", b"alice-pass")):
    """Send a message with STARTTLS and AUTH; return a Deferred of the number of accepted recipients."""
    sent = Deferred()
    factory = ESMTPSenderFactory(
        *login, b"app@client.test", [b"bob@homeport.test"], BytesIO(MESSAGE), sent,
        contextFactory=options_for(farm.ca_pem, name), requireTransportSecurity=True, retries=0,
    )  # fmt: skip
    factory.domain = b"app.client.test"
    reactor.connectTCP("127.0.0.1", farm.smtp.listener(listener).port, factory)
    return sent


@pytest.mark.parametrize("listener", ["starttls", "submission"])
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", CONFIGURED])
@pytest_twisted.ensureDeferred
async def test_mail_goes_through_under_starttls_to_a_server_that_is_verified(farm, listener, name):
    taken, _responses = await post(farm, listener, name)
    assert taken == 1
    message = await farm.defer(farm.smtp.wait_for, to="bob@homeport.test")
    assert (message.subject, message.text) == ("Welcome", "ahoy\n")
    (tls,) = farm.smtp.events("tls")
    assert tls["version"] == "TLSv1.3"
    assert farm.findings("must") == []


@pytest.mark.parametrize("fault", ["wrong_host", "expired", "untrusted"])
@pytest_twisted.ensureDeferred
async def test_no_mail_goes_to_a_server_that_cannot_be_verified(farm, fault):
    farm.smtp.fail(tls=fault)
    with pytest.raises(SMTPClientError):
        await post(farm)
    assert farm.smtp.messages == []
    assert [one.id for one in farm.findings() if "certificate" in one.id] == []
    assert (await post(farm))[0] == 1
    assert len(farm.smtp.messages) == 1


@pytest_twisted.ensureDeferred
async def test_a_client_that_does_not_trust_the_farm_is_advised(farm):
    sent = Deferred()
    factory = ESMTPSenderFactory(
        b"alice", b"alice-pass", b"app@client.test", [b"bob@homeport.test"], BytesIO(MESSAGE), sent,
        contextFactory=options_for(other_authority(), "localhost"), requireTransportSecurity=True, retries=0,
    )  # fmt: skip
    reactor.connectTCP("127.0.0.1", farm.smtp.listener("starttls").port, factory)
    with pytest.raises(SMTPClientError):
        await sent
    await farm.defer(farm.smtp.wait_for_event, "closed")
    (advice,) = [one for one in farm.findings() if "certificate" in one.id]
    assert (advice.id, advice.level) == ("smtp.certificate-refused", "advice")
    assert "`homeport ca` prints" in advice.text


def other_authority():
    import trustme

    return trustme.CA().cert_pem.bytes().decode()
