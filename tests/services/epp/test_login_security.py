"""Login security (RFC 8807): long passwords, events, and what expires by the world's clock."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from conftest import make_world
from services.epp.caller import EXTENSIONS, TLS, Caller
from services.epp.desk import DAY, NOW

from homeport.protocol.events import Tls
from homeport.services.epp.grammar import login_sec
from homeport.services.epp.login_policy import LoginPolicy
from homeport.world.registry.contents import initial_rows
from homeport.world.registry.registry import RegistryContents

EXTS = (*EXTENSIONS, login_sec.NAMESPACE)
IN_EXTENSION = "[LOGIN-SECURITY]"
LONG = "this is a long password"


def policy(**fields):
    return {"login_security": LoginPolicy(**fields)}


def change(world, **fields):
    """Change the registrar harbour."""
    registry = world.registry
    registry.put(msgspec.structs.replace(registry.registrar("harbour"), **fields))
    return world


def new_pw(text):
    return f"<loginSec:newPW>{text}</loginSec:newPW>"


def pw(text):
    return f"<loginSec:pw>{text}</loginSec:pw>"


def log_in(world, *, tls=TLS, options=None, **terms):
    """Log harbour in, with the extension listed. Returns: the answer."""
    return Caller(world, tls, **(options or {})).login(**({"exts": EXTS} | terms))


def events(answer):
    """Return type, level and the rest of each event."""
    return [
        (one.type, one.level, one.name or one.value or one.ex_date)
        for data in answer.response.extension
        for one in data.event
    ]


def test_rfc_8807_4_1_long_passwords_are_in_the_extension():
    world = make_world()
    assert log_in(world, new=IN_EXTENSION, security=new_pw(LONG)).code == 1000
    assert log_in(world).code == 2200
    assert log_in(world, password=IN_EXTENSION, security=pw(LONG)).code == 1000
    assert log_in(world, password=IN_EXTENSION, security=pw(LONG + "x")).code == 2200
    both = pw(LONG) + new_pw("short-enough")
    assert log_in(world, password=IN_EXTENSION, new=IN_EXTENSION, security=both).code == 1000
    assert log_in(world, password="short-enough").code == 1000


def test_without_the_constant_the_passwords_of_the_extension_do_not_count():
    caller = Caller()
    assert caller.login(exts=EXTS, security=pw("another password")).code == 1000
    assert caller.findings == ["login-security-ignored"]


def test_passwords_of_the_extension_are_concealed_in_the_journal():
    caller = Caller(change(make_world(), password=LONG))
    assert caller.login(password=IN_EXTENSION, exts=EXTS, security=pw(LONG)).code == 1000
    assert LONG in caller.concealed
    assert LONG.encode() not in bytes(caller.seen)
    assert LONG not in str(caller.logs)


def test_the_constant_without_the_extension_is_no_password():
    world = make_world()
    assert log_in(world, password=IN_EXTENSION).code == 2200
    answer = log_in(world, new=IN_EXTENSION)
    assert (answer.code, events(answer)) == (2200, [("newPW", "error", "COMPLEXITY")])


@pytest.mark.parametrize("exts", [EXTENSIONS, ()])
def test_rfc_5730_2_9_1_1_the_extension_is_listed_in_the_login_that_has_it(exts):
    caller = Caller()
    assert caller.login(exts=exts, security=pw(LONG)).code == 2103
    assert caller.findings == ["extension-not-in-login"]


def test_the_clients_software_is_in_the_journal():
    caller = Caller()
    agent = "<loginSec:app>EPP SDK 1.0.0</loginSec:app><loginSec:os>x86_64</loginSec:os>"
    security = f"<loginSec:userAgent>{agent}</loginSec:userAgent>"
    assert caller.login(exts=EXTS, security=security).code == 1000
    assert [fields["user_agent"] for kind, fields in caller.logs if kind == "login"] == ["EPP SDK 1.0.0; x86_64"]


def test_a_login_without_anything_to_tell_has_no_events():
    answer = log_in(make_world())
    assert (answer.code, answer.response.extension) == (1000, ())


def test_rfc_8807_3_1_a_password_that_will_expire_is_an_event_and_one_that_has_refuses_the_login():
    world = change(make_world(), password_expires=NOW + 10 * DAY)
    assert events(log_in(world)) == []
    world.clock.advance(3 * DAY)
    assert events(log_in(world)) == [("password", "warning", NOW + 10 * DAY)]
    world.clock.advance(7 * DAY - 1)
    assert log_in(world).code == 1000
    world.clock.advance(1)
    answer = log_in(world)
    assert (answer.code, events(answer)) == (2200, [("password", "error", NOW + 10 * DAY)])
    answer = log_in(world, exts=EXTENSIONS)
    assert (answer.code, answer.response.extension) == (2200, ())


def test_an_expired_password_is_changed_at_login_and_gets_the_life_of_the_policy():
    world = change(make_world(), password_expires=NOW)
    options = policy(password_life=90 * DAY)
    assert log_in(world, options=options).code == 2200
    assert log_in(world, options=options, new="Fjord.71-Moss").code == 1000
    assert world.registry.registrar("harbour").password_expires == NOW + 90 * DAY
    world.clock.advance(85 * DAY)
    assert events(log_in(world, options=options, password="Fjord.71-Moss")) == [("password", "warning", NOW + 90 * DAY)]


@pytest.mark.parametrize(
    ("fields", "new"), [({"password_length": 12}, "Fjord.71"), ({"complex_password": True}, "fjordfjord")]
)
def test_rfc_8807_3_1_a_new_password_that_is_too_weak_refuses_the_login_and_nothing_changes(fields, new):
    world = make_world()
    answer = log_in(world, options=policy(**fields), new=new)
    assert (answer.code, events(answer)) == (2200, [("newPW", "error", "COMPLEXITY")])
    assert world.registry.registrar("harbour").password == "harbour-pass"


def certificate(end):
    """Return a certificate in DER that is valid until a time."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    until = datetime.fromtimestamp(end, UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(until - timedelta(days=400)).not_valid_after(until)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_rfc_8807_3_1_a_certificate_expires_by_the_worlds_clock():
    tls = Tls(version="TLSv1.3", cipher="x", certificate=certificate(NOW + 20 * DAY), verified=True)
    world = change(make_world(), certificate="any")
    assert events(log_in(world, tls=tls)) == []
    world.clock.advance(6 * DAY)
    assert events(log_in(world, tls=tls)) == [("certificate", "warning", NOW + 20 * DAY)]
    world.clock.advance(14 * DAY)
    answer = log_in(world, tls=tls)
    assert (answer.code, events(answer)) == (2200, [("certificate", "error", NOW + 20 * DAY)])
    change(world, certificate="none")
    assert events(log_in(world, tls=tls)) == [("certificate", "warning", NOW + 20 * DAY)]


def test_rfc_8807_3_1_tls_versions_and_ciphers_that_the_policy_names_are_events():
    options = policy(weak_tls=("TLSv1.3", "TLS_AES_256_GCM_SHA384"))
    assert events(log_in(make_world(), options=options)) == [
        ("cipher", "warning", "TLS_AES_256_GCM_SHA384"),
        ("tlsProtocol", "warning", "TLSv1.3"),
    ]


def test_rfc_8807_3_1_many_failed_logins_within_a_day_are_an_event():
    world = make_world()
    options = policy(failed_logins=4) | {"login_failures": 9}
    caller = Caller(world, **options)
    for _ in range(3):
        caller.login("harbour", "wrong-pass")
    caller.login("nobody", "wrong-pass")
    assert events(log_in(world, options=options)) == []
    world.clock.advance(DAY / 2)
    caller.login("harbour", "wrong-pass")
    (event,) = log_in(world, options=options).response.extension[0].event
    assert (event.name, event.value, event.duration) == ("failedLogins", "4", "P1D")
    assert events(log_in(world, options=options, who="pilot")) == []
    world.clock.advance(DAY / 2)
    assert events(log_in(world, options=options)) == []


def test_a_password_of_the_contents_expires_from_the_worlds_beginning_on():
    from homeport.world.registry import Registrar

    contents = RegistryContents(registrars=[Registrar(id="harbour", name="H", password_expires=DAY)])
    (row,) = initial_rows(contents, NOW).values()
    assert row.password_expires == NOW + DAY


def test_another_extension_has_no_meaning_for_a_login():
    caller = Caller()
    xml = (
        "<login><clID>harbour</clID><pw>harbour-pass</pw><options><version>1.0</version><lang>en</lang></options><svcs>"
        "<objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcs></login><extension>"
        '<rgp:update xmlns:rgp="urn:ietf:params:xml:ns:rgp-1.0"><rgp:restore op="request"/></rgp:update></extension>'
    )
    assert caller.ask(xml).code == 2103
