"""Faults that a world's owner plans, and those that clients request by address."""

import pytest
from conftest import make_world
from services.smtp.conftest import MESSAGE, TLS

from homeport.protocol.effects import Misbehave
from homeport.protocol.events import Data
from homeport.protocol.faults import Do, FaultError, Match, Plain, Plan, Reply
from homeport.services.smtp.planned import validate_reply

MAIL = "MAIL FROM:<a@client.example>"
RCPT = "RCPT TO:<alice@homeport.test>"


def plan(world, verb: str, do: Do, **rest) -> None:
    """Plan a fault for a command."""
    world.faults.add(Plan(service="smtp", match=Match(verb=verb), do=do, **rest))


def test_a_planned_reply_replaces_the_command(client):
    one = client().hello()
    plan(one.world, "RCPT", Do(reply=Reply(451, "try later", "4.7.1")), times=2)
    assert one.say(MAIL, RCPT) == "451 4.7.1 try later"
    assert one.say(RCPT) == "451 4.7.1 try later"
    assert one.say("DATA").startswith("554")
    assert one.say(RCPT).startswith("250")


def test_the_end_of_a_message_can_fail(client):
    one = client().hello()
    plan(one.world, ".", Do(reply=Reply(451)))
    assert one.deliver().startswith("451 4.0.0 as planned")
    assert one.stored == []
    assert one.deliver().startswith("250")


def test_a_close_after_the_final_dot_keeps_the_message(client):
    one = client().hello()
    one.say(MAIL, RCPT, "DATA")
    plan(one.world, ".", Do(close=Plain()))
    effects = one.session.handle(Data(MESSAGE.encode() + b".\r\n"))
    [misbehave] = [effect for effect in effects if isinstance(effect, Misbehave)]
    assert misbehave.fault.plan.do.kind == "close"
    assert bytes(misbehave.effects[0].data).startswith(b"250 2.0.0")
    assert one.stored == [MESSAGE.encode()]


def test_the_greeting_can_refuse(client):
    world = make_world()
    plan(world, "CONNECT", Do(reply=Reply(554, "no SMTP service here")))
    one = client(world=world)
    assert one.greeting == "554 no SMTP service here"
    assert one.say("EHLO client.example").startswith("503 5.5.1 no service here")
    assert one.say("QUIT").startswith("221")


def test_421_closes(client):
    one = client().hello()
    plan(one.world, "MAIL", Do(reply=Reply(421)))
    assert one.say(MAIL).startswith("421")
    assert one.talk.closed


def test_clients_request_faults_by_address_if_allowed(client):
    address = "RCPT TO:<reply-451-4.7.1@fault.test>"
    one = client().hello()
    assert one.say(MAIL, address).startswith("250")
    one = client().hello()
    one.world.faults.by_client = True
    assert one.say(MAIL, address) == "451 4.7.1 as planned by a fault"
    assert one.say("MAIL FROM:<reply-550@fault.test>").startswith("503")
    assert one.say("RSET", "MAIL FROM:<reply-550@fault.test>") == "550 5.0.0 as planned by a fault"
    effects = one.session.handle(Data(b"MAIL FROM:<hang@fault.test>\r\n"))
    assert [effect.fault.plan.do.kind for effect in effects if isinstance(effect, Misbehave)] == ["hang"]


def test_an_address_of_no_fault_is_refused_with_the_nearest(client):
    one = client().hello()
    one.world.faults.by_client = True
    assert one.say(MAIL, "RCPT TO:<hnag@fault.test>") == "550 5.1.1 there is no fault 'hnag'; did you mean 'hang'?"
    assert one.say("RCPT TO:<reply-999@fault.test>").startswith("550 5.1.1 do.reply.code: SMTP has no reply 999")
    assert "did you mean '4.7.1'?" in one.say("RCPT TO:<reply-451-5.7.1@fault.test>")
    assert one.say(RCPT).startswith("250")


def test_the_chunk_of_a_planned_failure_of_bdat_is_still_read(every_way):
    world = make_world()
    plan(world, "BDAT", Do(reply=Reply(451)), times=0)
    chunk = b"NOOP\r\nNOOP\r\n"
    said = b"EHLO client.example\r\n" + f"{MAIL}\r\n{RCPT}\r\n".encode()
    said += b"BDAT 12\r\n" + chunk + b"BDAT 12 LAST\r\n" + chunk + b"RSET\r\nQUIT\r\n"
    one = every_way(said, world=world)
    assert [line[:3] for line in one.talk.sent.decode().splitlines()[-6:]] == ["250", "250", "451", "451", "250", "221"]
    assert one.stored == []
    assert one.findings == []


def test_a_message_whose_first_chunk_failed_is_not_stored_without_it(client):
    one = client().hello()
    plan(one.world, "BDAT", Do(reply=Reply(451)))
    assert one.say(MAIL, RCPT).startswith("250")
    assert one.send(b"BDAT 6\r\nfirst\nBDAT 6 LAST\r\nlast\r\n").splitlines()[0] == "451 4.0.0 as planned by a fault"
    assert one.stored == []
    assert one.findings == []


def test_a_planned_failure_of_auth_shows_no_password(client):
    one = client(tls=TLS).hello()
    plan(one.world, "AUTH", Do(reply=Reply(454, "try later", "4.7.0")))
    assert one.say("AUTH PLAIN AGFsaWNlAGFsaWNlLXBhc3M=") == "454 4.7.0 try later"
    assert ("command", {"verb": "AUTH", "argument": "PLAIN ***", "code": "454"}) in one.talk.logs
    assert one.talk.concealed == len("AGFsaWNlAGFsaWNlLXBhc3M=")


def refuse(world, verb, code=451):
    plan(world, verb, Do(reply=Reply(code)))


GROUP = f"{MAIL}\r\n{RCPT}\r\nDATA\r\n".encode()


@pytest.mark.parametrize("code", [450, 451, 500, 550, 554])
@pytest.mark.parametrize(("verb", "codes"), [("MAIL", "503 503"), ("RCPT", "554"), ("DATA", "")])
def test_a_client_that_pipelines_is_not_blamed_for_a_planned_refusal(client, verb, code, codes):
    one = client().hello()
    refuse(one.world, verb, code)
    replies = [line[:3] for line in one.send(GROUP).splitlines()]
    assert replies == ["250"] * (3 - 1 - len(codes.split())) + [str(code), *codes.split()]
    one.say("RSET")
    assert one.deliver().startswith("250")
    one.say("QUIT")
    assert one.findings == []


def test_after_one_refused_recipient_of_several_the_message_goes_to_the_others(client):
    one = client().hello()
    refuse(one.world, "RCPT")
    one.send(f"{MAIL}\r\n{RCPT}\r\nRCPT TO:<bob@homeport.test>\r\nDATA\r\n".encode())
    assert one.send(MESSAGE.encode() + b".\r\n").startswith("250")
    assert [to.address for to in one.envelopes[0].recipients] == ["bob@homeport.test"]
    assert one.findings == []


@pytest.mark.parametrize("code", [421, 450, 500, 502, 550, 554])
def test_helo_after_a_refused_ehlo_is_no_finding(client, code):
    one = client()
    refuse(one.world, "EHLO", code)
    assert one.say("EHLO client.example").startswith(str(code))
    if code == 421:
        return
    assert one.say("HELO client.example").startswith("250")
    assert one.deliver().startswith("250")
    one.say("QUIT")
    assert one.findings == []


def test_helo_of_its_own_accord_stays_a_finding(client):
    one = client()
    refuse(one.world, "EHLO")
    one.say("EHLO client.example", "EHLO client.example", "HELO client.example")
    assert one.findings == ["helo-used"]


def test_a_client_whose_quit_was_refused_may_close(client):
    one = client().hello()
    refuse(one.world, "QUIT")
    assert one.say("QUIT").startswith("451")
    one.end()
    assert one.findings == []


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_a_refusal_leaves_room_for_the_next_message(client, verb):
    one = client().hello()
    refuse(one.world, verb)
    one.say(MAIL, RCPT)
    if one.say("DATA").startswith("354"):
        one.send(MESSAGE.encode() + b".\r\n")
    one.say("RSET")
    assert one.deliver().startswith("250")
    assert one.findings == []


@pytest.mark.parametrize(
    ("planned", "line"),
    [
        (Reply(451), "451 4.0.0 as planned by a fault"),
        (Reply(550), "550 5.0.0 as planned by a fault"),
        (Reply(250), "250 2.0.0 as planned by a fault"),
        (Reply(421), "421 4.0.0 as planned by a fault"),
        (Reply(550, "no"), "550 5.0.0 no"),
        (Reply(550, "no", "5.7.1"), "550 5.7.1 no"),
        (Reply(550, "5.7.1 no"), "550 5.7.1 no"),
        (Reply(550, "5.7.1 no", "5.7.1"), "550 5.7.1 no"),
        (Reply(550, "5.7.1"), "550 5.7.1"),
        (Reply(550, "5.7.1.2 no"), "550 5.0.0 5.7.1.2 no"),
    ],
)
@pytest.mark.parametrize("verb", ["MAIL", "NOOP", "QUIT", "RSET"])
def test_a_planned_reply_has_an_enhanced_status_code(client, verb, planned, line):
    one = client().hello()
    plan(one.world, verb, Do(reply=planned))
    assert one.say(MAIL if verb == "MAIL" else verb) == line
    one = client(without=["ENHANCEDSTATUSCODES"]).hello()
    plan(one.world, verb, Do(reply=Reply(planned.code, "no", planned.enhanced)))
    assert one.say(MAIL if verb == "MAIL" else verb) == f"{planned.code} no"


@pytest.mark.parametrize("verb", ["EHLO", "HELO"])
def test_a_planned_reply_to_ehlo_has_no_enhanced_status_code_of_its_own(client, verb):
    one = client()
    plan(one.world, verb, Do(reply=Reply(451)))
    assert one.say(f"{verb} client.example") == "451 as planned by a fault"
    plan(one.world, verb, Do(reply=Reply(451, "later", "4.3.2")))
    assert one.say(f"{verb} client.example") == "451 4.3.2 later"


def test_a_planned_intermediate_reply_has_no_enhanced_status_code(client):
    one = client().hello()
    one.say(MAIL, RCPT)
    plan(one.world, "DATA", Do(reply=Reply(354)))
    assert one.say("DATA") == "354 as planned by a fault"


def test_a_planned_reply_to_the_end_of_a_message_has_an_enhanced_status_code(client):
    one = client(protocol="lmtp")
    plan(one.world, ".", Do(reply=Reply(452, "full")))
    one.say("LHLO client.example", MAIL, RCPT, "DATA")
    assert one.send(MESSAGE.encode() + b".\r\n") == "452 4.0.0 full"


def test_a_text_with_another_enhanced_status_code_than_the_plan_is_refused():
    with pytest.raises(FaultError, match=r"do\.reply\.text"):
        validate_reply(Reply(550, "5.7.1 no", "5.1.1"))
