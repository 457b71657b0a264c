"""Every URL of the documentation with a default port, requested by Node's fetch and by a browser."""

import html
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("README.md", "docs/**/*.md", "docs/homeport.1", "examples/**/*", "deploy/**/*", "servers/homeport/cli/*.py")
URL = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\]|homeport|\$host)(:\d+[^\s\"'`)<>\\}{|]*)")
"""`homeport` and `$host` are the names of a farm for containers; the port and the path are the same."""
FETCH = """
const ask = async (url) => {
  const answer = await fetch(url);
  return [url, { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() }];
};
Promise.all(process.argv.slice(1).map(ask)).then((all) => console.log(JSON.stringify(Object.fromEntries(all))));
"""
CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
CHROMIUM += ("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage")


def documented():
    """Return the URLs, each once."""
    files = sorted(path for place in PLACES for path in ROOT.glob(place) if path.is_file())
    found = {match[1].rstrip(".,;:") for path in files for match in URL.finditer(path.read_text(errors="replace"))}
    return sorted(f"http://127.0.0.1{rest}" for rest in found)


@pytest.fixture
def fetched(client, on_default_ports):
    """Return the answers to Node's fetch, by URL."""
    done = on_default_ports(client("node"), "-e", FETCH, "--", *documented())
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_documentation_names_the_api_and_the_page():
    urls = documented()
    assert len(urls) >= 8
    assert {"http://127.0.0.1:18000", "http://127.0.0.1:18000/api/v1/worlds/default"} <= set(urls)


def test_node_fetches_every_documented_url(fetched):
    assert sorted(fetched) == documented()
    for url, answer in fetched.items():
        # Error answers count: a world that a page creates does not exist here, and some URLs are for POST alone.
        assert answer["status"] in (200, 404, 405), url
        assert answer["text"]


def test_a_browser_opens_every_documented_url(client, fetched, on_default_ports, tmp_path):
    loop = 'browser=$1; shift; for url; do "$browser" {} --dump-dom "$url" 2>>{} || exit 1; printf "\\0"; done'
    options = (*CHROMIUM, f"--user-data-dir={tmp_path / 'profile'}")
    script = loop.format(" ".join(options), tmp_path / "browser.log")
    done = on_default_ports("bash", "-c", script, "bash", client("chromium"), *documented(), timeout=300)
    assert done.returncode == 0, done.stdout
    shown = dict(zip(documented(), done.stdout.split("\0"), strict=False))
    assert list(shown) == documented()
    for url, document in shown.items():
        if "json" in fetched[url]["type"]:
            text = html.unescape(re.search(r"<pre[^>]*>(.*?)</pre>", document, re.DOTALL)[1])
            assert json.loads(text).keys() == json.loads(fetched[url]["text"]).keys(), url
        else:
            assert re.search(r"<title>[^<]*Homeport", document), url
