"""Domains over sessions: two registrars and the frames between them, from a create to a transfer and a restore."""

import pytest
from conftest import make_world
from services.epp.caller import URN, Caller, about, create, delete, info, logged_in

from homeport.services.epp.grammar import secdns

DAY = 86_400.0
RESTORE = f'<rgp:update xmlns:rgp="{URN}rgp-1.0"><rgp:restore op="request"/></rgp:update>'
REPORT = (
    f'<rgp:update xmlns:rgp="{URN}rgp-1.0"><rgp:restore op="report"><rgp:report><rgp:preData>before</rgp:preData>'
    "<rgp:postData><b xmlns=''>after</b></rgp:postData><rgp:delTime>2026-10-24T17:46:40Z</rgp:delTime>"
    "<rgp:resTime>2026-10-24T17:46:40Z</rgp:resTime><rgp:resReason>Registrant error.</rgp:resReason>"
    "<rgp:statement>One.</rgp:statement><rgp:statement>Two.</rgp:statement></rgp:report></rgp:restore></rgp:update>"
)
ACK = '<poll op="ack" msgID="{}"/>'


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def harbour(world):
    return logged_in("harbour", world)


@pytest.fixture
def lighthouse(world):
    return logged_in("lighthouse", world)


def change(inside, extension="", name="boat.test"):
    return about("update", "domain", f"<domain:name>{name}</domain:name>{inside}", extension=extension)


def transfer(op, inside="", name="boat.test"):
    return about("transfer", "domain", f"<domain:name>{name}</domain:name>{inside}", op)


def drain(caller):
    """Return the texts of all messages, acknowledged one by one."""
    texts = []
    while (answer := caller.ask('<poll op="req"/>')).code == 1301:
        texts.append(answer.response.msg_q.msg.content)
        assert caller.ask(ACK.format(answer.waiting[1])).code == 1000
    return texts


def test_a_domain_is_registered_transferred_and_reported_by_poll(world, harbour, lighthouse):
    drain(harbour), drain(lighthouse)
    answer = harbour.ask(create("boat.test", "Tide.42"))
    assert (answer.code, answer.data.name, answer.data.cr_date) == (1000, "boat.test", 1_792_000_000.0)
    assert world.registry.domain("boat.test").registrar == "harbour"
    assert lighthouse.ask(transfer("request")).code == 2003
    wrong = "<domain:authInfo><domain:pw>Tide.43</domain:pw></domain:authInfo>"
    assert lighthouse.ask(transfer("request", wrong)).code == 2202
    asked = lighthouse.ask(transfer("request", wrong.replace("43", "42")))
    assert (asked.code, asked.data.tr_status, asked.data.ac_id) == (1001, "pending", "harbour")
    told = harbour.ask('<poll op="req"/>')
    assert (told.code, told.data) == (1301, asked.data)
    assert harbour.ask(transfer("approve")).data.tr_status == "clientApproved"
    assert harbour.ask(change("<domain:add><domain:status s='clientHold'/></domain:add>")).code == 2201
    assert lighthouse.ask('<poll op="req"/>').data.tr_status == "clientApproved"
    assert lighthouse.ask(info("boat.test")).data.cl_id == "lighthouse"
    assert len(drain(harbour)) == len(drain(lighthouse)) == 1


def test_a_deleted_domain_is_restored_by_request_and_report(world, harbour):
    harbour.ask(create("boat.test"))
    world.clock.advance(10 * DAY)
    deleted = harbour.ask(delete("boat.test"))
    assert (deleted.code, deleted.data) == (1001, None)
    assert rgp_of(harbour.ask(info("boat.test"))) == ["redemptionPeriod"]
    assert harbour.ask(change("", RESTORE)).code == 2003
    asked = harbour.ask(change("<domain:chg/>", RESTORE))
    assert asked.code == 1000
    assert rgp_of(asked) == ["pendingRestore"]
    assert harbour.ask(change("<domain:chg/>", REPORT)).code == 1000
    answer = harbour.ask(info("boat.test"))
    assert [one.s for one in answer.data.status] == ["inactive"]
    assert rgp_of(answer) == []


def rgp_of(answer):
    """Return the grace periods of an answer."""
    return [one.s for element in answer.response.extension for one in element.rgp_status]


def test_rfc_5730_2_6_a_refusal_shows_the_element_that_is_to_blame(harbour):
    nobody = create("boat.test").replace("<domain:registrant>AL-1", "<domain:registrant>nobody")
    answer = harbour.ask(nobody)
    assert answer.code == 2303
    assert "nobody" in answer.blamed[0]
    assert "registrant" in answer.blamed[0]
    answer = harbour.ask(create("boat-.test"))
    assert answer.code == 2005
    assert "boat-.test" in answer.blamed[0]


def test_rfc_5730_3_an_element_of_an_extension_that_does_not_belong_is_answered_2103(harbour):
    misplaced = create("boat.test") + f"<extension>{RESTORE}</extension>"
    assert harbour.ask(misplaced).code == 2103


def test_rfc_5730_2_9_1_1_an_extension_that_the_login_does_not_list_is_answered_2103(world):
    harbour = Caller(world)
    harbour.login(exts=())
    assert harbour.ask(change("<domain:chg/>", RESTORE, "expiring-tomorrow.test")).code == 2103
    assert "<extension>" not in harbour.ask(info("expiring-tomorrow.test")).xml


def test_rfc_5910_ds_records_go_there_and_back(harbour):
    record = (
        "<secDNS:dsData><secDNS:keyTag>12345</secDNS:keyTag><secDNS:alg>13</secDNS:alg>"
        f"<secDNS:digestType>2</secDNS:digestType><secDNS:digest>{'49fd46e6' * 8}</secDNS:digest></secDNS:dsData>"
    )
    extension = f'<secDNS:create xmlns:secDNS="{URN}secDNS-1.1">{record}</secDNS:create>'
    assert harbour.ask(create("boat.test") + f"<extension>{extension}</extension>").code == 1000
    signer = secdns.DsData(key_tag=12345, alg=13, digest_type=2, digest="49FD46E6" * 8)
    assert secdns.InfData(ds_data=(signer,)) in harbour.ask(info("boat.test")).response.extension


def test_rfc_5731_3_2_3_a_date_and_time_for_the_expiry_is_explained(harbour):
    renew = about(
        "renew",
        "domain",
        "<domain:name>boat.test</domain:name><domain:curExpDate>2027-10-14T17:46:40Z</domain:curExpDate>",
    )
    harbour.ask(create("boat.test"))
    answer = harbour.ask(renew)
    assert answer.code in (2001, 2005)
    assert "curExpDate" in answer.reasons[0] + answer.blamed[0]
    assert harbour.ask(renew.replace("T17:46:40Z", "")).code == 1000
