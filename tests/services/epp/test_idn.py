"""Internationalized names: tables of the zone, variants of registered names, and the extension idn-1.0."""

import random
import string

import pytest
from services.epp.registrars import Clerk, create, make_desk

from homeport.services.epp.grammar import domain, epp, idn
from homeport.world.registry import Zone
from homeport.world.registry.idn import lgr
from homeport.world.registry.idn.policy import IdnPolicy, IdnTableText
from homeport.world.registry.idn.tables import ascii_label

LGR = """<lgr xmlns="urn:ietf:params:xml:ns:lgr-1.0"><data>
<range first-cp="0061" last-cp="007A"/><char cp="002D"/>
<char cp="00E9"><var cp="0065" type="blocked"/></char>
</data></lgr>"""


def name(label: str) -> str:
    return f"{ascii_label(label)}.test"


def clerks(**policy):
    """Return two registrars of a zone with a policy for internationalized names."""
    desk = make_desk([Zone(name="test", idn=IdnPolicy(**policy))])
    desk.options = type(desk.options)(extensions=("idn",))
    desk.services |= {idn.NAMESPACE}
    return Clerk(desk, "harbour"), Clerk(desk, "lighthouse")


def answers(clerk, *labels, table=None):
    """Return availability and reason of labels."""
    elements = (idn.Data(table=table),) if table else ()
    data = clerk.does(domain.Check(name=tuple(map(name, labels))), *elements).data
    return [(one.name.avail, one.reason.value if one.reason else "") for one in data.cd]


def table_of(clerk, label):
    """Return the element that info shows."""
    outcome = clerk.does(domain.Info(name=domain.InfoName(value=name(label))))
    return next((one for one in outcome.extensions if isinstance(one, idn.Data)), None)


@pytest.mark.parametrize("label", ["süd", "маяк", "φάρος", "灯塔", "東京"])
def test_a_label_of_a_table_is_available_and_registered(label):
    harbour, _other = clerks()
    assert answers(harbour, label) == [(True, "")]
    assert harbour.code(create(name(label))) == 1000


@pytest.mark.parametrize("label", ["ひかり", "süж", "маяk", "한국", "ไทย"])
def test_a_label_of_no_table_is_neither(label):
    harbour, _other = clerks()
    assert answers(harbour, label) == [(False, "In no IDN table of its TLD")]
    error = harbour.refused(create(name(label)))
    assert (error.code, error.value.text) == (2306, name(label))
    assert "the IDN table latin does not have U+" in error.reason


def test_a_zone_may_register_no_internationalized_names():
    harbour, _other = clerks(tables=())
    assert "no internationalized names" in harbour.refused(create(name("süd"))).reason
    assert harbour.code(create("plain.test")) == 1000


def test_rst_epp_14_random_labels_that_begin_as_a_labels_are_refused_always():
    harbour, _other = clerks()
    chance = random.Random(14)
    for size in (*[59] * 1500, *[18] * 300):
        label = "xn--" + "".join(chance.choices(string.ascii_lowercase + string.digits, k=size))
        data = harbour.does(domain.Check(name=(f"{label}.test",))).data
        assert not data.cd[0].name.avail, label


def test_the_client_names_the_table_and_info_shows_it():
    harbour, _other = clerks()
    element = idn.Data(table="latin", uname="süd.test")
    assert harbour.code(create(name("süd")), element) == 1000
    assert table_of(harbour, "süd") == element
    assert harbour.registry.domain(name("süd")).extras.idn_table == "latin"


def test_without_the_element_info_shows_the_first_table_that_has_the_label():
    harbour, _other = clerks()
    harbour.does(create(name("маяк")))
    assert table_of(harbour, "маяк") == idn.Data(table="cyrillic", uname="маяк.test")
    harbour.does(create("plain.test"))
    assert table_of(harbour, "plain") is None


def test_rfc_5894_7_2_the_uname_has_sharp_s_and_final_sigma():
    harbour, _other = clerks()
    assert harbour.code(create(name("straße")), idn.Data(table="latin", uname="straße.test")) == 1000
    harbour.does(create(name("φάρος")))
    assert table_of(harbour, "φάρος").uname == "φάρος.test"


def test_a_plain_name_may_have_a_table():
    harbour, _other = clerks()
    assert harbour.code(create("plain.test"), idn.Data(table="latin")) == 1000
    assert table_of(harbour, "plain") == idn.Data(table="latin", uname="plain.test")


@pytest.mark.parametrize(
    ("element", "code"),
    [
        (idn.Data(table="cyrillic"), 2306),
        (idn.Data(table="klingon"), 2306),
        (idn.Data(table="latin", uname="sud.test"), 2306),
        (idn.Data(table="latin", uname="SÜD.test"), 1000),
    ],
)
def test_the_table_has_the_label_and_the_uname_is_the_name(element, code):
    harbour, _other = clerks()
    assert harbour.code(create(name("süd")), element) == code


def test_a_check_with_a_table_is_of_that_table():
    harbour, _other = clerks()
    assert answers(harbour, "süd", "маяк", table="cyrillic") == [(False, "Not in this IDN table"), (True, "")]
    assert answers(harbour, "süd", table="klingon") == [(False, "Not in this IDN table")]


def test_a_zone_may_demand_the_table():
    harbour, _other = clerks(table_required=True)
    assert harbour.refused(create(name("süd"))).code == 2003
    assert harbour.code(create("plain.test")) == 1000
    assert harbour.code(create(name("süd")), idn.Data(table="latin")) == 1000


@pytest.mark.parametrize(
    ("held", "wanted"), [("straße", "strasse"), ("strasse", "straße"), ("φάρος", "φάροσ"), ("东学", "東學")]
)
def test_rfc_7940_5_3_an_allocatable_variant_is_the_sponsors_alone(held, wanted):
    harbour, lighthouse = clerks()
    harbour.does(create(name(held)))
    assert answers(lighthouse, wanted) == [(False, "Variant of a registered name")]
    error = lighthouse.refused(create(name(wanted)))
    assert error.code == 2306
    assert name(held) in error.reason
    assert answers(harbour, wanted) == [(True, "")]
    assert harbour.code(create(name(wanted))) == 1000


@pytest.mark.parametrize(
    ("held", "wanted"), [("φάρος", "φαρος"), ("φαρος", "φάρος"), ("kadı", "kadi"), ("东学", "東学")]
)
def test_rfc_7940_5_3_a_blocked_variant_is_not_even_the_sponsors(held, wanted):
    harbour, lighthouse = clerks()
    harbour.does(create(name(held)))
    for clerk in (harbour, lighthouse):
        assert answers(clerk, wanted) == [(False, "Variant of a registered name")]
        assert clerk.refused(create(name(wanted))).code == 2306


def test_a_zone_may_block_all_variants_or_know_none():
    harbour, _other = clerks(variants="blocked")
    harbour.does(create(name("straße")))
    assert harbour.refused(create("strasse.test")).code == 2306
    harbour, lighthouse = clerks(variants="none")
    harbour.does(create(name("straße")))
    assert lighthouse.code(create("strasse.test")) == 1000


def test_a_variant_is_free_again_when_the_name_is_deleted():
    harbour, lighthouse = clerks()
    harbour.does(create(name("straße")))
    harbour.does(domain.Delete(name=name("straße")))
    assert lighthouse.code(create("strasse.test")) == 1000
    assert lighthouse.registry.idn.concerns_plain_names is False


def test_variants_are_known_again_after_a_restored_snapshot():
    harbour, lighthouse = clerks()
    harbour.does(create(name("straße")))
    harbour.registry.restore(harbour.registry.snapshot())
    assert lighthouse.refused(create("strasse.test")).code == 2306


def test_a_changed_policy_of_the_zone_changes_what_are_variants():
    harbour, lighthouse = clerks(tables=("cyrillic",))
    harbour.registry.put_zone(Zone(name="test"))
    harbour.does(create(name("straße")))
    harbour.registry.put_zone(Zone(name="test", idn=IdnPolicy(tables=("latin",))))
    assert lighthouse.refused(create("strasse.test")).code == 2306


def test_a_table_of_ones_own_may_have_variants_among_plain_letters():
    harbour, lighthouse = clerks()
    harbour.registry.put_idn_table(IdnTableText(name="own", lgr=LGR), lgr.parse("own", LGR))
    harbour.registry.put_zone(Zone(name="test", idn=IdnPolicy(tables=("own",))))
    harbour.does(create("cafe.test"))
    assert answers(lighthouse, "café") == [(False, "Variant of a registered name")]
    assert lighthouse.refused(create(name("café"))).code == 2306
    assert lighthouse.code(create(name("thé"))) == 1000
    assert harbour.refused(create("the.test")).code == 2306


def test_a_message_about_a_domain_shows_its_table():
    harbour, _other = clerks()
    harbour.does(create(name("süd")))
    harbour.desk.clock.advance(366 * 86_400)
    assert idn.Data(table="latin", uname="süd.test") in harbour.does(epp.Poll(op="req")).extensions
