"""Maintenances (RFC 9167): announced over the API, shown by info and poll, reminded of and ended by the clock."""

import pytest
from services.epp.desk import DAY, NAMESPACES, NOW, Desk, check
from services.epp.registrars import Clerk, make_desk

from homeport.services.epp.grammar import epp, write
from homeport.services.epp.grammar.maintenance import NAMESPACE, Id, InfData, Info
from homeport.world.registry import Registry, RegistryContents
from homeport.world.registry.maintenances import (
    Description,
    Maintenance,
    System,
    announce,
    maintenance_problems,
    withdraw,
)

REQUEST = epp.Poll(op="req")
UPGRADE = Maintenance(
    id="2e6df9b0-4092",
    name="DNS Upgrade",
    types=("Routine Maintenance",),
    systems=(System(name="EPP", host="epp.registry.example", impact="full"),),
    start=NOW + DAY,
    end=NOW + 2 * DAY,
    detail="https://www.registry.example/notice?123",
    descriptions=(Description(text="two\nlines"), Description(text="<b>zwei</b>", lang="de", type="html")),
    zones=("test",),
    created=NOW,
    remind=3600.0,
)


@pytest.fixture
def desk() -> Desk:
    desk = make_desk()
    desk.services = NAMESPACES | {NAMESPACE}
    return desk


def announced(desk: Desk, one: Maintenance = UPGRADE) -> Maintenance:
    changes = desk.registry.begin()
    one = announce(changes, one)
    desk.registry.commit(changes)
    return one


def polled(clerk: Clerk) -> tuple[str, str]:
    """Return poll type and English words of the oldest message, which is acknowledged."""
    outcome = clerk.does(REQUEST)
    item = outcome.data.item
    clerk.does(epp.Poll(op="ack", msg_id=outcome.queue.id))
    return item.poll_type, outcome.queue.msg.content


def test_rfc_9167_4_1_3_info_shows_one_maintenance_with_all_it_has(desk, harbour):
    announced(desk)
    item = harbour.does(Info(id=Id(value="2E6DF9B0-4092"))).data.item
    assert (item.id.name, item.id.value) == ("DNS Upgrade", "2e6df9b0-4092")
    assert (item.type[0].value, item.poll_type) == ("Routine Maintenance", None)
    assert [(one.name, one.host, one.impact) for one in item.systems.system] == [
        ("EPP", "epp.registry.example", "full")
    ]
    assert (item.start, item.end, item.cr_date, item.up_date) == (NOW + DAY, NOW + 2 * DAY, NOW, None)
    assert [(one.lang, one.type, one.value) for one in item.description] == [
        ("en", "plain", "two\nlines"),
        ("de", "html", "<b>zwei</b>"),
    ]
    assert item.tlds.tld == ("test",)


def test_rfc_9167_4_1_3_the_list_has_those_that_have_not_ended_the_earliest_first(desk, harbour):
    announced(desk)
    announced(desk, Maintenance(id="first", start=NOW + 60, end=NOW + 120, created=NOW))
    assert [one.id.value for one in harbour.does(Info(list=True)).data.list.list_item] == ["first", UPGRADE.id]
    desk.clock.advance(120)
    assert [one.id.value for one in harbour.does(Info(list=True)).data.list.list_item] == [UPGRADE.id]
    desk.clock.advance(2 * DAY)
    assert harbour.does(Info(list=True)).data == InfData(list=harbour.does(Info(list=True)).data.list)
    assert harbour.does(Info(list=True)).data.list.list_item == ()


def test_an_unknown_maintenance_is_2303(harbour):
    error = harbour.refused(Info(id=Id(value="none")))
    assert (error.code, error.value.text) == (2303, "none")


@pytest.mark.parametrize("verb", ["check", "create", "delete", "update"])
def test_rfc_9167_4_maintenances_have_no_other_command(desk, verb):
    code, _outcome = desk.frame("harbour", f'<{verb}><m:{verb} xmlns:m="{NAMESPACE}"><m:list/></m:{verb}></{verb}>')
    assert code == 2101


def test_each_step_of_a_maintenance_is_a_poll_message_to_every_registrar(desk, harbour, pilot):
    announced(desk)
    announced(desk, UPGRADE)
    desk.clock.advance(DAY - 3600)
    desk.clock.advance(DAY + 3600)
    steps = [
        ("create", "Maintenance DNS Upgrade is announced."),
        ("update", "Maintenance DNS Upgrade has changed."),
        ("courtesy", "Maintenance DNS Upgrade will begin soon."),
        ("end", "Maintenance DNS Upgrade has ended."),
    ]
    for clerk in (harbour, pilot):
        assert [polled(clerk) for _step in steps] == steps
        assert clerk.does(REQUEST).code == 1300


def test_a_withdrawn_maintenance_is_gone_and_has_no_further_message(desk, harbour):
    one = announced(desk)
    changes = desk.registry.begin()
    withdraw(changes, one)
    desk.registry.commit(changes)
    desk.clock.advance(3 * DAY)
    assert [polled(harbour)[0] for _ in range(2)] == ["create", "delete"]
    assert harbour.does(REQUEST).code == 1300
    assert harbour.code(Info(id=Id(value=UPGRADE.id))) == 2303


def test_one_jump_sends_the_messages_of_many_small_ones_at_their_own_instants(desk):
    announced(desk)
    other = make_desk()
    announced(other)
    desk.clock.advance(4 * DAY)
    for _ in range(48):
        other.clock.advance(2 * 3600)
    dated = [[(one.text, one.date) for one in each.registry.messages.of("harbour")] for each in (desk, other)]
    assert dated[0] == dated[1]
    assert dated[0][1:] == [("maintenance.courtesy", NOW + DAY - 3600), ("maintenance.end", NOW + 2 * DAY)]


def test_rfc_9038_2_a_client_without_the_mapping_gets_the_words_alone(desk, harbour):
    announced(desk)
    desk.services = NAMESPACES
    outcome = harbour.does(REQUEST)
    assert (outcome.code, outcome.data) == (1301, None)
    assert outcome.queue.msg.content == "Maintenance DNS Upgrade is announced."


def test_the_words_are_in_the_language_of_the_session(desk, harbour):
    announced(desk)
    desk.language = "de"
    assert harbour.does(REQUEST).queue.msg.content == "Die Wartung DNS Upgrade ist angekündigt."


def test_a_snapshot_keeps_maintenances_with_their_events(desk):
    announced(desk)
    other = Registry(RegistryContents(), desk.clock)
    other.restore(desk.registry.snapshot())
    assert other.maintenances == desk.registry.maintenances
    assert other.planned_acts == 1


def test_maintenances_of_the_configuration_are_dated_from_the_beginning_of_the_world():
    seeded = Maintenance(id="seed", start=60.0, end=120.0, created=-60.0)
    desk = Desk(RegistryContents(maintenances=[seeded]))
    one = desk.registry.maintenances["seed"]
    assert (one.start, one.end, one.created, one.updated) == (NOW + 60, NOW + 120, NOW - 60, None)


def test_a_maintenance_ends_after_it_starts_and_a_custom_environment_has_a_name():
    wrong = Maintenance(id="x", start=NOW, end=NOW, created=NOW, environment="custom")
    assert [one.partition(":")[0] for one in maintenance_problems(wrong)] == ["end", "environment_name"]


def test_the_answer_is_valid_by_the_schema(desk, harbour):
    announced(desk)
    outcome = harbour.does(Info(id=Id(value=UPGRADE.id)))
    check(
        write(
            epp.Response(
                result=(epp.Result(code=outcome.code, msg=epp.Message(value="Done")),),
                res_data=(outcome.data,),
                tr_id=epp.TransactionIds(sv_trid="SV-1"),
            )
        )
    )
