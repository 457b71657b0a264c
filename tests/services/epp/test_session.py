"""Sessions of EPP (RFC 5730 2, RFC 5734): greeting, order, transactions, batches, ends."""

import pytest
from conftest import make_world
from services.epp.caller import (
    Caller,
    about,
    check,
    command_xml,
    create,
    envelope,
    info,
    logged_in,
    login_xml,
)

from homeport.protocol.effects import Send
from homeport.protocol.events import Data, LimitReached, Opened, Stopping, Tls
from homeport.services.epp import flows
from homeport.services.epp.flow import FLOWS
from homeport.services.epp.framing import frame
from homeport.services.epp.grammar import domain, epp, read


def test_rfc_5734_2_the_greeting_comes_first_and_offers_everything_supported():
    greeting = Caller().greeting
    assert isinstance(greeting, epp.Greeting)
    menu = greeting.svc_menu
    assert (greeting.sv_id, greeting.sv_date) == ("Homeport EPP", 1_792_000_000.0)
    assert (menu.version, menu.lang) == (("1.0",), ("en", "de", "fr"))
    assert [uri.rpartition(":")[2] for uri in menu.obj_uri] == [
        *("domain-1.0", "contact-1.0", "host-1.0"),
        "maintenance-1.0",
    ]
    assert {uri.rpartition(":")[2] for uri in menu.svc_extension.ext_uri} >= {"rgp-1.0", "secDNS-1.1"}


def test_rfc_5730_2_3_hello_is_answered_by_a_fresh_greeting_before_and_after_login_and_changes_nothing():
    caller = Caller()
    assert caller.hello().sv_id == "Homeport EPP"
    caller.login()
    caller.world.clock.advance(60)
    assert caller.hello().sv_date == 1_792_000_060.0
    assert caller.ask(check("free.test")).code == 1000


def test_rfc_5730_2_6_cltrid_is_echoed_exactly_if_there_is_one_and_svtrid_is_unique():
    caller, seen = Caller(), set()
    for _ in range(3):
        seen.add(caller.ask("<logout/>", "Té-1").sv_trid)
    answer = caller.ask("<logout/>", None)
    assert answer.cl_trid is None
    assert "<clTRID>" not in answer.xml
    other = Caller().ask("<logout/>")
    assert len(seen | {answer.sv_trid, other.sv_trid}) == 5
    assert all(3 <= len(one) <= 64 for one in seen)


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (envelope("<command><pol op='req'/><clTRID>ABC-1</clTRID></command>"), 2000),
        (envelope("<command><poll op='no'/><clTRID>ABC-1</clTRID></command>"), 2005),
        (b"<epp><command><logout/><clTRID>ABC-1</clTRID></command>", 2001),
        (envelope("<command><logout/><clTRID>ABC-1</clTRID></command>").replace(b"<logout/>", b"& <logout/>"), 2001),
    ],
)
def test_rfc_5730_2_6_cltrid_is_echoed_even_from_a_frame_that_is_not_taken(xml, code):
    answer = Caller().send_xml(xml)
    assert (answer.codes[0], answer.cl_trid) == (code, "ABC-1")
    assert answer.reasons


def test_rfc_5734_3_pipelined_commands_are_answered_in_order_by_one_send():
    caller = logged_in()
    batch = b"".join(frame(command_xml(check(f"name-{n}.test"), f"N-{n}")) for n in range(20))
    sends = [effect for effect in caller.session.handle(Data(batch)) if isinstance(effect, Send)]
    assert len(sends) == 1
    caller.do(sends)
    assert [caller.answer().cl_trid for _ in range(20)] == [f"N-{n}" for n in range(20)]


def test_a_conversation_is_the_same_however_its_bytes_are_cut(talk):
    said = b"".join(
        frame(xml)
        for xml in (
            envelope("<hello/>"),
            command_xml(check("free.test"), "A-1"),
            command_xml(login_xml("harbour"), "A-2"),
            command_xml(check("free.test", "homeport.test"), "A-3"),
            command_xml(create("made.test"), "A-4"),
            envelope("<command><nonsense/><clTRID>A-5</clTRID></command>"),
            command_xml("<logout/>", "A-6"),
        )
    )
    outcome = talk("epp", said)
    assert outcome.closed
    assert [fields["code"] for kind, fields in outcome.logs if kind == "epp"] == [
        "",
        "2002",
        "1000",
        "1000",
        "1000",
        "2000",
        "1500",
    ]
    assert outcome.concealed == len("harbour-pass") + len("Tide.42-Rock")


def test_rfc_5730_2_9_1_1_a_command_before_login_is_2002_and_the_connection_stays():
    caller = Caller()
    assert caller.ask(check("free.test")).code == 2002
    assert caller.ask("<poll op='req'/>").code == 2002
    assert not caller.closed
    assert caller.login().code == 1000


def test_rfc_5730_2_9_1_2_logout_is_1500_and_closes_and_before_login_2002():
    caller = Caller()
    assert caller.ask("<logout/>").code == 2002
    assert not caller.closed
    caller.login()
    assert caller.ask("<logout/>").code == 1500
    assert caller.closed


def test_rfc_5730_2_9_1_1_a_second_login_is_2002():
    caller = logged_in()
    assert caller.login("lighthouse").code == 2002
    assert caller.ask(check("free.test")).code == 1000
    assert "second-login" in caller.findings


def test_rfc_5730_2_6_every_answer_counts_queued_messages_and_is_silent_for_an_empty_queue():
    world = make_world()
    caller = logged_in(world=world)
    messages = world.registry.messages
    waiting = messages.count("harbour")
    assert waiting
    assert caller.ask(check("free.test")).waiting == (waiting, str(messages.first("harbour").id))
    assert caller.ask(info("nobody.test")).waiting is not None
    for left in range(waiting - 1, -1, -1):
        answer = caller.ask(f'<poll op="ack" msgID="{messages.first("harbour").id}"/>')
        assert answer.code == 1000
        assert (answer.waiting or (0,))[0] == left
    assert caller.ask(check("free.test")).waiting is None
    assert "<msgQ" not in Caller(world).ask(check("free.test")).xml


def test_rfc_5730_2_7_3_an_extension_that_was_not_listed_is_left_out_of_the_answer():
    bare = Caller()
    bare.login(exts=())
    assert not bare.ask(info("homeport.test")).response.extension
    caller = logged_in()
    caller.ask(create("new.test"))
    assert caller.ask(info("new.test")).response.extension


def test_rfc_5730_3_an_internal_error_is_2400_and_the_session_goes_on(monkeypatch, caplog):
    def broken(_request):
        raise RuntimeError("boom")

    flows.load()
    monkeypatch.setitem(FLOWS, domain.Check, broken)
    caller = logged_in()
    answer = caller.ask(check("free.test"))
    assert (answer.code, answer.reasons) == (2400, ["internal error; see the farm's log"])
    assert "domain:check failed" in caplog.text
    assert caller.world.counters_of("epp", "tls").errors == 1
    assert caller.ask(info("homeport.test")).code == 1000
    assert not caller.closed


def test_a_command_that_fails_changes_nothing_even_partly(monkeypatch):
    flows.load()
    real = FLOWS[domain.Create]

    def fail_in_the_middle(request):
        real(request)
        raise RuntimeError("boom")

    monkeypatch.setitem(FLOWS, domain.Create, fail_in_the_middle)
    caller = logged_in()
    assert caller.ask(create("half.test")).code == 2400
    assert caller.world.registry.domain("half.test") is None


def test_a_session_whose_registrar_was_deleted_is_closed_with_2500():
    caller = logged_in("pilot")
    caller.world.registry.remove(caller.world.registry.registrar("pilot"))
    assert caller.ask(check("free.test")).code == 2500
    assert caller.closed


@pytest.mark.parametrize("event", [LimitReached("idle"), LimitReached("time"), Stopping()])
def test_rfc_5734_2_a_timeout_sends_nothing(event):
    caller = logged_in()
    caller.tell(event)
    assert caller.closed
    assert caller.octets == b""


def test_a_client_that_shuts_its_side_gets_its_answers():
    caller = logged_in()
    caller.send(frame(command_xml(check("free.test"))))
    caller.eof()
    assert caller.answer().code == 1000
    assert caller.closed


def test_rfc_5730_2_a_frame_that_only_servers_send_is_2001():
    caller = Caller()
    caller.send(frame(logged_in().ask(check("a.test")).xml.encode()))
    assert caller.answer().code == 2001
    assert caller.findings == ["frame-of-a-server"]


def test_rfc_5734_4_bytes_that_are_no_frame_are_answered_2500_with_the_mistake_and_close():
    caller = Caller()
    caller.send(b"EHLO client.test\r\n")
    answer = caller.answer()
    assert answer.code == 2500
    assert "EPP begins with four octets of length" in answer.reasons[0]
    assert caller.closed


def test_rfc_5734_4_a_length_without_its_own_octets_is_explained():
    xml = command_xml("<logout/>", "ABC-1")
    caller = Caller()
    caller.send(len(xml).to_bytes(4) + xml)
    answer = caller.answer()
    assert (answer.code, answer.cl_trid) == (2500, "ABC-1")
    assert "leaves out its own four octets" in answer.reasons[0]
    assert caller.closed
    assert caller.findings == ["length-without-header"]


def test_a_refusal_quotes_the_clients_wrong_element():
    caller = logged_in()
    answer = caller.ask(info("nobody.test"))
    assert answer.code == 2303
    assert ">nobody.test</domain:name>" in answer.blamed[0]
    answer = caller.ask("<info><domain:info xmlns:domain='urn:ietf:params:xml:ns:domain-1.0'/></info>")
    assert answer.code == 2003
    assert "RFC 5731" in answer.reasons[0]


def test_the_language_of_the_session_is_that_of_its_texts():
    for lang, text in (
        ("en", "Object does not exist"),
        ("de", "Objekt existiert nicht"),
        ("fr", "L'objet n'existe pas"),
    ):
        caller = Caller()
        caller.login(lang=lang)
        answer = caller.ask(info("nobody.test"))
        assert answer.text == text
        assert answer.response.result[0].msg.lang == lang


def test_the_journal_has_each_command_with_its_object_code_and_identifiers():
    caller = logged_in()
    caller.ask(check("free.test", "other.test"), "X-1")
    caller.ask(about("transfer", "domain", "<domain:name>homeport.test</domain:name>", op="query"), "X-2")
    caller.ask('<poll op="req"/>', "X-3")
    found = [fields for kind, fields in caller.logs if kind == "epp"][1:]
    shown = [(one["command"], one["object"], one["op"], one["code"], one["cl_trid"]) for one in found]
    assert shown == [
        ("domain:check", "free.test, other.test", "", "1000", "X-1"),
        ("domain:transfer", "homeport.test", "query", "2301", "X-2"),
        ("poll", "", "req", "1301", "X-3"),
    ]
    assert found[1]["reason"]
    assert found[0]["sv_trid"] != found[1]["sv_trid"]


def test_a_greeting_without_tls_is_the_same():
    assert Caller(tls=None).greeting == Caller().greeting


def test_bytes_before_the_greeting_are_not_parsed_until_it_is_sent(world):
    session = Caller(world).session
    assert session.handle(Opened(Tls(version="TLSv1.3", cipher="x")))
    assert read(frame(envelope("<hello/>"))[4:]) == epp.Hello()
