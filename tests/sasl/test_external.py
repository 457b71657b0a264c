"""EXTERNAL: by a client certificate that a farm's authority could have issued."""

from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from homeport.protocol.events import Tls
from homeport.sasl import Failure, Success, offered, start
from homeport.world.people import Person

AUTHORITY = trustme.CA(key_type=trustme.KeyType.ECDSA)


def certificate(*identities, **options):
    issued = AUTHORITY.issue_cert(*identities, key_type=trustme.KeyType.ECDSA, **options)
    return load_pem_x509_certificate(issued.cert_chain_pems[0].bytes()).public_bytes(Encoding.DER)


def tls(der, *, verified=True):
    return Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", certificate=der, verified=verified)


@pytest.fixture
def begin(authority):
    def begin(connection, authzid=b""):
        return start("EXTERNAL", authority, connection).begin(authzid)

    return begin


def test_a_mail_address_in_the_certificate_logs_in(begin, world):
    world.people.put(Person(login="eve", name="Eve", email="eve@example.test"))
    assert begin(tls(certificate("Eve@Example.test"))) == Success("eve", "eve")


def test_a_common_name_logs_in(begin):
    assert begin(tls(certificate("client.test", common_name="bob"))) == Success("bob", "bob")


def test_a_certificate_without_alternative_names_logs_in_by_its_subject(begin):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.EMAIL_ADDRESS, "carol@homeport.test")])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(subject, subject, key.public_key(), 1, begins, begins + timedelta(365))
    assert begin(tls(made.sign(key, SHA256()).public_bytes(Encoding.DER))) == Success("carol", "carol")


def test_the_client_may_act_as_itself_but_not_as_another(begin):
    connection = tls(certificate("alice@homeport.test"))
    assert begin(connection, b"alice") == Success("alice", "alice")
    assert begin(connection, b"bob") == Failure("authorization", "'alice' may not act as 'bob'")
    assert begin(connection, b"\xff").kind == "malformed"


@pytest.mark.parametrize(
    ("connection", "reason"),
    [
        (None, "sent no certificate"),
        (tls(b""), "sent no certificate"),
        (tls(certificate("alice@homeport.test"), verified=False), "not from a trusted authority"),
        (tls(certificate("mallory@example.test")), "belong to an account"),
        (tls(b"no certificate"), "belong to an account"),
    ],
)
def test_without_a_certificate_of_an_account_it_fails(begin, connection, reason):
    step = begin(connection)
    assert isinstance(step, Failure)
    assert step.kind == "credentials"
    assert reason in step.reason


def test_it_is_offered_only_with_a_verified_certificate(authority):
    assert "EXTERNAL" in offered(tls(certificate("x.test")), authority)
    assert "EXTERNAL" not in offered(tls(certificate("x.test"), verified=False), authority)
    assert "EXTERNAL" not in offered(None, authority)
