"""Measures the page in Debian's chromium: `page.py [paint] [live] [scroll] [hidden]`, all of them by default.

It needs Playwright for Python (`pip install playwright`). `SECONDS=600` makes `live` last ten minutes for each rate.
`RATES=10000` has it measure that rate only.
`TRACE=FILE` writes Chromium's trace of `paint`, for its performance panel.
"""

import json
import multiprocessing
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measure import UP, memory, processor_seconds, running, show
from observing import RECORD_ALL, control_port
from playwright.sync_api import Browser, Page, sync_playwright

SECONDS = float(os.environ.get("SECONDS", "30"))
TRACE = os.environ.get("TRACE", "")
ROUNDS = 11
RATES = [int(one) for one in os.environ.get("RATES", "1000,10000").split(",")]
SCROLLED = 100_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--js-flags=--expose-gc"]
WATCH = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) tasks.push([one.startTime, one.duration]);
}).observe({ type: "longtask", buffered: true });
const look = () => requestAnimationFrame(() => {
  if (document.querySelector("#rail a")) window.framed = performance.now();
  else look();
});
look();
"""
PAINTED = """() => new Promise((resolve) => {
  const seen = () => document.querySelector("main h1") && !document.querySelector("main [aria-busy=true]");
  const check = () => (seen() ? requestAnimationFrame(() => resolve({
    first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    frame: window.framed,
    whole: performance.now(),
    requests: performance.getEntriesByType("resource").length,
    bytes: performance.getEntriesByType("resource").reduce((sum, one) => sum + one.encodedBodySize, 0),
  })) : setTimeout(check, 5));
  check();
})"""
HIDE = """() => {
  Object.defineProperty(document, "hidden", { value: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


def visit(browser: Browser, port: int, address: str) -> Page:
    """Open the page as a visitor with an empty cache."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.add_init_script(WATCH)
    page.goto(f"http://127.0.0.1:{port}/{address}")
    return page


def paint() -> None:
    """Measure the time until something is drawn, and until the first view has its data."""
    rows = [("page", "first paint, ms", "min - max", "frame, ms", "min - max", "whole view, ms", "requests", "KiB")]
    with running(UP) as (_process, ready, _took), chromium() as browser:
        port = control_port(ready)
        for address in ("livez", "#/overview", "#/live", "#/mail"):
            found = []
            for turn in range(ROUNDS + 1):
                page = visit(browser, port, address)
                if address == "livez":
                    script = "() => ({ first: performance.getEntriesByName('first-contentful-paint')[0].startTime })"
                    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
                else:
                    script = PAINTED
                one = page.evaluate(script)
                if turn:  # the first starts the browser
                    found.append(one)
                page.context.close()
            rows.append((address, *painted(found)))
        if TRACE:
            context = browser.new_context()
            page = context.new_page()
            browser.start_tracing(page=page, path=TRACE)
            page.goto(f"http://127.0.0.1:{port}/#/overview")
            page.evaluate(PAINTED)
            browser.stop_tracing()
    show("Paint", rows)


def painted(found: list[dict[str, float]]) -> tuple[str, ...]:
    """Return the cells of a row."""
    if "whole" not in found[0]:
        return (*spread(one["first"] for one in found), "", "", "", "", "")
    return (
        *spread(one["first"] for one in found),
        *spread(one["frame"] for one in found),
        f"{statistics.median(one['whole'] for one in found):.0f}",
        f"{found[0]['requests']:.0f}",
        f"{found[0]['bytes'] / 1024:.0f}",
    )


def spread(given: Iterable[float]) -> tuple[str, str]:
    """Return the median of figures, and their range."""
    found = list(given)
    return f"{statistics.median(found):.0f}", f"{min(found):.0f} - {max(found):.0f}"


def knock(port: int, rate: int, seconds: float) -> None:
    """Send datagrams to Echo at an even rate: each is an event."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(("127.0.0.1", port))
    client.setblocking(False)
    began = time.perf_counter()
    sent = 0
    while (passed := time.perf_counter() - began) < seconds:
        while sent < passed * rate:
            try:
                client.send(b"event %d of a bench, as long as a short command" % sent)
                client.recv(1000)
            except OSError:
                pass
            sent += 1
        time.sleep(0.002)


@contextmanager
def traffic(ready: dict[str, Any], rate: int, seconds: float) -> Iterator[None]:
    """Events at a rate, by another process."""
    port = ready["services"]["echo"]["udp"]["port"]
    sender = multiprocessing.get_context("spawn").Process(target=knock, args=(port, rate, seconds))
    sender.start()
    yield
    sender.join()


def heap(page: Page) -> float:
    """Return the page's heap in MiB, after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    size: float = session.send("Runtime.getHeapUsage")["usedSize"] / (1 << 20)
    session.detach()
    return size


def tab(browser: Browser) -> float:
    """Return the memory of the largest renderer process in MiB, with its share of what processes share."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return max(memory(one["id"]) for one in processes if one["type"] == "renderer") / 1024


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[list[float]]:
    """The processor time of each task of the page's thread in ms, known at the end: the longest is the last."""
    times: list[float] = []
    with tempfile.NamedTemporaryFile() as file:
        browser.start_tracing(page=page, path=file.name, categories=["disabled-by-default-devtools.timeline"])
        yield times
        browser.stop_tracing()
        events = json.loads(Path(file.name).read_bytes())["traceEvents"]
    threads = [one for one in events if one.get("args", {}).get("name") == "CrRendererMain"]
    for thread in threads:
        where = (thread["pid"], thread["tid"])
        tasks = (one for one in events if one["name"] == "RunTask" and (one["pid"], one["tid"]) == where)
        times += [one.get("tdur", 0) / 1000 for one in tasks]
    times.sort()


def live() -> None:
    """Measure the tasks and the memory of Live and Overview while events arrive.

    A task's length is of real time, in which other processes ran too, and of its own processor time.
    """
    heads = ("view", "events/s", "tasks over 50 ms", "longest, ms", "of processor time, ms")
    rows = [(*heads, "heap, MiB", "tab, MiB", "farm, % of a core")]
    for address in ("#/live", "#/overview"):
        for rate in RATES:
            with running(RECORD_ALL) as (process, ready, _took), chromium() as browser:
                page = visit(browser, control_port(ready), address)
                page.evaluate(PAINTED)
                page.evaluate("() => { tasks.length = 0; }")
                before = processor_seconds(process.pid)
                with traffic(ready, rate, SECONDS):
                    with traced(browser, page) as times:
                        page.wait_for_timeout(min(SECONDS, 20) * 1000)
                    page.wait_for_timeout(max(SECONDS - 20, 0) * 1000)
                spent = processor_seconds(process.pid) - before
                tasks = [took for _began, took in page.evaluate("() => tasks")]
                cells = (
                    str(len(tasks)),
                    f"{max(tasks, default=0):.0f}",
                    f"{times[-1]:.0f}",
                    f"{heap(page):.0f}",
                    f"{tab(browser):.0f}",
                    f"{100 * spent / SECONDS:.0f}",
                )
                rows.append((address, f"{rate:,}", *cells))
    show(f"Live data, {SECONDS:.0f} s", rows)


def scroll() -> None:
    """Measure scrolling back through a journal of a hundred thousand events."""
    rows = [("journal", "turns of the wheel", "tasks over 50 ms", "longest, ms", "frames over 33 ms", "heap, MiB")]
    with running([*RECORD_ALL, "--set", "journal.size=256MiB"]) as (_process, ready, _took), chromium() as browser:
        with traffic(ready, 20_000, SCROLLED / 20_000 + 1):
            pass
        page = visit(browser, control_port(ready), "#/live")
        page.evaluate(PAINTED)
        page.locator("hp-list").hover()
        page.evaluate(
            """() => { tasks.length = 0; window.frames = []; let last = performance.now();
            const step = (now) => { frames.push(now - last); last = now; requestAnimationFrame(step); };
            requestAnimationFrame(step); }"""
        )
        turns = 600
        for _ in range(turns):
            page.mouse.wheel(0, -1500)
        page.wait_for_timeout(500)
        tasks = [took for _began, took in page.evaluate("() => tasks")]
        late = page.evaluate("() => frames.filter((one) => one > 33).length")
        whole = page.evaluate("() => frames.length")
        longest = f"{max(tasks, default=0):.0f}"
        rows.append(
            (f"{SCROLLED:,} events", str(turns), str(len(tasks)), longest, f"{late} of {whole}", f"{heap(page):.0f}")
        )
    show("Scrolling", rows)


def hidden() -> None:
    """Measure what an open tab costs the farm at 1,000 events a second: none, in sight, and hidden for 30 s."""
    rows = [("tab", "farm, % of a core")]
    with running(RECORD_ALL) as (process, ready, _took), chromium() as browser:
        page = None
        for name in ("none", "in sight", "hidden"):
            if name == "in sight":
                page = visit(browser, control_port(ready), "#/overview")
                page.evaluate(PAINTED)
            elif name == "hidden" and page is not None:
                page.evaluate(HIDE)
                page.wait_for_timeout(31_000)
            before = processor_seconds(process.pid)
            with traffic(ready, 1000, 10):
                if page is not None:
                    page.wait_for_timeout(10_000)
            rows.append((name, f"{10 * (processor_seconds(process.pid) - before):.1f}"))
    show("What a tab costs the farm", rows)


MEASURES: dict[str, Callable[[], None]] = {"paint": paint, "live": live, "scroll": scroll, "hidden": hidden}

if __name__ == "__main__":
    os.chdir(Path(__file__).parent)
    for name in sys.argv[1:] or MEASURES:
        MEASURES[name]()
