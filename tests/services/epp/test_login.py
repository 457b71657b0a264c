"""Login (RFC 5730 2.9.1.1): terms, credentials, certificates, limits, presence."""

from hashlib import sha256

import msgspec
import pytest
from conftest import make_world
from services.epp.caller import OBJECTS, TLS, Caller, check, info, logged_in

from homeport.protocol.events import Tls


def registrar(world, **fields):
    """Change fields of the registrar harbour."""
    registry = world.registry
    registry.put(msgspec.structs.replace(registry.registrar("harbour"), **fields))
    return world


def shown(certificate=b"DER", *, verified=True):
    return Tls(version="TLSv1.3", cipher="x", certificate=certificate, verified=verified)


@pytest.mark.parametrize(
    ("terms", "code", "finding"),
    [
        ({"version": "2.0"}, 2100, "version-not-offered"),
        ({"lang": "sv"}, 2102, "language-not-offered"),
        ({"objects": (*OBJECTS, "urn:ietf:params:xml:ns:org-1.0")}, 2307, "service-not-offered"),
        ({"exts": ("urn:ietf:params:xml:ns:epp:nothing-1.0",)}, 2103, "service-not-offered"),
    ],
)
def test_rfc_5730_2_9_1_1_terms_that_the_greeting_does_not_offer_are_refused(terms, code, finding):
    caller = Caller()
    answer = caller.login(**terms)
    assert answer.codes[0] == code
    assert caller.findings == [finding] * (finding in caller.findings) or code == 2100
    assert not caller.closed
    assert caller.login().code == 1000


@pytest.mark.parametrize(("lang", "text"), [("EN", "Command completed"), ("De", "Befehl"), ("fR", "Commande")])
def test_rfc_5646_2_1_1_a_language_is_offered_in_any_case(lang, text):
    caller = Caller()
    assert caller.login(lang=lang).code == 1000
    answer = caller.ask('<poll op="req"/>')
    assert answer.response.result[0].msg.value.startswith(text)
    assert caller.findings == []


def test_every_service_that_is_not_offered_is_named():
    answer = Caller().login(objects=("urn:x:one", *OBJECTS), exts=("urn:x:two",))
    assert answer.codes == [2307, 2103]
    assert ["urn:x:one" in answer.blamed[0], "urn:x:two" in answer.blamed[1]] == [True, True]


@pytest.mark.parametrize(
    ("who", "password"), [("harbour", "wrong-pass"), ("nobody", "harbour-pass"), ("harbour", "x" * 16)]
)
def test_any_failed_authentication_is_2200(who, password):
    answer = Caller().login(who, password)
    assert answer.code == 2200
    assert answer.text == "Authentication error"


def test_rfc_5730_3_the_last_failed_login_is_2501_and_closes():
    caller = Caller(login_failures=3)
    codes = [caller.login("harbour", "wrong-pass").code for _ in range(3)]
    assert codes == [2200, 2200, 2501]
    assert caller.closed


def test_a_failed_login_leaves_the_connection_open_and_is_in_the_journal():
    caller = Caller()
    caller.login("harbour", "wrong-pass")
    assert caller.login().code == 1000
    found = [(fields["login"], fields["code"]) for kind, fields in caller.logs if kind == "login"]
    assert found == [("harbour", "2200"), ("harbour", "1000")]


def test_rfc_5730_2_9_1_1_new_pw_counts_from_the_next_login_on_if_this_one_succeeds():
    world = make_world()
    assert Caller(world).login("harbour", "wrong-pass", new="other-pass").code == 2200
    assert Caller(world).login("harbour", "other-pass").code == 2200
    caller = Caller(world)
    assert caller.login("harbour", "harbour-pass", new="other-pass").code == 1000
    assert caller.ask(check("a.test")).code == 1000
    assert Caller(world).login("harbour", "harbour-pass").code == 2200
    assert Caller(world).login("harbour", "other-pass").code == 1000


@pytest.mark.parametrize("new", ["short", "x" * 17])
def test_rfc_5730_4_1_a_password_has_6_to_16_characters(new):
    assert Caller().login(new=new).codes[0] in (2001, 2004, 2005)


@pytest.mark.parametrize(
    ("policy", "tls", "code"),
    [
        ("none", TLS, 1000),
        ("none", shown(verified=False), 1000),
        ("any", shown(), 1000),
        ("any", shown(verified=False), 2200),
        ("any", TLS, 2200),
        ("any", None, 2200),
        ("pinned", shown(), 1000),
        ("pinned", shown(verified=False), 1000),
        ("pinned", shown(b"another"), 2200),
        ("pinned", TLS, 2200),
    ],
)
def test_rfc_5734_8_a_certificate_that_the_registrar_does_not_log_in_with_is_2200(policy, tls, code):
    fingerprint = sha256(b"DER").hexdigest().upper()
    pins = (":".join(fingerprint[at : at + 2] for at in range(0, 64, 2)),)
    world = registrar(make_world(), certificate=policy, pins=pins)
    assert Caller(world, tls).login().code == code


def test_rfc_5730_3_more_sessions_than_a_registrar_may_have_are_2502_and_close():
    world = make_world()
    first = logged_in(world=world, sessions_per_registrar=1)
    second = Caller(world, sessions_per_registrar=1)
    assert second.login().code == 2502
    assert second.closed
    assert logged_in("lighthouse", world, sessions_per_registrar=1)
    first.ask("<logout/>")
    first.gone()
    assert Caller(world, sessions_per_registrar=1).login().code == 1000


def test_a_registrar_may_have_a_number_of_sessions_of_its_own():
    world = registrar(make_world(), sessions=2)
    logged_in(world=world)
    logged_in(world=world)
    assert Caller(world).login().code == 2502


def test_a_session_ends_with_its_logout_and_not_with_its_connection():
    world = make_world()
    first = logged_in(world=world, sessions_per_registrar=1)
    assert Caller(world, sessions_per_registrar=1).login().code == 2502
    assert first.ask("<logout/>").code == 1500
    assert Caller(world, sessions_per_registrar=1).login().code == 1000
    assert first.findings == []


def test_a_session_that_an_error_closes_is_no_session_of_its_registrar():
    world = make_world()
    first = logged_in(world=world, sessions_per_registrar=1)
    first.send(b"no frame")
    assert Caller(world, sessions_per_registrar=1).login().code == 1000


def test_a_logged_in_registrar_is_present_until_the_connection_ends():
    world = make_world()

    def present():
        return [(one.login, one.terminal) for one in world.presence if one.terminal == "epp"]

    assert present() == []
    caller = logged_in(world=world)
    assert present() == [("harbour", "epp")]
    world.clock.advance(60)
    caller.ask(check("a.test"))
    assert next(one for one in world.presence if one.terminal == "epp").active == world.clock.now()
    caller.gone()
    assert present() == []


def test_rfc_5730_2_9_1_1_objects_that_the_login_did_not_list_are_2307():
    caller = Caller()
    caller.login(objects=OBJECTS[1:])
    answer = caller.ask(info("homeport.test"))
    assert answer.code == 2307
    assert "<domain:info" in answer.blamed[0]
    assert caller.findings == ["object-not-in-login"]


def test_strict_takes_no_password_without_tls():
    assert Caller(tls=None).login().code == 1000
    assert Caller(tls=None, strict=True).login().code == 2200
