"""FTP's data connections under TLS: a client that does not trust the certificate there is advised, too."""

import ftplib
import ssl

import pytest
from tls_clients import trusting

from homeport.protocol.faults import Do, Plan


@pytest.fixture
def farm(start_farm):
    return start_farm("ftp")


def logged_in(farm):
    """A client under TLS whose control connection is verified."""
    client = ftplib.FTP_TLS(context=trusting(farm), timeout=10)
    client.connect("127.0.0.1", farm.port("ftp", "tcp"))
    client.host = "localhost"
    client.login("alice", "alice-pass")
    client.prot_p()
    client.voidcmd("TYPE I")
    return client


@pytest.mark.parametrize("command", ["NLST", "STOR x"])
def test_an_alert_on_a_data_connection_is_one_finding(farm, command):
    with logged_in(farm) as client:
        client.context = ssl.create_default_context()
        with pytest.raises(ssl.SSLCertVerificationError):
            client.ntransfercmd(command)
        with pytest.raises(ftplib.Error, match="522"):
            client.voidresp()
        assert farm.call(lambda: dict(farm.world.findings.counts)) == {"ftp.certificate-refused": 1}


def test_a_planned_fault_on_a_data_connection_is_refused_rightly(farm):
    with logged_in(farm) as client:
        farm.call(farm.world.faults.add, Plan(service="ftp", do=Do(tls="untrusted")))
        with pytest.raises(ssl.SSLCertVerificationError):
            client.ntransfercmd("NLST")
        with pytest.raises(ftplib.Error, match="522"):
            client.voidresp()
        assert farm.call(lambda: dict(farm.world.findings.counts)) == {}
