"""The poll queue (RFC 5730 2.9.2.3), as registrars see it."""

import msgspec
import pytest
from tests.services.epp.caller import logged_in
from tests.services.epp.desk import DAY, Desk
from tests.services.epp.test_contact import creation, password

from homeport.services.epp.flows import poll as languages
from homeport.services.epp.grammar import contact, domain, epp, host
from homeport.world.registry import interventions, messages, reviews
from homeport.world.registry.messages import ActionResult, ContactState, HostState, TransferState
from homeport.world.registry.objects import Transfer
from homeport.world.seed_registry import REGISTRY

REQ = epp.Poll(op="req")


def ack(id: object) -> epp.Poll:  # noqa: A002 - the field's name
    return epp.Poll(op="ack", msg_id=str(id))


@pytest.fixture
def desk() -> Desk:
    """Return a desk whose queues are empty."""
    desk = Desk()
    for who in ("harbour", "lighthouse", "pilot"):
        for message in desk.registry.messages.of(who):
            desk.do(who, ack(message.id))
    return desk


def note(desk: Desk, who: str, text: str, about=None) -> int:
    changes = desk.registry.begin()
    changes.message(who, "note", about, note=text)
    desk.registry.commit(changes)
    return desk.registry.messages.of(who)[-1].id


def test_an_empty_queue_is_1300(desk):
    answer = desk.do("harbour", REQ)
    assert (answer.code, answer.queue, answer.data) == (1300, None, None)


def test_the_oldest_message_comes_until_it_is_acknowledged(desk):
    first, second = note(desk, "harbour", "one"), note(desk, "harbour", "two & <three>")
    for _ in range(2):
        answer = desk.do("harbour", REQ)
        assert (answer.code, answer.queue.count, answer.queue.id) == (1301, 2, str(first))
        assert answer.queue.q_date == desk.clock.now()
    done = desk.do("harbour", ack(first))
    assert (done.code, done.queue.count, done.queue.id) == (1000, 1, str(first))
    answer = desk.do("harbour", REQ)
    assert (answer.queue.count, answer.queue.id, answer.queue.msg.content) == (
        1,
        str(second),
        "two &amp; &lt;three&gt;",
    )
    last = desk.do("harbour", ack(second))
    assert (last.code, last.queue) == (1000, None)
    assert desk.do("harbour", REQ).code == 1300


def test_a_message_is_acknowledged_once_and_by_its_registrar_only(desk):
    """RFC 5730 3: 2303, 2003"""
    mine, others = note(desk, "harbour", "mine"), note(desk, "lighthouse", "others")
    for unknown in (others, 99999, "abc", f"0{mine}", "", "9" * 30, "٣"):
        code = desk.refused("harbour", ack(unknown))[0]
        assert code == (2303 if unknown else 2003)
    assert desk.refused("harbour", epp.Poll(op="ack"))[0] == 2003
    desk.do("harbour", ack(mine))
    assert desk.refused("harbour", ack(mine))[0] == 2303
    assert desk.registry.messages.count("lighthouse") == 1


def test_an_unknown_message_is_blamed_on_the_command_as_it_was_sent():
    """RFC 5730 2.6: `<value>` has an element of the client's frame"""
    caller = logged_in()
    answer = caller.ask('<poll op="ack" msgID="99999"/>')
    assert answer.code == 2303
    assert [str(one) for one in answer.blamed] == [
        '<poll xmlns="urn:ietf:params:xml:ns:epp-1.0" msgID="99999" op="ack"></poll>'
    ]


def test_both_sides_of_a_transfer_get_messages_about_the_other(desk):
    """RFC 5730 2.9.3.4, RFC 5733 3.2.4"""
    desk.do("harbour", creation())
    desk.do("lighthouse", contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells")), "request")
    told = desk.do("harbour", REQ)
    assert told.queue.msg.content == "Transfer of maja-1 requested by lighthouse."
    assert (told.data.id, told.data.tr_status, told.data.re_id) == ("maja-1", "pending", "lighthouse")
    assert desk.do("lighthouse", REQ).code == 1300
    desk.do("harbour", contact.Transfer(id="maja-1"), "reject")
    told = desk.do("lighthouse", REQ)
    assert (told.data.tr_status, told.data.ac_id) == ("clientRejected", "harbour")


def test_a_message_shows_a_transfer_at_the_time_of_its_event(desk):
    """The oldest of two messages about one transfer is not changed by the second."""
    desk.do("harbour", creation())
    given = contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells"))
    desk.do("lighthouse", given, "request")
    desk.do("lighthouse", contact.Transfer(id="maja-1"), "cancel")
    assert desk.do("harbour", REQ).data.tr_status == "pending"
    desk.do("harbour", ack(desk.do("harbour", REQ).queue.id))
    assert desk.do("harbour", REQ).data.tr_status == "clientCancelled"


@pytest.mark.parametrize("language", ["de", "fr"])
def test_messages_speak_the_language_of_the_session(desk, language):
    """RFC 5730 2.9.1.1"""
    transfer = Transfer(gaining="lighthouse", losing="harbour", requested=1.0, acted=2.0)
    changes = desk.registry.begin()
    state = TransferState(kind="domain", name="homeport.test", transfer=transfer)
    changes.message("harbour", "transfer.requested", state, name="homeport.test", other="lighthouse")
    desk.registry.commit(changes)
    desk.language = language
    words = desk.do("harbour", REQ).queue.msg
    assert words.lang == language
    assert words.content == languages.TEXTS[language]["transfer.requested"].format(
        name="homeport.test", other="lighthouse"
    )


def test_every_text_of_the_registry_is_there_in_every_language():
    for language, texts in languages.TEXTS.items():
        assert set(texts) == set(messages.TEXTS) - {"note"}, language


def test_the_outcome_of_a_pending_action_has_its_own_transaction(desk):
    """RFC 5731 3.3, RFC 5732 3.3, RFC 5733 3.3: panData"""
    kinds = {
        "domain": (domain.PanData, lambda data: data.name),
        "contact": (contact.PanData, lambda data: data.id),
        "host": (host.PanData, lambda data: data.name),
    }
    for kind, (shape, named) in kinds.items():
        about = ActionResult(
            kind=kind, name="thing.test", operation="create", approved=kind != "host", cl_trid="ABC-7",
            sv_trid="SV-7", date=desk.clock.now()
        )  # fmt: skip
        message = note(desk, "harbour", "ended", about)
        data = desk.do("harbour", REQ).data
        assert isinstance(data, shape)
        assert (named(data).value, named(data).pa_result) == ("thing.test", kind != "host")
        assert data.pa_trid == epp.TransactionIds(cl_trid="ABC-7", sv_trid="SV-7")
        desk.do("harbour", ack(message))


def test_a_create_under_review_is_pending_until_its_outcome_is_reported():
    """RFC 5732 3.3, RFC 5733 3.3: 1001, pendingCreate, then panData"""
    zones = [msgspec.structs.replace(REGISTRY.zones[0], review_creates=True)]
    desk = Desk(msgspec.structs.replace(REGISTRY, zones=zones))
    for message in desk.registry.messages.of("harbour"):
        desk.do("harbour", ack(message.id))
    for command, info, decide, shape in (
        (creation(), contact.Info(id="maja-1"), reviews.approve, contact.PanData),
        (host.Create(name="ns9.homeport.test"), host.Info(name="ns9.homeport.test"), reviews.reject, host.PanData),
    ):
        assert desk.do("harbour", command).code == 1001
        assert [status.s for status in desk.do("harbour", info).data.status] == ["pendingCreate"]
        registry = desk.registry
        decide(
            changes := registry.begin(),
            registry.contact("maja-1") if command.__class__ is contact.Create else registry.host("ns9.homeport.test"),
        )
        registry.commit(changes)
        told = desk.do("harbour", REQ)
        assert isinstance(told.data, shape)
        desk.do("harbour", ack(told.queue.id))
    assert [status.s for status in desk.do("harbour", contact.Info(id="maja-1")).data.status] == ["ok"]
    assert desk.refused("harbour", host.Info(name="ns9.homeport.test"))[0] == 2303


def test_an_object_is_shown_at_the_time_of_the_event(desk):
    one, server = desk.registry.contact("HM-1"), desk.registry.host("ns1.homeport.test")
    first = note(desk, "harbour", "look", ContactState(contact=one, linked=True))
    shown = desk.do("harbour", REQ).data
    assert (shown.id, [status.s for status in shown.status], shown.auth_info) == ("HM-1", ["linked", "ok"], None)
    desk.do("harbour", ack(first))
    note(desk, "harbour", "look", HostState(host=server))
    assert [status.s for status in desk.do("harbour", REQ).data.status] == ["ok"]


def test_a_domain_is_shown_at_the_time_of_the_event_without_its_password(desk):
    changes = desk.registry.begin()
    interventions.change_statuses(changes, desk.registry.domain("homeport.test"), {"serverHold"})
    desk.registry.commit(changes)
    answer = desk.do("harbour", REQ)
    assert (answer.data.name, answer.data.auth_info) == ("homeport.test", None)
    assert "serverHold" in [status.s for status in answer.data.status]


def test_a_message_about_redemption_shows_its_periods(desk):
    """RFC 3915 4.1.2"""
    desk.clock.freeze()
    desk.clock.advance(6 * DAY)
    interventions.delete_domain(changes := desk.registry.begin(), desk.registry.domain("homeport.test"))
    desk.registry.commit(changes)
    answer = desk.do("harbour", REQ)
    while answer.queue.count > 1:
        desk.do("harbour", ack(answer.queue.id))
        answer = desk.do("harbour", REQ)
    assert [status.s for status in answer.extensions[0].rgp_status] == ["redemptionPeriod"]


def test_the_registry_s_own_actions_are_reported_to_the_sponsor(desk):
    interventions.change_statuses(
        changes := desk.registry.begin(), desk.registry.contact("HM-1"), {"serverUpdateProhibited"}
    )
    desk.registry.commit(changes)
    told = desk.do("harbour", REQ)
    assert "HM-1" in told.queue.msg.content
    assert told.data.id == "HM-1"


def test_namespaces_that_a_client_did_not_list_are_left_out(desk):
    """RFC 9038 2"""
    desk.do("harbour", creation())
    desk.do("lighthouse", contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells")), "request")
    desk.services = frozenset((domain.NAMESPACE,))
    answer = desk.do("harbour", REQ)
    assert (answer.code, answer.data) == (1301, None)
