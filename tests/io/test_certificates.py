"""Certificates: the farm's authority, those of clients, and defective ones of planned faults."""

import hashlib
import re
import socket
import ssl
from pathlib import Path

import pytest
from conftest import read_all
from cryptography import x509
from OpenSSL import SSL
from tls_clients import NAME, OctetByOctet, ask, closed, line, raw, trusting

from homeport.config.sections import FarmTlsOptions
from homeport.io.tls.authority import Authority
from homeport.io.tls.certificates import CertificateError, Certificates
from homeport.protocol.faults import Do, Match, Plan


@pytest.fixture
def farm(obedient):
    """Return a farm with the obedient service, which has a TLS listener and the order `starttls`."""
    return obedient()


def plan(farm, fault, **details):
    """Plan a TLS fault."""
    wanted = Plan(service="obedient", do=Do(tls=fault), **details)
    return farm.call(farm.world.faults.add, wanted)


# Certificates of clients.


@pytest.fixture
def client_certificate(tmp_path):
    """Return the path of a client certificate with its key, of the farm's authority or of another."""

    def issue(authority, name="registrar-a"):
        issued = authority.issue_client(name)
        path = tmp_path / f"{name}.pem"
        path.write_bytes(issued.certificate_pem() + issued.key_pem())
        return path

    return issue


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("ours", [True, False])
def test_who_is_asked_may_show_any_certificate_and_whether_it_is_trusted_is_known(
    obedient, client_certificate, version, ours
):
    farm = obedient(obedient={"client_certificates": "ask"})
    authority = farm.farm.certificates.authority if ours else Authority.make("Another authority")
    context = trusting(farm, maximum_version=version)
    context.load_cert_chain(client_certificate(authority))
    session = None
    for resumed in (False, True):
        with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME, session=session) as client:
            line(client)
            assert ask(client, b"tls").endswith(f"{ours}, {resumed})\r\n".encode())
            session = client.session
    shown = farm.events("tls")[0]["certificate"]
    assert shown["subject"] == "CN=registrar-a,O=Homeport"
    assert re.fullmatch("[0-9a-f]{64}", shown["fingerprint"])
    assert shown["verified"] is ours


def test_a_client_that_comes_again_is_trusted_again_until_its_certificate_expires(obedient, client_certificate):
    farm = obedient(obedient={"client_certificates": "ask"})
    contexts, path = farm.farm.certificates.contexts, client_certificate(farm.farm.certificates.authority)
    context = trusting(farm)
    context.load_cert_chain(path)
    for _ in range(2):
        with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
            line(client)
            assert ask(client, b"tls").endswith(b"True, False)\r\n")
    shown = x509.load_pem_x509_certificate(path.read_bytes())
    assert list(contexts._trusted_until.values()) == [shown.not_valid_after_utc.timestamp()]


def test_who_is_asked_need_not_show_one(obedient):
    farm = obedient(obedient={"client_certificates": "ask"})
    with raw(farm) as plain, trusting(farm).wrap_socket(plain, server_hostname=NAME) as client:
        line(client)
        assert ask(client, b"tls").endswith(b"False, False)\r\n")


def test_a_servers_certificate_is_not_trusted_for_a_client(obedient, tmp_path):
    farm = obedient(obedient={"client_certificates": "ask"})
    issued = farm.farm.certificates.authority.issue_server(["client.example.test"])
    (tmp_path / "c.pem").write_bytes(issued.certificate_pem() + issued.key_pem())
    context = trusting(farm)
    context.load_cert_chain(tmp_path / "c.pem")
    with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
        line(client)
        assert ask(client, b"tls").endswith(b"False, False)\r\n")


def test_where_one_is_required_a_trusted_one_opens(obedient, client_certificate):
    farm = obedient(obedient={"client_certificates": "require"})
    context = trusting(farm)
    context.load_cert_chain(client_certificate(farm.farm.certificates.authority))
    with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
        assert line(client) == b"hello\r\n"
        assert ask(client, b"tls").endswith(b"True, False)\r\n")


def test_where_one_is_required_none_and_an_untrusted_one_are_refused(obedient, client_certificate):
    farm = obedient(obedient={"client_certificates": "require"})
    bare, other = trusting(farm), trusting(farm)
    other.load_cert_chain(client_certificate(Authority.make("Another authority")))
    for context, words in ((bare, "sent no certificate"), (other, "certificate is not trusted")):
        since = farm.call(lambda: farm.world.journal.seq)
        with (
            pytest.raises(ssl.SSLError, match="ALERT"),
            raw(farm) as plain,
            context.wrap_socket(plain, server_hostname=NAME) as client,
        ):
            client.recv(1)  # TLS 1.3: only now the client hears of it
        farm.wait_for(lambda since=since: any(e["type"] == "closed" for e in farm.world.journal.events(since)))
        (event,) = farm.events("tls", since)
        assert words in event["error"]


def test_further_authorities_are_trusted_where_they_are_configured(obedient, client_certificate, tmp_path):
    other = Authority.make("The registry's own")
    (tmp_path / "other.pem").write_bytes(other.pem())
    farm = obedient(obedient={"client_certificates": "require"}, tls={"client_ca": str(tmp_path / "other.pem")})
    for name, authority in (("theirs", other), ("ours", farm.farm.certificates.authority)):
        context = trusting(farm)
        context.load_cert_chain(client_certificate(authority, name))
        with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
            line(client)
            assert ask(client, b"tls").endswith(b"True, False)\r\n")


# Faults.


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("expired", "certificate has expired", "alert certificate_expired"),
        ("not_yet_valid", "certificate is not yet valid", "bad_certificate"),
        ("wrong_host", "Hostname mismatch", "bad_certificate"),
        ("self_signed", "self.signed certificate", "unknown_ca"),
        ("untrusted", "unable to get local issuer certificate", "unknown_ca"),
        ("old_version", "(?i)unsupported.protocol|protocol.version|sigalg", "TLS handshake failed: the client "),
        ("abort", "EOF", "a planned fault aborted it"),
    ],
)
def test_a_fault_is_what_the_client_sees_once_and_then_all_is_well(farm, secure, fault, error, words):
    planned = plan(farm, fault)
    with pytest.raises(ssl.SSLError, match=error), secure():
        pass
    (event,) = farm.events("fault")
    assert (event["id"], event["kind"], event["conn"]) == (planned.id, "tls", "c1")
    assert event["did"]
    assert words in closed(farm)
    with secure() as client:
        assert line(client) == b"hello\r\n"


@pytest.mark.parametrize("version", [SSL.TLS1_VERSION, SSL.TLS1_1_VERSION])
def test_old_versions_can_be_agreed_with_a_client_that_has_them(farm, version):
    plan(farm, "old_version")
    client = OctetByOctet(farm, version, version)
    with client.socket:
        client.until(client.tls.do_handshake)
        assert client.until(lambda: client.tls.recv(100)) == b"hello\r\n"


def test_a_fault_is_counted_by_handshakes_and_for_whom_it_is(farm, secure):
    plan(farm, "abort", after=1, listener="tls")
    plan(farm, "abort", match=Match(peer="192.0.2.1"))
    plan(farm, "abort", listener="tcp")
    with raw(farm) as port_scan:
        port_scan.shutdown(socket.SHUT_WR)
        assert read_all(port_scan) == b""
    with secure() as client:
        line(client)
    with pytest.raises(ssl.SSLError), secure():
        pass
    with secure() as client:
        line(client)


def test_a_fault_acts_at_starttls_too(farm):
    plan(farm, "wrong_host", listener="tcp")
    with raw(farm, "tcp") as plain:
        line(plain)
        ask(plain, b"starttls")
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            trusting(farm).wrap_socket(plain, server_hostname=NAME)


def test_certificates_follow_real_time_and_not_the_worlds(farm, secure):
    farm.call(farm.world.clock.advance, 50 * 365 * 86400.0)
    with secure() as client:
        assert line(client) == b"hello\r\n"


# The authority.


def test_the_authority_is_exported_for_as_long_as_the_farm_runs(farm):
    path = Path(farm.farm.describe("default")["ca_file"])
    assert path.read_bytes() == farm.farm.certificates.ca_pem()
    assert sorted(one.name for one in path.parent.iterdir()) == ["ca.pem", "lock"]
    farm.stop()
    assert not path.parent.exists()


def test_its_certificate_is_written_where_clients_can_read_it_too(tmp_path):
    wanted = tmp_path / "for-clients" / "ca.pem"
    kept = Certificates(FarmTlsOptions(ca_export=str(wanted)), data=tmp_path / "data")
    with pytest.raises(CertificateError, match="create its folder"):
        kept.prepare()
    wanted.parent.mkdir()
    again = Certificates(FarmTlsOptions(ca_export=str(wanted)), data=tmp_path / "data")
    again.prepare()
    assert wanted.read_bytes() == again.ca_pem() == Path(again.ca_file).read_bytes()
    assert wanted.stat().st_mode & 0o777 == 0o644


def test_a_farm_without_tls_services_makes_none_until_asked(start_farm):
    farm = start_farm("echo")
    assert farm.farm.describe("default")["ca_file"] == ""
    assert farm.call(farm.farm.certificates.ca_pem).startswith(b"-----BEGIN CERTIFICATE-----")
    assert Path(farm.farm.describe("default")["ca_file"]).exists()


def test_the_authority_is_kept_across_restarts(obedient, tmp_path):
    first = obedient(data=tmp_path)
    file = Path(first.farm.certificates.ca_file)
    assert file == tmp_path / "ca" / "ca.pem"
    assert (file.with_name("ca.key").stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o600, 0o600)
    context = trusting(first)
    first.stop()
    assert file.exists()
    second = obedient(data=tmp_path)
    with raw(second) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
        assert line(client) == b"hello\r\n"


def test_a_lost_certificate_is_issued_again_from_its_key_and_clients_of_the_old_one_go_on(obedient, tmp_path, caplog):
    first = obedient(data=tmp_path)
    context = trusting(first)
    first.stop()
    old = (tmp_path / "ca" / "ca.pem").read_bytes()
    (tmp_path / "ca" / "ca.pem").unlink()
    second = obedient(data=tmp_path)
    with raw(second) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
        assert line(client) == b"hello\r\n"
    assert second.farm.certificates.ca_pem() != old
    assert f"{tmp_path}/ca/ca.pem was missing: issued again from the key" in caplog.text


def test_a_farm_that_was_killed_between_key_and_certificate_goes_on_with_that_key(tmp_path):
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca" / "ca.key").write_bytes(Authority.make().key_pem())
    first, second = (Certificates(FarmTlsOptions(), data=tmp_path) for _ in range(2))
    first.prepare()
    second.prepare()
    assert first.ca_pem() == second.ca_pem()


def test_a_lost_key_is_refused_with_what_to_do(tmp_path):
    Certificates(FarmTlsOptions(), data=tmp_path).prepare()
    kept = (tmp_path / "ca" / "ca.pem").read_bytes()
    (tmp_path / "ca" / "ca.key").unlink()
    with pytest.raises(CertificateError, match=r"ca\.key is missing: restore it, or remove .*ca\.pem"):
        Certificates(FarmTlsOptions(), data=tmp_path).prepare()
    assert (tmp_path / "ca" / "ca.pem").read_bytes() == kept


@pytest.mark.parametrize("content", ["half of a k", ""])
def test_a_damaged_key_alone_is_refused_with_what_to_do(tmp_path, content):
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca" / "ca.key").write_text(content)
    with pytest.raises(
        CertificateError, match=r"not a private key in PEM: restore ca\.pem and ca\.key, or remove both"
    ):
        Certificates(FarmTlsOptions(), data=tmp_path).prepare()


def test_a_key_that_others_may_read_is_closed(tmp_path):
    Certificates(FarmTlsOptions(), data=tmp_path).prepare()
    (tmp_path / "ca" / "ca.key").chmod(0o644)
    Certificates(FarmTlsOptions(), data=tmp_path).prepare()
    assert (tmp_path / "ca" / "ca.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("file", ["ca.pem", "ca.key"])
def test_an_authority_that_was_damaged_is_no_reason_to_make_another_in_silence(tmp_path, file):
    Certificates(FarmTlsOptions(), data=tmp_path).prepare()
    (tmp_path / "ca" / file).write_text("rubbish")
    with pytest.raises(CertificateError, match=r"restore ca\.pem and ca\.key, or remove both to get a new authority"):
        Certificates(FarmTlsOptions(), data=tmp_path).prepare()


def test_further_names_are_in_the_certificate(obedient):
    farm = obedient(tls={"names": ["mail.example.test", "*.example.org", "bücher.example", "192.0.2.7"]})
    for name in ("mail.example.test", "a.example.org", "bücher.example", "192.0.2.7"):
        with raw(farm) as plain, trusting(farm).wrap_socket(plain, server_hostname=name) as client:
            line(client)
    assert farm.events("tls")[2]["server_name"] == "xn--bcher-kva.example"


def test_a_certificate_of_ones_own_is_shown(obedient, tmp_path):
    own = Authority.make("Our own")
    issued = own.issue_server(["own.example.test"])
    (tmp_path / "own.pem").write_bytes(issued.certificate_pem())
    (tmp_path / "own.key").write_bytes(issued.key_pem())
    farm = obedient(tls={"certificate": str(tmp_path / "own.pem"), "key": str(tmp_path / "own.key")})
    context = ssl.create_default_context(cadata=own.pem().decode())
    with raw(farm) as plain, context.wrap_socket(plain, server_hostname="own.example.test") as client:
        assert hashlib.sha256(client.getpeercert(True)).digest() == issued.certificate.fingerprint(
            issued.certificate.signature_hash_algorithm
        )
