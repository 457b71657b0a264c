"""Planned faults on requests and packets, faults by a file's name, recipes."""

import msgspec
import pytest
from services.tftp.packets_client import SERVICE, rrq, wrq

from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.faults import FaultError, Plan
from homeport.services.tftp.client_faults import GENERATED, OWN_NAMES, parse_client_fault
from homeport.services.tftp.packets import ack, data, error


def planned(**plan) -> Plan:
    made = msgspec.convert({"service": "tftp", **plan}, Plan)
    validate_plan(made, {"tftp": SERVICE})
    return made


def add(one, **plan):
    return one.world.faults.add(planned(**plan))


def kinds(one):
    """Return the kinds of faults that acted on packets, with the numbers of their blocks."""
    return [(fault.plan.do.kind, packet[3]) for fault, packet in one.acted]


@pytest.fixture
def asking(client, files):
    """A client that may ask for faults by name, with a file of five blocks."""
    (files / "x").write_bytes(bytes(512 * 4 + 9))
    one = client(write="new")
    one.world.faults.by_client = True
    return one


@pytest.mark.parametrize("code", range(9))
def test_an_error_of_each_code_can_take_the_place_of_an_answer(client, code):
    one = client()
    add(one, match={"verb": "RRQ"}, do={"reply": {"error": code, "text": "planned"}})
    assert one.ask(rrq("x")) == [error(code, "planned")]
    assert one.closed
    assert one.faults == [f"sent ERROR {code}"]


def test_an_error_in_the_place_of_a_block_ends_the_transfer(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    add(one, match={"verb": "DATA", "argument": "block=2 "}, do={"reply": {"error": 3}})
    one.ask(rrq("x"))
    assert one.ack(1) == [error(3)]
    assert one.closed
    assert one.file()["reason"] == "fault: error 3"


def test_a_network_fault_acts_on_the_packet_that_it_names(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    add(one, match={"verb": "DATA", "argument": "block=2 "}, do={"drop": {}})
    one.ask(rrq("x"))
    one.ack(1)
    one.ack(2)
    assert kinds(one) == [("drop", 2)]


def test_a_fault_on_the_way_in_loses_an_ack(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    add(one, match={"verb": "ACK", "argument": "block=1 "}, do={"drop": {}}, direction="in")
    one.ask(rrq("x"))
    assert one.ack(1) == []
    assert one.ack(1) == [data(2, bytes(512))]
    assert one.faults == ["lost ACK 1 on the way in"]


def test_a_fault_on_the_way_out_does_not_match_what_comes_in(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    fault = add(one, match={"verb": "ACK"}, do={"drop": {}})
    one.ask(rrq("x"))
    assert one.ack(1) == [data(2, bytes(512))]
    assert fault.seen == 0


def test_silence_from_a_block_on_is_no_finding_about_the_client(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client(repetitions=1)
    add(one, match={"verb": "DATA", "argument": "block=2 "}, do={"hang": {}})
    one.ask(rrq("x"))
    assert one.ack(1) == []
    assert one.timeout() == []
    assert one.timeout() == []
    assert one.closed
    assert one.findings == []


def test_a_lost_request_gets_nothing(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    add(one, match={"verb": "RRQ"}, do={"drop": {}})
    assert one.ask(rrq("x")) == []
    assert one.faults == ["sent no answer"]


def test_an_oack_can_be_left_out_or_lie(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    add(one, do={"frame": "no-oack"})
    assert one.ask(rrq("x", "octet", blksize=1024)) == [data(1, bytes(512))]
    one = client()
    add(one, do={"frame": "oack-lie"})
    assert one.ask(rrq("x", "octet", blksize=1024)) == [b"\0\6blksize\x002048\0unasked\x001\0"]
    assert one.ack(0) == [data(1, bytes(1024))]


def test_a_file_can_end_early(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    add(one, do={"frame": "ends-early"}, after=1)
    one.ask(rrq("x"))
    assert one.ack(1) == [data(2, bytes(256))]
    assert one.ack(2) == []
    assert one.closed


def test_a_client_that_doubles_what_is_doubled_is_a_sorcerer(client):
    one = client(write="new")
    add(one, match={"verb": "ACK"}, do={"duplicate": {}}, times=0)
    one.ask(wrq("y"))
    for block in range(1, 5):
        one.data(block, bytes(512))
        one.data(block, bytes(512))
    assert one.findings == ["sorcerer"]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"do": {"reply": {"code": 451}}}, "only SMTP, FTP, EPP and DICT"),
        ({"do": {"reply": {}}}, "needs an error"),
        ({"do": {"frame": "nxdomain"}}, "no defect"),
        ({"match": {"verb": "GET"}, "do": {"drop": {}}}, "no command 'GET'"),
        ({"match": {"verb": "DATA"}, "do": {"latency": {"ms": 1}}, "direction": "in"}, "cannot lose a command"),
        ({"do": {"reply": {"error": 1, "text": "é"}}}, "netascii"),
    ],
)
def test_a_plan_that_cannot_act_is_refused(plan, words):
    with pytest.raises(FaultError, match=words):
        planned(**plan)


@pytest.mark.parametrize("recipe", SERVICE.recipes, ids=lambda one: one.name)
def test_every_recipe_is_a_valid_plan(recipe):
    validate_plan(recipe.plan("tftp"), {"tftp": SERVICE})


# By name.


@pytest.mark.parametrize("name", OWN_NAMES)
def test_every_name_of_a_fault_is_understood(name):
    assert parse_client_fault(name) is not None


@pytest.mark.parametrize(
    ("name", "kind"),
    [("drop-3", "drop"), ("duplicate-3", "duplicate"), ("late-3", "latency"), ("reorder-3", "reorder"),
     ("damage-3", "corrupt"), ("wrong-tid-3", "frame")],
)  # fmt: skip
def test_a_fault_by_name_acts_on_its_block_once(asking, name, kind):
    asking.ask(rrq(f"/fault/{name}/x"))
    for block in (1, 2, 3):
        asking.ack(block)
    assert kinds(asking) == [(kind, 3)]


def test_a_fault_by_name_for_the_whole_transfer_acts_on_each_packet(asking):
    asking.ask(rrq("fault/latency-100/x"))
    asking.ack(1)
    assert kinds(asking) == [("latency", 1), ("latency", 2)]


def test_a_lost_ack_by_name(asking):
    asking.ask(rrq("fault/lose-1/x"))
    assert asking.ack(1) == []
    assert asking.ack(1) == [data(2, bytes(512))]


def test_errors_by_name(asking):
    assert asking.ask(rrq("fault/error-2/x")) == [error(2)]


def test_an_error_at_a_block_by_name(asking):
    asking.ask(rrq("fault/error-3-at-2/x"))
    assert asking.ack(1) == [error(3)]
    assert asking.closed


def test_a_truncated_file_by_name(asking):
    assert asking.read(rrq("fault/truncate-700/x")) == bytes(700)


def test_an_oack_by_name(asking):
    assert asking.ask(rrq("fault/no-oack/x", "octet", tsize=0)) == [data(1, bytes(512))]


def test_a_missing_file_has_generated_content(asking):
    assert asking.read(rrq("fault/duplicate-9/nothing")) == GENERATED


def test_a_block_that_is_written_is_faulty_by_name_too(asking):
    asking.ask(wrq("fault/drop-1/y"))
    assert asking.data(1, b"abc") == [ack(1)]
    assert kinds(asking) == [("drop", 1)]


def test_an_unknown_name_is_explained(asking):
    (packet,) = asking.ask(rrq("fault/dorp-3/x"))
    assert packet.startswith(b"\0\5\0\4no fault 'dorp-3'; did you mean 'drop-3'?")


def test_names_are_files_unless_clients_may_ask(client):
    (packet,) = client().ask(rrq("fault/error-2/x"))
    assert packet[:4] == error(1)[:4]
