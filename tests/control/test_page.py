"""The page at `/` and its files: types, policies, caching, and who may read them."""

import gzip
import re
from os.path import normpath

import pytest

from homeport.control.page import FOLDER, INDEX, PAGES, POLICY, Pages, make_page, quality

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def small(start_farm):
    """A farm with one service."""
    return start_farm("echo")


def files_named(html: bytes) -> list[str]:
    """Return the addresses that the HTML refers to."""
    return re.findall(r'(?:src|href)="(/page/[^"#]*)', html.decode())


def test_a_browser_gets_the_page_and_every_file_that_it_names(small, request_of):
    reply = request_of(small, "GET", "/", BROWSER)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    named = files_named(reply.body)
    assert named
    for address in named:
        file = request_of(small, "GET", address)
        assert file.status == 200, address
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.headers["x-content-type-options"] == "nosniff"
        assert file.headers["cross-origin-resource-policy"] == "same-origin"
        assert "sandbox" in file.headers["content-security-policy"]


def test_the_page_is_never_stored_unchecked_and_nothing_foreign_runs_in_it(small, request_of):
    headers = request_of(small, "GET", "/", BROWSER).headers
    assert headers["cache-control"] == "no-cache"
    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        ("application/json, text/plain;q=0.9, text/html;q=0.5", "application/json"),
        ("text/html;q=0.2, application/*", "application/json"),
        ("*/*", "text/html; charset=utf-8"),
        ("text/html, application/json", "text/html; charset=utf-8"),
        ("application/json;q=oops, */*;q=0.1", "text/html; charset=utf-8"),
        (None, "text/html; charset=utf-8"),
    ],
)
def test_programs_that_prefer_json_read_where_the_description_is(small, request_of, accept, media_type):
    reply = request_of(small, "GET", "/", {"Accept": accept} if accept else {})
    assert (reply.status, reply.headers["content-type"]) == (200, media_type)
    assert "Accept" in reply.headers["vary"]
    if media_type == "application/json":
        assert reply.json["openapi"] == "/api/v1/openapi.json"


def test_head_has_the_headers_of_get(small, request_of):
    for path in ("/", *files_named(request_of(small, "GET", "/").body)):
        reply, head = request_of(small, "GET", path), request_of(small, "HEAD", path)
        assert (head.status, head.body, head.headers) == (200, b"", reply.headers)


def test_an_unchanged_file_is_not_sent_again(small, request_of):
    for path in ("/", *files_named(request_of(small, "GET", "/").body)):
        for encoding in ({}, {"Accept-Encoding": "gzip"}):
            tag = request_of(small, "GET", path, encoding).headers["etag"]
            for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
                again = request_of(small, "GET", path, {"If-None-Match": given, **encoding})
                assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
                assert "content-type" not in again.headers
                assert "content-length" not in again.headers
            assert request_of(small, "GET", path, {"If-None-Match": '"other"', **encoding}).status == 200


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0, *", None),
        ("br", None),
        ("gzip;q=0", None),
        ("", None),
    ],
)
def test_text_is_compressed_for_those_who_take_it(small, request_of, accepted, encoding):
    plain = request_of(small, "GET", "/")
    reply = request_of(small, "GET", "/", {"Accept-Encoding": accepted})
    assert reply.headers.get("content-encoding") == encoding
    assert (gzip.decompress(reply.body) if encoding else reply.body) == plain.body
    assert (reply.headers["etag"] != plain.headers["etag"]) is (encoding is not None)
    assert "Accept-Encoding" in reply.headers["vary"]


def test_the_page_needs_no_token_and_every_call_of_the_api_does(start_farm, request_of):
    farm = start_farm("echo", control={"token": "secret"})
    page = request_of(farm, "GET", "/", BROWSER)
    assert page.status == 200
    assert {request_of(farm, "GET", path).status for path in files_named(page.body)} == {200}
    assert request_of(farm, "GET", "/", {"Accept": "application/json"}).status == 200
    for path in ("/api/v1/worlds", "/api/v1/openapi.json", "/page", "/pages/x"):
        assert request_of(farm, "GET", path).status == 401
    assert request_of(farm, "POST", "/api/v1/tickets", body='{"path": "/api/v1/worlds"}').status == 401


def test_a_link_to_the_page_may_be_followed_and_a_frame_of_another_site_may_not(small, request_of):
    file = files_named(request_of(small, "GET", "/", LINK).body)[0]
    for path in ("/", file):
        assert request_of(small, "GET", path, {"Sec-Fetch-Site": "same-origin"}).status == 200
        assert request_of(small, "GET", path, {**LINK, "Sec-Fetch-Dest": "iframe"}).status == 403
        assert request_of(small, "GET", path, {"Sec-Fetch-Site": "cross-site"}).status == 403
        assert request_of(small, "GET", path, {"Origin": "http://evil.example"}).status == 403
        assert request_of(small, "GET", path, {"Host": "evil.example"}).status == 403


def test_a_script_of_the_page_may_use_the_api(small, request_of):
    host = f"127.0.0.1:{small.farm.control.port}"
    script = {"Host": host, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    assert request_of(small, "GET", "/api/v1/worlds", script).status == 200
    reset = "/api/v1/worlds/default/reset"
    assert request_of(small, "POST", reset, script | {"Origin": f"http://{host}"}, "{}").status < 300


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nothing.js",
        "../control/page.py",
        "%2e%2e/control/page.py",
        "..%2fcontrol%2fpage.py",
        "/etc/passwd",
        "index.html",
        "main.js/",
        "MAIN.JS",
        "main.js%00",
        "\\main.js",
    ],
)
def test_only_files_of_the_page_are_served(small, request_of, name):
    version = files_named(request_of(small, "GET", "/").body)[0].split("/")[2]
    reply = request_of(small, "GET", f"/page/{version}/{name}")
    assert (reply.status, reply.headers["content-type"]) == (404, "application/problem+json")


def test_files_of_another_version_are_not_served(small, request_of):
    reply = request_of(small, "GET", "/page/0000000000000000/main.js")
    assert (reply.status, reply.headers["cache-control"]) == (404, "no-store")


def test_starting_a_farm_reads_no_file_of_the_page(monkeypatch, start_farm, request_of):
    monkeypatch.setattr(PAGES, "current", None)
    farm = start_farm("echo")
    assert request_of(farm, "GET", "/livez").status == 200
    assert PAGES.current is None
    assert request_of(farm, "GET", "/").status == 200
    assert PAGES.current is not None


def test_a_changed_file_changes_the_address_of_all(tmp_path):
    (tmp_path / INDEX).write_text('<script src="/page/main.js"></script> "/pages/" /page/')
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "mail.js").write_text("1;\n")
    (tmp_path / "main.d.ts").write_text("")
    (tmp_path / ".hidden.js").write_text("")
    pages = Pages(tmp_path)
    first = pages.read_again()
    assert sorted(first.files) == [INDEX, "views/mail.js"]
    expected = f'<script src="/page/{first.version}/main.js"></script> "/pages/" /page/'
    assert first.files[INDEX].content.decode() == expected
    assert pages.read_again() is first
    (tmp_path / "views" / "mail.js").write_text("22;\n")
    second = pages.read_again()
    assert second.version != first.version
    assert second.files["views/mail.js"].content == b"22;\n"


def test_the_hash_tells_names_and_contents_apart():
    versions = [
        make_page((), files).version for files in ({"a.js": b"bc"}, {"ab.js": b"c"}, {"a.js": b"b", "c.js": b""})
    ]
    assert len(set(versions)) == 3


@pytest.mark.parametrize(
    ("header", "weight"),
    [
        (None, 1),
        ("", 0),
        ("gzip", 1),
        ("gzip;q=0.5", 0.5),
        ("*;q=0.1", 0.1),
        ("*, gzip;q=0", 0),
        ("gzip;x=1;q=.3", 0.3),
    ],
)
def test_the_most_specific_range_gives_the_weight(header, weight):
    assert quality(header, "gzip", "*") == weight


@pytest.mark.xfail(
    strict=True,
    reason="the budget of the page is missed: its files have about 452 KiB, of which comments are 70 KiB; "
    "compressed, they have 164 KiB",
)
def test_the_files_are_small():
    served = Pages().read_again().files.values()
    assert sum(len(file.content) for file in served) < 250 << 10
    assert FOLDER.is_dir()


def test_every_module_of_the_frame_and_of_the_first_view_is_fetched_at_once():
    """The browser would find those that modules import only after it has read these, round by round."""
    needed: set[str] = set()
    waiting = ["app.js", "views/overview.js"]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            imported = re.findall(r'^(?:import|\} from)\b[^"(]*"(\.[^"]+)"', (FOLDER / name).read_text(), re.MULTILINE)
            waiting += [normpath(f"{name}/../{one}") for one in imported]
    preloaded = re.findall(r'"modulepreload" href="/page/([^"]+)"', (FOLDER / INDEX).read_text())
    assert sorted([*preloaded, "app.js"]) == sorted(needed)
