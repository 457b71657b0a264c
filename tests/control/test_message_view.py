"""A message as a page in a frame: its policy, its pictures, and what acts without a script."""

import pytest

from homeport.world.mail.message import Envelope, Recipient
from homeport.world.mail.mime.content import parse_message
from homeport.world.mail.remote import APART, MAX_INLINE_BYTES, MAX_REMOTE, WINDOW, find_remote, make_page

MESSAGE = "/api/v1/worlds/default/smtp/messages/m1"
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
HTML = (
    '<html><head><META http-equiv="refresh" content="0; url=https://evil.example"><base href="https://evil.example/">'
    '<link rel=preconnect href="https://evil.example"></head>'
    '<body style="background:url(cid:logo@x)"><img src="cid:logo%40x"><img src=\'CID:other\'><img src=https://a.example/p>'
    "<p>cid:logo@x &lt; <script>alert(1)</script></body></html>"
)


def related(html, *parts):
    """Return a message of HTML with parts."""
    lines = ["Subject: x", "Content-Type: multipart/related; boundary=b", ""]
    lines += ["--b", "Content-Type: text/html; charset=utf-8", "", html]
    for headers, body in parts:
        lines += ["--b", *headers, "", body]
    return "\r\n".join([*lines, "--b--", ""]).encode()


LOGO = (["Content-Type: image/png", "Content-ID: <logo@x>", "Content-Transfer-Encoding: base64"], "UE5H")
SCRIPT = (["Content-Type: text/javascript", "Content-ID: <other>"], "alert(1)")


@pytest.fixture
def show(farm, request_of):
    """Store a message, and return the answer to a request for its page."""

    def post(content):
        body = farm.world.mail.begin()
        body.write(content)
        body.keep(Envelope(reverse_path="a@b.example", recipients=(Recipient(address="alice@example.org"),)))

    def request(content, query=""):
        farm.call(post, content)
        return request_of(farm, "GET", f"{MESSAGE}/view{query}")

    return request


def test_the_page_has_a_policy_of_its_own(show):
    reply = show(related(HTML, LOGO, SCRIPT))
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["content-security-policy"] == POLICY
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-store"
    assert "x-frame-options" not in reply.headers
    assert "content-disposition" not in reply.headers


def test_only_the_page_may_be_framed(farm, show, request_of):
    show(related(HTML))
    for path in ("", "/raw", "/parts/1"):
        assert request_of(farm, "GET", MESSAGE + path).headers["x-frame-options"] == "DENY"


def test_pictures_of_other_hosts_are_fetched_only_where_asked_for(show):
    reply = show(related(HTML), "?remote=1")
    assert reply.headers["content-security-policy"] == POLICY.replace("data:;", "data: https: http:;")
    assert "https://a.example/p" in reply.body.decode()


def test_what_acts_without_a_script_is_made_inert_and_pictures_are_put_in(show):
    page = show(related(HTML, LOGO, SCRIPT)).body.decode()
    picture = "data:image/png;base64,UE5H"
    assert page == (
        '<html><head><bgsound http-equiv="refresh" content="0; url=https://evil.example"><bgsound href="https://evil.example/">'
        '<bgsound rel=preconnect href="https://evil.example"></head>'
        f'<body style="background:url({picture})"><img src="{picture}"><img src=\'CID:other\'><img src=https://a.example/p>'
        "<p>cid:logo@x &lt; <script>alert(1)</script></body></html>" + APART
    )


def test_text_without_html_is_shown_as_text(show):
    page = show(b"Subject: x\r\n\r\n1 < 2 & <script>alert(1)</script>\r\n").body.decode()
    assert "1 &lt; 2 &amp; &lt;script&gt;" in page
    assert "<script" not in page


@pytest.mark.parametrize("query", ["?remote=yes", "?remot=1"])
def test_a_wrong_parameter_is_refused(show, query):
    assert show(related(HTML), query).status == 400


def test_a_picture_that_is_used_often_does_not_grow_the_page_without_bound():
    picture = (["Content-Type: image/png", "Content-ID: <p>"], "P" * 100_000)
    content = parse_message(related('<img src="cid:p">' * 1000, picture))
    page = make_page(content.readable("text/html"), content.parts)
    assert len(page) < MAX_INLINE_BYTES + 20_000
    assert page.count("data:image/png") == MAX_INLINE_BYTES // len("data:image/png;base64," + "x" * 133_336)


@pytest.mark.parametrize(
    ("html", "urls"),
    [
        ('<img src="https://a.example/p?x=1&amp;y=2">', ["https://a.example/p?x=1&y=2"]),
        ("<img src=//a.example/p><IMG SRC='HTTP://a.example/q'>", ["//a.example/p", "HTTP://a.example/q"]),
        ('<img srcset="https://a.example/1 1x, https://a.example/2 2x">', ["https://a.example/1", "https://a.example/2"]),
        ('<td background="https://a.example/b">', ["https://a.example/b"]),
        ('<p style="background:url(\'https://a.example/s\')">', ["https://a.example/s"]),
        ("<style>@import 'https://a.example/i';</style>", ["https://a.example/i"]),
        ("<style>p{background:url( https://a.example/u )}</style>", ["https://a.example/u"]),
        ('<link rel=stylesheet href="https://a.example/c">', ["https://a.example/c"]),
        ('<video poster="https://a.example/v" src="https://a.example/w">', ["https://a.example/v", "https://a.example/w"]),
        ('<img src="https://a.example/p"><img src="https://a.example/p">', ["https://a.example/p"]),
        ('<svg><image href="https://a.example/s"/></svg>', ["https://a.example/s"]),
        ('<a href="https://a.example/">https://a.example/</a>', []),
        ('<img src="cid:x"><img src="data:image/png;base64,UE5H"><img src="/p"><img src="//">', []),
    ],
)  # fmt: skip
def test_the_urls_that_a_page_fetches_are_found(html, urls):
    assert find_remote(html) == urls


@pytest.mark.parametrize("space", range(WINDOW - 20, WINDOW + 1))
def test_what_is_at_the_edge_of_a_window_is_found(space):
    html = " " * space + '<meta x><img src="https://a.example/p">'
    assert find_remote(html) == ["https://a.example/p"]
    assert make_page(html, []) == html.replace("<meta", "<bgsound") + APART


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<a href="https://a.example/" target="_self">x</a>', '<a href="https://a.example/" data-target="_self">x</a>'),
        ("<A TARGET = _top href=x>", "<A data-target = _top href=x>"),
        ("<area/target=_self>", "<area/data-target=_self>"),
        ("<a href=x>set target=1</a>", "<a href=x>set target=1</a>"),
        ("<abbr target=_self>", "<abbr target=_self>"),
    ],
)
def test_no_link_replaces_the_message_in_its_frame(html, shown):
    assert make_page(html, []) == shown + '<base target="_blank">'


def test_the_list_of_remote_urls_is_bounded():
    assert len(find_remote("".join(f'<img src="https://a.example/{number}">' for number in range(1000)))) == MAX_REMOTE


def test_a_picture_in_the_html_is_no_attachment(get, show):
    saved = (["Content-Type: image/png", "Content-ID: <s>", "Content-Disposition: attachment"], "x")
    show(related(HTML, LOGO))
    show(related(HTML, LOGO, saved))
    assert [one["attachments"] for one in get(MESSAGE.removesuffix("/m1"))["items"]] == [0, 1]
    assert [one["id"] for one in get(MESSAGE.removesuffix("/m1") + "?has=attachment")["items"]] == ["m2"]
    assert get(MESSAGE)["parts"][1]["attachment"] is True


def test_a_message_lists_its_remote_urls(get, show):
    show(related(HTML))
    assert get(MESSAGE)["remote"] == ["https://evil.example", "https://a.example/p"]
