"""A client's account: balance-1.0, and the message about a low balance of lowbalance-poll-1.0."""

from decimal import Decimal

import pytest
from msgspec.structs import replace
from services.epp.desk import Desk, check
from services.epp.registrars import Clerk, create, make_desk

from homeport.services.epp import grammar
from homeport.services.epp.grammar import balance, epp, lowbalance_poll

POLL = epp.Poll(op="req")


@pytest.fixture
def desk() -> Desk:
    desk = make_desk()
    desk.options = type(desk.options)(services=("balance", "lowbalance-poll"))
    desk.services |= {balance.NAMESPACE, lowbalance_poll.NAMESPACE}
    return desk


def account(clerk: Clerk, **fields: float) -> None:
    clerk.registry.put(replace(clerk.registry.registrar(clerk.name), **fields))


def test_an_account_has_a_balance_a_limit_what_is_left_and_a_threshold(harbour):
    account(harbour, balance=100.0, credit_limit=50.0, low_balance=20.0)
    harbour.does(create("boat.test"))
    assert harbour.does(balance.Info()).data == balance.InfData(
        credit_limit=Decimal(50),
        balance=Decimal(90),
        available_credit=Decimal(140),
        credit_threshold=balance.Threshold(fixed=Decimal(20)),
    )


def test_an_account_without_a_balance_shows_a_credit_that_does_not_end(harbour):
    assert harbour.does(balance.Info()).data.available_credit == Decimal("999999999.99")


def test_a_client_asks_in_xml_and_is_answered_validly(desk):
    xml = f'<info><balance:info xmlns:balance="{balance.NAMESPACE}"/></info>'
    code, outcome = desk.frame("harbour", xml)
    assert code == 1000
    assert outcome is not None
    assert "<balance:creditThreshold><balance:fixed>0.00" in grammar.xml_of(outcome.data)


def test_a_low_balance_is_told_with_the_account_as_it_was_then(harbour):
    account(harbour, balance=25.0, credit_limit=10.0, low_balance=20.0)
    harbour.does(create("boat.test"))
    account(harbour, balance=1000.0)
    outcome = harbour.does(POLL)
    assert outcome.queue.msg.content == "Your balance is 15.00."
    assert outcome.data == lowbalance_poll.PollData(
        registrar_name="harbour",
        credit_limit="10.00",
        credit_threshold=lowbalance_poll.Threshold(type="FIXED", value="20.00"),
        available_credit="25.00",
    )


def test_the_message_comes_without_it_where_the_greeting_does_not_announce_it(desk, harbour):
    desk.options = type(desk.options)()
    account(harbour, balance=25.0, low_balance=20.0)
    harbour.does(create("boat.test"))
    outcome = harbour.does(POLL)
    assert (outcome.code, outcome.data, outcome.values) == (1301, None, ())


@pytest.mark.parametrize(
    "xml",
    [
        "<balance:balance>1.234</balance:balance>",
        "<balance:balance>ten</balance:balance>",
        "<balance:balance/>",
    ],
)
def test_amounts_have_two_digits_after_the_point_at_most(xml):
    frame = (
        f'<epp xmlns="{epp.NAMESPACE}"><response><result code="1000"><msg>Done</msg></result><resData>'
        f'<balance:infData xmlns:balance="{balance.NAMESPACE}"><balance:creditLimit>1</balance:creditLimit>{xml}'
        "<balance:availableCredit>1</balance:availableCredit><balance:creditThreshold><balance:percent>5"
        "</balance:percent></balance:creditThreshold></balance:infData></resData><trID><svTRID>SV-1</svTRID></trID>"
        "</response></epp>"
    )
    with pytest.raises(grammar.Malformed) as refused:
        grammar.read(frame.encode())
    assert refused.value.problems[0].code == 2005
    right = frame.replace(xml, "<balance:balance>-1.2</balance:balance>").encode()
    check(right)
    assert grammar.read(grammar.write(grammar.read(right))) == grammar.read(right)
