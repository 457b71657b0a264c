"""Findings by rule, by client and in order; a rule's page; exports."""

import ast
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.request import urlopen

import pytest
from nightly import NIGHTLY
from tests.page.expecting import expect


def ask(farm, path):
    with urlopen(f"http://127.0.0.1:{farm.farm.control.port}/api/v1/worlds/default/{path}") as answer:
        return json.load(answer)


def row_of(page, text):
    return page.locator(".findings tbody tr", has=page.get_by_text(text, exact=True))


@pytest.mark.parametrize("by", ["rule", "client", "order"])
@pytest.mark.parametrize("dark", [False, True] if NIGHTLY else [True])
def test_findings_are_shown_in_three_ways(used, show, ready, shot, axe, overflow, by, dark):
    page = show(used, f"/findings?by={by}", dark=dark)
    ready(page)
    expect(page.locator(".findings tbody tr").first).to_be_visible()
    shot(page)
    assert axe(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    shot(page, "phone")
    assert overflow(page) == []
    assert axe(page) == []


def test_a_rule_has_its_level_section_count_and_newest_example(used, show, ready):
    page = show(used, "/findings")
    ready(page)
    rule = next(one for one in ask(used, "findings/rules?broken=true")["items"] if one["id"] == "finger.bare-lf")
    row = row_of(page, "finger.bare-lf")
    expect(row).to_contain_text("must")
    expect(row).to_contain_text("Ended the query with LF alone")
    expect(row).to_contain_text("RFC 1288 §2.2")
    expect(row.locator("td.n")).to_have_text(str(rule["count"]))
    expect(row.locator(".example")).to_have_text("bobLF")
    row.get_by_role("link", name=rule["newest"]["conn"]).click()
    expect(page).to_have_url(re.compile(rf"/connections/{rule['newest']['conn']}\?at={rule['newest']['seq']}$"))


def test_a_finding_appears_without_reload(farm, show, ready):
    page = show(farm, "/findings")
    ready(page)
    expect(page.get_by_text("No client has broken a rule here")).to_be_visible()
    farm.exchange("finger", b"bob\n")
    expect(row_of(page, "finger.bare-lf")).to_be_visible()


def test_without_findings_a_command_breaks_a_rule(farm, show, ready, shot, axe):
    farm.exchange("echo", b"ahoy")
    page = show(farm, "/findings")
    ready(page)
    expect(page.get_by_text("1 connection was checked.")).to_be_visible()
    expect(page.locator("code")).to_have_text(f"printf 'bob\\n' | nc -N 127.0.0.1 {farm.port('finger')}")
    shot(page)
    assert axe(page) == []


def test_a_filter_narrows_the_rules_and_is_in_the_address(used, show, ready):
    page = show(used, "/findings")
    ready(page)
    all_rules = page.locator(".findings tbody tr").count()
    page.keyboard.press("/")
    page.keyboard.type("service:finger ")
    page.keyboard.press("Enter")
    expect(page.locator(".findings tbody tr")).to_have_count(1)
    assert all_rules > 1
    expect(page).to_have_url(re.compile("q=service(:|%3A)finger"))
    expect(page.get_by_text(re.compile(r"^1 of \d+ shown$"))).to_be_visible()
    page.reload()
    ready(page)
    expect(page.locator(".findings tbody tr")).to_have_count(1)


def test_clients_have_the_names_that_they_gave(used, show, ready):
    page = show(used, "/findings?by=client")
    ready(page)
    row = row_of(page, "127.0.0.1")
    expect(row).to_contain_text("EHLO ")
    expect(row).to_contain_text("finger.bare-lf ×1")
    row.get_by_role("link", name="127.0.0.1").click()
    expect(page).to_have_url(re.compile(r"by=order&q=peer(:|%3A)127.0.0.1"))


def test_the_page_of_a_rule_has_every_instance_and_a_test(used, show, ready, go, shot, axe, overflow):
    page = show(used, "/findings/finger.bare-lf")
    ready(page)
    expect(page.locator("h1")).to_have_text("Ended the query with LF alone")
    expect(page.get_by_role("link", name="RFC 1288 §2.2")).to_have_attribute(
        "href", re.compile(r"rfc1288#section-2\.2$")
    )
    found = ask(used, "findings?id=finger.bare-lf")["items"]
    for one in found:
        link = page.get_by_role("link", name=f"{one['conn']} at {one['seq']}")
        expect(link).to_have_attribute("href", re.compile(rf"/connections/{one['conn']}\?at={one['seq']}$"))
    test = page.locator("code").first.inner_text()
    assert '"finger.bare-lf" not in' in ast.unparse(ast.parse(test)).replace("'", '"')
    expect(page.locator("code").nth(1)).to_contain_text("homeport findings --service finger --level must --fail")
    shot(page)
    assert axe(page) == []
    go(page, "/findings/finger.nonsense")
    expect(page.get_by_text("There is no rule finger.nonsense here")).to_be_visible()
    go(page, "/findings/finger.bare-lf")
    page.set_viewport_size({"width": 360, "height": 740})
    assert overflow(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("h1")).to_have_text("Findings")


def exported(page, name):
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=name).click()
    return download.value.suggested_filename, Path(download.value.path()).read_text(encoding="utf-8")


def test_findings_are_exported_as_json_junit_and_markdown(used, show, ready):
    page = show(used, "/findings")
    ready(page)
    found = ask(used, "findings?order=desc")["items"]
    name, text = exported(page, "JSON")
    assert name == "findings-default.json"
    assert json.loads(text) == found
    name, text = exported(page, "JUnit XML")
    assert name == "findings-default.xml"
    broken = {
        one.get("name") for one in ElementTree.fromstring(text).iter("testcase") if one.find("failure") is not None
    }
    assert broken == {one["id"] for one in found}
    assert len(list(ElementTree.fromstring(text).iter("testcase"))) == ask(used, "findings/rules")["total"]
    name, text = exported(page, "Markdown")
    assert name == "findings-default.md"
    assert "| must | Ended the query with LF alone (`finger.bare-lf`) | RFC 1288 2.2 | 1 | ` bob ` |" in text


def test_a_hostile_query_breaks_no_export(farm, show, ready):
    page = show(farm, "/findings")
    ready(page)
    farm.exchange("finger", b'<b>&"]]>`|\x00\x1b[31m\xe2\x80\xaex\n')
    expect(row_of(page, "finger.bare-lf")).to_be_visible()
    _name, text = exported(page, "JUnit XML")
    [failure] = [one for one in ElementTree.fromstring(text).iter("failure") if "<b>" in (one.text or "")]
    assert '<b>&"]]>`|' in failure.text
    _name, text = exported(page, "Markdown")
    [line] = [line for line in text.splitlines() if "finger.bare-lf" in line]
    assert '`` <b>&"]]>`\\|' in line
    assert len(re.split(r"(?<!\\)\|", line)) == 8


def test_the_number_in_the_rail_is_red_until_findings_were_looked_at(farm, show, ready, go):
    page = show(farm, "/live")
    ready(page)
    farm.exchange("finger", b"bob\n")
    count = page.locator("#rail a[data-view=findings] .count")
    expect(count).to_have_class("count hot")
    expect(count).to_have_text("1")
    go(page, "/findings")
    farm.exchange("finger", b"carol\r\n")
    go(page, "/live")
    farm.exchange("whois", b"homeport.test\r\n")
    expect(count).to_have_text("1")
