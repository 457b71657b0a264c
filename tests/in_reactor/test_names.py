"""service-identity verifies the farm's certificates, and rejects those of planned faults."""

import pytest
import pytest_twisted
from in_reactor.verifying import CONFIGURED, greeted, options_for
from OpenSSL import SSL
from service_identity import VerificationError


@pytest.mark.parametrize("service", ["smtp", "ftp", "epp"])
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", CONFIGURED])
@pytest_twisted.ensureDeferred
async def test_the_farm_is_who_it_is_called_by_each_of_its_names(farm, service, name):
    host = name if name == "::1" else "127.0.0.1"
    assert await greeted(getattr(farm, service).listener("tls"), options_for(farm.ca_pem, name), host)
    assert farm.findings() == []


@pytest.mark.parametrize("name", ["elsewhere.test", "192.0.2.1", "2001:db8::1"])
@pytest_twisted.ensureDeferred
async def test_the_farm_is_nobody_else(farm, name):
    with pytest.raises(VerificationError):
        await greeted(farm.smtp.listener("tls"), options_for(farm.ca_pem, name))


@pytest.mark.parametrize("service", ["smtp", "ftp", "epp"])
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", CONFIGURED])
@pytest_twisted.ensureDeferred
async def test_a_certificate_for_another_host_is_caught(farm, service, name):
    getattr(farm, service).fail(tls="wrong_host")
    with pytest.raises(VerificationError):
        await greeted(getattr(farm, service).listener("tls"), options_for(farm.ca_pem, name))
    assert farm.findings() == []  # the client is right
    assert await greeted(getattr(farm, service).listener("tls"), options_for(farm.ca_pem, name))


@pytest.mark.parametrize("service", ["smtp", "ftp", "epp"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [("expired", "certificate verify failed"), ("untrusted", "certificate verify failed")],
)
@pytest_twisted.ensureDeferred
async def test_a_certificate_that_has_expired_or_that_nobody_vouches_for_is_caught(farm, service, fault, words):
    getattr(farm, service).fail(tls=fault)
    with pytest.raises(SSL.Error, match=words):
        await greeted(getattr(farm, service).listener("tls"), options_for(farm.ca_pem, "localhost"))
    assert farm.findings() == []
    assert await greeted(getattr(farm, service).listener("tls"), options_for(farm.ca_pem, "localhost"))
