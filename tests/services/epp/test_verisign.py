"""namestoreExt-1.1, sync-1.0 and whoisInf-1.0, which registries of large gTLDs have."""

from datetime import UTC, datetime

import msgspec
import pytest
from epp_reference import assert_valid
from hypothesis import given
from hypothesis import strategies as st
from services.epp.caller import EXTENSIONS, Caller, check, create, info
from services.epp.desk import Desk
from services.epp.registrars import create as creating
from services.epp.registrars import update

from homeport.services.epp.extensions.sync import next_day
from homeport.services.epp.flow import EppError
from homeport.services.epp.grammar import domain, namestore, read, sync, whoisinf, write
from homeport.world.registry import Zone

NAMESTORE, SYNC, WHOISINF = namestore.NAMESPACE, sync.NAMESPACE, whoisinf.NAMESPACE
DOMAIN = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"'
RESTORE = (
    f"<update><domain:update {DOMAIN}><domain:name>boat.test</domain:name><domain:chg/></domain:update></update>"
    '<extension><rgp:update xmlns:rgp="urn:ietf:params:xml:ns:rgp-1.0"><rgp:restore op="request"/></rgp:update>{}'
    "</extension>"
)


def logged_in(**options):
    caller = Caller(extensions=("namestoreExt", "sync", "whoisInf"), **options)
    assert caller.login(exts=(*EXTENSIONS, NAMESTORE, SYNC, WHOISINF)).code == 1000
    return caller


def product(name):
    return f'<n:namestoreExt xmlns:n="{NAMESTORE}"><n:subProduct>{name}</n:subProduct></n:namestoreExt>'


def named(command, name):
    return f"{command}<extension>{product(name)}</extension>"


def synced(day, name="boat.test"):
    return (
        f"<update><domain:update {DOMAIN}><domain:name>{name}</domain:name></domain:update></update><extension>"
        f'<sync:update xmlns:sync="{SYNC}"><sync:expMonthDay>{day}</sync:expMonthDay></sync:update></extension>'
    )


class TestNamestore:
    """The product of a command."""

    @pytest.mark.parametrize("name", ["TEST", "test", "dotTEST"])
    def test_a_command_for_the_product_of_its_zone_is_answered_with_it(self, name):
        caller = logged_in()
        for command in (check("boat.test"), create("boat.test"), info("boat.test")):
            answer = caller.ask(named(command, name))
            assert (answer.code, answer.response.extension[-1].sub_product) == (1000, name)

    def test_a_product_that_does_not_exist_is_refused_with_error_data(self):
        answer = logged_in().ask(named(info("homeport.test"), "COM"))
        assert answer.code == 2306
        assert answer.response.extension[0].msg.code == 1
        assert answer.reasons == ["namestoreExt 2.2: there is no such product; there are TEST, LAB.TEST, EXAMPLE"]

    def test_a_name_of_another_product_is_refused(self):
        answer = logged_in().ask(named(info("homeport.test"), "EXAMPLE"))
        assert (answer.code, answer.reasons) == (2306, ["namestoreExt 2.2: homeport.test is in the product TEST"])

    def test_the_extension_is_needed_where_it_is_configured(self):
        caller = logged_in(products="required")
        assert caller.ask(info("homeport.test")).code == 2003
        assert caller.ask(named(info("homeport.test"), "TEST")).code == 1000
        assert caller.ask('<poll op="req"/>').code in (1300, 1301)

    def test_an_update_with_nothing_but_a_product_is_empty(self):
        caller = logged_in()
        caller.ask(create("boat.test"))
        empty = synced("--05-31").partition("<extension>")[0]
        assert caller.ask(named(empty, "TEST")).code == 2003

    def test_a_restore_may_name_its_product(self):
        caller = logged_in()
        caller.ask(create("boat.test"))
        caller.world.clock.advance(6 * 86_400)
        delete = f"<delete><domain:delete {DOMAIN}><domain:name>boat.test</domain:name></domain:delete></delete>"
        assert caller.ask(delete).code == 1001
        assert caller.ask(RESTORE.format(product("TEST"))).code == 1000


class TestSync:
    """The day of the year on which a domain expires."""

    def test_an_update_moves_the_expiry_forward_to_that_day(self):
        caller = logged_in()
        caller.ask(create("boat.test"))
        before = caller.ask(info("boat.test")).data.ex_date
        assert caller.ask(synced("--05-31")).code == 1000
        after = caller.ask(info("boat.test")).data.ex_date
        assert (datetime.fromtimestamp(after, UTC).month, datetime.fromtimestamp(after, UTC).day) == (5, 31)
        assert 0 <= after - before <= 366 * 86_400
        assert caller.ask(synced("--05-31")).code == 1000
        assert caller.ask(info("boat.test")).data.ex_date == after

    @pytest.mark.parametrize("day", ["--02-30", "--13-01", "--5-31", "05-31", "--04-31"])
    def test_a_day_that_is_none_is_refused(self, day):
        caller = logged_in()
        caller.ask(create("boat.test"))
        assert caller.ask(synced(day)).code == 2005

    def test_the_days_gained_are_paid(self):
        desk = Desk()
        changes = desk.registry.begin()
        changes.put(msgspec.structs.replace(desk.registry.registrar("harbour"), balance=12.0))
        desk.registry.commit(changes)
        desk.options = msgspec.structs.replace(desk.options, extensions=("sync",))
        desk.services |= {SYNC}
        desk.do("harbour", creating("boat.test"))
        desk.do("harbour", update("boat.test"), "", (sync.Update(exp_month_day="--10-20"),))
        assert desk.registry.registrar("harbour").balance == pytest.approx(2.0 - 10 * 6 / 365, abs=0.03)
        with pytest.raises(EppError) as refused:
            desk.do("harbour", update("boat.test"), "", (sync.Update(exp_month_day="--09-30"),))
        assert refused.value.code == 2104

    def test_the_limit_of_years_and_a_prohibition_hold(self):
        desk = Desk()
        desk.options = msgspec.structs.replace(desk.options, extensions=("sync",))
        desk.do("harbour", creating("boat.test", 10))
        with pytest.raises(EppError) as refused:
            desk.do("harbour", update("boat.test"), "", (sync.Update(exp_month_day="--10-20"),))
        assert refused.value.code == 2004
        prohibited = domain.AddRem(status=(domain.Status(s="clientRenewProhibited"),))
        desk.do("harbour", update("boat.test", add=prohibited))
        with pytest.raises(EppError) as refused:
            desk.do("harbour", update("boat.test"), "", (sync.Update(exp_month_day="--10-20"),))
        assert refused.value.code == 2304

    def test_where_updates_are_reviewed_it_is_refused(self):
        desk = Desk()
        desk.options = msgspec.structs.replace(desk.options, extensions=("sync",))
        desk.registry.put_zone(msgspec.structs.replace(desk.registry.zones["test"], review_changes=("update",)))
        desk.do("harbour", creating("boat.test"))
        with pytest.raises(EppError) as refused:
            desk.do("harbour", update("boat.test"), "", (sync.Update(exp_month_day="--10-20"),))
        assert refused.value.code == 2306

    @given(st.floats(0, 4e9), st.dates())
    def test_the_next_day_is_within_a_year_and_moving_twice_is_moving_once(self, expires, day):
        moved = next_day(expires, day.month, day.day)
        assert expires <= moved <= expires + 366 * 86_400
        at = datetime.fromtimestamp(moved, UTC)
        assert at.month == day.month
        if (day.month, day.day) != (2, 29):
            assert at.day == day.day
            assert next_day(moved, day.month, day.day) == moved


class TestWhoisInf:
    """Whois data of the registrar."""

    def test_info_shows_them_to_clients_that_ask(self):
        caller = logged_in()
        for flag, shown in (("true", True), ("0", False)):
            asked = f'<extension><w:whoisInf xmlns:w="{WHOISINF}"><w:flag>{flag}</w:flag></w:whoisInf></extension>'
            extensions = caller.ask(info("homeport.test") + asked).response.extension
            found = [one for one in extensions if isinstance(one, whoisinf.WhoisInfData)]
            assert bool(found) is shown
            if found:
                registrar = caller.world.registry.registrar("harbour")
                assert found[0].registrar == registrar.name
                assert (found[0].whois_server, found[0].url) == (registrar.whois_server or None, registrar.url or None)


FRAMES = [
    f'<info><domain:info {DOMAIN}><domain:name hosts="all">a.test</domain:name></domain:info></info>'
    f'<extension><w:whoisInf xmlns:w="{WHOISINF}"><w:flag>true</w:flag></w:whoisInf></extension>',
    synced("--05-31"),
    synced("--02-29Z"),
    named(info("a.test"), "dotCOM"),
]


@pytest.mark.parametrize("frame", FRAMES)
def test_the_example_frames_are_read_and_written_validly(frame):
    from services.epp.caller import command_xml

    message = read(command_xml(frame))
    written = write(message)
    assert_valid(written)
    assert read(written) == message


def test_zones_have_products_by_their_names():
    from homeport.services.epp.extensions.namestore import product_of

    assert product_of(Zone(name="com")) == "COM"
