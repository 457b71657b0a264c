"""Fault plans: validation, and the names by which clients ask for faults."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.io.net.datagram_changes import CHANGES
from homeport.io.net.fault_stages import STAGES
from homeport.io.net.service_listener import NOT_ON_TRAFFIC
from homeport.protocol.fault_checks import OUT_ONLY, kinds_of, validate_plan
from homeport.protocol.fault_kinds import example_of
from homeport.protocol.fault_names import explain_fault_name, find_fault_name, parse_fault_name
from homeport.protocol.faults import Do, FaultError, Plan
from homeport.protocol.service import Listener, Service
from homeport.services import all_services, find_service
from homeport.services.epp.grammar.namespaces import TABLE

SERVICES = {service.name: service for service in all_services()}


def plan(service="finger", **fields):
    return msgspec.convert({"service": service, "do": {"close": {}}, **fields}, Plan)


def test_whatever_a_listener_can_suffer_is_carried_out():
    for service in SERVICES.values():
        for listener in service.listeners:
            carried_out = STAGES if listener.transport == "tcp" else CHANGES
            assert set(kinds_of(service, listener)) - NOT_ON_TRAFFIC <= set(carried_out)


def test_every_kind_is_suffered_by_something_or_carried_out_by_sessions():
    suffered = {kind for service in SERVICES.values() for one in service.listeners for kind in kinds_of(service, one)}
    assert set(Do.__struct_fields__) - {"reply", "tls"} <= suffered
    assert set(OUT_ONLY) <= set(Do.__struct_fields__)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"service": "fingre"}, "service", "did you mean 'finger'?"),
        ({"listener": "udp"}, "listener", "finger has no listener 'udp'"),
        (
            {"service": "echo", "do": {"answer": {"text": "x"}}},
            "do",
            "echo does not support answer; it supports latency, ",
        ),
        ({"do": {"drop": {}}}, "do", "finger does not support drop"),
        ({"service": "echo", "listener": "tcp", "do": {"drop": {}}}, "do", "echo.tcp does not support drop"),
        (
            {"service": "echo", "listener": "udp", "do": {"limit": {"bytes": 1}}},
            "do",
            "echo.udp does not support limit",
        ),
        ({"do": {"reply": {"code": 451}}}, "do", "finger does not support reply"),
        ({"do": {"tls": "expired"}}, "do", "finger does not support tls"),
        ({"do": {"answer": {"text": "x"}}, "direction": "in"}, "direction", "leave the direction out"),
        ({"do": {"refuse": {}}, "direction": "both"}, "direction", "leave the direction out"),
        ({"do": {"refuse": {}}, "match": {"peer": "::1"}}, "match", "for all clients at once"),
        ({"do": {"refuse": {}}, "after": 1}, "match", "for all clients at once"),
        ({"service": "echo", "match": {"verb": "x"}}, "match", "echo has no commands"),
        ({"match": {"verb": "query"}, "direction": "in"}, "direction", "acts on its reply"),
        ({"match": {"verb": "query"}, "do": {"refuse": {}}}, "do", "refuse does not act on commands"),
        (
            {"service": "echo", "listener": "udp", "match": {"conn": "c1"}, "do": {"drop": {}}},
            "match.conn",
            "datagrams",
        ),
    ],
)
def test_a_plan_that_makes_no_sense_is_explained(fields, field, words):
    with pytest.raises(FaultError) as caught:
        validate_plan(plan(**fields), SERVICES)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("service", SERVICES)
def test_a_plan_of_each_kind_that_a_listener_can_suffer_is_taken(service):
    for listener in SERVICES[service].listeners:
        for kind in kinds_of(SERVICES[service], listener):
            example = {} if kind == "refuse" else example_of(kind, SERVICES[service], listener.name)
            validate_plan(plan(service, listener=listener.name, do={kind: example}), SERVICES)


def smtp(code=451, verb="RCPT", service="smtp", enhanced="", **match):
    """Return a plan for a reply."""
    reply = {"code": code, "enhanced": enhanced}
    return {"service": service, "match": {"verb": verb, **match} if verb else match, "do": {"reply": reply}}


@pytest.mark.parametrize(
    ("fields", "field", "words", "nearest"),
    [
        (smtp(verb="RCTP"), "match.verb", "smtp has no command 'RCTP'; did you mean 'RCPT'?", "RCPT"),
        (smtp(verb="connnect"), "match.verb", "did you mean 'CONNECT'?", "CONNECT"),
        (smtp(verb="STRO", service="ftp"), "match.verb", "did you mean 'STOR'?", "STOR"),
        (smtp(verb="site chmdo", service="ftp"), "match.verb", "did you mean 'SITE CHMOD'?", "SITE CHMOD"),
        (smtp(2400, "domain:craete", "epp"), "match.verb", "did you mean 'domain:create'?", "domain:create"),
        (smtp(2400, "host:transfer", "epp"), "match.verb", "epp has no command 'host:transfer'", "contact:transfer"),
        ({"match": {"verb": "user"}}, "match.verb", "every query of finger as the command 'query'", "query"),
        ({"service": "whois", "match": {"verb": "domain"}}, "match.verb", "leave the verb 'domain' out", "query"),
        (smtp(verb="DATA", argument="bob"), "match.argument", "DATA takes no argument, so none can match", ""),
        (smtp(verb="CONNECT", argument="bob"), "match.argument", "CONNECT takes no argument", ""),
        (
            {"service": "imap", "match": {"verb": "login", "argument": "alice"}, "do": {"reply": {"status": "NO"}}},
            "match.argument",
            "the argument of login is secret, so none can match: leave it out",
            "",
        ),
        (smtp(verb=None, argument="a\r\nb"), "match.argument", "leave control characters out", ""),
        (smtp(999), "do.reply.code", "SMTP has no reply 999: write 200 to 559", ""),
        (smtp(599), "do.reply.code", "SMTP has no reply 599", ""),
        (smtp(150), "do.reply.code", "SMTP has no reply 150", ""),
        (smtp(354), "do.reply.code", "only DATA and AUTH do (RFC 5321 4.2.1): write 2yz, 4yz or 5yz for RCPT", ""),
        (smtp(999, "STOR", "ftp"), "do.reply.code", "FTP has no reply 999: write 100 to 559", ""),
        (smtp(631, "STOR", "ftp"), "do.reply.code", "FTP has no reply 631", ""),
        (smtp(450, "STOR", "ftp", "4.7.1"), "do.reply.enhanced", "only SMTP has enhanced status codes", ""),
        (smtp(451, "login", "epp"), "do.reply.code", "EPP has no result code 451 (RFC 5730 3); known codes are", ""),
        (smtp(2309, "login", "epp"), "do.reply.code", "EPP has no result code 2309 (RFC 5730 3); did you mean 2", None),
        (smtp(2400, "login", "epp", "4.7.1"), "do.reply.enhanced", "only SMTP has enhanced status codes", ""),
        (smtp(451, enhanced="5.7.1"), "do.reply.enhanced", "5.7.1 is of another class than 451; did you", "4.7.1"),
        (smtp(354, "DATA", enhanced="4.7.1"), "do.reply.enhanced", "354 has no enhanced status code", ""),
    ],
)
def test_a_plan_that_can_never_act_is_refused_with_the_nearest_right_word(fields, field, words, nearest):
    with pytest.raises(FaultError) as caught:
        validate_plan(plan(**fields), SERVICES)
    assert caught.value.field == field
    assert words in str(caught.value)
    assert nearest in (None, caught.value.nearest)


@pytest.mark.parametrize(
    "fields",
    [
        smtp(verb="rcpt"),
        smtp(verb="."),
        smtp(verb=".", argument="bob@example.org"),
        smtp(554, "CONNECT"),
        smtp(354, "DATA"),
        smtp(334, "auth"),
        smtp(250, enhanced="2.1.5"),
        smtp(220, "CONNECT", "ftp"),
        smtp(550, "Site Chmod", "ftp", argument="644"),
        smtp(1000, "domain:create", "epp"),
        smtp(2400, "CREATE", "epp"),
        smtp(2500, "greeting", "epp"),
        {"match": {"verb": "QUERY", "argument": "alice"}},
    ],
)
def test_a_plan_that_can_act_is_taken(fields):
    validate_plan(plan(**fields), SERVICES)


def test_a_service_that_declares_no_verbs_takes_any():
    ident = Service(
        name="ident",
        title="Ident",
        rfcs=("1413",),
        listeners=(Listener("tcp", "tcp", 113),),
        faults=frozenset({"command", "reply"}),
    )
    validate_plan(plan(service="ident", match={"verb": "whatever"}, do={"reply": {"code": 999}}), {"ident": ident})


def test_a_listener_that_is_switched_off_is_named_with_its_switch():
    with pytest.raises(FaultError, match=r"'tcp' of epp is disabled: set \[epp\] plain = true; enabled: tls"):
        validate_plan(plan(service="epp", listener="tcp", do={"close": {}}), SERVICES, {"epp.tls"})


def test_the_verbs_of_epp_are_those_of_its_grammar():
    commands = {
        f"{module.__name__.rpartition('.')[2]}:{name.lower()}"
        for module in (one.module for one in TABLE if one.kind == "object")
        for name in ("Check", "Create", "Delete", "Info", "Renew", "Transfer", "Update")
        if hasattr(module, name)
    }
    foreign = {f"foreign:{name}" for name in ("check", "create", "delete", "info", "renew", "transfer", "update")}
    assert set(SERVICES["epp"].verbs) == commands | foreign | {"greeting", "login", "logout", "poll"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["hnag@fault.test"], "there is no fault 'hnag'; did you mean 'hang'?"),
        (["x", "replay-451.fault.test."], "there is no fault 'replay-451'; did you mean 'reply-451-4.7.1'?"),
        (["xyz.fault.test"], "there is no fault 'xyz'; there are hang, reset, "),
        (["hang.fault.test"], ""),
        (["alice", "fault.test"], ""),
    ],
)
def test_a_name_that_asks_for_no_fault_is_explained(words, told):
    explained = explain_fault_name(words)
    assert explained.startswith(told)
    assert bool(explained) == bool(told)


@pytest.mark.parametrize(
    "fields",
    [
        {"do": {}},
        {"do": {"close": {}, "reset": {}}},
        {"do": {"close": {"at": "once"}}},
        {"do": {"latency": {}}},
        {"do": {"latency": {"ms": -1}}},
        {"do": {"corrupt": {"rate": 0}}},
        {"do": {"reply": {"code": 451, "enhanced": "9.9.9"}}},
        {"match": {"peer": "nobody"}},
        {"times": -1},
        {"probability": 2},
        {"direction": "up"},
        {"tymes": 1},
    ],
)
def test_a_malformed_plan_is_refused(fields):
    with pytest.raises(msgspec.ValidationError):
        plan(**fields)


@pytest.mark.parametrize(
    ("name", "do"),
    [
        ("hang", {"hang": {}}),
        ("RESET", {"reset": {}}),
        ("close", {"close": {}}),
        ("reset-after-1000", {"limit": {"bytes": 1000, "reset": True}}),
        ("close-after-0", {"limit": {"bytes": 0, "reset": False}}),
        ("latency-500", {"latency": {"ms": 500, "jitter_ms": 0}}),
        ("slow-1000", {"bandwidth": {"bytes_per_s": 1000}}),
        ("slice-3", {"slice": {"size": 3, "delay_ms": 0}}),
        ("garbage-100", {"garbage": {"bytes": 100}}),
        ("corrupt-0.1", {"corrupt": {"rate": 0.1}}),
        ("corrupt-1", {"corrupt": {"rate": 1.0}}),
        ("reply-451-4.7.1", {"reply": {"code": 451, "text": "", "enhanced": "4.7.1"}}),
        ("reply-550", {"reply": {"code": 550, "text": "", "enhanced": ""}}),
        ("result-2400", {"reply": {"code": 2400, "text": "", "enhanced": ""}}),
    ],
)
def test_names_of_faults(name, do):
    assert msgspec.to_builtins(parse_fault_name(name)) == do


@pytest.mark.parametrize(
    "name",
    [
        "",
        "hangs",
        "reset-",
        "reset-after-",
        "latency",
        "latency-x",
        "latency--1",
        "latency-99999999",
        "slow-0",
        "slice-0",
        "corrupt-0",
        "corrupt-2",
        "reply-99",
        "reply-451-9.9.9",
        "reply-451-4.7.1x",
        "reply-\u0664\u0665\u0661",
        "hang\n",
    ],
)
def test_what_is_no_name_of_a_fault(name):
    assert parse_fault_name(name) is None


@pytest.mark.parametrize("word", ["reset.fault.test", "reset@fault.test", "RESET.Fault.Test.", "/W reset.fault.test"])
def test_names_in_the_domain_are_found(word):
    found = find_fault_name(word.split())
    assert found is not None
    assert found.kind == "reset"


@pytest.mark.parametrize("word", ["reset", "fault.test", ".fault.test", "reset.default.test", "x.reset.fault.test"])
def test_other_names_are_not(word):
    assert find_fault_name([word]) is None


@given(st.one_of(st.text(max_size=60), st.from_regex(r"(reset|latency|reply|corrupt|slow)-[0-9a-z.\-]{0,20}")))
def test_the_grammar_never_raises_and_what_it_finds_can_be_planned(name):
    found = parse_fault_name(name)
    if found is not None:
        assert found.kind in Do.__struct_fields__
        assert Plan(service="finger", do=found).do == found
        assert find_fault_name([f"{name}.fault.test"]) == found
    else:
        assert find_fault_name([f"{name}.fault.test"]) is None


def test_only_what_a_service_declares_is_its_own():
    assert "answer" in kinds_of(find_service("whois"), find_service("whois").listeners[0])
    assert "answer" not in kinds_of(find_service("time"), find_service("time").listeners[0])


@pytest.mark.parametrize(("service", "listener"), [("smtp", "plain"), ("epp", "tcp")])
def test_a_fault_of_tls_is_refused_for_a_listener_that_never_speaks_it(service, listener):
    services = {service: find_service(service)}
    with pytest.raises(FaultError) as error:
        validate_plan(Plan(service=service, listener=listener, do=Do(tls="expired")), services)
    assert "tls" in str(error.value)
    validate_plan(Plan(service=service, do=Do(tls="expired")), services)
