"""PORT, PASV, EPRT, EPSV: the endpoints of data connections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.ftp.conftest import Client

from homeport.config.quantities import Size
from homeport.protocol.effects import DataConnection, ListenData, SendFile

V6 = {"peer": ("2001:db8::7", 40000), "local": ("2001:db8::1", 10021)}


def over(one) -> DataConnection:
    """Return the parameters of the latest data connection."""
    return one.asked[-1].over


@pytest.mark.requirement("FTP-4.1.2.6-1", "FTP-4.1.2.6-4")
def test_pasv_announces_our_address_and_a_listening_port(client):
    one = client(local=("127.0.0.2", 10021)).log_in()
    assert one.say("PASV") == "227 Entering Passive Mode (127,0,0,2,39,216)"
    assert one.asked == [ListenData(10200, 10249)]
    assert "226" in one.say("RETR note.txt")
    assert over(one).connect_to is None


def test_pasv_behind_nat_announces_the_configured_address(client):
    one = client(masquerade="192.0.2.1", passive_ports="30000-30010").log_in()
    assert one.say("PASV").startswith("227 Entering Passive Mode (192,0,2,1,")
    assert one.asked == [ListenData(30000, 30010)]


BOXES = {"gateway": "127.0.0.1", "172.16.0.0/12": "self", "172.30.5.0/24": "192.0.2.5", "192.0.2.9": "198.51.100.1"}


@pytest.mark.parametrize(
    ("peer", "gateway", "rest", "told"),
    [
        ("172.17.0.3", False, {}, "172.17.0.2"),
        ("172.17.0.1", True, {}, "127.0.0.1"),
        ("172.17.0.1", False, {}, "172.17.0.2"),
        ("172.30.5.9", False, {}, "192.0.2.5"),
        ("192.0.2.9", False, {"*": "127.0.0.1"}, "198.51.100.1"),
        ("192.0.2.10", False, {"*": "127.0.0.1"}, "127.0.0.1"),
        ("192.0.2.10", False, {}, "172.17.0.2"),
        ("192.0.2.10", True, {"gateway": "self", "*": "127.0.0.1"}, "172.17.0.2"),
        ("::ffff:172.17.0.3", False, {"*": "127.0.0.1"}, "172.17.0.2"),
    ],
)
def test_pasv_announces_the_address_of_the_most_specific_network(client, peer, gateway, rest, told):
    one = client(
        peer=(peer, 40000),
        local=("172.17.0.2", 10021),
        gateway=gateway,
        masquerade=dict(reversed((BOXES | rest).items())),
    ).log_in()
    assert one.say("PASV").startswith(f"227 Entering Passive Mode ({told.replace('.', ',')},")


def test_without_a_gateway_row_the_gateway_is_an_ordinary_client(client):
    one = client(local=("172.17.0.2", 10021), gateway=True, masquerade={"*": "192.0.2.1"}).log_in()
    assert one.say("PASV").startswith("227 Entering Passive Mode (192,0,2,1,")


def test_no_free_port_is_a_temporary_refusal(client):
    one = client(free_port=0).log_in()
    assert one.say("PASV").startswith("425 no port of 10200-10249 is free")
    assert one.say("EPSV").startswith("425")


@pytest.mark.requirement("FTP-4.1.2.6-2", "FTP-RFC944-3")
def test_a_passive_port_serves_one_transfer(client):
    one = client().log_in()
    for _ in range(3):
        assert "226" in one.get("RETR note.txt")
        assert one.downloaded == b"hers\n"
        assert over(one).connect_to is None
    one.say("RETR note.txt")
    assert over(one).connect_to == one.context.peer


@pytest.mark.requirement("FTP-4.1.2.5-1", "FTP-4.1.2.13-11")
def test_port_is_accepted_before_each_transfer(client):
    one = client().log_in()
    for port in (50000, 50001):
        assert one.say(f"PORT 127,0,0,1,{port >> 8},{port & 255}") == f"200 data connections go to your port {port}"
        assert "226" in one.say("RETR note.txt")
        assert over(one).connect_to == ("127.0.0.1", port)
    assert "port-reused" not in one.findings
    one.say("RETR note.txt")
    assert over(one).connect_to == ("127.0.0.1", 50001)
    assert "port-reused" in one.findings


@pytest.mark.requirement("FTP-RFC944-2", "FTP-4.1.2.12-1")
def test_without_port_the_default_data_ports_are_used(client):
    one = client(local=("127.0.0.2", 10021)).log_in()
    assert "226" in one.say("RETR note.txt")
    assert over(one).connect_to == one.context.peer
    assert over(one).from_port == 10020
    assert "default-port" in one.findings


def test_the_source_port_can_be_any(client):
    one = client(active_from="any").log_in()
    one.say("PORT 127,0,0,1,200,0", "RETR note.txt")
    assert over(one).from_port == 0


@pytest.mark.parametrize("command", ["RETR note.txt", "STOR new.txt", "NLST"])
def test_every_data_connection_has_the_configured_bandwidth(client, command):
    one = client(bandwidth=Size(5000)).log_in()
    one.say("PASV", command)
    assert over(one).bandwidth == 5000
    one.say("PORT 127,0,0,1,200,0", command)
    assert over(one).bandwidth == 5000


def test_pasv_replaces_port(client):
    one = client().log_in()
    one.say("PORT 127,0,0,1,200,0", "PASV", "RETR note.txt", "RETR note.txt")
    assert over(one).connect_to == one.context.peer


@pytest.mark.parametrize(
    "argument",
    ["", "127,0,0,1,200", "127,0,0,1,200,0,0", "127,0,0,1,20,256", "127.0.0.1.20.0", "a,b,c,d,e,f", "127,0,0,1,-1,0",
     "127,0,0,1,0,0", "127, 0,0,1,20,0", "١٢٧,0,0,1,20,0"],
)  # fmt: skip
def test_a_malformed_port_is_501(client, argument):
    assert client().log_in().say(f"PORT {argument}").startswith("501")


def test_the_bounce_attack_is_refused(client):
    one = client().log_in()
    assert one.say("PORT 192,0,2,9,20,0").startswith("504 data connections go to 127.0.0.1 only")
    assert one.say("EPRT |1|192.0.2.9|51200|").startswith("504")
    assert one.findings.count("foreign-address") == 2
    assert one.say("PORT 127,0,0,1,0,25").startswith("504 data connections to ports below 1024 are refused")
    assert one.findings.count("low-port") == 1
    assert client(low_ports=True, active_ports="1-65535").log_in().say("PORT 127,0,0,1,0,25").startswith("200")


def test_extended_commands_know_both_families(client):
    one = client().log_in()
    assert one.say("EPSV") == "229 Entering Extended Passive Mode (|||10200|)"
    assert one.say("EPSV 1").startswith("229")
    assert one.say("EPSV 2").startswith("522 network protocol not supported, use (1)")
    assert one.say("EPSV x").startswith("501")
    assert one.say("EPRT |1|127.0.0.1|51200|").startswith("200")
    assert one.say("EPRT |2|::1|51200|").startswith("522")
    six = client(**V6).log_in()
    assert six.say("EPSV 2").startswith("229")
    assert six.say("EPRT |2|2001:DB8:0::7|51200|").startswith("200")
    assert six.say("EPRT |1|127.0.0.1|51200|").startswith("522 network protocol not supported, use (2)")
    assert six.say("PASV").startswith("522 PASV supports IPv4 only; send EPSV (RFC 2428), use (2)")


@pytest.mark.parametrize(
    "argument",
    ["x", "|1|127.0.0.1|5120", "|1|127.0.0.1|99999|", "|1|127.0.0|51200|", "||||", "|1|127.0.0.1|-5|", "|||"],
)
def test_a_malformed_eprt_is_refused(client, argument):
    assert client().log_in().say(f"EPRT {argument}")[:3] in ("501", "522")


def test_after_epsv_all_other_port_commands_are_refused(client):
    one = client().log_in()
    assert one.say("EPSV ALL").startswith("200")
    for command in ("PASV", "PORT 127,0,0,1,200,0", "EPRT |1|127.0.0.1|51200|"):
        assert one.say(command).startswith("503")
    assert one.findings.count("after-epsv-all") == 3
    assert one.say("EPSV").startswith("229")


def test_a_flood_of_ports_costs_nothing(client):
    one = client().log_in()
    for port in range(40000, 42000):
        assert one.say(f"PORT 127,0,0,1,{port >> 8},{port & 255}").startswith("200")
    assert not any(isinstance(asked, SendFile) for asked in one.asked)


@given(verb=st.sampled_from(["PORT", "EPRT", "EPSV"]), argument=st.text(max_size=40))
def test_any_argument_gets_one_reply(verb, argument):
    one = Client().log_in()
    line = argument.replace("\r", "").replace("\n", "").replace("\0", "")
    assert len(one.say(f"{verb} {line}").split("\r\n")) == 1
