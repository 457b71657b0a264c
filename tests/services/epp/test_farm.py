"""EPP over real sockets: TLS, client certificates, pipelining, other services of the same world, transcripts."""

import json
import socket
import ssl
import urllib.request
from contextlib import contextmanager
from hashlib import sha256

import msgspec
import pytest
import trustme
from conftest import read_all
from services.epp.caller import Answer, check, command_xml, create, envelope, info, login_xml
from tls_clients import trusting

from homeport.config.quantities import Duration
from homeport.protocol.service import LimitOverrides
from homeport.services.epp.framing import frame


class Wire:
    """A client over a socket."""

    def __init__(self, client):
        self.client = client
        self.octets = b""

    def frame(self):
        while len(self.octets) < 4 or len(self.octets) < int.from_bytes(self.octets[:4]):
            part = self.client.recv(65536)
            assert part, "the server has closed"
            self.octets += part
        size = int.from_bytes(self.octets[:4])
        xml, self.octets = self.octets[4:size], self.octets[size:]
        return xml

    def ask(self, command, cl_trid="ABC-12345"):
        self.client.sendall(frame(command_xml(command, cl_trid)))
        return Answer(self.frame())


@contextmanager
def session(farm, listener="tls", host="127.0.0.1", **flags):
    """Open a connection and read the greeting."""
    plain = socket.create_connection((host, farm.port("epp", listener)), timeout=10)
    with plain:
        if listener == "tls":
            context = trusting(farm)
            if certificate := flags.get("certificate"):
                context.load_cert_chain(certificate)
            plain = context.wrap_socket(plain, server_hostname="localhost")
        wire = Wire(plain)
        assert b"<greeting>" in wire.frame()
        yield wire
        plain.close()


@pytest.fixture
def farm(start_farm):
    return start_farm("epp", "whois", "users", "finger", epp={"plain": True})


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_rfc_5734_8_any_client_talks_over_tls_and_verifies_the_farm(farm, version, host):
    context = trusting(farm, minimum_version=version, maximum_version=version)
    with (
        socket.create_connection((host, farm.port("epp")), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        wire = Wire(client)
        wire.frame()
        assert wire.ask(login_xml()).code == 1000
        assert wire.ask(check("free.test")).code == 1000
        assert wire.ask("<logout/>").code == 1500
        assert client.recv(1) == b""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_that_offers_its_last_tls_session_again_gets_a_new_one(farm, version):
    context = trusting(farm, minimum_version=version, maximum_version=version)
    before = None
    for _ in range(2):
        with (
            socket.create_connection(("127.0.0.1", farm.port("epp")), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost", session=before) as client,
        ):
            assert b"<greeting>" in Wire(client).frame()
            assert not client.session_reused
            before = client.session


def test_the_plain_listener_is_off_unless_it_is_wanted(start_farm):
    assert list(start_farm("epp").farm.describe("default")["services"]["epp"]) == ["tls"]
    farm = start_farm("epp", epp={"plain": True})
    with session(farm, "tcp") as wire:
        assert wire.ask(login_xml()).code == 1000
    assert farm.world.findings.counts["epp.clear-password"] == 1


def test_a_hundred_commands_in_one_write_are_answered_in_order(farm):
    with session(farm) as wire:
        wire.ask(login_xml())
        wire.client.sendall(b"".join(frame(command_xml(check(f"n{n}.test"), f"N-{n}")) for n in range(100)))
        assert [Answer(wire.frame()).cl_trid for _ in range(100)] == [f"N-{n}" for n in range(100)]


def test_a_domain_that_is_created_is_in_whois_at_once(farm):
    with session(farm) as wire:
        wire.ask(login_xml())
        assert b"registrar:" not in farm.exchange("whois", b"new-harbour.test\r\n").lower()
        assert wire.ask(create("new-harbour.test")).code == 1000
        assert b"registrar:" in farm.exchange("whois", b"new-harbour.test\r\n").lower()


def test_a_logged_in_registrar_is_shown_by_active_users_and_finger(farm):
    assert b"harbour" not in farm.exchange("users")
    with session(farm) as wire:
        wire.ask(login_xml())
        assert b"harbour" in farm.exchange("users")
        assert b"harbour" in farm.exchange("finger", b"\r\n")
        wire.ask("<logout/>")
    farm.wait_for(lambda: not any(one.terminal == "epp" for one in farm.world.presence))


def certificate_of(farm, tmp_path):
    """Return a client certificate of the farm's authority in a file, and its fingerprint."""
    authority = trustme.CA()
    issued = authority.issue_cert("registrar@client.test")
    path = tmp_path / "client.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(path))
    der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
    return str(path), sha256(der).hexdigest()


def test_rfc_5734_8_a_pinned_certificate_logs_its_registrar_in_and_no_other_does(farm, tmp_path):
    path, fingerprint = certificate_of(farm, tmp_path)

    def pin():
        registry = farm.world.registry
        harbour = registry.registrar("harbour")
        registry.put(msgspec.structs.replace(harbour, certificate="pinned", pins=(fingerprint,)))

    farm.call(pin)
    with session(farm) as wire:
        assert wire.ask(login_xml()).code == 2200
        assert wire.ask(login_xml("lighthouse")).code == 1000
    with session(farm, certificate=path) as wire:
        assert wire.ask(login_xml()).code == 1000


def test_the_journal_has_events_of_type_epp_and_no_password(farm):
    with session(farm) as wire:
        wire.ask(login_xml(), "ABC-1")
        wire.ask(create("new.test", "Fjord.71-Moss"), "ABC-2")
        wire.ask(info("nobody.test"), "ABC-3")
    found = farm.events("epp")
    assert [(one["command"], one["object"], one["code"], one["cl_trid"]) for one in found] == [
        ("login", "harbour", "1000", "ABC-1"),
        ("domain:create", "new.test", "1000", "ABC-2"),
        ("domain:info", "nobody.test", "2303", "ABC-3"),
    ]
    said = "".join(event["text"] for event in farm.events("in"))
    assert "<domain:pw>*************</domain:pw>" in said
    assert "harbour-pass" not in said
    counted = farm.world.counters_of("epp", "tls").commands
    assert counted == {"login 1000": 1, "domain:create 1000": 1, "domain:info 2303": 1}


def test_a_read_that_has_half_a_frame_with_a_password_shows_no_password(farm):
    with session(farm) as wire:
        wire.client.sendall(frame(command_xml(login_xml()))[:-40])
        farm.wait_for(lambda: [one for one in farm.world.journal.events() if one["type"] == "in"])
        assert "harbour-pass" not in "".join(event["text"] for event in farm.events("in"))


def test_rfc_5734_2_an_idle_client_is_closed_on_without_a_word(start_farm):
    farm = start_farm("epp", epp={"limits": LimitOverrides(idle=Duration(0.2))})
    with session(farm) as wire:
        assert wire.client.recv(1) == b""
    assert farm.world.counters_of("epp", "tls").limits == {"idle": 1}


def test_a_transcript_shows_frames_with_their_verdicts(farm):
    with session(farm) as wire:
        wire.ask(login_xml(), "ABC-1")
        wire.ask(info("nobody.test"), "ABC-2")
    farm.wait_for(lambda: [one for one in farm.world.journal.events() if one["type"] == "closed"])
    conn = farm.events("epp")[0]["conn"]
    url = f"{farm.farm.describe('default')['control']}/api/v1/worlds/default/connections/{conn}/transcript"
    talk = json.loads(get(url))
    assert [(one["direction"], (one["verdict"] or {}).get("code")) for one in talk["messages"]] == [
        ("out", None),
        ("in", "1000"),
        ("out", None),
        ("in", "2303"),
        ("out", None),
    ]
    assert "  <command>\n" in talk["messages"][1]["text"]
    text = get(f"{url}?format=text")
    assert "C:     <clTRID>ABC-2</clTRID>" in text
    assert "[2303 domain:info nobody.test RFC 5731 3: no domain of this name is registered]" in text
    assert "harbour-pass" not in text


def test_authinfo_that_an_answer_shows_is_masked_in_the_bytes_of_the_journal(farm):
    with session(farm) as wire:
        wire.ask(login_xml(), "ABC-1")
        answer = wire.ask(info("homeport.test"), "ABC-2")
        assert answer.data.auth_info.pw.value == "homeport-auth"
        assert wire.ask(info("homeport.test"), "ABC-3").code == 1000
    farm.wait_for(lambda: [one for one in farm.world.journal.events() if one["type"] == "closed"])
    sent = b"".join(entry.data[0] for _seq, entry in farm.world.journal.entries() if entry.type == "out")
    assert sent.count(b"<domain:pw>*************</domain:pw>") == 2
    assert b"homeport-auth" not in sent


def test_a_listener_comes_and_goes_with_its_switch(farm):
    farm.config = with_plain(farm.config, False)
    assert "epp.plain" in " ".join(farm.call(farm.farm.reload).applied)
    assert list(farm.farm.describe("default")["services"]["epp"]) == ["tls"]
    farm.config = with_plain(farm.config, True)
    farm.call(farm.farm.reload)
    with session(farm, "tcp") as wire:
        assert wire.ask(login_xml()).code == 1000


def get(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.read().decode()


def with_plain(config, wanted):
    options = msgspec.structs.replace(config.services["epp"], plain=wanted)
    return msgspec.structs.replace(config, services=config.services | {"epp": options})


@pytest.mark.parametrize("content", [b"", b"<hello/>"])
def test_a_health_check_raises_no_finding(farm, content):
    with socket.create_connection(("127.0.0.1", farm.port("epp", "tcp")), timeout=10) as client:
        client.sendall(content and frame(envelope("<hello/>")))
        client.shutdown(socket.SHUT_WR)
        assert b"<greeting>" in read_all(client)
    assert not farm.world.findings.counts
