"""The poll queue (RFC 5730 2.9.2.3), as registrars see it."""

import pytest
from tests.services.epp.office import Office
from tests.services.epp.test_contact import creation, password

from homeport.services.epp import languages
from homeport.services.epp.grammar import contact, domain, epp, host
from homeport.world.registry import interventions, messages
from homeport.world.registry.messages import ActionResult, ContactState, HostState, TransferState
from homeport.world.registry.objects import Transfer

REQ = epp.Poll(op="req")


def ack(id: object) -> epp.Poll:  # noqa: A002 - the field's name
    return epp.Poll(op="ack", msg_id=str(id))


@pytest.fixture
def office() -> Office:
    """A office whose queues are empty."""
    office = Office()
    for who in ("harbour", "lighthouse", "pilot"):
        for message in office.registry.messages.of(who):
            office.do(who, ack(message.id))
    return office


def note(office: Office, who: str, text: str, about=None) -> int:
    changes = office.registry.begin()
    changes.message(who, "note", about, note=text)
    office.registry.commit(changes)
    return office.registry.messages.of(who)[-1].id


def test_an_empty_queue_is_1300(office):
    answer = office.do("harbour", REQ)
    assert (answer.code, answer.queue, answer.data) == (1300, None, None)


def test_the_oldest_message_comes_until_it_is_acknowledged(office):
    first, second = note(office, "harbour", "one"), note(office, "harbour", "two & <three>")
    for _ in range(2):
        answer = office.do("harbour", REQ)
        assert (answer.code, answer.queue.count, answer.queue.id) == (1301, 2, str(first))
        assert answer.queue.q_date == office.clock.now()
    done = office.do("harbour", ack(first))
    assert (done.code, done.queue.count, done.queue.id) == (1000, 1, str(first))
    answer = office.do("harbour", REQ)
    assert (answer.queue.count, answer.queue.id, answer.queue.msg.content) == (
        1,
        str(second),
        "two &amp; &lt;three&gt;",
    )
    last = office.do("harbour", ack(second))
    assert (last.code, last.queue) == (1000, None)
    assert office.do("harbour", REQ).code == 1300


def test_a_message_is_acknowledged_once_and_by_whom_it_is_for(office):
    """RFC 5730 3: 2303, 2003"""
    mine, others = note(office, "harbour", "mine"), note(office, "lighthouse", "others")
    for unknown in (others, 99999, "abc", f"0{mine}", "", "9" * 30, "٣"):
        code = office.refused("harbour", ack(unknown))[0]
        assert code == (2303 if unknown else 2003)
    assert office.refused("harbour", epp.Poll(op="ack"))[0] == 2003
    office.do("harbour", ack(mine))
    assert office.refused("harbour", ack(mine))[0] == 2303
    assert office.registry.messages.count("lighthouse") == 1


def test_both_sides_of_a_transfer_hear_of_what_the_other_did(office):
    """RFC 5730 2.9.3.4, RFC 5733 3.2.4"""
    office.do("harbour", creation())
    office.do("lighthouse", contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells")), "request")
    told = office.do("harbour", REQ)
    assert told.queue.msg.content == "Transfer of maja-1 requested by lighthouse."
    assert (told.data.id, told.data.tr_status, told.data.re_id) == ("maja-1", "pending", "lighthouse")
    assert office.do("lighthouse", REQ).code == 1300
    office.do("harbour", contact.Transfer(id="maja-1"), "reject")
    told = office.do("lighthouse", REQ)
    assert (told.data.tr_status, told.data.ac_id) == ("clientRejected", "harbour")


def test_a_message_shows_a_transfer_as_it_stood(office):
    """The oldest of two messages about one transfer is not changed by the second."""
    office.do("harbour", creation())
    given = contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells"))
    office.do("lighthouse", given, "request")
    office.do("lighthouse", contact.Transfer(id="maja-1"), "cancel")
    assert office.do("harbour", REQ).data.tr_status == "pending"
    office.do("harbour", ack(office.do("harbour", REQ).queue.id))
    assert office.do("harbour", REQ).data.tr_status == "clientCancelled"


@pytest.mark.parametrize("language", ["de", "fr"])
def test_messages_speak_the_language_of_the_session(office, language):
    """RFC 5730 2.9.1.1"""
    transfer = Transfer(gaining="lighthouse", losing="harbour", requested=1.0, acted=2.0)
    changes = office.registry.begin()
    state = TransferState(kind="domain", name="homeport.test", transfer=transfer)
    changes.message("harbour", "transfer.requested", state, name="homeport.test", other="lighthouse")
    office.registry.commit(changes)
    office.language = language
    words = office.do("harbour", REQ).queue.msg
    assert words.lang == language
    assert words.content == languages.TEXTS[language]["transfer.requested"].format(
        name="homeport.test", other="lighthouse"
    )


def test_every_text_of_the_registry_is_there_in_every_language():
    for language, texts in languages.TEXTS.items():
        assert set(texts) == set(messages.TEXTS) - {"note"}, language


def test_the_end_of_a_pending_action_is_told_with_its_own_transaction(office):
    """RFC 5731 3.3, RFC 5732 3.3, RFC 5733 3.3: panData"""
    kinds = {
        "domain": (domain.PanData, lambda data: data.name),
        "contact": (contact.PanData, lambda data: data.id),
        "host": (host.PanData, lambda data: data.name),
    }
    for kind, (shape, named) in kinds.items():
        about = ActionResult(
            kind=kind, name="thing.test", operation="create", approved=kind != "host", cl_trid="ABC-7",
            sv_trid="SV-7", date=office.clock.now()
        )  # fmt: skip
        message = note(office, "harbour", "ended", about)
        data = office.do("harbour", REQ).data
        assert isinstance(data, shape)
        assert (named(data).value, named(data).pa_result) == ("thing.test", kind != "host")
        assert data.pa_trid == epp.TransactionIds(cl_trid="ABC-7", sv_trid="SV-7")
        office.do("harbour", ack(message))


def test_an_object_is_shown_as_it_was(office):
    one, server = office.registry.contact("HM-1"), office.registry.host("ns1.homeport.test")
    first = note(office, "harbour", "look", ContactState(contact=one, linked=True))
    shown = office.do("harbour", REQ).data
    assert (shown.id, [status.s for status in shown.status], shown.auth_info) == ("HM-1", ["linked", "ok"], None)
    office.do("harbour", ack(first))
    note(office, "harbour", "look", HostState(host=server))
    assert [status.s for status in office.do("harbour", REQ).data.status] == ["ok"]


def test_what_the_registry_does_itself_is_told_to_the_sponsor(office):
    interventions.change_statuses(
        changes := office.registry.begin(), office.registry.contact("HM-1"), {"serverUpdateProhibited"}
    )
    office.registry.commit(changes)
    told = office.do("harbour", REQ)
    assert "HM-1" in told.queue.msg.content
    assert told.data.id == "HM-1"


def test_what_a_client_does_not_know_is_left_out(office):
    """RFC 9038 2"""
    office.do("harbour", creation())
    office.do("lighthouse", contact.Transfer(id="maja-1", auth_info=password("Tide-and-9-bells")), "request")
    office.services = frozenset((domain.NAMESPACE,))
    answer = office.do("harbour", REQ)
    assert (answer.code, answer.data) == (1301, None)
