"""Requests, and what clients do wrong in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.protocol.events import Closed, Stopping
from homeport.services.gopher.options import MAX_REQUEST_BYTES
from homeport.services.gopher.request import Request, mistakes, parse

CHART = "/files/pub/chart.bin"


def test_a_bare_lf_is_refused_with_a_finding_and_answered_where_it_is_accepted(ask):
    one = ask(b"/who", end=b"\n")
    assert one.talk.sent.startswith(b"3a query ends with CR LF, not with LF alone (RFC 1436 Appendix)\t\tnull.host\t1")
    assert one.findings == ["bare-lf"]
    one = ask(b"/who", end=b"\n", syntax="lenient")
    assert one.talk.sent.startswith(b"alice")
    assert one.findings == ["bare-lf"]


@pytest.mark.parametrize("selector", [b"/who", b"/files/pub/chanty.txt"])
def test_no_line_end_is_refused_with_a_finding_and_answered_where_it_is_accepted(ask, selector):
    one = ask(selector, end=b"")
    assert one.talk.sent.startswith(b"3a query ends with CR LF")
    assert one.findings == ["no-crlf"]
    one = ask(selector, end=b"", syntax="lenient")
    assert one.talk.sent == ask(selector).talk.sent
    assert one.findings == ["no-crlf"]


@pytest.mark.parametrize(
    ("request_line", "finding", "meant"),
    [
        (b"/files/log%20of%20the%20day.txt", "percent-encoded", None),
        (b"/files/pub/log%20of%20the%20day.txt", "percent-encoded", b"/files/pub/log of the day.txt"),
        (b"/files/pub/%C3%BCberfahrt.txt", "percent-encoded", "/files/pub/überfahrt.txt".encode()),
        (b"0/files/pub/chanty.txt", "item-type", b"/files/pub/chanty.txt"),
        (b"1", "item-type", b""),
        (b"/1/files", "item-type", b"/files"),
        (b"gopher://127.0.0.1:10070/1/files", "whole-url", b"/files"),
        (b"gopher://127.0.0.1/0/files/pub/log%20of%20the%20day.txt", "whole-url", b"/files/pub/log of the day.txt"),
        (b"GET /who", "http-method", b"/who"),
        (b"HEAD /who x", "http-method", b"/who"),
    ],
)
def test_what_is_left_of_a_url_is_a_finding_and_answered_where_that_is_lenient(ask, request_line, finding, meant):
    one = ask(request_line)
    assert one.findings == [finding]
    assert one.talk.sent.startswith(b"3there is nothing at ")
    one = ask(request_line, syntax="lenient")
    assert one.findings == [finding]
    if meant is not None:
        assert one.talk.sent == ask(meant).talk.sent


def test_a_file_whose_name_looks_encoded_is_no_finding(ask, root):
    (root / "100%25.txt").write_bytes(b"all\n")
    one = ask(b"/files/100%25.txt")
    assert one.talk.sent == b"all\r\n.\r\n"
    assert one.findings == []


def test_a_mistake_within_a_mistake_is_corrected_once(ask):
    one = ask(b"0" * 1 + b"/0" * 900 + b"/who", syntax="lenient")
    assert one.talk.sent.startswith(b"3there is nothing")
    assert one.findings == ["item-type", "selector-too-long"] or one.findings == ["selector-too-long", "item-type"]


def test_dots_are_a_finding(ask):
    one = ask(b"/files/pub/../README.txt")
    assert one.findings == ["dot-segments"]
    assert one.talk.sent.startswith(b"3selectors have no . and .. here")


def test_search_terms_for_what_is_no_search_are_a_finding_and_ignored(ask):
    one = ask(b"/who\tterms")
    assert one.findings == ["not-a-search"]
    assert one.talk.sent == ask(b"/who").talk.sent
    assert one.talk.logs[0][1]["argument"] == "/who\tterms"


def test_a_selector_of_more_than_255_bytes_is_a_finding(ask):
    assert ask(b"/files/" + b"x" * 248).findings == []
    assert ask(b"/files/" + b"x" * 249).findings == ["selector-too-long"]
    assert ask(b"/search\t" + b"x " * 300).findings == []


def test_a_request_over_the_limit_is_refused_at_once(connect):
    one = connect()
    one.send(b"x" * (MAX_REQUEST_BYTES + 2))
    assert one.talk.sent == b"3a query has at most 4096 bytes (RFC 1436 3.9)\t\tnull.host\t1\r\n.\r\n"
    assert one.findings == ["line-too-long"]
    one.send(b"x" * 5000 + b"\r\n/who\r\n")
    assert one.findings == ["line-too-long"]


@pytest.mark.parametrize("selector", [b"/who\0", b"/files/a\rb", b"\x1b[2J"])
def test_control_characters_are_a_finding_and_refused_where_it_is_strict(ask, selector):
    one = ask(selector)
    assert one.findings == ["control-characters"]
    assert one.talk.sent.startswith(b"3there is nothing")
    assert not any(byte < 32 and byte not in b"\t\r\n" for byte in one.talk.sent)
    assert ask(selector, syntax="strict").talk.sent.startswith(b"3a query has no control characters")


@pytest.mark.parametrize("line", [b"GET / HTTP/1.1", b"Host: 127.0.0.1:10070", b"POST /files HTTP/1.0"])
def test_a_request_of_http_is_refused_in_every_syntax(ask, line):
    for syntax in ("rfc", "lenient", "strict"):
        one = ask(line, syntax=syntax)
        assert one.findings == ["http-request"]
        assert one.talk.sent == b"3this is an HTTP request, and not an HTTP port\t\tnull.host\t1\r\n.\r\n"


def test_a_client_hello_is_refused_where_there_is_no_tls(connect):
    one = connect()
    one.send(bytes.fromhex("160301007a010000760303"))
    assert one.findings == ["unexpected-tls"]
    assert one.talk.sent.startswith(b"3this is a TLS ClientHello")


def test_input_after_the_selector_is_a_finding_during_the_answer_and_after_it(connect):
    one = connect()
    one.send(b"/who\r\n/about\r\n")
    assert one.findings == ["data-after-query"]
    one = connect(holding=True)
    one.send(b"/files\r\n")
    one.send(b"/about\r\n")
    assert one.findings == ["data-after-query"]


def test_a_client_that_leaves_before_its_answer_is_a_finding(connect):
    one = connect()
    one.send(b"/wh")
    one.vanish("closed by peer")
    assert one.findings == ["early-close"]
    assert connect().tell(Closed("closed")) == ""


def test_a_half_close_gets_the_whole_answer(connect):
    one = connect(holding=True)
    one.send(b"/files/pub/chart.bin\r\n")
    one.end()
    one.release()
    assert one.talk.sent == bytes(range(256)) * 16
    assert one.findings == []


def test_the_farm_stops_while_a_search_runs(connect):
    one = connect(holding=True)
    one.send(b"/search\tx\r\n")
    one.tell(Stopping())
    assert one.talk.closed
    assert one.talk.sent == b""


# URL: links


def test_a_url_link_gets_a_page_that_leads_there(ask):
    one = ask(b"URL:https://example.org/?a=1&b=<script>")
    assert one.talk.sent.startswith(b"<!DOCTYPE html>")
    assert b'href="https://example.org/?a=1&amp;b=&lt;script&gt;"' in one.talk.sent
    assert b"<script>" not in one.talk.sent
    assert one.findings == ["url-selector"]
    assert ask(b"/URL:https://example.org/").talk.sent == ask(b"URL:https://example.org/").talk.sent


@pytest.mark.parametrize(
    "link", [b"URL:javascript:alert(1)", b"URL:", b"URL:data:text/html,x", b"URL:file:///etc/passwd"]
)
def test_a_link_that_a_browser_would_run_is_refused(ask, link):
    assert ask(link).talk.sent.startswith(b"3links lead only to the web")


# The parser


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"", Request("")),
        (b"/x", Request("/x")),
        (b"/x\t", Request("/x", "", findings=("not-a-search",))),
        (b"/search\ta b", Request("/search", "a b")),
        (b"/search\t", Request("/search", "", findings=("no-terms",))),
        (b"/search", Request("/search", findings=("no-terms",))),
        (b"/search\ta\tb", Request("/search", "a\tb")),
        (b"/search\t+word", Request("/search", "+word")),
        (b"/search\t!wow", Request("/search", "!wow")),
        (b"/search\ta\t+", Request("/search", "a", "+")),
        (b"/search\ta\t+text/plain En_US\t0", Request("/search", "a", "+", "text/plain En_US")),
        (b"/search\t!", Request("/search", None, "!")),
        (b"/x\t+", Request("/x", None, "+")),
        (b"/x\t!", Request("/x", None, "!")),
        (b"/x\t!+ADMIN+VIEWS", Request("/x", None, "!", "+ADMIN+VIEWS")),
        (b"/x\t$+INFO", Request("/x", None, "$", "+INFO")),
        (b"/x\t+\t1", Request("/x", None, "+", findings=("plus-data",))),
        (b"/x\t+\t2", Request("/x", None, "+", findings=("plus-malformed",))),
        (b"/x\t+\t0\t0", Request("/x", None, "+", findings=("plus-malformed",))),
        (b"/x\t+\xff", Request("/x", "+\udcff", findings=("not-a-search",))),
    ],
)
def test_a_request_is_parsed(line, wanted):
    assert parse(line, plus=True) == wanted


def test_gopher_plus_that_no_menu_offers_is_a_finding_and_terms_of_a_search():
    assert parse(b"/x\t+", plus=False) == Request("/x", findings=("plus-not-offered",))
    assert parse(b"/search\t+", plus=False) == Request("/search", "+", findings=("plus-not-offered",))


@examples(300)
@given(st.binary(max_size=300).filter(lambda line: b"\n" not in line), st.booleans())
def test_any_request_is_parsed_and_its_bytes_survive(line, plus):
    request = parse(line, plus=plus)
    assert request.selector.encode("utf-8", "surrogateescape") == line.partition(b"\t")[0]
    assert "\t" not in request.selector
    finding, meant = mistakes(request.selector)
    assert bool(finding) or meant == ""
    assert len(meant.encode("utf-8", "surrogateescape")) <= len(line)


PARTS = st.sampled_from(
    [b"/", b"files", b"pub", b"..", b"\t", b"+", b"!", b"$", b"/search", b"people/alice", b"%2e", b"0", b"URL:http://x",
     b"/fault/", b"reset", b"\0", b"\xff", b"\r", b"gopher://", b"text/plain"]
)  # fmt: skip


@examples(150)
@given(
    st.lists(PARTS, max_size=8).map(b"".join) | st.binary(max_size=60), st.sampled_from(["rfc", "lenient", "strict"])
)
def test_any_request_is_answered_and_the_answer_is_well_formed(line, syntax):
    from services.gopher.conftest import HOST
    from services.line_client import LineClient

    from homeport.services.gopher import SERVICE

    one = LineClient(SERVICE, listener="tcp", local=HOST, syntax=syntax)
    one.send(line.replace(b"\n", b"") + b"\r\n")
    sent = one.talk.sent
    assert one.talk.closed
    assert sent.endswith((b".\r\n", b"</html>\n"))
    assert b"\n.\r\n" not in sent[:-3] or b"+" in sent
    if sent.startswith((b"1", b"i", b"0", b"3")) and sent.endswith(b"\r\n.\r\n") and b"\t" in sent:
        for row in sent.removesuffix(b".\r\n").splitlines():
            assert row.count(b"\t") in (3, 4)
