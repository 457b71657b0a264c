"""Each finding of EPP is reported, and a client that does everything right causes none."""

import msgspec
import pytest
from conftest import make_world
from services.epp.caller import (
    FEE,
    OBJECTS,
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
    login_xml,
    priced,
    with_token,
)

from homeport.protocol.events import TalkedEarly
from homeport.protocol.rules import TLS_RULES
from homeport.services.epp import SERVICE
from homeport.services.epp.flows.authinfo import URI as SECURE_AUTHINFO
from homeport.services.epp.framing import frame
from homeport.services.epp.grammar import launch
from homeport.services.epp.grammar.login_sec import NAMESPACE as LOGIN_SEC
from homeport.world.registry.launch_policy import Launch, Phase
from homeport.world.registry.marks.issuing import issue
from homeport.world.registry.marks.records import Mark

HELLO = envelope("<hello/>")
NEW_PASSWORD = "<domain:chg><domain:authInfo><domain:pw>Fjord.71-Moss</domain:pw></domain:authInfo></domain:chg>"
LOGOUT = command_xml("<logout/>", "ABC-12345")


def after(*data, closed=False, **options):
    """Return the findings of a connection on which only these bytes were sent."""
    caller = Caller(**options)
    caller.send(*data)
    if closed:
        caller.eof()
    return caller.findings


def asked(*commands, who="harbour", **options):
    """Return the findings of a session that sent these commands, each with its own identifier."""
    caller = logged_in(who, **options)
    for command in commands:
        caller.ask(command)
    return caller.findings


def of_frame(xml):
    """Return the findings of a frame."""
    return after(frame(xml))


def of_login(**terms):
    """Return the findings of a login."""
    caller = Caller()
    caller.login(**terms)
    return caller.findings


def with_secure_authinfo(*commands):
    """Return the findings of a session that lists RFC 9154 and sent these commands."""
    caller = Caller()
    caller.login(exts=(SECURE_AUTHINFO,))
    for command in commands:
        caller.ask(command)
    return caller.findings


def truncated():
    return after(frame(HELLO)[:-1], closed=True)


def utf_16():
    return of_frame(HELLO.decode().replace("UTF-8", "UTF-16").encode("utf-16"))


def without_identifier():
    caller = logged_in()
    caller.ask(check("a.test"), None)
    caller.ask(check("b.test", "a.test"), None)
    return caller.findings


def before_the_greeting():
    caller = Caller()
    caller.tell(TalkedEarly(frame(command_xml(login_xml()))))
    return caller.findings


def reused():
    caller = logged_in()
    for _ in range(3):
        caller.ask(check("a.test"), "SAME-1")
    return caller.findings


def unlisted(command, **terms):
    caller = Caller()
    caller.login(**terms)
    caller.ask(command)
    return caller.findings


def in_the_clear():
    caller = Caller(tls=None)
    caller.login()
    return caller.findings


def unchanged_password():
    caller = Caller()
    caller.login(new="harbour-pass")
    return caller.findings


def second_login():
    caller = logged_in()
    caller.login()
    return caller.findings


def no_logout():
    caller = logged_in()
    caller.eof()
    return caller.findings


def after_logout():
    caller = logged_in()
    caller.send(frame(LOGOUT) + frame(HELLO))
    caller.send(frame(HELLO))
    return caller.findings


def hellos():
    caller = Caller()
    for _ in range(10):
        caller.hello()
    return caller.findings


def login_per_command():
    world = make_world()
    for _ in range(4):
        caller = logged_in(world=world)
        caller.ask(check("a.test"))
        caller.ask("<logout/>")
        caller.gone()
    return caller.findings


def empty_queue():
    caller = logged_in("pilot")
    while (message := caller.world.registry.messages.first("pilot")) is not None:
        caller.ask(f'<poll op="ack" msgID="{message.id}"/>')
    for _ in range(10):
        assert caller.ask('<poll op="req"/>').code == 1300
    return caller.findings


RESTORE = f'<rgp:update xmlns:rgp="{URN}rgp-1.0"><rgp:restore op="request"/></rgp:update>'
NAME = "<domain:name>homeport.test</domain:name>"
STATUS = '<domain:add><domain:status s="serverHold"/></domain:add>'

SUNRISE = f'<extension><l:create xmlns:l="{launch.NAMESPACE}"><l:phase>sunrise</l:phase></l:create></extension>'


def launching(phase, command):
    """Send a command to a registry whose zone is in a launch phase; the boat is a mark."""
    world = make_world()
    custom = phase == "custom"
    policy = Launch(phases=(Phase(phase=phase, name="first" if custom else "", applications=custom or None),))
    world.registry.put_zone(msgspec.structs.replace(world.registry.zones["test"], launch=policy))
    changes = world.registry.begin()
    issue(changes, Mark(id="", name="Boat", labels=("boat",), holder="Boats", not_before=0.0, not_after=4e9))
    world.registry.commit(changes)
    caller = Caller(world)
    caller.login(exts=(launch.NAMESPACE,))
    assert caller.ask(command).code in (2003, 2306)
    return caller.findings


UMLAUT = HELLO.replace(b"<hello/>", "<!-- Ü --><hello/>".encode())
PROVOKED = {
    "length-without-header": lambda: after(len(HELLO).to_bytes(4) + HELLO),
    "length-in-characters": lambda: after(len(UMLAUT.decode()).to_bytes(4) + UMLAUT),
    "length-too-short": lambda: after((len(HELLO) + 3).to_bytes(4) + HELLO),
    "little-endian": lambda: after((len(HELLO) + 4).to_bytes(4, "little") + HELLO),
    "no-length": lambda: after(HELLO),
    "mark-before-length": lambda: after(b"\xef\xbb\xbf" + frame(HELLO)),
    "text-before-frame": lambda: after(b"EHLO client.test\r\n"),
    "http-request": lambda: after(b"GET / HTTP/1.1\r\n\r\n"),
    "octets-between-frames": lambda: after(frame(HELLO) + b"\r\n" + frame(HELLO)),
    "length-too-small": lambda: after(b"\0\0\0\4"),
    "frame-too-long": lambda: after(b"\0\0\x10\1", max_frame=4096),
    "truncated-frame": truncated,
    "unexpected-tls": lambda: after(b"\x16\x03\x01\x02\x00\x01"),
    "byte-order-mark": lambda: of_frame(b"\xef\xbb\xbf" + HELLO),
    "utf-16": utf_16,
    "no-declaration": lambda: of_frame(HELLO.partition(b"?>")[2]),
    "not-well-formed": lambda: of_frame(HELLO.replace(b"</epp>", b"</pep>")),
    "unescaped": lambda: of_frame(command_xml("<logout/>", "this & that")),
    "document-type": lambda: of_frame(HELLO.replace(b"<epp", b"<!DOCTYPE epp><epp")),
    "schema": lambda: of_frame(command_xml("<poll/>")),
    "wrong-namespace": lambda: of_frame(LOGOUT.replace(b' xmlns="urn:ietf:params:xml:ns:epp-1.0"', b"")),
    "unknown-command": lambda: of_frame(command_xml("<restore/>")),
    "frame-of-a-server": lambda: of_frame(logged_in().ask(check("a.test")).xml.encode()),
    "date-and-time": lambda: asked(
        about("renew", "domain", f"{NAME}<domain:curExpDate>2029-10-13T17:46:40.0Z</domain:curExpDate>")
    ),
    "no-cltrid": without_identifier,
    "cltrid-reused": reused,
    "early-talker": before_the_greeting,
    "clear-password": in_the_clear,
    "version-not-offered": lambda: of_login(version="1.1"),
    "language-not-offered": lambda: of_login(lang="sv"),
    "service-not-offered": lambda: of_login(exts=(f"{URN}epp:nothing-1.0",)),
    "object-not-in-login": lambda: unlisted(info("homeport.test"), objects=OBJECTS[1:]),
    "extension-not-in-login": lambda: unlisted(about("update", "domain", NAME, extension=RESTORE), exts=()),
    "password-unchanged": unchanged_password,
    "command-before-login": lambda: of_frame(command_xml(check("a.test"))),
    "second-login": second_login,
    "no-logout": no_logout,
    "data-after-logout": after_logout,
    "hello-too-often": hellos,
    "login-per-command": login_per_command,
    "check-one-by-one": lambda: asked(*(check(f"name-{n}.test") for n in range(10))),
    "poll-without-ack": lambda: asked(*('<poll op="req"/>' for _ in range(3))),
    "poll-empty-queue": empty_queue,
    "weak-authinfo": lambda: asked(create("new.test", "12345")),
    "login-security-ignored": lambda: of_login(exts=(LOGIN_SEC,), security="<loginSec:pw>Harbour-pass-9</loginSec:pw>"),
    "authinfo-at-create": lambda: with_secure_authinfo(create("new.lab.test")),
    "authinfo-too-weak": lambda: with_secure_authinfo(
        create("new.lab.test", ""), about("update", "domain", "<domain:name>new.lab.test</domain:name>" + NEW_PASSWORD)
    ),
    "same-authinfo": lambda: asked(*(create(f"new-{n}.test") for n in range(5))),
    "empty-update": lambda: asked(about("update", "domain", NAME)),
    "server-status": lambda: asked(about("update", "domain", NAME + STATUS)),
    "trailing-dot": lambda: asked(create("new.test.")),
    "launch-phase": lambda: launching("custom", create("new.test")),
    "launch-mark": lambda: launching("sunrise", create("new.test").replace("</create>", f"</create>{SUNRISE}")),
    "claims-notice": lambda: launching("claims", create("boat.test")),
    "fee-missing": lambda: asked(create("premium-quay.test")),
    "fee-mismatch": lambda: unlisted(priced(create("quay-2.test"), "9.99"), exts=(FEE,)),
    "allocation-token": lambda: unlisted(
        with_token(create("quay-2.test"), "abc123"), exts=(f"{URN}allocationToken-1.0",)
    ),
    "fee-currency": lambda: unlisted(priced(create("quay-2.test"), "10.00", "GBP"), exts=(FEE,)),
    "u-label": lambda: asked(create("neü.test")),
}


def test_there_are_more_than_thirty_findings_and_each_is_provoked():
    assert sorted(PROVOKED) == sorted(rule.id for rule in SERVICE.rules if rule not in TLS_RULES)
    assert len(PROVOKED) > 30


@pytest.mark.parametrize("finding", PROVOKED)
def test_a_client_that_breaks_a_rule_raises_its_finding_once(finding):
    assert PROVOKED[finding]().count(finding) == 1


def test_a_client_that_does_everything_right_causes_no_finding():
    caller = logged_in()
    caller.hello()
    for command in (
        check("new.test", "other.test"),
        create("new.test", "Fjord.71-Moss"),
        info("new.test"),
        '<poll op="req"/>',
        f'<poll op="ack" msgID="{caller.world.registry.messages.first("harbour").id}"/>',
        delete("new.test"),
        "<logout/>",
    ):
        assert caller.ask(command).code < 2000
    caller.eof()
    caller.gone()
    assert caller.findings == []


def test_strict_refuses_weak_passwords_and_identifiers_used_twice():
    caller = logged_in(strict=True)
    assert caller.ask(create("new.test", "12345")).code == 2306
    assert caller.ask(check("a.test"), "SAME-1").code == 1000
    assert caller.ask(check("a.test"), "SAME-1").code == 2306
