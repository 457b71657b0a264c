"""Links and one-time codes in mail."""

import pytest

from homeport.world.mail.extracts import extract_codes, extract_links, readable

PLAIN, HTML = "text/plain", "text/html"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Confirm at https://app.test/confirm?token=aB-_9~.", ["https://app.test/confirm?token=aB-_9~"]),
        ("(see https://app.test/a_(b)), or https://app.test/c!", ["https://app.test/a_(b)", "https://app.test/c"]),
        ("<https://app.test/x>; 'https://app.test/y'", ["https://app.test/x", "https://app.test/y"]),
        ("<https://app.test/long/\n  path>", ["https://app.test/long/path"]),
        ("https://a.test/1 HTTP://a.test/2 https://a.test/1", ["https://a.test/1", "HTTP://a.test/2"]),
        ("app+dev://open/1, mailto:bob@example.org, www.a.test, a://", ["app+dev://open/1"]),
        ("https://a.test/?a=1&amp;b=2", ["https://a.test/?a=1&amp;b=2"]),
        ("no links: // and ://", []),
        ("https://[2001:db8::1]:8080/x].", ["https://[2001:db8::1]:8080/x"]),
    ],
)
def test_links_of_text(text, links):
    assert extract_links([(PLAIN, text)]) == links


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ('<a href="https://a.test/?a=1&amp;b=2">here</a>', ["https://a.test/?a=1&b=2"]),
        (
            "<A class=x HREF='https://a.test/1'>https://shown.test</A> https://b.test/2.",
            ["https://a.test/1", "https://b.test/2"],
        ),
        ('<a href=https://a.test/1>x</a><area href = "https://a.test/2">', ["https://a.test/1", "https://a.test/2"]),
        ('<a\n  href="https://a.test/\nlong">x</a>', ["https://a.test/long"]),
        (
            '<!-- <a href="https://no.test/"> --><style>a{b:url(https://no.test/)}</style><img src="https://no.test/i">',
            [],
        ),
        ('<a href="mailto:a@b.test">m</a><a href="#top">t</a><a href="/rel">r</a><a data-href="https://no.test">', []),
        ("<p>https://a.test/x</p><!-- unfinished https://no.test/", ["https://a.test/x"]),
    ],
)
def test_links_of_html(text, links):
    assert extract_links([(HTML, text)]) == links


def test_links_of_several_texts_come_in_their_order_each_once():
    texts = [(PLAIN, "https://a.test/1 https://a.test/2"), (HTML, '<a href="https://a.test/2">2</a> https://a.test/3')]
    assert extract_links(texts) == ["https://a.test/1", "https://a.test/2", "https://a.test/3"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Your code is 482913.", ["482913"]),
        ("code:4829", ["4829"]),
        ("G-482913 is your code", ["482913"]),
        ("Your code: 482 913", ["482913"]),
        ("Your code:\n\n  482913\n\nOrder 77120045\n(c) 2026 App, call +49 30 123456", ["482913"]),
        ("482913\n\n\u00a9 2026", ["482913"]),
        ("Your PIN is 2026", ["2026"]),
        ("see https://app.test/123456 or a123456b or 123456@b.test or 2026-11-29 or 29.11.2026 or 12.3456", []),
        ("pay $1234 or 1234,56 for #123456", []),
        ("123 or 123456789", []),
        ("111111 or 222222", ["111111", "222222"]),
        ("Your code is 111111 or 222222", ["111111", "222222"]),
    ],
)
def test_codes(text, codes):
    assert extract_codes([(PLAIN, text)]) == codes


def test_codes_of_html_are_what_is_read():
    text = "<style>#a{color:#123456;width:654321px}</style><p>Your code</p><p><b>4829</b>13</p><td>2026</td>"
    assert extract_codes([(HTML, text)]) == ["482913"]
    assert readable(HTML, "<p>a&amp;b</p>c<br>d") == "\na&b\nc\nd"


def test_a_pattern_says_what_a_code_is():
    texts = [(PLAIN, "Use AB12CD, not 482913")]
    assert extract_codes(texts, r"\b[A-Z0-9]{6}\b") == ["AB12CD", "482913"]
    assert extract_codes(texts, r"Use (\w+)") == ["AB12CD"]


@pytest.mark.parametrize(
    "piece", ["<a ", "<a href=", "<!--", "<style>", "a.", "a://", "(", "1 ", "123-", '<a href="', "&", "code "]
)
def test_no_text_takes_long(piece):
    text = piece * (300_000 // len(piece))
    for media_type in (PLAIN, HTML):
        extract_links([(media_type, text)])
        extract_codes([(media_type, text)])
