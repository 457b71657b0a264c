"""For each finding of EPP a similar but correct use, which is not reported."""

import msgspec
import pytest
from conftest import make_world
from services.epp.caller import (
    FEE,
    URN,
    Caller,
    about,
    check,
    command_xml,
    create,
    delete,
    envelope,
    info,
    logged_in,
    priced,
    with_token,
)

from homeport.protocol.events import TalkedEarly
from homeport.protocol.service import TLS_RULES
from homeport.services.epp import SERVICE
from homeport.services.epp.flows.authinfo import URI as SECURE_AUTHINFO
from homeport.services.epp.framing import frame
from homeport.services.epp.grammar.login_sec import NAMESPACE as LOGIN_SEC
from homeport.world.clock import to_moment
from homeport.world.registry.launch_policy import Launch, Phase
from homeport.world.registry.marks.claims import notice_for
from homeport.world.registry.marks.issuing import issue
from homeport.world.registry.marks.records import Mark
from homeport.world.registry.tokens import Token

HELLO = envelope("<hello/>")
NEW_PASSWORD = "<domain:chg><domain:authInfo><domain:pw>bDv7-kR2!mWq9_Zt4#Ls</domain:pw></domain:authInfo></domain:chg>"
NAME = "<domain:name>homeport.test</domain:name>"
NOTICE = (
    "<l:notice><l:noticeID>{id}</l:noticeID><l:notAfter>{after}</l:notAfter><l:acceptedDate>{now}</l:acceptedDate>"
    "</l:notice>"
)


def launching(phase, content):
    """Create a name that matches a mark, in a launch phase and with all that the phase demands."""
    world, custom = make_world(), phase == "custom"
    policy = Launch(phases=(Phase(phase=phase, name="first" if custom else "", applications=custom or None),))
    world.registry.put_zone(msgspec.structs.replace(world.registry.zones["test"], launch=policy))
    changes = world.registry.begin()
    mark = issue(changes, Mark(id="", name="Boat", labels=("boat",), holder="Boats", not_before=0.0, not_after=4e9))
    world.registry.commit(changes)
    notice = notice_for("boat", [mark], changes.now)
    after, now = (to_moment(one).isoformat() for one in (notice.not_after, changes.now))
    given = content.format(smd=mark.signed, notice=NOTICE.format(id=notice.id, after=after, now=now))
    caller = Caller(world)
    caller.login(exts=(f"{URN}launch-1.0",))
    extension = f'<extension><l:create xmlns:l="{URN}launch-1.0">{given}</l:create></extension>'
    assert caller.ask(create("boat.test", "Fjord.71-Moss") + extension).code in (1000, 1001)
    return caller


RESTORE = f'<rgp:update xmlns:rgp="{URN}rgp-1.0"><rgp:restore op="request"/></rgp:update>'
CONTACT = "<domain:contact type='billing'>AL-1</domain:contact>"


def sent(*data, **options):
    """Return a connection on which these bytes were sent."""
    caller = Caller(**options)
    caller.send(*data)
    return caller


def asked(*commands, **options):
    """Return a session that sent these commands, each with its own identifier."""
    caller = logged_in(**options)
    for command in commands:
        caller.ask(command)
    return caller


def as_sent(xml):
    """Return a session that sent this frame."""
    caller = logged_in()
    caller.send_xml(xml)
    return caller


def whole_session():
    caller = asked(info("homeport.test"), "<logout/>")
    caller.eof()
    caller.gone()
    return caller


def with_secure_authinfo(*commands):
    caller = Caller()
    assert caller.login(exts=(SECURE_AUTHINFO,)).code == 1000
    for command in commands:
        assert caller.ask(command).code == 1000
    return caller


def with_a_new_transaction_id():
    caller = logged_in()
    for number in range(20):
        caller.ask(check("a.test", f"b{number}.test"), f"SAME-{number}")
    other = logged_in(world=caller.world)
    other.ask(check("a.test"), "SAME-1")
    return other


def hellos_between_commands():
    caller = logged_in()
    for _ in range(12):
        caller.ask(info("homeport.test"))
        caller.hello()
    return caller


def commands_in_each_session():
    world = make_world()
    for _ in range(6):
        caller = logged_in(world=world)
        for _ in range(3):
            caller.ask(info("homeport.test"))
        caller.ask("<logout/>")
        caller.gone()
    return caller


def acknowledged():
    caller = logged_in()
    while (message := caller.world.registry.messages.first("harbour")) is not None:
        caller.ask('<poll op="req"/>')
        caller.ask(f'<poll op="ack" msgID="{message.id}"/>')
    return caller


def asked_now_and_then():
    caller = acknowledged()
    for _ in range(9):
        assert caller.ask('<poll op="req"/>').code == 1300
    return caller


def logged_in_again():
    caller = Caller()
    assert caller.login(password="wrong-pass").code == 2200
    assert caller.login().code == 1000
    return caller


def hello_first():
    caller = Caller()
    caller.tell(TalkedEarly(frame(HELLO)))
    return caller


def new_password():
    caller = Caller()
    assert caller.login(new="Fjord.71-Moss").code == 1000
    return caller


def logged_in_with(**terms):
    caller = Caller()
    assert caller.login(**terms).code == 1000
    return caller


def allocated():
    caller = logged_in_with(exts=(f"{URN}allocationToken-1.0",))
    caller.world.registry.put(Token(id="abc123", names=("quay-2.test",)))
    assert caller.ask(with_token(create("quay-2.test", "Fjord.71-Moss"), "abc123")).code == 1000
    return caller


def with_price(name, price):
    caller = logged_in_with(exts=(FEE,))
    assert caller.ask(priced(create(name, "Fjord.71-Moss"), price)).code == 1000
    return caller


def renewed():
    date = logged_in().ask(info("homeport.test")).data.ex_date
    from datetime import UTC, datetime

    day = datetime.fromtimestamp(date, UTC).date()
    return asked(about("renew", "domain", f"{NAME}<domain:curExpDate>{day}</domain:curExpDate>"))


RIGHT = {
    "unexpected-tls": lambda: sent(frame(HELLO)),
    "http-request": lambda: sent(frame(HELLO)),
    "length-without-header": lambda: sent(frame(HELLO)),
    "length-in-characters": lambda: sent(frame(HELLO.replace(b"<hello/>", "<!-- Ü --><hello/>".encode()))),
    "length-too-short": lambda: sent(frame(HELLO + b"\n"), frame(HELLO)),
    "little-endian": lambda: sent(frame(HELLO.replace(b"</epp>", b" " * 400 + b"</epp>"))),
    "no-length": lambda: sent(frame(HELLO), frame(HELLO)),
    "mark-before-length": lambda: sent(frame(HELLO)[:2], frame(HELLO)[2:]),
    "text-before-frame": lambda: sent(*(bytes((byte,)) for byte in frame(HELLO))),
    "octets-between-frames": lambda: sent(frame(HELLO + b"\r\n") + frame(HELLO)),
    "length-too-small": lambda: sent(frame(envelope("<hello/>"))),
    "frame-too-long": lambda: sent(frame(HELLO.ljust(4092)), max_frame=4096),
    "truncated-frame": whole_session,
    "byte-order-mark": lambda: sent(frame(HELLO.replace(b"?>", b"?><!-- \xef\xbb\xbf -->"))),
    "utf-16": lambda: sent(frame(HELLO.replace(b"UTF-8", b"utf-8"))),
    "no-declaration": lambda: sent(frame(HELLO.replace(b' encoding="UTF-8"', b""))),
    "not-well-formed": lambda: sent(frame(HELLO.replace(b"<hello/>", b"<hello ></hello >"))),
    "unescaped": lambda: as_sent(command_xml(check("a.test"), "this &amp; that &lt;")),
    "document-type": lambda: as_sent(command_xml(check("a.test"), "&lt;!DOCTYPE")),
    "schema": lambda: as_sent(command_xml(check("a.test")).replace(b"><", b">\n  <!-- pretty -->\n  <")),
    "wrong-namespace": lambda: as_sent(
        command_xml(check("a.test"))
        .replace(b"<", b"<e:")
        .replace(b"e:?", b"?")
        .replace(b"<e:/", b"</e:")
        .replace(b"e:domain", b"domain")
        .replace(b"xmlns=", b"xmlns:e=", 1)
    ),
    "unknown-command": lambda: asked(info("homeport.test")),
    "frame-of-a-server": lambda: sent(frame(HELLO)),
    "date-and-time": renewed,
    "no-cltrid": lambda: asked(check("a.test")),
    "cltrid-reused": with_a_new_transaction_id,
    "early-talker": hello_first,
    "clear-password": logged_in,
    "version-not-offered": lambda: logged_in_with(version="1.0"),
    "language-not-offered": lambda: logged_in_with(lang="fr"),
    "service-not-offered": lambda: logged_in_with(exts=()),
    "object-not-in-login": lambda: asked(info("homeport.test")),
    "extension-not-in-login": lambda: asked(about("update", "domain", NAME, extension=RESTORE)),
    "password-unchanged": new_password,
    "command-before-login": lambda: sent(frame(HELLO)),
    "second-login": logged_in_again,
    "no-logout": whole_session,
    "data-after-logout": whole_session,
    "hello-too-often": hellos_between_commands,
    "login-per-command": commands_in_each_session,
    "check-one-by-one": lambda: asked(*(check(f"a{n}.test", f"b{n}.test") for n in range(12))),
    "poll-without-ack": acknowledged,
    "poll-empty-queue": asked_now_and_then,
    "weak-authinfo": lambda: asked(create("new.test", "Fjord.71-Moss")),
    "login-security-ignored": lambda: logged_in_with(
        password="[LOGIN-SECURITY]", exts=(LOGIN_SEC,), security="<loginSec:pw>harbour-pass</loginSec:pw>"
    ),
    "authinfo-at-create": lambda: with_secure_authinfo(create("new.lab.test", "")),
    "authinfo-too-weak": lambda: with_secure_authinfo(
        create("new.lab.test", ""), about("update", "domain", "<domain:name>new.lab.test</domain:name>" + NEW_PASSWORD)
    ),
    "same-authinfo": lambda: asked(*(create(f"new-{n}.test", f"Fjord.7{n}-Moss") for n in range(6))),
    "empty-update": lambda: asked(about("update", "domain", f"{NAME}<domain:add>{CONTACT}</domain:add>")),
    "server-status": lambda: asked(
        about("update", "domain", f'{NAME}<domain:add><domain:status s="clientHold"/></domain:add>')
    ),
    "trailing-dot": lambda: asked(create("new.test", "Fjord.71-Moss"), delete("new.test")),
    "fee-missing": lambda: with_price("premium-quay.test", "100.00"),
    "fee-mismatch": lambda: with_price("quay-2.test", "10.0"),
    "allocation-token": allocated,
    "fee-currency": lambda: with_price("quay-2.test", "10.00"),
    "launch-phase": lambda: launching("custom", "<l:phase name='first'>custom</l:phase>"),
    "launch-mark": lambda: launching("sunrise", "<l:phase>sunrise</l:phase>{smd}"),
    "claims-notice": lambda: launching("claims", "<l:phase>claims</l:phase>{notice}"),
    "u-label": lambda: asked(create("xn--sd-wka.test", "Fjord.71-Moss")),
}
"""For each rule a session that comes close to breaking it and does not."""


def test_every_rule_has_a_right_use_here():
    assert sorted(RIGHT) == sorted(rule.id for rule in SERVICE.rules if rule not in TLS_RULES)


@pytest.mark.parametrize("rule", RIGHT)
def test_the_right_use_next_to_a_rule_is_silent(rule):
    assert RIGHT[rule]().findings == []
