"""Key exchanges over TLS 1.3, and packets over UDP, with a farm of real sockets."""

import json
import socket
import ssl
import urllib.request

import pytest
from nts_client import COOKIE, GCM_SIV, SIV, associate, bodies, exchange, read_all, request
from OpenSSL import SSL


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    from conftest import RunningFarm, farm_config

    farm = RunningFarm(farm_config("ntp"))
    farm.authority = tmp_path_factory.mktemp("ca") / "ca.pem"
    control = farm.farm.describe("default")["control"]
    with urllib.request.urlopen(f"{control}/api/v1/ca.pem") as answer:
        farm.authority.write_bytes(answer.read())
    yield farm
    farm.stop()


@pytest.fixture
def farm(running):
    running.call(running.world.reset)
    return running


def findings(farm):
    """Return the findings of NTS; those of NTP itself are about requests that follow each other fast."""
    return farm.call(lambda: sorted(one for one in farm.world.findings.counts if one.startswith("ntp.nts-")))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("algorithm", [SIV, GCM_SIV])
def test_both_sides_derive_the_same_keys_and_ask_over_udp(farm, host, algorithm):
    client, _ = associate(host, farm.port("ntp", "nts"), algorithm, ca=farm.authority)
    assert len(client.cookies) == 8
    for _ in range(10):
        assert client.read(farm.udp("ntp", client.packet(), host=host)) == 1
    assert findings(farm) == []


def test_tls_12_is_refused_and_reported_though_other_services_have_it(farm):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(farm.authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["ntske/1"])
    plain = socket.create_connection(("127.0.0.1", farm.port("ntp", "nts")), 10)
    with plain, pytest.raises(ssl.SSLError, match="protocol version"):
        context.wrap_socket(plain, server_hostname="127.0.0.1")
    farm.wait_for(lambda: "ntp.old-tls" in farm.world.findings.counts)


def test_without_alpn_the_request_is_answered_and_reported(farm):
    response, tls = exchange("127.0.0.1", farm.port("ntp", "nts"), request(), alpn=None)
    assert len(bodies(response, COOKIE)) == 8
    assert tls.get_alpn_proto_negotiated() == b""
    assert findings(farm) == ["ntp.nts-no-alpn"]


def test_another_protocol_by_alpn_ends_the_handshake(farm):
    with pytest.raises(SSL.Error):
        exchange("127.0.0.1", farm.port("ntp", "nts"), request(), alpn=b"http/1.1")
    farm.wait_for(lambda: "ntp.alpn-mismatch" in farm.world.findings.counts)


def test_keys_are_in_no_event_and_a_transcript_shows_records(farm):
    client, _ = associate("127.0.0.1", farm.port("ntp", "nts"))
    events = farm.events("in") + farm.events("out") + farm.events("command") + farm.events("tls")
    assert len(events) >= 4
    assert client.to_server.hex() not in json.dumps(events, default=str)
    control = farm.farm.describe("default")["control"]
    conn = events[0]["conn"]
    with urllib.request.urlopen(f"{control}/api/v1/worlds/default/connections/{conn}/transcript") as answer:
        text = answer.read().decode()
    assert "algorithms (critical): 15" in text
    assert "cookie: 104 octets" in text


def test_a_client_may_send_its_request_octet_by_octet_and_half_close(farm):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_alpn_protos([b"ntske/1"])
    plain = socket.create_connection(("127.0.0.1", farm.port("ntp", "nts")), timeout=10)
    plain.settimeout(None)
    with plain:
        tls = SSL.Connection(context, plain)
        tls.set_connect_state()
        tls.do_handshake()
        for octet in request():
            tls.send(bytes((octet,)))
        tls.shutdown()
        response = read_all(tls)
    assert len(bodies(response, COOKIE)) == 8


def test_a_resumed_session_exports_keys_of_its_own(farm):
    first, _ = associate("127.0.0.1", farm.port("ntp", "nts"))
    second, _ = associate("127.0.0.1", farm.port("ntp", "nts"))
    assert first.to_server != second.to_server
    for client in (first, second):
        assert client.read(farm.udp("ntp", client.packet())) == 1


def test_the_clock_of_the_world_does_not_judge_certificates(farm):
    farm.call(farm.world.clock.set, 4_102_444_800.0)
    client, _ = associate("127.0.0.1", farm.port("ntp", "nts"), ca=farm.authority)
    answer = farm.udp("ntp", client.packet())
    assert client.read(answer) == 1
    assert abs(int.from_bytes(answer[40:44]) - (4_102_444_800 + 2_208_988_800) % (1 << 32)) < 100


def test_a_planned_defect_acts_over_udp_and_is_journaled(farm):
    from homeport.protocol.faults import Do, Plan

    client, _ = associate("127.0.0.1", farm.port("ntp", "nts"))
    farm.call(lambda: farm.world.faults.add(Plan(service="ntp", do=Do(frame="nts-nak"))))
    assert farm.udp("ntp", client.packet())[12:16] == b"NTSN"
    assert client.read(farm.udp("ntp", client.packet())) == 1
    assert [event["service"] for event in farm.events("fault")] == ["ntp"]


def test_keys_of_connections_are_released(farm):
    import gc

    from homeport.services.ntp.nts.session import KeyExchange

    for _ in range(5):
        associate("127.0.0.1", farm.port("ntp", "nts"))
    farm.wait_for(lambda: len([one for one in farm.world.journal.events(0) if one["type"] == "closed"]) == 5)
    farm.call(gc.collect)
    assert farm.call(lambda: [one for one in gc.get_objects() if type(one) is KeyExchange]) == []
