"""Allocation tokens (RFC 8495): names that a registrar is given, reserved ones included."""

import pytest
from msgspec.structs import replace
from services.epp.desk import DAY, NOW, Desk
from services.epp.registrars import Clerk, auth, create, make_desk, update

from homeport.services.epp.grammar import allocation_token, domain
from homeport.world.registry import ZONES, Domain, Zone, reviews
from homeport.world.registry.tokens import Token

TOKEN = allocation_token.AllocationToken(value="abc123")
INFO = domain.Info(name=domain.InfoName(value="vip.test"))


@pytest.fixture
def desk() -> Desk:
    desk = make_desk((Zone(name="test", reserved=("vip",)), *ZONES[1:]))
    desk.services |= {allocation_token.NAMESPACE}
    make(desk)
    return desk


def make(desk: Desk, **fields) -> Token:
    token = Token(**{"id": "abc123", "names": ("vip.test", "*-vip.test")} | fields)
    desk.registry.put(token)
    return token


def avail(clerk: Clerk, *names: str, given=(TOKEN,)) -> list[tuple[bool, str]]:
    data = clerk.does(domain.Check(name=names), *given).data
    return [(one.name.avail, one.reason.value if one.reason else "") for one in data.cd]


def uses(desk: Desk) -> int | None:
    return desk.registry.tokens["abc123"].uses


class TestCheck:
    """RFC 8495 3.1.1."""

    def test_a_token_opens_the_names_that_it_is_for_and_no_others(self, harbour):
        harbour.does(create("taken-vip.test"))
        assert avail(harbour, "vip.test", "my-vip.test", "boat.test", "taken-vip.test", "vip.elsewhere") == [
            (True, ""),
            (True, ""),
            (False, "Allocation Token mismatch"),
            (False, "In use"),
            (False, "Not in a zone of this registry"),
        ]

    def test_without_a_token_a_reserved_name_is_reserved(self, harbour):
        assert avail(harbour, "vip.test", "boat.test", given=()) == [(False, "Reserved"), (True, "")]

    @pytest.mark.parametrize(
        "fields", [{"registrar": "lighthouse"}, {"uses": 0}, {"expires": NOW}, {"id": "ABC123"}, {"names": ("a.test",)}]
    )
    def test_a_token_of_another_client_a_used_or_expired_one_or_another_text_opens_nothing(self, desk, harbour, fields):
        make(desk, **fields)
        assert avail(harbour, "vip.test") == [(False, "Allocation Token mismatch")]
        assert harbour.refused(create("vip.test"), TOKEN).code == 2201


class TestCreate:
    """RFC 8495 3.2.1."""

    def test_a_reserved_name_is_refused_without_and_created_with_its_token_once(self, desk, harbour):
        assert harbour.refused(create("vip.test")).code == 2306
        harbour.does(create("vip.test"), TOKEN)
        assert uses(desk) == 0
        refusal = harbour.refused(create("my-vip.test"), TOKEN)
        assert (refusal.code, refusal.finding) == (2201, "allocation-token")

    def test_a_token_without_a_limit_of_uses_stays(self, desk, harbour):
        make(desk, uses=None)
        harbour.does(create("a-vip.test"), TOKEN)
        harbour.does(create("b-vip.test"), TOKEN)
        assert uses(desk) is None

    def test_an_unknown_token_is_2201_even_for_a_free_name(self, harbour):
        assert harbour.refused(create("boat.test"), allocation_token.AllocationToken(value="other")).code == 2201

    def test_a_command_that_is_refused_uses_nothing_up(self, desk, harbour):
        assert harbour.refused(create("vip.test", 11), TOKEN).code == 2004
        assert uses(desk) == 1

    def test_a_create_that_a_review_rejects_gives_the_use_back(self):
        desk = make_desk((replace(ZONES[0], review_creates=True, reserved=("vip",)),))
        desk.services |= {allocation_token.NAMESPACE}
        make(desk)
        assert Clerk(desk, "harbour").code(create("vip.test"), TOKEN) == 1001
        assert uses(desk) == 0
        changes = desk.registry.begin()
        reviews.reject(changes, desk.registry.domain("vip.test"))
        desk.registry.commit(changes)
        assert uses(desk) == 1

    def test_a_token_in_a_command_where_it_has_no_meaning_is_2103(self, harbour):
        harbour.does(create("vip.test"), TOKEN)
        assert harbour.refused(update("vip.test", chg=domain.Chg()), TOKEN).code == 2103


class TestTransfer:
    """RFC 8495 3.2.4."""

    def test_a_request_uses_the_token_and_the_domain_shows_it_to_its_new_sponsor(self, desk, harbour, lighthouse):
        harbour.does(create("a-vip.test"))
        request = domain.Transfer(name="a-vip.test", auth_info=auth())
        wrong = allocation_token.AllocationToken(value="other")
        assert lighthouse.refused(request, wrong, op="request").code == 2201
        lighthouse.does(request, TOKEN, op="request")
        assert uses(desk) == 0
        harbour.does(domain.Transfer(name="a-vip.test"), op="approve")
        info = domain.Info(name=domain.InfoName(value="a-vip.test"))
        assert TOKEN in lighthouse.does(info, allocation_token.Info()).extensions


class TestInfo:
    """RFC 8495 3.1.2."""

    def test_the_sponsor_sees_the_token_if_it_asks(self, harbour, lighthouse):
        harbour.does(create("vip.test"), TOKEN)
        assert TOKEN in harbour.does(INFO, allocation_token.Info()).extensions
        assert TOKEN not in harbour.does(INFO).extensions
        assert lighthouse.refused(INFO, allocation_token.Info()).code == 2201

    def test_a_domain_without_a_token_is_2303(self, harbour):
        harbour.does(create("boat.test"))
        info = domain.Info(name=domain.InfoName(value="boat.test"))
        assert harbour.refused(info, allocation_token.Info()).code == 2303


def test_tokens_are_in_snapshots_and_their_times_in_seeds_begin_with_the_world(desk, harbour):
    before = desk.registry.snapshot()
    harbour.does(create("vip.test"), TOKEN)
    desk.registry.restore(before)
    assert uses(desk) == 1
    from homeport.world.registry import RegistryContents

    seeded = Desk(RegistryContents(tokens=[Token(id="later", names=("a.test",), expires=DAY)]))
    assert seeded.registry.tokens["later"].expires == NOW + DAY


def test_domains_without_a_token_hold_nothing_for_it():
    one = Domain(name="boat.test", roid="D1-HOMEPORT", registrar="harbour", created=NOW, expires=NOW)
    assert one.extras.allocation_token == ""
