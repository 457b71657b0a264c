"""The pytest plugin: a farm for the session, a fresh world for each test, and what went wrong in its report.

pytest loads this in every project that has Homeport installed, so importing it imports nothing else, and every name of
it begins with `homeport`. `-p no:homeport` leaves it out.
"""

import os
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from homeport.testing.farm import Farm
    from homeport.testing.service import Service
    from homeport.testing.world import World

MODES = ("thread", "process")
MARKER = (
    "homeport(services=None, config=None, clock=None, seed=0): what the world of the fixture `homeport` is like; what "
    "nearer markers say goes over what those of class and module say, and all of it over `homeport_config`"
)
ARGUMENTS = ("services", "config", "clock", "seed")
WORLDS = pytest.StashKey["list[World]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini keys."""
    group = parser.getgroup("homeport", "Homeport: real protocol servers to test network clients against")
    group.addoption(
        "--homeport-url",
        metavar="URL",
        default=os.environ.get("HOMEPORT_URL", ""),
        help="use the farm that runs there (http://HOST:PORT; HOMEPORT_TOKEN has its token), and start none",
    )
    group.addoption(
        "--homeport-world",
        metavar="NAME",
        default=os.environ.get("HOMEPORT_WORLD", ""),
        help="with --homeport-url: have every test use this one world, reset before each; for containers, where only "
        "the ports of the world `default` are published",
    )
    group.addoption(
        "--homeport-mode",
        choices=MODES,
        help="whether the farm is a thread of the test process or a process of its own (ini: homeport_mode; thread)",
    )
    parser.addini("homeport_mode", "thread or process: what the farm runs in", default="thread")
    parser.addini("homeport_services", "services of the farm and its worlds, as for --services", type="args")


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line("markers", MARKER)


def pytest_report_header(config: pytest.Config) -> str:
    """How the farm will run, if a test asks for it."""
    from homeport import __version__

    where = config.getoption("homeport_url") or f"{_mode(config)} mode"
    return f"homeport: {__version__}, {where}"


@pytest.fixture(scope="session")
def homeport_farm(request: pytest.FixtureRequest) -> "Iterator[Farm]":
    """A farm that all tests of the session share; `homeport_farm.world()` makes worlds of any scope."""
    from homeport.testing.farm import Farm

    config = request.config
    url, world = config.getoption("homeport_url"), config.getoption("homeport_world")
    if url:
        farm = Farm(
            services=None if world else _services(config),
            url=url,
            token=os.environ.get("HOMEPORT_TOKEN", ""),
            world=world or None,
        )
    else:
        farm = Farm(services=_services(config), mode=_mode(config))
    with farm:
        yield farm


@pytest.fixture(scope="session")
def homeport_config() -> dict[str, Any]:
    """The configuration of every fresh world, in plain values: override it in a conftest, module or class, at any
    scope. Keys are those of the configuration file, but for what all worlds of a farm share."""
    return {}


@pytest.fixture
def homeport(
    request: pytest.FixtureRequest, homeport_farm: "Farm", homeport_config: dict[str, Any]
) -> "Iterator[World]":
    """A fresh world with ports of its own, closed after the test."""
    wanted = _marked(request.node, homeport_config)
    shared: str = request.config.getoption("homeport_world")
    if shared and request.config.getoption("homeport_url"):
        if any(wanted.values()):
            pytest.skip(f"with --homeport-world the world {shared!r} is as its farm was configured")
        homeport_farm.reset()
        _remember(request.node, homeport_farm)
        yield homeport_farm
        return
    with homeport_farm.world(**wanted) as world:
        _remember(request.node, world)
        yield world


def _shortcut(name: str) -> Callable[..., Any]:
    @pytest.fixture(name=f"homeport_{name}")
    def service(homeport: "World") -> "Service":
        return homeport.service(name)

    service.__doc__ = f"`homeport.{name}`: the service {name} of the test's world."
    return service


homeport_echo = _shortcut("echo")
homeport_discard = _shortcut("discard")
homeport_users = _shortcut("users")
homeport_daytime = _shortcut("daytime")
homeport_qotd = _shortcut("qotd")
homeport_chargen = _shortcut("chargen")
homeport_time = _shortcut("time")
homeport_finger = _shortcut("finger")
homeport_whois = _shortcut("whois")
homeport_smtp = _shortcut("smtp")
homeport_ftp = _shortcut("ftp")
homeport_epp = _shortcut("epp")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Have the report of a failed test carry what its world saw."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and (worlds := _worlds(item)):
        from homeport.testing.report import sections

        for world in worlds:
            report.sections += sections(world)


def _mode(config: pytest.Config) -> Any:
    mode = config.getoption("homeport_mode") or config.getini("homeport_mode")
    if mode not in MODES:
        raise pytest.UsageError(f"homeport_mode = {mode}: write one of {', '.join(MODES)}")
    return mode


def _services(config: pytest.Config) -> list[str] | None:
    return config.getini("homeport_services") or None


def _marked(node: pytest.Item, base: dict[str, Any]) -> dict[str, Any]:
    """What markers say of the world, the nearest first, over the configuration of all."""
    wanted: dict[str, Any] = {}
    configs: list[dict[str, Any]] = []
    for marker in node.iter_markers("homeport"):
        if marker.args or (unknown := [name for name in marker.kwargs if name not in ARGUMENTS]):
            what = repr(marker.args[0]) if marker.args else unknown[0]
            raise pytest.UsageError(f"the marker homeport has no {what}: it takes {', '.join(ARGUMENTS)}, by name")
        configs.append(marker.kwargs.get("config") or {})
        wanted = {**marker.kwargs, **wanted}
    tree = base
    for config in reversed(configs):
        tree = _over(tree, config)
    return {**wanted, "config": tree}


def _over(base: Any, given: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(given, dict):
        return given
    return {**base, **{key: _over(base.get(key), value) for key, value in given.items()}}


def _remember(node: pytest.Item, world: "World") -> None:
    node.stash.setdefault(WORLDS, []).append(world)


def _worlds(item: pytest.Item) -> "list[World]":
    """The worlds that a test had: its own, and those that its other fixtures gave."""
    found = {id(world): world for world in item.stash.get(WORLDS, [])}
    # A farm or a world that a fixture of a wider scope made is told by its class's name: nothing is imported for it.
    for value in getattr(item, "funcargs", {}).values():
        if type(value).__module__ == "homeport.testing.world" and type(value).__name__ == "World":
            found[id(value)] = value
    return list(found.values())
