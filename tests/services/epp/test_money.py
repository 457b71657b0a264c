"""Charges and credits of commands: no balance falls below its credit limit, and what is not carried out is credited."""

import msgspec
import pytest
from msgspec.structs import replace
from services.epp.desk import DAY
from services.epp.registrars import Clerk, auth, create, make_desk

from homeport.services.epp.grammar import domain
from homeport.world.clock import to_moment
from homeport.world.registry import ZONES, Registrar, Zone, interventions, reviews, transfers


def with_balance(registry, who, balance, **fields):
    registry.put(replace(registry.registrar(who), balance=balance, **fields))


def balance(registry, who):
    return registry.registrar(who).balance


def request(name):
    return domain.Transfer(name=name, auth_info=auth())


class TestTransfers:
    @pytest.fixture(autouse=True)
    def requested(self, registry, harbour, lighthouse):
        harbour.does(create("homeport.test"))
        with_balance(registry, "lighthouse", 15.0)
        lighthouse.does(request("homeport.test"), op="request")

    def test_a_transfer_is_paid_at_its_request_so_that_the_money_is_there_when_it_is_approved(
        self, registry, harbour, lighthouse
    ):
        assert balance(registry, "lighthouse") == 5.0
        assert lighthouse.refused(create("other.test")).code == 2104
        harbour.does(domain.Transfer(name="homeport.test"), op="approve")
        assert balance(registry, "lighthouse") == 5.0

    def test_its_deadline_charges_nothing_more(self, desk, registry):
        desk.clock.advance(5 * DAY)
        assert registry.domain("homeport.test").registrar == "lighthouse"
        assert balance(registry, "lighthouse") == 5.0

    @pytest.mark.parametrize(("who", "op"), [("harbour", "reject"), ("lighthouse", "cancel")])
    def test_a_transfer_that_does_not_happen_is_credited(self, desk, registry, who, op):
        Clerk(desk, who).does(domain.Transfer(name="homeport.test"), op=op)
        assert balance(registry, "lighthouse") == 15.0

    @pytest.mark.parametrize("at_once", [False, True])
    def test_it_is_credited_if_the_registry_deletes_the_domain_meanwhile(self, registry, at_once):
        changes = registry.begin()
        interventions.delete_domain(changes, registry.domain("homeport.test"), at_once=at_once)
        registry.commit(changes)
        assert registry.domain("homeport.test") is None
        assert balance(registry, "lighthouse") == 15.0

    def test_a_transfer_in_its_grace_is_credited_once_if_the_domain_is_deleted(self, registry, harbour, lighthouse):
        harbour.does(domain.Transfer(name="homeport.test"), op="approve")
        lighthouse.does(domain.Delete(name="homeport.test"))
        assert balance(registry, "lighthouse") == 15.0

    def test_a_transfer_to_another_registrar_by_force_credits_the_one_that_requested_it(self, registry):
        changes = registry.begin()
        transfers.force(changes, registry.domain("homeport.test"), "pilot")
        registry.commit(changes)
        assert balance(registry, "lighthouse") == 15.0


class TestReviews:
    @pytest.mark.parametrize("add", [None, 0])
    @pytest.mark.parametrize("days", [0, 30])
    def test_a_rejected_create_is_credited_however_late_with_or_without_an_add_grace(self, add, days):
        desk = make_desk((replace(ZONES[0], review_creates=True, add=add),))
        harbour = Clerk(desk, "harbour")
        with_balance(desk.registry, "harbour", 25.0)
        assert harbour.code(create("homeport.test", 2)) == 1001
        assert balance(desk.registry, "harbour") == 5.0
        desk.clock.advance(days * DAY)
        changes = desk.registry.begin()
        reviews.reject(changes, desk.registry.domain("homeport.test"))
        desk.registry.commit(changes)
        assert balance(desk.registry, "harbour") == 25.0

    def test_an_approved_renewal_stops_at_the_limit_of_years(self, registry, harbour):
        harbour.does(create("homeport.test", 9))
        changes = registry.begin()
        one = reviews.submit(changes, registry.domain("homeport.test"), "renew", "harbour", years=5)
        reviews.approve(changes, one)
        registry.commit(changes)
        assert registry.domain("homeport.test").expires <= registry.now() + 10 * 366 * DAY

    @pytest.mark.parametrize(("decide", "left"), [(reviews.approve, 5.0), (reviews.reject, 25.0)])
    def test_a_renewal_that_waits_is_paid_at_once_and_credited_if_it_is_rejected(self, decide, left):
        desk = make_desk((replace(ZONES[0], review_changes=("renew",)),))
        harbour = Clerk(desk, "harbour")
        harbour.does(create("homeport.test"))
        with_balance(desk.registry, "harbour", 25.0)
        expires = to_moment(desk.registry.domain("homeport.test").expires).date()
        period = domain.Period(unit="y", value=2)
        renew = domain.Renew(name="homeport.test", cur_exp_date=expires, period=period)
        assert harbour.code(renew) == 1001
        assert balance(desk.registry, "harbour") == 5.0
        changes = desk.registry.begin()
        decide(changes, desk.registry.domain("homeport.test"))
        desk.registry.commit(changes)
        assert balance(desk.registry, "harbour") == left


class TestCreditLimits:
    def test_a_balance_may_fall_below_zero_by_the_credit_limit(self, registry, harbour):
        with_balance(registry, "harbour", 0.0, credit_limit=15.0)
        harbour.does(create("one.test"))
        assert balance(registry, "harbour") == -10.0
        assert harbour.refused(create("two.test")).code == 2104

    def test_a_command_without_a_price_needs_no_balance(self, registry, harbour):
        harbour.does(create("one.test"))
        with_balance(registry, "harbour", -10.0)
        harbour.does(domain.Update(name="one.test", chg=domain.Chg(auth_info=domain.AuthInfoChg(null=True))))


@pytest.mark.parametrize("amount", [1e308, 1.1e12])
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Zone, lambda amount: {"name": "test", "prices": {"create": amount}}),
        (Zone, lambda amount: {"name": "test", "fees": {"tiers": [{"name": "gold", "renew": amount}]}}),
        (Zone, lambda amount: {"name": "test", "fees": {"rates": {"EUR": amount}}}),
        (Registrar, lambda amount: {"id": "pilot", "name": "Pilot", "balance": -amount}),
        (Registrar, lambda amount: {"id": "pilot", "name": "Pilot", "credit_limit": amount}),
    ],
)
def test_an_amount_that_cannot_be_written_in_hundredths_is_no_price_and_no_balance(kind, fields, amount):
    with pytest.raises(msgspec.ValidationError, match=r"Expected `float` [<>]= "):
        msgspec.convert(fields(amount), kind)


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_a_rate_is_more_than_nothing(rate):
    with pytest.raises(msgspec.ValidationError, match="Expected `float` >= "):
        msgspec.convert({"name": "test", "fees": {"rates": {"EUR": rate}}}, Zone)
