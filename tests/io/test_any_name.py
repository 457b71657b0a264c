"""`[tls] any_name`: a certificate for any name that a client requests, for every way to start TLS."""

import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from tls_clients import ask, line, raw, trusting

from homeport.config.sections import FarmTlsOptions
from homeport.io.tls import named_certificates
from homeport.io.tls.certificates import Certificates, certificate_name
from homeport.io.tls.named_certificates import MAX_NAMES, NamedCertificates, wanted_name
from homeport.protocol.faults import Do, Plan

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture
def farm(obedient):
    """Return a farm that has a certificate for every name."""
    return obedient(tls={"any_name": True, "names": ["*.lab.example"]})


def names(client):
    """Return the names of the certificate that a client was shown."""
    return [name for _kind, name in client.getpeercert()["subjectAltName"]]


def shown(client):
    """Return the certificate that a client was shown (DER)."""
    return client.getpeercert(binary_form=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_that_asks_for_a_name_is_shown_a_certificate_for_it_alone(farm, secure, version):
    with secure(name="mail.example.org", minimum_version=version, maximum_version=version) as client:
        assert line(client) == b"hello\r\n"
        assert names(client) == ["mail.example.org"]
    assert farm.events("tls")[0]["server_name"] == "mail.example.org"


def test_after_starttls_too(farm):
    with raw(farm, "tcp") as plain:
        assert line(plain) == b"hello\r\n"
        assert ask(plain, b"starttls") == b"ready\r\n"
        with trusting(farm).wrap_socket(plain, server_hostname="homeport") as client:
            assert line(client) == b"secure\r\n"
            assert names(client) == ["homeport"]


def test_a_name_keeps_its_certificate_in_whatever_case_it_is_asked_for(farm, secure):
    found = []
    for name in ("one.example", "ONE.example", "two.example", "one.example"):
        with secure(name=name) as client:
            found.append(shown(client))
    assert found[0] == found[1] == found[3] != found[2]


@pytest.mark.parametrize("name", [None, "localhost", "127.0.0.1", "a.lab.example"])
def test_a_client_that_asks_for_no_name_or_for_a_usual_one_is_shown_the_usual_certificate(farm, secure, name):
    context = trusting(farm, check_hostname=name is not None)
    with secure(context, name=name) as client:
        assert {"localhost", "127.0.0.1", "*.lab.example"} <= set(names(client))


def test_by_default_nothing_is_issued(obedient):
    farm = obedient()
    with (
        raw(farm) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
        trusting(farm).wrap_socket(plain, server_hostname="mail.example.org"),
    ):
        pass


def test_a_certificate_of_your_own_is_shown_to_everybody(obedient, certificates, tmp_path):
    own = certificates().for_server(names=["own.example", "localhost"])
    for name, octets in (("own.pem", own.certificate_pem()), ("own.key", own.key_pem())):
        (tmp_path / name).write_bytes(octets)
    farm = obedient(tls={"any_name": True, "certificate": str(tmp_path / "own.pem"), "key": str(tmp_path / "own.key")})
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with raw(farm) as plain, anybody.wrap_socket(plain, server_hostname="mail.example.org") as client:
        assert shown(client) == own.certificate.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ("wrong_host", "Hostname mismatch"),
        ("expired", "certificate has expired"),
        ("not_yet_valid", "not yet valid"),
        ("self_signed", "self-signed certificate"),
        ("untrusted", "unable to get local issuer certificate"),
    ],
)
def test_a_planned_fault_goes_over_it_and_is_all_that_is_wrong(farm, secure, fault, refusal):
    farm.call(farm.world.faults.add, Plan(service="obedient", do=Do(tls=fault)))
    with pytest.raises(ssl.SSLCertVerificationError, match=refusal), secure(name="mail.example.org"):
        pass
    with secure(name="mail.example.org") as client:
        assert names(client) == ["mail.example.org"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_is_resumed_and_bound_to_the_certificate_of_its_name(farm, secure, version):
    context = trusting(farm, maximum_version=version)
    with secure(context, name="one.example") as first:
        line(first)
        bound = ask(first, b"binding tls-server-end-point")
        session, certificate = first.session, shown(first)
    with secure(context, name="two.example") as other:
        line(other)
        assert ask(other, b"binding tls-server-end-point") != bound
    with secure(context, name="one.example", session=session) as second:
        line(second)
        assert second.session_reused
        assert ask(second, b"binding tls-server-end-point") == bound
    assert bytes.fromhex(bound.decode()) == x509.load_der_x509_certificate(certificate).fingerprint(SHA256())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_whose_certificate_was_dropped_is_bound_to_none(farm, secure, version, monkeypatch):
    """The client has the dropped certificate, and would take a binding to a new one for an attack."""
    monkeypatch.setattr(named_certificates, "MAX_NAMES", 1)
    context = trusting(farm, maximum_version=version)
    with secure(context, name="one.example") as first:
        line(first)
        ask(first, b"tls")
        session = first.session
    with secure(context, name="two.example"):
        pass
    with secure(context, name="one.example", session=session) as second:
        line(second)
        assert second.session_reused
        assert ask(second, b"binding tls-server-end-point") == b"\r\n"


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (b"Mail.Example.ORG", "mail.example.org"),
        (b"homeport", "homeport"),
        (b"my_service-1", "my_service-1"),
        (b"xn--bcher-kva.example", "xn--bcher-kva.example"),
        (b"one.example.", "one.example"),
        (None, ""),
        (b"", ""),
        (b".", ""),
        (b"a..b", ""),
        (b"*.example", ""),
        (b"192.0.2.1", ""),
        (b"2001:db8::1", ""),
        (b"a b", ""),
        (b"a\x00b", ""),
        (b"b\xc3\xbccher.example", ""),
        (b"a" * 64 + b".example", ""),
        (b"a." * 127 + b"example", ""),
    ],
)
def test_only_a_host_name_has_a_certificate_issued(asked, name):
    assert wanted_name(asked) == name


def test_what_is_kept_is_bounded_and_the_name_that_nobody_asked_for_the_longest_is_dropped(certificates):
    made = certificates(any_name=True)
    kept = NamedCertificates(made)

    class Client:
        """A client handshake of OpenSSL, step by step."""

        def __init__(self, name):
            self.name = name
            self.certificate = None

        def get_servername(self):
            return self.name.encode()

        def use_certificate(self, certificate):
            self.certificate = certificate

        def use_privatekey(self, key):
            assert key.public_key() == self.certificate.public_key()

        def set_app_data(self, data):
            self.new = data.new

    def ask_for(name):
        client = Client(name)
        kept.show(client)
        return client

    for number in range(MAX_NAMES):
        assert ask_for(f"n{number}.example").new
    assert not ask_for("n0.example").new
    assert ask_for("one-more.example").new
    assert not ask_for("n0.example").new
    assert ask_for("n1.example").new


@pytest.fixture
def certificates():
    """Return the certificates of a farm with these options of [tls]."""
    made = []

    def make(**options):
        made.append(Certificates(FarmTlsOptions(**options)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_names_of_containers_may_have_underscores():
    assert certificate_name("project_homeport_1") == "project_homeport_1"
