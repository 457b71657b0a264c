"""Syslog with real sockets: all listeners, faults, the API, and the objects for tests of other projects."""

import socket
import ssl

import pytest

from homeport.testing import Farm
from homeport.testing.errors import FarmError, NotFound, TimedOut

HEAD = "<134>1 2026-10-14T17:46:40.123456Z web1.example.com shop 4711 ORDER "


@pytest.fixture(scope="module")
def farm_of_logs():
    with Farm(services=["syslog"], config={"faults": {"by_client": True}}) as farm:
        yield farm


@pytest.fixture
def homeport(farm_of_logs):
    farm_of_logs.reset()
    return farm_of_logs


def log_by_udp(homeport, *messages):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for message in messages:
            client.sendto(message.encode(), homeport.syslog.address)


def connect(homeport, tls=False):
    place = homeport.syslog.tls if tls else homeport.syslog.tcp
    client = socket.create_connection(place.address, timeout=20)
    return homeport.ssl_context().wrap_socket(client, server_hostname="localhost") if tls else client


def test_a_message_comes_over_every_listener(homeport):
    log_by_udp(homeport, HEAD + "- by udp")
    with connect(homeport) as client:
        client.sendall(f"{HEAD}- by tcp\n".encode())
    message = f"{HEAD}- by tls"
    with connect(homeport, tls=True) as client:
        client.sendall(f"{len(message)} {message}".encode())
        client.unwrap()
    for name in ("udp", "tcp", "tls"):
        found = homeport.syslog.wait_for(text=f"by {name}", severity="info", facility="local0", app="shop")
        assert (found.listener, found.host, found.procid, found.msgid) == (name, "web1.example.com", "4711", "ORDER")
    homeport.assert_no_findings()


def test_conditions_choose_messages(homeport):
    log_by_udp(
        homeport,
        "<11>1 2026-10-14T17:46:40Z web1 shop - - - broken",
        '<14>1 2026-10-14T17:46:40Z web2 SHOP 7 - [meta sequenceId="7"] fine',
        "<14>Oct 14 17:46:40 web2 till: old",
    )
    syslog = homeport.syslog
    syslog.wait_for_all(3)

    def texts(**conditions):
        return [one.text for one in syslog.messages(**conditions)]

    assert texts(severity="error") == texts(severity="3") == texts(at_least="warning") == ["broken"]
    assert texts(severity="err,info") == ["broken", "fine", "old"]
    assert texts(app="shop") == ["broken", "fine"]
    assert texts(host="WEB2", format="bsd") == texts(finding="bsd-format") == texts(finding="any") == ["old"]
    assert texts(finding="none", procid="7") == texts(sd="meta") == texts(sd="meta/sequenceId=7") == ["fine"]
    assert texts(sd="meta/sequenceId=8") == texts(sd="origin") == texts(listener="tcp") == []
    assert texts(peer="127.0.0.1", facility="user", text="FIN") == ["fine"]
    assert texts(since=syslog.messages()[0]) == ["fine", "old"]
    (fine,) = syslog.messages(text="fine")
    assert fine.structured_data == {"meta": {"sequenceId": "7"}}
    assert fine.raw.endswith(b"] fine")
    assert fine.framing == "datagram"
    assert syslog.latest.text == "old"
    with pytest.raises(FarmError, match="did you mean 'warning'"):
        texts(severity="warnin")


def test_the_filter_language_chooses_messages(homeport):
    log_by_udp(
        homeport,
        "<11>1 2026-10-14T17:46:40Z web1 shop - - - broken",
        '<134>1 2026-10-14T17:46:40Z web2 SHOP 7 - [meta sequenceId="7"] fine',
        "<12>Oct 14 17:46:40 web2 till: old",
    )
    first, second, _third = homeport.syslog.wait_for_all(3)

    def texts(q):
        return [one.text for one in homeport.syslog.messages(q=q)]

    assert texts("severity:>=warning") == ["broken", "old"]
    assert texts("severity:>err") == []
    assert texts("severity:error,info -host:WEB1") == ["fine"]
    assert texts("facility:local0 app:shop procid:7 sd:meta/sequenceId=7") == texts("sequenceid") == ["fine"]
    assert texts("level:advice,should,must") == texts("finding:bsd-format") == texts("format:bsd") == ["old"]
    assert texts("fine OR till") == ["fine", "old"]
    assert texts("text:till") == []
    assert texts(f"number:<={second.number} peer:127.0.0.1 listener:udp size:>10") == ["broken", "fine"]
    assert homeport.syslog.wait_for(q="old").host == "web2"
    assert homeport.syslog.delete(q=f"id:{first.id}") == 1
    assert [one.text for one in homeport.syslog.messages()] == ["fine", "old"]
    with pytest.raises(FarmError, match=r"at character 10: severity: there is no 'warnin'; did you mean 'warning'"):
        texts("severity:warnin")
    with pytest.raises(FarmError, match="no key 'ap'; did you mean app"):
        texts("ap:shop")


def test_messages_are_deleted_by_condition_and_together(homeport):
    log_by_udp(homeport, HEAD + "- one", HEAD + "- two", HEAD + "- three")
    homeport.syslog.wait_for_all(3)
    assert homeport.syslog.delete(text="two") == 1
    assert [one.text for one in homeport.syslog.messages()] == ["one", "three"]
    with pytest.raises(FarmError, match="clear"):
        homeport.syslog.delete()
    homeport.syslog.clear()
    assert homeport.syslog.messages() == []
    with pytest.raises(NotFound):
        homeport.syslog.latest  # noqa: B018


def test_a_wait_that_times_out_shows_what_came_near(homeport):
    log_by_udp(homeport, HEAD + "- order 815")
    homeport.syslog.wait_for(app="shop")
    with pytest.raises(TimedOut, match=r"(?s)log message with app='till'.*near misses:\n  l\d+ local0.info web1"):
        homeport.syslog.wait_for(app="till", timeout=0.1)


def test_none_can_be_expected(homeport):
    log_by_udp(homeport, HEAD + "- order 815")
    homeport.syslog.wait_for(app="shop")
    homeport.syslog.expect_none(at_least="err", timeout=0.05)
    with pytest.raises(AssertionError, match="order 815"):
        homeport.syslog.expect_none(app="shop")


def test_the_journal_has_an_event_and_findings_name_the_message(homeport):
    log_by_udp(homeport, "<14>Oct 14 17:46:40 web2 till: old")
    event = homeport.syslog.wait_for_event("syslog", app="till")
    assert (event.severity, event.host, event.message, event.framing) == ("info", "web2", "old", "datagram")
    (finding,) = homeport.findings()
    assert (finding.id, finding.transaction) == ("syslog.bsd-format", event.id)


def test_a_fault_without_a_direction_acts_on_what_comes_in(homeport):
    fault = homeport.syslog.fail(drop=True, listener="udp")
    assert fault["direction"] == "in"
    log_by_udp(homeport, HEAD + "- lost", HEAD + "- kept")
    assert homeport.syslog.wait_for(app="shop").text == "kept"


def test_an_application_blocks_when_the_server_stops_reading(homeport):
    homeport.syslog.fail(bandwidth=1, listener="tcp")
    with connect(homeport) as client:
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            for _ in range(2000):
                client.sendall(f"{HEAD}- {'x' * 8000}\n".encode())
    homeport.clear_faults()


def test_clients_ask_for_faults_by_name(homeport):
    with connect(homeport) as client:
        client.sendall(f"{HEAD.replace('web1.example.com', 'reset.fault.test')}- the last one\n".encode())
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    homeport.syslog.wait_for(text="the last one")
    with connect(homeport) as client:
        client.sendall(f"{HEAD.replace('ORDER', 'close-after-60.fault.test')}- first\n".encode())
        homeport.syslog.wait_for(text="first")
        client.sendall(f"<14>1 - h a - - - {'y' * 10}\n<14>1 - h a - - - {'z' * 60}\n".encode())
        assert client.recv(1) == b""
    homeport.syslog.wait_for(text="yyyyyyyyyy")
    homeport.syslog.expect_none(text="z" * 60, timeout=0.05)


def test_a_server_that_speaks_only_tls_1_2_is_not_needed(homeport):
    context = homeport.ssl_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(homeport.syslog.tls.address, timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        client.sendall(b"21 <13>1 - h a - - - old")
        client.unwrap()
    homeport.syslog.wait_for(app="a")
    assert [one.id for one in homeport.findings()] == ["syslog.tls-old"]


def test_a_reset_forgets_messages_unless_they_are_kept(homeport):
    log_by_udp(homeport, HEAD + "- order 815")
    before = homeport.syslog.wait_for(app="shop")
    homeport.reset(keep=["logs"])
    assert len(homeport.syslog.messages()) == 1
    homeport.reset()
    assert homeport.syslog.messages() == []
    log_by_udp(homeport, HEAD + "- order 816")
    assert homeport.syslog.wait_for(app="shop").number > before.number


def test_a_flood_keeps_to_its_limits_and_numbers_count_all(homeport):
    with connect(homeport) as client:
        client.sendall(b"".join(f"{HEAD}- {number}\n".encode() for number in range(25_000)))
    homeport.syslog.wait_for(text="24999", timeout=30)
    answer = homeport.api.get(f"{homeport.path}/syslog/messages", limit=1)
    assert answer["total"] == 20_000
    assert answer["dropped"] == 5_000
