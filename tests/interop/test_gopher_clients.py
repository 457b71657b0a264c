"""Clients of other authors that speak Gopher. None of them asks again by itself."""

import asyncio
import importlib
import os
import pty
import select
import signal
import termios
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress

import pytest
from conftest import RunningFarm, farm_config
from tests.interop.conftest import lacking

from homeport.protocol.faults import Do, Limit, Plan

CHART = bytes(range(256)) * 16
ANSWER_S = 30
"""Seconds after which a client in a terminal has failed."""


@pytest.fixture(scope="module")
def farm() -> Iterator[RunningFarm]:
    """Return a farm for all clients; several of them end their selectors with LF alone."""
    running = RunningFarm(farm_config("gopher", "ftp", gopher={"tls": True, "syntax": "lenient"}))
    yield running
    running.stop()


@pytest.fixture
def url(farm):
    """Return the URL of an item: `url("1/files")`."""
    return lambda item="", scheme="gopher": f"{scheme}://127.0.0.1:{farm.port('gopher')}/{item}"


@pytest.fixture
def findings(farm):
    """Return what the client of this test has done wrong."""
    since = farm.call(lambda: farm.world.journal.seq)
    return lambda: {one["id"].removeprefix("gopher.") for one in farm.events("finding", since)}


def library(name: str):
    """Import a client; skip the test without it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError as error:
        lacking(f"there is no {name} in this Python: {error}")


def on_screen(argv: list[str], wanted: bytes) -> bool:
    """Run a program in a terminal of its own until it shows a text; return True if it does."""
    child, terminal = pty.fork()
    if child == 0:
        termios.tcsetwinsize(0, (40, 120))
        os.execvpe(argv[0], argv, {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"})
    got = b""
    deadline = time.monotonic() + ANSWER_S
    try:
        while wanted not in got and time.monotonic() < deadline:
            if select.select([terminal], [], [], 1)[0]:
                got += os.read(terminal, 65536)
    except OSError:  # the program has ended
        pass
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    return wanted in got


# curl


def test_curl_gets_menus_texts_and_binaries(client, run, url, findings):
    curl = client("curl")
    assert b"1Files\t/files\t127.0.0.1\t" in run(curl, "-sS", url())
    assert run(curl, "-sS", url("0/files/README.txt")).endswith(b"morning back.\r\n.\r\n")
    assert run(curl, "-sS", url("9/files/pub/chart.bin")) == CHART
    assert b"0tides.txt\t" in run(curl, "-sS", url("7/search%09tides"))
    assert b"A name with spaces" in run(curl, "-sS", url("0/files/pub/log%20of%20the%20day.txt"))
    assert run(curl, "-sS", url("9/files/pub/chart.bin%09+")) == b"+4096\r\n" + CHART
    assert findings() == set()


def test_curl_gets_the_same_over_tls_on_the_same_port(client, run, url, farm, findings):
    curl, ca = client("curl"), farm.farm.certificates.ca_file
    assert run(curl, "-sS", "--cacert", ca, url("9/files/pub/chart.bin", "gophers")) == CHART
    assert findings() == set()


def test_curl_over_ipv6(client, run, farm):
    port = farm.port("gopher")
    assert b"1Files\t/files\t::1\t" in run(client("curl"), "-sS", f"gopher://[::1]:{port}/")


def test_curl_does_not_check_whether_an_answer_is_whole(client, run, url, farm):
    farm.call(farm.world.faults.add, Plan(service="gopher", do=Do(limit=Limit(10))))
    assert run(client("curl"), "-sS", url("9/files/pub/chart.bin")) == CHART[:10]


# Browsers


def test_lynx_shows_menus_and_texts_and_searches(client, run, url, findings):
    lynx = client("lynx")
    assert b"(DIR) [1]Files" in run(lynx, "-dump", url())
    assert b"tides.txt" in run(lynx, "-dump", url("1/files/pub"))
    assert run(lynx, "-dump", url("0/files/README.txt")).startswith(b"Welcome to the harbour")
    assert b"Alice Liddell" in run(lynx, "-dump", url("7/search?tides"))
    assert findings() == set()


def test_w3m_shows_menus_and_ends_its_selectors_with_lf_alone(client, run, url, findings):
    w3m = client("w3m")
    assert b"Quote of the day" in run(w3m, "-dump", url("1"))
    assert b"Welcome to the harbour" in run(w3m, "-dump", url("0/files/README.txt"))
    assert "bare-lf" in findings()


# Clients in a terminal


def test_sacc_shows_a_menu(client, url, findings):
    assert on_screen([client("sacc"), url()], b"Quote of the day")
    assert findings() == set()


def test_the_client_of_minnesota_shows_a_folder(client, farm, findings):
    words = [client("gopher"), "-p", "/files/pub", "-T", "1", "127.0.0.1", str(farm.port("gopher"))]
    assert on_screen(words, b"tides.txt")
    assert findings() == set()


def test_bombadillo_shows_a_menu_and_ends_its_selectors_with_lf_alone(client, url, findings):
    assert on_screen([client("bombadillo"), url()], b"Quote of the day")
    assert findings() == {"bare-lf"}


# Libraries of Python


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves its sockets open
def test_pituophis_reads_menus_searches_and_tls(farm, findings):
    pituophis = library("pituophis")
    port = farm.port("gopher")
    menu = pituophis.get("127.0.0.1", port, "/files/pub").menu()
    assert [(one.type, one.text, one.path) for one in menu][:2] == [
        ("0", "chanty.txt", "/files/pub/chanty.txt"),
        ("9", "chart.bin", "/files/pub/chart.bin"),
    ]
    found = pituophis.get("127.0.0.1", port, "/search", query="ledger").menu()
    assert found[0].text == "ledger-1987.txt"  # and items for the dot and what follows it
    secure = pituophis.get("127.0.0.1", port, "/files/pub/chart.bin", tls=True, tls_verify=False)
    assert secure.binary == CHART
    assert findings() == set()


def test_mototli_reads_menus_texts_binaries_and_attributes(farm, findings):
    client = library("mototli.client")

    async def talk() -> None:
        port = farm.port("gopher")
        async with client.GopherClient() as gopher:
            menu = await gopher.get("127.0.0.1", "/files/pub", port=port)
            assert menu.items[5].selector == "/files/pub/tides.txt"
            attributes = await gopher.get_attributes("127.0.0.1", "/files/pub/tides.txt", port=port)
            assert "operator@homeport.test" in str(attributes)

    asyncio.run(talk())
    assert findings() == set()
