"""All 34 result codes of RFC 5730 3, each as the answer to a command."""

import msgspec
import pytest
from conftest import make_world
from services.epp.caller import (
    OBJECTS,
    URN,
    Caller,
    about,
    check,
    command_xml,
    create,
    delete,
    info,
    logged_in,
)

from homeport.services.epp.flow import FLOWS
from homeport.services.epp.grammar import domain
from homeport.services.epp.results import CLOSING, RESULTS
from homeport.world.clock import to_moment

NAME = "<domain:name>homeport.test</domain:name>"
AUTH = "<domain:authInfo><domain:pw>{}</domain:pw></domain:authInfo>"
STATUS = '<domain:add><domain:status s="{}"/></domain:add>'


def of(command, who="harbour", **options):
    """Return the code of one command in a new session."""
    return logged_in(who, **options).ask(command)


def transfer(op, name, auth=""):
    return about("transfer", "domain", f"<domain:name>{name}</domain:name>{AUTH.format(auth) if auth else ''}", op=op)


def renew(name, date, years=1):
    return about(
        "renew",
        "domain",
        f"<domain:name>{name}</domain:name><domain:curExpDate>{date}</domain:curExpDate>"
        f'<domain:period unit="y">{years}</domain:period>',
    )


def no_messages():
    caller = logged_in("pilot")
    while (message := caller.world.registry.messages.first("pilot")) is not None:
        caller.ask(f'<poll op="ack" msgID="{message.id}"/>')
    return caller.ask('<poll op="req"/>')


def without_money():
    world = make_world()
    registry = world.registry
    registry.put(msgspec.structs.replace(registry.registrar("harbour"), balance=0.0))
    return logged_in(world=world).ask(create("dear.test"))


def transfer_again():
    world = make_world()
    gaining = logged_in("lighthouse", world)
    gaining.ask(transfer("request", "homeport.test", "homeport-auth"))
    unlocked = logged_in(world=world)
    unlocked.ask(
        about("update", "domain", NAME + '<domain:rem><domain:status s="clientTransferProhibited"/></domain:rem>')
    )
    assert gaining.ask(transfer("request", "homeport.test", "homeport-auth")).code == 1001
    return gaining.ask(transfer("request", "homeport.test", "homeport-auth"))


def logout():
    return of("<logout/>")


def failed_logins():
    caller = Caller(login_failures=1)
    return caller.login("harbour", "wrong-pass")


def too_many_sessions():
    world = make_world()
    logged_in(world=world)
    return Caller(world, sessions_per_registrar=1).login()


def failing(monkeypatch):
    def broken(_request):
        raise RuntimeError("boom")

    caller = logged_in()
    monkeypatch.setitem(FLOWS, domain.Check, broken)
    return caller.ask(check("a.test"))


def unlisted(**terms):
    caller = Caller()
    caller.login(**terms)
    return caller


def garbage():
    caller = Caller()
    caller.send(b"GET / HTTP/1.1\r\n\r\n")
    return caller.answer()


RESTORE = f'<rgp:update xmlns:rgp="{URN}rgp-1.0"><rgp:restore op="request"/></rgp:update>'
HIDE = (
    "<contact:id>hidden-1</contact:id><contact:postalInfo type='int'><contact:name>A</contact:name><contact:addr>"
    "<contact:city>B</contact:city><contact:cc>GB</contact:cc></contact:addr></contact:postalInfo><contact:email>a@b.test"
    "</contact:email><contact:authInfo><contact:pw>Tide.42-Rock</contact:pw></contact:authInfo>"
    "<contact:disclose flag='0'><contact:email/></contact:disclose>"
)
PROVOKED = {
    1000: lambda: of(check("free.test")),
    1001: lambda: of_pending(),
    1300: no_messages,
    1301: lambda: of('<poll op="req"/>'),
    1500: logout,
    2000: lambda: of("<restore/>"),
    2001: lambda: logged_in().send_xml(b"<epp"),
    2002: lambda: Caller().ask(check("free.test")),
    2003: lambda: of('<poll op="ack"/>'),
    2004: lambda: of(renew("homeport.test", "2020-01-01")),
    2005: lambda: of(renew("homeport.test", "yesterday")),
    2100: lambda: Caller().login(version="2.0"),
    2101: lambda: of(about("transfer", "host", "<host:name>ns1.homeport.test</host:name>", op="query")),
    2102: lambda: Caller().login(lang="sv"),
    2103: lambda: unlisted(exts=()).ask(about("update", "domain", NAME, extension=RESTORE)),
    2104: without_money,
    2105: lambda: not_renewable(),
    2106: lambda: of(transfer("request", "homeport.test", "homeport-auth")),
    2200: lambda: Caller().login("harbour", "wrong-pass"),
    2201: lambda: of(delete("homeport.test"), "lighthouse"),
    2202: lambda: of(transfer("query", "homeport.test", "not-its-auth"), "lighthouse"),
    2300: transfer_again,
    2301: lambda: of(transfer("approve", "homeport.test")),
    2302: lambda: of(create("homeport.test")),
    2303: lambda: of(info("nobody.test")),
    2304: lambda: of(transfer("request", "homeport.test", "homeport-auth"), "lighthouse"),
    2305: lambda: of(about("delete", "contact", "<contact:id>AL-1</contact:id>")),
    2306: lambda: of(create("homeport.nowhere")),
    2307: lambda: unlisted(objects=OBJECTS[1:]).ask(info("homeport.test")),
    2308: lambda: of(about("create", "contact", HIDE), always_disclosed=["email"]),
    2400: failing,
    2500: garbage,
    2501: failed_logins,
    2502: too_many_sessions,
}


def of_pending():
    world = make_world()
    caller = logged_in(world=world)
    caller.ask(create("old.test"))
    world.clock.advance(30 * 86400)
    return caller.ask(delete("old.test"))


def not_renewable():
    caller = logged_in()
    caller.ask(create("old.test"))
    answer = caller.ask(info("old.test"))
    while answer.code == 1000:
        date = to_moment(answer.data.ex_date).date().isoformat()
        answer = caller.ask(renew("old.test", date))
    return answer


def test_there_are_34_and_each_is_provoked():
    assert list(PROVOKED) == list(RESULTS)
    assert len(RESULTS) == 34


@pytest.mark.parametrize("code", PROVOKED)
def test_rfc_5730_3_each_result_code_is_the_answer_to_something(code, monkeypatch):
    provoke = PROVOKED[code]
    answer = provoke(monkeypatch) if provoke is failing else provoke()
    assert answer.code == code
    assert answer.text == RESULTS[code][0]
    if code >= 2000:
        assert answer.reasons


@pytest.mark.parametrize("code", RESULTS)
def test_every_code_has_a_text_in_each_language(code):
    assert len(set(RESULTS[code])) == 3


def test_rfc_5730_3_which_codes_close():
    assert {1500, 2500, 2501, 2502} == CLOSING


def test_several_mistakes_of_one_frame_are_reported_together():
    answer = logged_in().send_xml(
        command_xml(
            about(
                "create",
                "domain",
                '<domain:name>a.test</domain:name><domain:period unit="y">100</domain:period>'
                f"<domain:registrant>x</domain:registrant>{AUTH.format('pw')}",
            )
        )
    )
    assert 2004 in answer.codes
    assert all(code >= 2000 for code in answer.codes)
