"""The conformance page claims only what tests prove, and lists every rule that binds us."""

import re

from conformance import PAGE, load_rows, marked_tests

CLAIM = re.compile(r"`([^`]+::[^`]+)`")


def claims():
    """Return the page's rules with the tests that it names."""
    rows = re.findall(r"^\| ((?:GEN|SMTP|FTP|TEL|TFTP|BOOT|DNS)-\S+) \|.*\| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    return {rule: set(CLAIM.findall(holds)) for rule, holds in rows}


def test_the_page_shows_every_rule():
    assert list(claims()) == list(load_rows())


def test_the_page_claims_no_test_that_does_not_carry_the_mark():
    marked = marked_tests()
    for rule, tests in claims().items():
        assert tests <= marked.get(rule, set()), rule


def test_a_rule_that_binds_us_is_marked_on_a_test_or_explained():
    marked = marked_tests()
    assert [rule for rule, row in load_rows().items() if "unbound" not in row and rule not in marked] == []


def test_a_mark_names_a_rule_that_exists_and_binds_us():
    rows = load_rows()
    for rule in marked_tests():
        if rule.startswith(("GEN-", "SMTP-", "FTP-", "TEL-", "TFTP-", "DNS-")):
            assert "unbound" not in rows[rule], rule


def test_a_rule_that_is_not_proved_is_not_on_the_page():
    assert "not proved" not in PAGE.read_text()
