"""IDN tables (RFC 7940): rulesets read and written, labels, and the dispositions of variants."""

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.world.registry.idn import builtin, lgr
from homeport.world.registry.idn.policy import BUILT_IN
from homeport.world.registry.idn.table import Table
from homeport.world.registry.idn.tables import VariantSets, ascii_label, unicode_label

HEAD = '<lgr xmlns="urn:ietf:params:xml:ns:lgr-1.0"><meta><language>und-Latn</language></meta>'


def ruleset(data: str, rules: str = "") -> Table:
    """Return the table of a ruleset with a repertoire and rules."""
    return lgr.parse("own", f"{HEAD}<data>{data}</data><rules>{rules}</rules></lgr>")


def refused(data: str, rules: str = "") -> str:
    with pytest.raises(lgr.BadLgr) as error:
        ruleset(data, rules)
    return str(error.value)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_table_has_characters_of_idna_alone(name):
    for one in builtin.MADE[name]().repertoire:
        if one != "-":
            idna.alabel(one)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_table_is_written_as_a_ruleset_and_read_back_the_same(name):
    table = builtin.MADE[name]()
    assert lgr.parse(name, lgr.write(table)) == table


@pytest.mark.parametrize("name", BUILT_IN)
def test_rfc_7940_5_3_variants_of_a_built_in_table_are_symmetric(name):
    table = builtin.MADE[name]()
    pairs = set(table.variant_pairs())
    assert pairs == {(other, one) for one, other in pairs}


@pytest.mark.parametrize(
    ("name", "label", "problem"),
    [
        ("latin", "süd", ""),
        ("latin", "straße", ""),
        ("latin", "süж", "U+0436"),
        ("latin", "中", "U+4E2D"),
        ("greek", "άγκυρα", ""),
        ("greek", "aγ", "U+0061"),
        ("cyrillic", "маяк-7", ""),
        ("cyrillic", "маяk", "U+006B"),
        ("han", "东京", ""),
        ("han", "東京", ""),
        ("han", "东京tokyo", ""),
        ("han", "ひ", "U+3072"),
    ],
)
def test_a_label_is_of_one_table_or_the_character_that_it_lacks_is_named(name, label, problem):
    found = builtin.MADE[name]().problem(label)
    assert (problem in found) if problem else found == ""


@pytest.mark.parametrize(
    ("name", "label", "variant", "disposition"),
    [
        ("latin", "straße", "strasse", "allocatable"),
        ("latin", "strasse", "straße", "allocatable"),
        ("latin", "kadı", "kadi", "blocked"),
        ("latin", "süd", "sud", "blocked"),
        ("greek", "φάρος", "φάροσ", "allocatable"),
        ("greek", "φάρος", "φαρος", "blocked"),
        ("greek", "φάρος", "φαροσ", "blocked"),
        ("cyrillic", "ёлка", "елка", "allocatable"),
        ("han", "东学", "東學", "allocatable"),
        ("han", "東學", "东学", "allocatable"),
        ("han", "东学", "東学", "blocked"),
        ("han", "东学", "东学", "allocatable"),
    ],
)
def test_a_variant_is_allocatable_or_blocked_by_its_mappings(name, label, variant, disposition):
    assert builtin.MADE[name]().disposition(label, variant) == disposition


def test_rfc_7940_5_1_a_ruleset_has_characters_sequences_and_ranges():
    table = ruleset('<range first-cp="0061" last-cp="0063"/><char cp="006C 00B7 006C"/>')
    assert [table.problem(label) for label in ("abc", "al·lb")] == ["", ""]
    assert "U+0064" in table.problem("d")
    assert "in its place" in table.problem("al")


def test_rfc_7940_5_2_a_character_is_taken_in_its_context_alone():
    table = ruleset(
        '<char cp="006C"/><char cp="0061"/><char cp="00B7" when="between-l"/>',
        '<rule name="between-l"><look-behind><char cp="006C"/></look-behind><anchor/>'
        '<look-ahead><char cp="006C"/></look-ahead></rule>',
    )
    assert table.problem("al·la") == ""
    assert "in its place" in table.problem("a·la")
    assert "in its place" in table.problem("l·")


def test_rfc_7940_5_2_not_when_refuses_a_context():
    table = ruleset(
        '<char cp="0061"/><char cp="0062" not-when="follows-a"/>',
        '<rule name="follows-a"><look-behind><char cp="0061"/></look-behind><anchor/></rule>',
    )
    assert table.problem("bba") == ""
    assert "in its place" in table.problem("ab")


@pytest.mark.parametrize(
    ("operators", "labels"),
    [
        ('<start/><class by-ref="d"/>', {"1a": False, "a1": True}),
        ('<class by-ref="d" count="2+"/>', {"a1": True, "a11": False, "11a": False}),
        ('<start/><char cp="0061" count="2:3"/><end/>', {"a": True, "aa": False, "aaa": False, "aaaa": True}),
        (
            '<choice><char cp="0062"/><rule><char cp="0061"/><any/></rule></choice>',
            {"b": False, "a1": False, "1a": True},
        ),
        ('<complement><class by-ref="d"/></complement>', {"11": True, "1a": False}),
        ('<difference><class from-tag="all"/><class by-ref="d"/></difference>', {"1": True, "b": False}),
        ('<class property="gc:Nd"/>', {"a": True, "a1": False}),
        ("<class>0061-0062</class>", {"1": True, "b1": False}),
    ],
)
def test_rfc_7940_6_rules_on_whole_labels(operators, labels):
    table = ruleset(
        '<char cp="0061" tag="all"/><char cp="0062" tag="all"/><char cp="0031" tag="all"/>',
        f'<class name="d">0031</class><rule name="r">{operators}</rule><action disp="invalid" match="r"/>',
    )
    assert {label: not table.problem(label) for label in labels} == labels


@pytest.mark.parametrize(
    ("condition", "dispositions"),
    [("any", ["blocked", "blocked"]), ("all", ["valid", "blocked"]), ("only", ["valid", "valid"])],
)
def test_rfc_7940_7_2_actions_ask_for_any_for_all_or_for_only_mappings(condition, dispositions):
    name = "any-variant" if condition == "any" else f"{condition}-variants"
    table = ruleset(
        '<char cp="0061"><var cp="00E1" type="x"/><var cp="00E0" type="y"/></char><char cp="0062"/>'
        '<char cp="00E1"/><char cp="00E0"/>',
        f'<action disp="blocked" {name}="x"/><action disp="valid"/>',
    )
    assert [table.disposition("aab", variant) for variant in ("áàb", "ááb")] == dispositions


@pytest.mark.parametrize(
    ("data", "rules", "part"),
    [
        ("", "", "repertoire is empty"),
        ('<char cp="zz"/>', "", "'zz' is not code points"),
        ('<char cp="110000"/>', "", "is not code points"),
        ('<char cp=""/>', "", "cp has no code point"),
        ('<char cp="0061"/><range first-cp="0060" last-cp="0062"/>', "", "0061 is in the repertoire twice"),
        ('<range first-cp="0062" last-cp="0061"/>', "", "a range is from"),
        ('<letter cp="0061"/>', "", "not letter"),
        ('<char cp="0061" when="nowhere"/>', "", "no rule of this name"),
        ('<char cp="0061"/>', '<action disp="invalid" match="nothing"/>', "no rule of this name"),
        ('<char cp="0061"/>', '<rule name="r"><class by-ref="none"/></rule>', "no class 'none'"),
        ('<char cp="0061"/>', '<rule name="r"><rule by-ref="none"/></rule>', "no rule 'none'"),
        ('<char cp="0061"/>', '<rule name="r"><any count="many"/></rule>', "count='many'"),
        ('<char cp="0061"/>', '<class name="c" property="sc:Latn"/>', "'sc:Latn' is not supported"),
        ('<char cp="0061"/>', '<action disp="x" any-variant="a" all-variants="b"/>', "one of any-variant"),
        ('<char cp="0061"/>', "<class>0061</class>", "has a name"),
    ],
)
def test_a_wrong_ruleset_is_refused_with_the_reason(data, rules, part):
    assert part in refused(data, rules)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "not well-formed"),
        ("<lgr>", "not well-formed"),
        ("<lgr/>", "urn:ietf:params:xml:ns:lgr-1.0"),
        ('<!DOCTYPE lgr [<!ENTITY a "b">]><lgr/>', "document type"),
        ('<lgr xmlns="urn:ietf:params:xml:ns:lgr-1.0"/>', "data"),
    ],
)
def test_a_text_that_is_no_ruleset_is_refused(text, part):
    with pytest.raises(lgr.BadLgr, match=part):
        lgr.parse("own", text)


@examples(300)
@given(st.sampled_from(BUILT_IN), st.data())
def test_all_variants_of_a_label_and_no_other_labels_share_its_index_label(name, data):
    table = builtin.MADE[name]()
    sets = VariantSets([table])
    pairs = list(table.variant_pairs())
    one, other = data.draw(st.sampled_from(pairs))
    around = st.text(st.sampled_from([part for part in table.repertoire if len(part) == 1]), max_size=4)
    before, after = data.draw(around) + "-", "-" + data.draw(around)
    assert sets.index_of(f"{before}{one}{after}") == sets.index_of(f"{before}{other}{after}")
    assert sets.index_of(f"{before}{one}{after}") != sets.index_of(f"{before}{one}0{after}")


@examples(300)
@given(
    st.text(st.characters(min_codepoint=0xA1, max_codepoint=0x9FFF, categories=["Ll", "Lo"]), min_size=1, max_size=15)
)
def test_a_label_becomes_an_a_label_and_is_read_back(label):
    assert unicode_label(f"{ascii_label(label)}.test") == label
