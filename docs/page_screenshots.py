"""Take pictures of the page's views, into images/page-*.png: a browser before a farm with real traffic.

    python docs/page_screenshots.py        (make screenshots)

Chromium, Playwright for Python, swaks and curl are needed. The farm runs in this process, in a network of its own, so
its ports are the default ones. Its real time and the browser's begin at one moment, and chance has a fixed seed.
Ports of clients, which the system chooses, are replaced in the pictures.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "servers")]

import snippets  # noqa: E402 - found by the line above
from tests.conftest import RunningFarm  # noqa: E402
from tests.page.addresses import ADDRESSES, views_of  # noqa: E402
from tests.page.conftest import FLAGS, READY  # noqa: E402
from tests.page.traffic import Traffic  # noqa: E402

MOMENT = 1_792_008_000.0
"""2026-10-14T20:00:00Z."""
SEED = 7
MAX_LOOKS = 20
"""Pictures that are taken of a view until two are equal."""
BETWEEN_MS = 1500
"""Time between two of them: longer than the page waits before it asks for a list again."""
SIZE = {"width": 1280, "height": 800}
PICTURED = {
    "mail": "/mail/m1/text",
    "registry": "/registry/domains/redemption.test",
    "names": "/names/shop.example",
    "faults": "/faults",
    "live": "/live",
}
"""The address of a view's picture, where it is not the first of its addresses."""
DARK = "live"
"""The view that has a dark picture too."""
IN_NAMESPACE = "HOMEPORT_SCREENSHOTS"
"""Set for the process that runs in the network of its own."""


REPLACE_PORTS = r"""() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const node = texts.currentNode;
        const text = node.data.replace(/(127\.0\.0\.1:)[3-6]\d{4}\b/g, "$140312");
        if (text !== node.data) node.data = text;
    }
}"""


STILL = "let reads = 0; performance.now = () => { reads += 1; return reads / 1000; };"
"""Has the page's clock stand almost still: of the browser's times, Playwright stops only dates."""
SAME_PIXELS = (
    "--disable-partial-raster",
    "--disable-skia-runtime-opts",
    "--disable-checker-imaging",
    "--num-raster-threads=1",
)
"""Has Chromium draw tiles as a whole: a tile that is drawn again in part has other shades at round corners."""


class Ticking:
    """A real time that advances by a thousandth of a second each time that it is read, until it is stopped."""

    def __init__(self, moment: float) -> None:
        self.now = moment
        self.step = 0.001

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def start_farm(clock: Ticking) -> RunningFarm:
    """Start the farm, on the default ports, with this real time."""
    from homeport.config.reading import load, parse_setting
    from homeport.farm import supervisor

    supervisor.time = SimpleNamespace(time=clock)
    return RunningFarm(load(None, {}, [parse_setting(("farm", "seed"), str(SEED), "--seed")]))


def find(name: str) -> str:
    """Return the path of a program."""
    path = shutil.which(name)
    if path is None:
        sys.exit(f"{name} is missing: install it (Debian: {name})")
    return path


def run(*command: object, stdin: bytes = b"") -> bytes:
    """Run a program; return its output."""
    words = [str(word) for word in command]
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run(words, input=stdin, capture_output=True, check=True, timeout=60, env=environment).stdout


def open_page(browser: Any, farm: RunningFarm, *, dark: bool = False) -> Any:
    """Return a page that shows the farm; its time stands still."""
    context = browser.new_context(
        viewport=SIZE, color_scheme="dark" if dark else "light", reduced_motion="reduce", locale="en-GB",
        timezone_id="UTC",
    )  # fmt: skip
    page = context.new_page()
    page.clock.set_fixed_time(MOMENT + 60)
    page.add_init_script(STILL)
    page.goto(f"http://127.0.0.1:{farm.farm.control.port}/#/overview")
    page.wait_for_function(READY)
    return page


def picture(page: Any, address: str, name: str) -> None:
    """Write the picture of an address."""
    page.evaluate("address => { location.hash = address; }", address)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    page.wait_for_function(READY)
    page.evaluate("() => document.activeElement?.blur()")
    before, shown = b"", b"-"
    for _ in range(MAX_LOOKS):
        if before == shown:
            break
        page.wait_for_timeout(BETWEEN_MS)
        page.evaluate(REPLACE_PORTS)
        before, shown = shown, page.screenshot(animations="disabled", caret="hide")
    (HERE / "images" / f"page-{name}.png").write_bytes(shown)
    print(f"docs/images/page-{name}.png")


def main() -> None:
    """Write every picture."""
    from playwright.sync_api import sync_playwright

    clock = Ticking(MOMENT)
    farm = start_farm(clock)
    Traffic(farm, find, run).everything()
    clock.now, clock.step = MOMENT + 60, 0.0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find("chromium"), args=[*FLAGS, *SAME_PIXELS])
        page = open_page(browser, farm)
        views = views_of(page)
        for view in views:
            picture(page, PICTURED.get(view, ADDRESSES[view][0]), view)
        if DARK in views:
            picture(open_page(browser, farm, dark=True), PICTURED[DARK], f"{DARK}-dark")
        browser.close()
    farm.stop()


if __name__ == "__main__":
    if IN_NAMESPACE in os.environ:
        main()
    else:
        namespace = snippets.network()
        if namespace is None:
            sys.exit("cannot make a network namespace here (unshare --net): run as root, or allow user namespaces")
        sys.exit(
            subprocess.run([*namespace, sys.executable, __file__], env={**os.environ, IN_NAMESPACE: "1"}).returncode
        )
