"""The page in a real browser: Debian's Chromium, driven by Playwright, before a farm with real traffic.

A test fails if the page writes an error to the console, raises, breaks its Content-Security-Policy, opens a dialog,
gets an error from the farm, or asks any other host for anything: `Watch` collects these. Pictures go to
`build/page-shots`.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.conftest import RunningFarm, farm_config
from tests.interop.conftest import client as client
from tests.interop.conftest import lacking
from tests.interop.conftest import run as run
from tests.page.traffic import Traffic

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "build" / "page-shots"
AXE = ROOT / "build" / "page-tools" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)
READY = """() => document.querySelector("main h1") !== null
    && document.querySelector("main[aria-busy=true], main [aria-busy=true], main hp-skeleton") === null
    && [...document.querySelectorAll("link[rel=stylesheet]")].every(one => one.sheet)"""
"""True when a view has its heading and style, and nothing of it is being loaded."""
WIDE = (1440, 900)
PHONE = (360, 740)
BLOCKED = re.compile(r"Content Security Policy|Blocked script execution|Blocked form submission|sandbox", re.IGNORECASE)
"""What the browser says of content that it has blocked."""
BLOCKED_WITHIN = re.compile(r"^Framing '.*'frame-src' was not explicitly set|^Unsafe attempt to load URL", re.DOTALL)
"""What it says, without a place, of frames and SVG references in such content; the page's policy has frame-src."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Watch:
    """What a page does that no page may do. allowed: patterns of what the test provokes."""

    origin: str
    wrong: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def follow(self, page: Any) -> None:
        """Watch a page, its frames and its workers."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.note(f"exception: {error}"))
        page.on("crash", lambda _page: self.note("crash"))
        page.on("dialog", lambda dialog: (self.note(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda popup: self.note(f"window: {popup.url}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def note(self, what: str) -> None:
        """Record something wrong, unless the test allows it."""
        if not any(re.search(pattern, what) for pattern in self.allowed):
            self.wrong.append(what)

    def check(self) -> None:
        """Fail if anything was wrong so far."""
        assert self.wrong == []

    def _console(self, message: Any) -> None:
        # Of a frame that shows what other hosts sent: the browser says what it has blocked there, as it should.
        foreign = message.location.get("url", "").startswith((f"{self.origin}/api/", "about:srcdoc"))
        blocked = (foreign and BLOCKED.search(message.text)) or BLOCKED_WITHIN.search(message.text)
        if message.type == "error" and not blocked:
            self.note(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.note(f"request: {request.url[:200]}")

    def _failed(self, request: Any) -> None:
        # The browser stopped the request by the policy of a frame that shows what others sent, or as it has no origin.
        # The frame may be gone by now. What the page's own policy stops is an error on the console besides.
        note = f"request: {request.url[:200]}"
        if request.failure in ("csp", "origin") and note in self.wrong:
            self.wrong.remove(note)

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.note(f"response: {response.status} {response.url[:200]}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser, shared by the tests of a module; Playwright's event loop runs no longer than that."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("Playwright for Python is not installed (pip install playwright)")
    path = shutil.which("chromium")
    if path is None:
        lacking("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def show(browser: Any, start_farm: Callable[..., RunningFarm]) -> Iterator[Callable[..., Any]]:
    """Open the page of a farm at an address: `show(farm, "/live?q=type:finding")`; return Playwright's page.

    It needs `start_farm`, so that pages are closed before their farm stops, and do not report that it is gone.
    Each call is a new visitor with a storage of their own. `page.watch` has what was wrong with it.
    """
    contexts, watches = [], []

    def open_page(
        farm: RunningFarm, address: str = "/overview", *, size: tuple[int, int] = WIDE, dark: bool = False, **more: Any
    ) -> Any:
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        origin = f"http://127.0.0.1:{farm.farm.control.port}"
        page.watch = Watch(origin)
        page.watch.follow(page)
        watches.append(page.watch)
        page.goto(f"{origin}/#{address}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    for watch in watches:
        watch.check()


@pytest.fixture
def go() -> Callable[..., None]:
    """Go to another address of the page, as a link does, and wait until the view is there: `go(page, "/faults")`."""

    def go(page: Any, address: str) -> None:
        page.evaluate("address => { location.hash = address; }", address)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        page.wait_for_function(READY)

    return go


@pytest.fixture
def ready() -> Callable[[Any], None]:
    """Wait until the view of a page is there."""
    return lambda page: page.wait_for_function(READY)


@pytest.fixture
def shot(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """Take a picture of a page: `shot(page, "after")`. CI keeps them."""

    def take(page: Any, name: str = "", **options: Any) -> Path:
        SHOTS.mkdir(parents=True, exist_ok=True)
        words = re.sub(r"[^\w.-]+", "-", f"{request.node.name}-{name}" if name else request.node.name).strip("-")
        path = SHOTS / f"{words}.png"
        page.screenshot(path=path, animations="disabled", **options)
        return path

    return take


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """Check a page with axe-core; return its violations in short: `assert axe(page) == []`.

    Playwright evaluates the source by the debugging protocol, which the page's Content-Security-Policy does not bind.
    """
    if not AXE.exists():
        lacking("axe-core is not installed (make page)")
    source = AXE.read_text(encoding="utf-8")

    def check(page: Any) -> list[str]:
        page.evaluate(f"() => {{ {source}\n }}")
        found = page.evaluate(
            "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations'], iframes: false})", TAGS
        )
        return [
            f"{one['id']}: {one['help']}: {' | '.join(' '.join(map(str, node['target'])) for node in one['nodes'][:5])}"
            for one in found["violations"]
        ]

    return check


@pytest.fixture
def overflow() -> Callable[[Any], list[str]]:
    """Return the elements that make a page scroll sideways, the outermost first; empty if it does not."""
    return lambda page: page.evaluate(
        """() => {
            const root = document.scrollingElement ?? document.documentElement;
            if (root.scrollWidth <= root.clientWidth) return [];
            return [...document.querySelectorAll("body *")]
                .filter(one => one.getBoundingClientRect().right > root.clientWidth + 1)
                .slice(0, 5)
                .map(one => `${one.localName}.${[...one.classList].join(".")} ${one.getBoundingClientRect().right}`);
        }"""
    )


@pytest.fixture(scope="session")
def traffic(client: Callable[[str], str], run: Callable[..., bytes]) -> Callable[[RunningFarm], Traffic]:
    """Real clients for a farm: `traffic(farm).everything()`, `traffic(farm).mail(subject="Ahoy")`."""
    return lambda farm: Traffic(farm, client, run)


@pytest.fixture
def seeded(farm: RunningFarm, traffic: Callable[[RunningFarm], Traffic]) -> RunningFarm:
    """A farm with every service, which real clients have used."""
    traffic(farm).everything()
    return farm


@pytest.fixture(scope="module")
def used(traffic: Callable[[RunningFarm], Traffic]) -> Iterator[RunningFarm]:
    """A farm as `seeded`, shared by those tests of a module that change nothing which others of them look at."""
    farm = RunningFarm(farm_config())
    try:
        traffic(farm).everything()
        yield farm
    finally:
        farm.stop()
