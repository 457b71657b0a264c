"""Base subjects (RFC 5256 2.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.world.mail.base_subject import MAX_SUBJECT, extract_base


@pytest.mark.parametrize(
    ("subject", "base", "is_reply"),
    [
        ("test", "test", False),
        ("Re: test", "test", True),
        ("RE:test", "test", True),
        ("re : test", "test", True),
        ("fw: test", "test", True),
        ("Fwd: Re: fwd:test", "test", True),
        ("test (fwd)", "test", True),
        ("test (Fwd)  (fwd) ", "test", True),
        ("[list] test", "test", False),
        ("[a] [b] Re: [c] test", "test", True),
        ("Re[2]: test", "test", True),
        ("Re [x] : test", "test", True),
        ("[Fwd: test]", "test", True),
        ("[fwd: Re: [x] test (fwd)]", "test", True),
        ("[only]", "[only]", False),
        ("[a] [b]", "[b]", False),
        ("Re: [only]", "[only]", True),
        ("a \t b\r\n c", "a b c", False),
        ("", "", False),
        ("Re:", "", True),
        ("(fwd)", "", True),
        ("rest: x", "rest: x", False),
        ("fwdx: x", "fwdx: x", False),
        ("re test", "re test", False),
        ("[x", "[x", False),
        ("[a[b] re: x", "[a[b] re: x", False),
    ],
)
def test_base_subjects(subject, base, is_reply):
    found = extract_base(subject)
    assert (found.text, found.is_reply) == (base, is_reply)


@given(st.lists(st.sampled_from(["re", "fwd", ":", "[", "]", " ", "(fwd)", "[fwd:", "x", "\t", "[a]"]), max_size=30))
def test_the_base_of_a_base_is_itself(pieces):
    base = extract_base("".join(pieces)).text
    assert extract_base(base).text == base


def test_a_long_subject_is_cut_before_it_is_searched():
    assert len(extract_base("[a]" * 100_000 + "x").text) <= MAX_SUBJECT
    assert extract_base("re:" * 100_000).text in ("", "r", "re")
