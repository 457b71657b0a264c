"""Prices (RFC 8748): asked for, stated, charged and credited; premium names; currencies."""

from decimal import Decimal

import pytest
from msgspec.structs import replace
from services.epp.desk import Desk
from services.epp.registrars import Clerk, auth, create, make_desk, update

from homeport.services.epp.grammar import domain, fee, rgp
from homeport.world.registry import ZONES, Zone
from homeport.world.registry.fees import Fees, Tier

GOLD = Tier(name="gold", labels=("gold", "*-gold"), create=500.0, renew=50.0, refundable=False)
TEST = Zone(name="test", fees=Fees(rates={"EUR": 0.5}, tiers=(GOLD, Tier(name="silver", labels=("s*",), create=20.0))))
"""fee-1.0 alone is announced by default."""


@pytest.fixture
def desk() -> Desk:
    desk = make_desk((TEST, *ZONES[1:]))
    desk.services |= {fee.NAMESPACE}
    return desk


def amount(text: str) -> fee.Fee:
    return fee.Fee(value=Decimal(text))


def check(*names: str) -> domain.Check:
    return domain.Check(name=names)


def asking(*commands: fee.Command, currency: str | None = None) -> fee.Check:
    return fee.Check(currency=currency, command=commands)


def years(number: int) -> domain.Period:
    return domain.Period(unit="y", value=number)


def prices(clerk: Clerk, *names: str, commands: tuple[fee.Command, ...], currency: str | None = None) -> fee.ChkData:
    (data,) = clerk.does(check(*names), asking(*commands, currency=currency)).extensions
    assert isinstance(data, fee.ChkData)
    return data


def balance(clerk: Clerk) -> float:
    found = clerk.registry.registrar(clerk.name).balance
    assert found is not None
    return found


def rich(clerk: Clerk, amount: float = 1000.0, **fields) -> None:
    clerk.registry.put(replace(clerk.registry.registrar(clerk.name), balance=amount, **fields))


class TestCheck:
    """RFC 8748 5.1.1."""

    def test_each_command_has_its_price_its_period_and_when_it_is_refunded(self, harbour):
        data = prices(
            harbour,
            "boat.test",
            commands=tuple(fee.Command(name=one) for one in ("create", "renew", "transfer", "restore", "update")),
        )
        assert data.currency == "USD"
        (one,) = data.cd
        assert (one.avail, one.obj_id.value, one.class_) == (True, "boat.test", "standard")
        assert [(each.name, each.fee[0].value, each.standard) for each in one.command] == [
            ("create", 10, True),
            ("renew", 10, True),
            ("transfer", 10, True),
            ("restore", 40, True),
            ("update", 0, True),
        ]
        assert [each.period for each in one.command] == [years(1), years(1), years(1), None, None]
        assert one.command[0].fee[0] == fee.Fee(
            description="Registration fee", refundable=True, grace_period="P5D", value=Decimal(10)
        )
        assert (one.command[3].fee[0].refundable, one.command[3].fee[0].grace_period) == (False, None)

    def test_a_period_multiplies_the_price_of_a_year(self, harbour):
        data = prices(harbour, "boat.test", commands=(fee.Command(name="create", period=years(3)),))
        assert data.cd[0].command[0].fee[0].value == 30

    def test_a_premium_name_has_its_tier_as_class_and_own_prices_where_the_tier_has_them(self, harbour):
        commands = tuple(fee.Command(name=one) for one in ("create", "renew", "transfer"))
        data = prices(harbour, "gold.test", "fish-gold.test", "sun.test", commands=commands)
        assert [one.class_ for one in data.cd] == ["gold", "gold", "silver"]
        assert [(each.fee[0].value, each.standard) for each in data.cd[0].command] == [
            (500, False),
            (50, False),
            (10, True),
        ]
        assert not data.cd[0].command[0].fee[0].refundable

    @pytest.mark.parametrize(
        ("command", "reason"),
        [
            (fee.Command(name="create", period=years(11)), "test registers for 1 to 10 years"),
            (fee.Command(name="create", period=domain.Period(unit="m", value=7)), "test registers for whole years"),
            (fee.Command(name="restore", period=years(2)), "The command restore has no period"),
            (fee.Command(name="custom", custom_name="paint"), "There is no such command"),
        ],
    )
    def test_where_there_is_no_price_the_reason_is_said_and_the_other_prices_are_there(self, harbour, command, reason):
        data = prices(harbour, "boat.test", commands=(command, fee.Command(name="renew")))
        (one,) = data.cd
        assert not one.avail
        assert one.command[0].reason == fee.Reason(value=reason)
        assert one.command[0].fee == ()
        assert one.command[1].fee[0].value == 10

    def test_a_restore_of_a_year_is_a_restore(self, harbour):
        (one,) = prices(harbour, "boat.test", commands=(fee.Command(name="restore", period=years(1)),)).cd
        assert (one.command[0].fee[0].value, one.command[0].period) == (40, None)

    def test_a_name_of_no_zone_has_a_reason(self, harbour):
        data = prices(harbour, "boat.elsewhere", "boat.test", commands=(fee.Command(name="create"),))
        assert [one.avail for one in data.cd] == [False, True]

    def test_the_price_of_a_delete_is_what_it_credits_now(self, harbour, lighthouse):
        harbour.does(create("boat.test", 2))
        (mine,) = prices(harbour, "boat.test", commands=(fee.Command(name="delete"),)).cd
        assert mine.command[0].credit == (fee.Credit(description="AGP credit", value=Decimal(-20)),)
        (other,) = prices(lighthouse, "boat.test", commands=(fee.Command(name="delete"),)).cd
        assert other.command[0].credit == ()

    def test_a_zones_other_currencies_have_prices_by_their_rates(self, harbour):
        data = prices(harbour, "boat.test", commands=(fee.Command(name="create"),), currency="EUR")
        assert (data.currency, data.cd[0].command[0].fee[0].value) == ("EUR", 5)

    def test_rfc_8748_3_2_another_currency_is_refused_and_not_converted(self, harbour):
        refusal = harbour.refused(check("boat.test"), asking(fee.Command(name="create"), currency="GBP"))
        assert (refusal.code, refusal.finding) == (2004, "fee-currency")

    def test_a_zone_without_prices_in_the_currency_of_the_others_says_so(self, harbour):
        data = prices(harbour, "boat.test", "boat.example", commands=(fee.Command(name="create"),), currency="EUR")
        assert [one.avail for one in data.cd] == [True, False]
        assert data.cd[1].command[0].reason.value == "There are no prices in EUR"

    def test_phases_and_names_of_commands_come_back_as_they_were_sent(self, harbour):
        asked = fee.Command(name="create", phase="sunrise", subphase="first")
        (one,) = prices(harbour, "boat.test", commands=(asked,)).cd
        assert (one.command[0].phase, one.command[0].subphase) == ("sunrise", "first")

    def test_more_prices_than_one_answer_holds_are_refused(self, harbour):
        many = asking(*[fee.Command(name="create")] * 600)
        assert harbour.refused(check("boat.test"), many).code == 2306

    def test_without_the_question_there_is_no_price(self, harbour):
        assert harbour.does(check("boat.test")).extensions == ()


class TestPremiumNames:
    """RFC 8748 4: Server handling of fee information."""

    def test_a_check_that_does_not_ask_for_prices_shows_them_as_unavailable(self, harbour):
        data = harbour.does(check("gold.test", "boat.test", "GOLD.test")).data
        assert [one.name.avail for one in data.cd] == [False, True, False]
        assert data.cd[0].reason.value == "Priced: ask with fee:check"

    def test_a_check_that_asks_for_prices_shows_them_as_available(self, harbour):
        outcome = harbour.does(check("gold.test"), asking(fee.Command(name="create")))
        assert outcome.data.cd[0].name.avail

    def test_a_create_without_its_price_is_refused_with_2003(self, harbour):
        refusal = harbour.refused(create("gold.test"))
        assert (refusal.code, refusal.finding) == (2003, "fee-missing")
        assert "500.00 USD" in refusal.reason

    def test_a_create_with_its_price_is_accepted(self, harbour):
        rich(harbour)
        harbour.does(create("gold.test"), fee.Create(fee=(amount("500"),)))
        assert balance(harbour) == 500

    def test_its_renewal_needs_its_price_and_a_restore_at_the_standard_price_does_not(self, desk, harbour):
        harbour.does(create("gold.test"), fee.Create(fee=(amount("500"),)))
        expires = harbour.info("gold.test").ex_date
        assert expires is not None
        renew = domain.Renew(name="gold.test", cur_exp_date=_date(expires))
        assert harbour.refused(renew).code == 2003
        harbour.does(renew, fee.Renew(fee=(amount("50"),)))
        desk.clock.advance(6 * 86_400)
        harbour.does(domain.Delete(name="gold.test"))
        harbour.does(_restore("gold.test"), rgp.Update(restore=rgp.Restore(op="request")))

    def test_a_tier_may_keep_the_money_of_a_delete_in_grace(self, harbour):
        rich(harbour)
        harbour.does(create("gold.test"), fee.Create(fee=(amount("500"),)))
        assert harbour.does(domain.Delete(name="gold.test")).extensions == ()
        assert balance(harbour) == 500

    @pytest.mark.parametrize(("required", "code"), [("always", 2003), ("premium", 1000), ("never", 1000)])
    def test_the_zone_says_which_commands_need_their_price(self, required, code):
        desk = make_desk((Zone(name="test", fees=Fees(required=required)),))
        assert Clerk(desk, "harbour").code(create("boat.test")) == code
        data = Clerk(desk, "harbour").does(check("sloop.test")).data
        assert data.cd[0].name.avail is (code == 1000)

    def test_premium_names_begin_with_premium_unless_it_is_configured_otherwise(self):
        desk = make_desk()
        assert Clerk(desk, "harbour").refused(create("premium-boat.test")).code == 2003
        clerk = Clerk(make_desk((Zone(name="test", fees=Fees(required="never")),)), "harbour")
        rich(clerk)
        clerk.does(create("premium-boat.test"))
        assert balance(clerk) == 900

    def test_the_registry_renews_at_the_tiers_price(self, desk, harbour):
        rich(harbour)
        harbour.does(create("gold.test"), fee.Create(fee=(amount("500"),)))
        desk.clock.advance(366 * 86_400)
        assert balance(harbour) == 450


class TestAgreement:
    """RFC 8748 4: the price that is stated is ours, or nothing happens."""

    @pytest.mark.parametrize("stated", ["9.99", "10.01", "0", "100"])
    def test_another_price_is_refused_with_2004(self, harbour, stated):
        refusal = harbour.refused(create("boat.test"), fee.Create(fee=(amount(stated),)))
        assert (refusal.code, refusal.finding) == (2004, "fee-mismatch")
        assert "10.00 USD" in refusal.reason

    @pytest.mark.parametrize("parts", [("10",), ("10.00",), ("4", "6"), ("010.0000",)])
    def test_the_sum_of_fees_and_credits_counts(self, harbour, parts):
        harbour.does(create("boat.test"), fee.Create(fee=tuple(map(amount, parts))))
        discount = fee.Credit(value=Decimal(-2))
        harbour.does(create("ketch.test"), fee.Create(fee=(amount("12"),), credit=(discount,)))

    def test_a_price_in_another_currency_of_the_zone_is_charged_in_the_zones(self, harbour):
        rich(harbour)
        outcome = harbour.does(create("boat.test"), fee.Create(currency="EUR", fee=(amount("5"),)))
        (data,) = outcome.extensions
        assert (data.currency, data.fee[0].value, data.balance) == ("EUR", 5, 495)
        assert balance(harbour) == 990

    def test_an_unknown_currency_is_refused_with_2004(self, harbour):
        refusal = harbour.refused(create("boat.test"), fee.Create(currency="GBP", fee=(amount("10"),)))
        assert (refusal.code, refusal.finding) == (2004, "fee-currency")

    def test_an_insufficient_balance_is_2104(self, harbour):
        rich(harbour, 9.0)
        assert harbour.refused(create("boat.test"), fee.Create(fee=(amount("10"),))).code == 2104

    def test_a_price_of_an_update_is_charged(self):
        desk = make_desk((replace(TEST, prices=replace(TEST.prices, update=1.5)),))
        desk.services |= {fee.NAMESPACE}
        harbour = Clerk(desk, "harbour")
        harbour.does(create("boat.test"))
        rich(harbour, 10)
        (data,) = harbour.does(_restore("boat.test"), fee.Update(fee=(amount("1.5"),))).extensions
        assert (data.fee[0].value, data.balance, balance(harbour)) == (Decimal("1.5"), Decimal("8.5"), 8.5)
        assert harbour.refused(_restore("boat.test"), fee.Update(fee=(amount("1"),))).code == 2004

    def test_a_price_where_there_is_nothing_to_pay_is_refused(self, harbour, lighthouse):
        harbour.does(create("boat.test"))
        lighthouse.does(domain.Transfer(name="boat.test", auth_info=auth()), op="request")
        approve = domain.Transfer(name="boat.test")
        assert harbour.refused(approve, fee.Transfer(fee=(amount("10"),)), op="approve").code == 2004
        harbour.does(approve, op="approve")


class TestAnswers:
    """RFC 8748 5.2: what was charged and credited, to clients that listed the extension."""

    def test_a_create_says_what_it_cost_and_the_balance_then(self, harbour):
        rich(harbour, 25.0, credit_limit=100.0)
        (data,) = harbour.does(create("boat.test", 3)).extensions
        assert data == fee.CreData(
            currency="USD",
            fee=(fee.Fee(description="Registration fee", refundable=True, grace_period="P5D", value=Decimal(30)),),
            balance=Decimal(-5),
            credit_limit=Decimal(100),
        )

    def test_a_renewal_says_so_too(self, harbour):
        harbour.does(create("boat.test"))
        expires = harbour.info("boat.test").ex_date
        (data,) = harbour.does(domain.Renew(name="boat.test", cur_exp_date=_date(expires))).extensions
        assert (data.fee[0].description, data.fee[0].value, data.balance) == ("Renewal fee", 10, None)

    def test_a_delete_in_its_grace_says_what_it_credited(self, harbour):
        rich(harbour)
        harbour.does(create("boat.test", 2))
        (data,) = harbour.does(domain.Delete(name="boat.test")).extensions
        assert data == fee.DelData(
            currency="USD",
            credit=(fee.Credit(description="AGP credit", value=Decimal(-20)),),
            balance=Decimal(1000),
            credit_limit=Decimal(0),
        )

    def test_a_delete_without_credit_says_nothing(self, desk, harbour):
        harbour.does(create("boat.test"))
        desk.clock.advance(6 * 86_400)
        assert harbour.does(domain.Delete(name="boat.test")).extensions == ()

    def test_a_transfer_is_shown_to_the_client_that_requested_it(self, harbour, lighthouse):
        harbour.does(create("boat.test"))
        request = domain.Transfer(name="boat.test", auth_info=auth(), period=years(2))
        (data,) = lighthouse.does(request, fee.Transfer(fee=(amount("20"),)), op="request").extensions
        assert (data.period, data.fee[0].value) == (years(2), 20)
        query = domain.Transfer(name="boat.test")
        assert lighthouse.does(query, op="query").extensions == (data,)
        assert harbour.does(query, op="query").extensions == ()
        assert harbour.does(query, op="approve").extensions == ()
        assert lighthouse.does(query, op="query").extensions == ()

    def test_a_restore_comes_with_its_price_as_an_update(self, desk, harbour):
        harbour.does(create("boat.test"))
        desk.clock.advance(6 * 86_400)
        harbour.does(domain.Delete(name="boat.test"))
        wanted = rgp.Update(restore=rgp.Restore(op="request"))
        assert harbour.refused(_restore("boat.test"), wanted, fee.Update(fee=(amount("39"),))).code == 2004
        status, data = harbour.does(_restore("boat.test"), wanted, fee.Update(fee=(amount("40"),))).extensions
        assert isinstance(status, rgp.UpData)
        assert (data.fee[0].description, data.fee[0].value) == ("Restore fee", 40)

    def test_clients_that_did_not_list_it_see_nothing(self, desk, harbour):
        desk.services -= {fee.NAMESPACE}
        assert harbour.does(create("boat.test")).extensions == ()


def _date(expires):
    from homeport.world.clock import to_moment

    return to_moment(expires).date()


def _restore(name: str) -> domain.Update:
    return update(name, chg=domain.Chg())
