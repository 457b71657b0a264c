"""Faults that a world's owner plans, and those that clients ask for by addresses."""

from conftest import make_world
from services.smtp.conftest import MESSAGE, TLS

from homeport.protocol.effects import Misbehave
from homeport.protocol.events import Data
from homeport.protocol.faults import Do, Match, Plain, Plan, Reply

MAIL = "MAIL FROM:<a@client.example>"
RCPT = "RCPT TO:<alice@homeport.test>"


def plan(world, verb: str, do: Do, **rest) -> None:
    """Plan a fault of a command."""
    world.faults.add(Plan(service="smtp", match=Match(verb=verb), do=do, **rest))


def test_a_reply_takes_the_place_of_what_is_not_done(client):
    one = client().hello()
    plan(one.world, "RCPT", Do(reply=Reply(451, "try later", "4.7.1")), times=2)
    assert one.say(MAIL, RCPT) == "451 4.7.1 try later"
    assert one.say(RCPT) == "451 4.7.1 try later"
    assert one.say("DATA").startswith("554")
    assert one.say(RCPT).startswith("250")


def test_the_end_of_a_message_can_fail(client):
    one = client().hello()
    plan(one.world, ".", Do(reply=Reply(451)))
    assert one.deliver().startswith("451 as planned")
    assert one.stored == []
    assert one.deliver().startswith("250")


def test_a_close_behind_the_final_dot_keeps_the_message(client):
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
    assert one.say("EHLO client.example").startswith("503 5.5.1 there is no service here")
    assert one.say("QUIT").startswith("221")


def test_421_closes(client):
    one = client().hello()
    plan(one.world, "MAIL", Do(reply=Reply(421)))
    assert one.say(MAIL).startswith("421")
    assert one.talk.closed


def test_clients_ask_for_faults_by_address_if_they_may(client):
    address = "RCPT TO:<reply-451-4.7.1@fault.test>"
    one = client().hello()
    assert one.say(MAIL, address).startswith("250")
    one = client().hello()
    one.world.faults.by_client = True
    assert one.say(MAIL, address) == "451 4.7.1 as planned by a fault"
    assert one.say("MAIL FROM:<reply-550@fault.test>").startswith("503")
    assert one.say("RSET", "MAIL FROM:<reply-550@fault.test>") == "550 as planned by a fault"
    effects = one.session.handle(Data(b"MAIL FROM:<hang@fault.test>\r\n"))
    assert [effect.fault.plan.do.kind for effect in effects if isinstance(effect, Misbehave)] == ["hang"]


def test_an_address_that_asks_for_no_fault_is_refused_with_the_nearest(client):
    one = client().hello()
    one.world.faults.by_client = True
    assert one.say(MAIL, "RCPT TO:<hnag@fault.test>") == "550 5.1.1 there is no fault 'hnag'; did you mean 'hang'?"
    assert one.say("RCPT TO:<reply-999@fault.test>").startswith("550 5.1.1 do.reply.code: SMTP has no reply 999")
    assert "did you mean '4.7.1'?" in one.say("RCPT TO:<reply-451-5.7.1@fault.test>")
    assert one.say(RCPT).startswith("250")


def test_a_chunk_whose_bdat_is_to_fail_is_read_all_the_same(every_way):
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
    assert one.send(b"BDAT 6\r\nfirst\nBDAT 6 LAST\r\nlast\r\n").splitlines()[0] == "451 as planned by a fault"
    assert one.stored == []
    assert one.findings == []


def test_an_auth_that_is_to_fail_shows_no_password(client):
    one = client(tls=TLS).hello()
    plan(one.world, "AUTH", Do(reply=Reply(454, "try later", "4.7.0")))
    assert one.say("AUTH PLAIN AGFsaWNlAGFsaWNlLXBhc3M=") == "454 4.7.0 try later"
    assert ("command", {"verb": "AUTH", "argument": "PLAIN ***", "code": "454"}) in one.talk.logs
    assert one.talk.concealed == len("AGFsaWNlAGFsaWNlLXBhc3M=")
