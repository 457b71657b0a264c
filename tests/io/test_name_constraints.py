"""Name constraints: a new authority is limited to test systems and to the farm's names, which clients enforce."""

import logging
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tls_clients import ask, line, raw, trusting

from homeport.config.certificates import CertificateError
from homeport.config.sections import FarmTlsOptions
from homeport.io.tls import authority as authorities
from homeport.io.tls.authority import Authority, Validity
from homeport.io.tls.certificates import Certificates
from homeport.io.tls.name_constraints import constraints_of, find_refused

OUTSIDE = ["homeport.example", "example.org", "testing", "a.localhost.example", "8.8.8.8", "2001:db8::1", "*.org"]
INSIDE = [
    "localhost",
    "a.localhost",
    "mail.homeport.test",
    "*.shop.test",
    "127.0.0.2",
    "::1",
    "10.1.2.3",
    "192.168.0.1",
    "fd00::1",
]


@pytest.fixture
def certificates():
    """Return a function that makes the certificates of a farm with these options of [tls]."""
    made = []

    def make(folder=None, hosts=(), **options):
        made.append(Certificates(FarmTlsOptions(**options), hosts, folder))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def verify(tmp_path):
    """Return a function that has OpenSSL verify a certificate for a name against an authority; it returns the error."""

    def run(authority, issued, name):
        (tmp_path / "leaf.pem").write_bytes(issued.certificate_pem() + issued.key_pem())
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tmp_path / "leaf.pem")
        client = ssl.create_default_context(cadata=authority.pem().decode())
        client.verify_flags |= ssl.VERIFY_X509_STRICT
        ends = [ssl.MemoryBIO() for _ in range(4)]
        sides = [
            client.wrap_bio(ends[0], ends[1], server_hostname=name),
            server.wrap_bio(ends[2], ends[3], server_side=True),
        ]
        for _ in range(4):
            for side, out, there in ((sides[0], ends[1], ends[2]), (sides[1], ends[3], ends[0])):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLCertVerificationError as error:
                    return error.verify_message
                there.write(out.read())
        return ""

    return run


def test_a_new_authority_has_critical_constraints_that_permit_its_names(certificates):
    made = certificates(hosts=["192.0.2.1", "127.0.0.1"], names=["mail.example.org", "*.lab.example", "198.51.100.7"])
    extension = made.authority.certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert extension.critical
    assert extension.value.excluded_subtrees is None
    own = ["mail.example.org", "a.mail.example.org", "*.lab.example", "x.lab.example", "192.0.2.1", "198.51.100.7"]
    assert find_refused(made.authority.certificate, [*INSIDE, *own, socket.gethostname()]) == []
    assert find_refused(made.authority.certificate, OUTSIDE) == OUTSIDE


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "mail.homeport.test", "mail.example.org"])
def test_openssl_takes_what_is_inside(certificates, verify, name):
    made = certificates(names=["*.homeport.test", "mail.example.org"])
    assert verify(made.authority, made.for_server(), name) == ""


@pytest.mark.parametrize("name", ["bank.example", "8.8.8.8"])
def test_openssl_refuses_what_is_outside(certificates, verify, name):
    made = certificates()
    assert verify(made.authority, made.authority.issue_server([name]), name) == "permitted subtree violation"


@pytest.mark.parametrize("options", [{"any_name": True}, {"name_constraints": False}])
def test_they_can_be_switched_off_and_any_name_does(certificates, options):
    assert constraints_of(certificates(**options).authority.certificate) is None


def test_the_fault_wrong_host_still_fails_by_name(certificates, verify):
    made = certificates()
    assert "mismatch" in verify(made.authority, made.for_server("wrong_host"), "localhost")


def test_an_authority_of_before_stays_as_it_is(certificates, tmp_path):
    first = certificates(tmp_path, name_constraints=False)
    pem = first.ca_pem()
    again = certificates(tmp_path, names=["mail.example.org"])
    assert again.ca_pem() == pem
    assert "mail.example.org" in again.names


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"names": ["mail.example.org", "a.test"]},
            r"\[tls\] names: the CA is limited to other names than mail.example.org: ",
        ),
        ({"any_name": True}, r"\[tls\] any_name: the CA is limited to certain names: "),
    ],
)
def test_a_name_outside_a_kept_authority_is_refused_at_start_with_what_to_do(certificates, tmp_path, options, words):
    certificates(tmp_path).prepare()
    with pytest.raises(CertificateError, match=words + r"remove .*/ca/ca\.pem and its key to get a new CA"):
        certificates(tmp_path, **options).prepare()


def test_a_host_name_that_has_changed_is_left_out(certificates, tmp_path, monkeypatch):
    certificates(tmp_path).prepare()
    monkeypatch.setattr(socket, "gethostname", lambda: "4f5e6d7c8b9a")
    again = certificates(tmp_path, hosts=["203.0.113.9"])
    again.prepare()
    assert "4f5e6d7c8b9a" not in again.names
    assert "203.0.113.9" not in again.names
    assert "localhost" in again.names


@pytest.mark.parametrize("asked", ["ask", "require"])
@pytest.mark.parametrize("name", ["alice", "client.example.org", "Registrar One"])
def test_clients_may_have_any_name(obedient, tmp_path, asked, name):
    farm = obedient(obedient={"client_certificates": asked})
    issued = farm.call(farm.farm.certificates.issue_client, name)
    (tmp_path / "client.pem").write_bytes(b"".join(issued))
    context = trusting(farm)
    context.load_cert_chain(tmp_path / "client.pem")
    with raw(farm) as plain, context.wrap_socket(plain, server_hostname="localhost") as client:
        line(client)
        assert ask(client, b"tls").endswith(b"True, False)\r\n")


def test_an_authority_older_than_a_year_is_reused_with_a_warning(certificates, tmp_path, monkeypatch, caplog):
    old = Validity(datetime.now(UTC) - timedelta(days=400), datetime.now(UTC) + timedelta(days=3000))
    with monkeypatch.context() as patch:
        patch.setattr(authorities, "BACKDATED", timedelta(days=400))
        certificates(tmp_path).prepare()
    assert old.begins < old.ends
    with caplog.at_level(logging.WARNING, "homeport"):
        certificates(tmp_path).prepare()
    assert f"the CA in {tmp_path}/ca is 400 days old" in caplog.text
    caplog.clear()
    certificates(tmp_path / "new").prepare()
    certificates(tmp_path / "new").prepare()
    assert caplog.text == ""


def test_the_constrained_authority_verifies_itself_strictly(certificates):
    made = Authority.make("Constrained", constraints_of(certificates().authority.certificate))
    assert b"BEGIN CERTIFICATE" in made.certificate.public_bytes(Encoding.PEM)


def test_cbc_is_not_agreed_on(obedient):
    farm = obedient()
    context = trusting(farm, maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0")
    with raw(farm) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname="localhost")
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    with raw(farm) as plain, context.wrap_socket(plain, server_hostname="localhost") as client:
        assert line(client)
