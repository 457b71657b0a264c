"""The drafts of RFC 8748 that registries still announce: frames as clients of these registries send them.

The frames of 0.7, 0.9 and 0.11 follow the tests of Net::DRI, a client of those registries.
"""

import pytest
from services.epp.desk import Desk
from services.epp.registrars import Clerk, auth, create, make_desk

from homeport.services.epp import grammar
from homeport.services.epp.extensions import fee_prices
from homeport.services.epp.grammar import domain, epp
from homeport.world.registry import Zone
from homeport.world.registry.fees import Fees, Tier

DRAFTS = ("0.7", "0.8", "0.9", "0.11")
ZONE = Zone(name="test", fees=Fees(rates={"EUR": 0.5}, tiers=(Tier(name="gold", labels=("gold",), create=500.0),)))


def uri(version: str) -> str:
    return f"urn:ietf:params:xml:ns:fee-{version}"


def desk_with(*versions: str) -> Desk:
    desk = make_desk((ZONE,))
    desk.options = type(desk.options)(extensions=("-*", *(uri(one) for one in versions)))
    desk.services |= {uri(one) for one in versions}
    return desk


def check(version: str, question: str) -> str:
    return (
        '<check><domain:check xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>boat.test</domain:name>'
        "<domain:name>gold.test</domain:name></domain:check></check><extension>"
        f'<fee:check xmlns:fee="{uri(version)}">{question}</fee:check></extension>'
    )


QUESTIONS = {
    "0.7": "<fee:domain><fee:name>{}</fee:name><fee:currency>{}</fee:currency><fee:command>{}</fee:command>"
    '<fee:period unit="y">2</fee:period></fee:domain>',
    "0.9": '<fee:object objURI="urn:ietf:params:xml:ns:domain-1.0"><fee:objID element="name">{}</fee:objID>'
    '<fee:currency>{}</fee:currency><fee:command phase="open">{}</fee:command><fee:period unit="y">2</fee:period>'
    "</fee:object>",
}
QUESTIONS["0.8"] = QUESTIONS["0.7"]


def answer(desk: Desk, xml: str) -> str:
    """Send a command; return the extensions of its answer as XML."""
    code, outcome = desk.frame("harbour", xml)
    assert code == 1000
    return "".join(map(grammar.xml_of, outcome.extensions))


@pytest.mark.parametrize("version", ["0.7", "0.8", "0.9"])
def test_prices_are_asked_for_name_by_name_each_with_its_command_and_currency(version):
    question = "".join(
        QUESTIONS[version].format(*one) for one in (("boat.test", "USD", "create"), ("gold.test", "EUR", "create"))
    )
    shown = answer(desk_with(version), check(version, question))
    assert shown.count("</fee:cd>") == 2
    assert ">20.00</fee:fee><fee:class>standard</fee:class>" in shown
    assert ">500.00</fee:fee><fee:class>gold</fee:class>" in shown
    assert "<fee:currency>EUR</fee:currency>" in shown
    assert '<fee:period unit="y">2</fee:period>' in shown
    named = "<fee:name>boat.test" if version < "0.9" else '<fee:objID element="name">boat.test'
    assert named in shown


def test_fee_0_11_asks_for_one_command_on_all_names():
    question = '<fee:command>create</fee:command><fee:currency>USD</fee:currency><fee:period unit="y">1</fee:period>'
    shown = answer(desk_with("0.11"), check("0.11", question))
    assert (
        '<fee:cd avail="1"><fee:object><domain:name xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">boat.test'
        "</domain:name></fee:object><fee:command>create</fee:command><fee:currency>USD</fee:currency>"
        '<fee:period unit="y">1</fee:period><fee:fee description="Registration fee" refundable="1" '
        'grace-period="P5D">10.00</fee:fee><fee:class>standard</fee:class></fee:cd>'
    ) in shown
    long = question.replace(">1<", ">20<")
    assert "<fee:reason>test registers for 1 to 10 years</fee:reason></fee:cd>" in answer(
        desk_with("0.11"), check("0.11", long)
    )


def test_fee_0_7_asks_in_info_too():
    desk = desk_with("0.7")
    Clerk(desk, "harbour").does(create("boat.test"))
    shown = answer(
        desk,
        '<info><domain:info xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>boat.test</domain:name>'
        f'</domain:info></info><extension><fee:info xmlns:fee="{uri("0.7")}"><fee:currency>USD</fee:currency>'
        '<fee:command phase="sunrise">renew</fee:command><fee:period unit="y">1</fee:period></fee:info></extension>',
    )
    assert '<fee:command phase="sunrise">renew</fee:command><fee:period unit="y">1</fee:period>' in shown
    assert ">10.00</fee:fee><fee:class>standard</fee:class>" in shown


@pytest.mark.parametrize("version", DRAFTS)
class TestEachDraft:
    """What is alike in all of them."""

    def create(self, version: str, name: str, price: str) -> str:
        return (
            '<create><domain:create xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>'
            + name
            + "</domain:name>"
            "<domain:authInfo><domain:pw>2fooBAR</domain:pw></domain:authInfo></domain:create></create><extension>"
            f'<fee:create xmlns:fee="{uri(version)}"><fee:currency>USD</fee:currency><fee:fee>{price}</fee:fee>'
            "</fee:create></extension>"
        )

    def test_a_premium_name_is_created_with_its_price_alone(self, version):
        desk = desk_with(version)
        assert Clerk(desk, "harbour").refused(create("gold.test")).code == 2003
        assert desk.frame("harbour", self.create(version, "gold.test", "499.99"))[0] == 2004
        shown = answer(desk, self.create(version, "gold.test", "500"))
        assert shown.startswith(f'<fee:creData xmlns:fee="{uri(version)}"><fee:currency>USD</fee:currency><fee:fee')

    def test_answers_say_what_was_charged_and_credited(self, version):
        desk = desk_with(version)
        harbour, lighthouse = Clerk(desk, "harbour"), Clerk(desk, "lighthouse")
        harbour.does(create("boat.test"))
        (data,) = lighthouse.does(domain.Transfer(name="boat.test", auth_info=auth()), op="request").extensions
        assert type(data).__name__ == "TrnData"
        assert data.period == domain.Period(unit="y", value=1)
        lighthouse.does(domain.Transfer(name="boat.test"), op="cancel")
        (data,) = harbour.does(domain.Delete(name="boat.test")).extensions
        assert (type(data).__name__, data.credit[0].value) == ("DelData", -10)

    def test_its_answers_can_be_read_back(self, version):
        desk = desk_with(version)
        outcome = Clerk(desk, "harbour").does(create("boat.test"))
        response = epp.Response(
            result=(epp.Result(code=1000, msg=epp.Message(value="Done")),),
            extension=outcome.extensions,
            tr_id=epp.TransactionIds(sv_trid="SV-1"),
        )
        assert grammar.read(grammar.write(response)) == response


def test_a_client_that_lists_several_versions_is_answered_in_the_one_it_uses_else_in_the_newest():
    desk = desk_with(*DRAFTS)
    (data,) = Clerk(desk, "harbour").does(create("boat.test")).extensions
    assert type(data).__module__.endswith("fee_0_11")
    shown = answer(desk, TestEachDraft().create("0.8", "ketch.test", "10"))
    assert uri("0.8") in shown
    assert shown.count("creData xmlns") == 1


@pytest.mark.parametrize(("older", "newer"), [("10", "999"), ("999", "10")])
def test_a_price_in_two_versions_is_refused_with_2306(older, newer):
    desk, frames = desk_with("0.8", "0.11"), TestEachDraft()
    beginning = frames.create("0.8", "boat.test", older).removesuffix("</extension>")
    both = beginning + frames.create("0.11", "boat.test", newer).partition("<extension>")[2]
    assert desk.frame("harbour", both) == (2306, None)
    assert desk.frame("harbour", frames.create("0.11", "boat.test", "10"))[0] == 1000


def test_the_versions_are_ordered_as_they_are_announced():
    from homeport.services.epp.grammar.namespaces import TABLE

    assert tuple(one.uri for one in TABLE if one.name.startswith("fee")) == fee_prices.NEWEST_FIRST
