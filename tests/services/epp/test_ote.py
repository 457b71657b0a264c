"""The checklist (OT&E) that the registry fills in: every step can be done, and wrong attempts say why."""

import pytest
from conftest import make_world
from services.epp.caller import TLS, Caller, about, check, create, delete, info, logged_in

from homeport.client.rst.frames import RGP, secdns, signer, status, update, wrap
from homeport.protocol.faults import Do, Match, Plan, Reply
from homeport.services.epp.ote import STEPS, sheets_of

DAY = 86_400.0
STRONG = "kQ7vX2mB9tR4wZ6pL8nC3dF5gH1jS0y-A"
NEW = "a-new-harbour-1"


def states(caller, who="harbour"):
    """Return the state of each step that was tried."""
    return {name: mark.state for name, mark in sheets_of(caller.world).of(who).marks.items()}


def mark(caller, step, who="harbour"):
    return sheets_of(caller.world).of(who).marks[step]


def domain(name, *, ns="", years=1, contacts=False):
    """Return the create of a domain."""
    people = '<registrant>AL-1</registrant><contact type="admin">AL-1</contact><contact type="tech">AL-1</contact>'
    return (
        f'<create><create xmlns="urn:ietf:params:xml:ns:domain-1.0"><name>{name}</name>'
        f'<period unit="y">{years}</period>'
        f"{wrap('ns', ns)}{people if contacts else ''}<authInfo><pw/></authInfo></create></create>"
    )


def contact(id_, kind="int", more=""):
    """Return the create of a contact."""
    address = "<addr><street>1 Quay</street><city>Port</city><cc>GB</cc></addr>"
    return (
        f'<create><create xmlns="urn:ietf:params:xml:ns:contact-1.0"><id>{id_}</id><postalInfo type="{kind}">'
        f"<name>Rita</name>{address}</postalInfo><email>rita@example.com</email><authInfo><pw>{STRONG}</pw></authInfo>"
        f"{more}</create></create>"
    )


def host(name, *addresses):
    found = "".join(f'<host:addr ip="{"v6" if ":" in one else "v4"}">{one}</host:addr>' for one in addresses)
    return about("create", "host", f"<host:name>{name}</host:name>{found}")


def on(verb, kind, name, op="", password=None):
    """Return a command on one object."""
    key = "id" if kind == "contact" else "name"
    secret = "" if password is None else f"<{kind}:authInfo><{kind}:pw>{password}</{kind}:pw></{kind}:authInfo>"
    return about(verb, kind, f"<{kind}:{key}>{name}</{kind}:{key}>{secret}", op)


def with_extension(command, extension):
    return f"{command}<extension>{extension}</extension>"


def restore(name, inside):
    extension = f'<rgp:update xmlns:rgp="{RGP}">{inside}</rgp:update>'
    chg = f'<update><update xmlns="urn:ietf:params:xml:ns:domain-1.0"><name>{name}</name><chg/></update></update>'
    return with_extension(chg, extension)


REPORT = (
    '<rgp:restore op="report"><rgp:report><rgp:preData>a</rgp:preData><rgp:postData>a</rgp:postData>'
    "<rgp:delTime>2026-10-14T17:46:40Z</rgp:delTime><rgp:resTime>2026-10-14T17:46:40Z</rgp:resTime>"
    "<rgp:resReason>a mistake</rgp:resReason><rgp:statement>one</rgp:statement><rgp:statement>two</rgp:statement>"
    "</rgp:report></rgp:restore>"
)
SIGNER = signer({"keyTag": "12345", "dsDataAlg": "13", "digestType": "2", "digest": "AB" * 32}, "dsData")
NS = "<hostObj>ns1.homeport.test</hostObj>"


def of_domain(name, **parts):
    return update("domain", "name", name, **parts)


def sessions_and_contacts(say, refused):
    say(contact("ote-1"))
    say(contact("ote-2", "loc"))
    say(contact("ote-3", more='<disclose flag="0"><voice/></disclose>'))
    say(on("check", "contact", "ote-1"))
    say(about("check", "contact", "<contact:id>ote-1</contact:id><contact:id>ote-2</contact:id>"))
    say(on("info", "contact", "ote-1"))
    say(update("contact", "id", "ote-1", chg="<email>new@example.com</email>"))
    say(update("contact", "id", "ote-1", add=status("clientDeleteProhibited")))
    say(update("contact", "id", "ote-1", rem=status("clientDeleteProhibited")))
    say(on("delete", "contact", "ote-1"))
    refused(on("delete", "contact", "AL-1"), 2305)


def hosts(say, refused):
    say(domain("ote.test"))
    say(on("check", "host", "ns1.ote.test"))
    say(host("ns1.elsewhere.invalid"))
    say(host("ns1.ote.test", "192.0.2.1"))
    say(host("ns2.ote.test", "2001:db8::1"))
    say(on("info", "host", "ns1.ote.test"))
    say(update("host", "name", "ns1.ote.test", add='<addr ip="v4">192.0.2.2</addr>'))
    say(update("host", "name", "ns1.ote.test", rem='<addr ip="v4">192.0.2.2</addr>'))
    say(update("host", "name", "ns1.ote.test", chg="<name>ns3.ote.test</name>"))
    say(on("delete", "host", "ns3.ote.test"))
    refused(on("delete", "host", "ns1.homeport.test"), 2305)


def domains(say, refused):
    say(check("ote-1.test"))
    say(check("ote-1.test", "homeport.test"))
    say(domain("ote-1.test", ns=NS, contacts=True, years=2))
    say(domain("xn--bcher-kva.test"))
    say(with_extension(domain("ote-3.test"), secdns("create", SIGNER)))
    refused(domain("homeport.test"), 2302)
    say(info("ote-1.test"))
    say(of_domain("ote.test", add=wrap("ns", NS)))
    say(of_domain("ote.test", rem=wrap("ns", NS)))
    say(of_domain("ote-1.test", chg="<registrant>AL-1</registrant>"))
    say(of_domain("ote-1.test", add=status("clientUpdateProhibited")))
    refused(of_domain("ote-1.test", add=status("clientHold")), 2304)
    say(of_domain("ote-1.test", rem=status("clientUpdateProhibited")))
    say(of_domain("ote-1.test", add=status("clientHold")))
    say(of_domain("ote-1.test", rem=status("clientHold")))
    say(of_domain("ote-1.test", chg=f"<authInfo><pw>{STRONG}</pw></authInfo>"))
    say(of_domain("ote-1.test", chg="<authInfo><null/></authInfo>"))
    say(with_extension(of_domain("ote-1.test"), secdns("update", wrap("add", SIGNER))))
    say(with_extension(of_domain("ote-1.test"), secdns("update", wrap("rem", SIGNER))))
    date = "<domain:curExpDate>2028-10-14</domain:curExpDate>"
    say(
        about(
            "renew", "domain", f'<domain:name>ote-1.test</domain:name>{date}<domain:period unit="y">2</domain:period>'
        )
    )
    say(delete("ote-3.test"))


def transfers(say, refused, lighthouse):
    for name in ("theirs-1.test", "theirs-2.test"):
        lighthouse(domain(name))
        lighthouse(of_domain(name, chg=f"<authInfo><pw>{STRONG}</pw></authInfo>"))
    refused(on("transfer", "domain", "theirs-1.test", "request", "wrong-Wrong-wrong-77"), 2202)
    say(on("info", "domain", "theirs-1.test", password=STRONG))
    say(on("transfer", "domain", "theirs-1.test", "request", STRONG))
    say(on("transfer", "domain", "theirs-1.test", "query"))
    say(on("transfer", "domain", "theirs-1.test", "cancel"))
    lighthouse(contact("theirs"))
    say(on("transfer", "contact", "theirs", "request", STRONG))
    for answer in ("approve", "reject"):
        say(domain(f"{answer}.test"))
        say(of_domain(f"{answer}.test", chg=f"<authInfo><pw>{STRONG}</pw></authInfo>"))
        lighthouse(on("transfer", "domain", f"{answer}.test", "request", STRONG))
        say(on("transfer", "domain", f"{answer}.test", answer))


def test_every_step_can_be_done_by_a_client_that_does_right():
    world = make_world()
    other = logged_in("lighthouse", world)
    assert Caller(world).login(password="wrong-wrong").code == 2200
    caller = Caller(world)
    assert caller.login(new=NEW).code == 1000

    def say(command):
        assert caller.ask(command).code in (1000, 1001), command

    def refused(command, code):
        assert caller.ask(command).code == code, command

    def lighthouse(command):
        assert other.ask(command).code in (1000, 1001), command

    caller.hello()
    sessions_and_contacts(say, refused)
    hosts(say, refused)
    domains(say, refused)
    transfers(say, refused, lighthouse)
    world.clock.advance(10 * DAY)
    say(delete("ote-1.test"))
    say(restore("ote-1.test", '<rgp:restore op="request"/>'))
    say(restore("ote-1.test", REPORT))
    while (answer := caller.ask('<poll op="req"/>')).code == 1301:
        say(f'<poll op="ack" msgID="{answer.waiting[1]}"/>')
    assert caller.ask("<logout/>").code == 1500
    caller = Caller(world)
    assert caller.login(password=NEW).code == 1000
    done = states(caller)
    assert {step.id for step in STEPS} - {name for name, state in done.items() if state == "done"} == set()
    assert not any(sheets_of(world).of("harbour").waiting.values())


def test_a_step_is_done_wrongly_until_it_is_done_right_and_says_why():
    caller = logged_in()
    caller.ask(on("delete", "host", "ns9.homeport.test"))
    wrong = mark(caller, "host-delete")
    assert (wrong.state, wrong.attempts, wrong.code) == ("wrong", 1, 2303)
    assert wrong.why.startswith("answered 2303, not 1000 or 1001: ")
    assert wrong.object == "ns9.homeport.test"
    assert caller.ask(host("ns9.elsewhere.invalid")).code == 1000
    assert caller.ask(on("delete", "host", "ns9.elsewhere.invalid"), "MINE-1").code == 1000
    right = mark(caller, "host-delete")
    assert (right.state, right.attempts, right.why, right.cl_trid) == ("done", 2, "", "MINE-1")
    caller.ask(on("delete", "host", "ns9.elsewhere.invalid"))
    assert mark(caller, "host-delete").state == "done"


def test_a_refusal_that_one_step_asks_for_is_not_held_against_the_others():
    caller = logged_in()
    assert caller.ask(create("homeport.test")).code == 2302
    assert {name: state for name, state in states(caller).items() if name.startswith("domain")} == {
        "domain-create-taken": "done"
    }


def test_a_message_must_be_read_before_it_is_acknowledged():
    caller = logged_in()
    identifier = caller.ask(info("homeport.test")).waiting[1]
    assert caller.ask(f'<poll op="ack" msgID="{identifier}"/>').code == 1000
    assert "read it by poll req first" in mark(caller, "poll-acknowledge").why


def test_a_command_that_breaks_a_rule_that_clients_must_keep_does_no_step():
    caller = Caller(tls=None, plain=True)
    assert caller.login().code == 1000
    assert mark(caller, "login").why == "the client showed its password without TLS (RFC 5734 8)"
    caller = Caller(caller.world, TLS)
    assert caller.login().code == 1000
    assert states(caller)["login"] == "done"


def test_commands_that_a_fault_disturbs_do_not_count():
    caller = logged_in()
    plan = Plan(service="epp", match=Match(verb="domain:check"), do=Do(reply=Reply(code=2400)))
    caller.world.faults.add(plan)
    assert caller.ask(check("new.test")).code == 2400
    assert "domain-check" not in states(caller)
    assert caller.ask(check("new.test")).code == 1000
    assert states(caller)["domain-check"] == "done"


def test_logins_of_unknown_registrars_make_no_sheets():
    caller = Caller()
    for name in ("nemo", "harbor"):
        assert caller.login(name).code == 2200
    assert sheets_of(caller.world).by_registrar == {}


def test_a_reset_of_the_world_begins_all_checklists_again():
    caller = logged_in()
    assert states(caller)
    caller.world.reset()
    assert states(caller) == {}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_each_step_says_what_to_send(step):
    assert step.how.partition(" ")[0].rstrip(";,") in {step.verb, step.verb.partition(":")[0]}
    assert step.title[0].isupper()
