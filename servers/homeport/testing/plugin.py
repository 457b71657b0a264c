"""The pytest plugin: a farm for the session, a fresh world for each test, and reports of what happened in it.

pytest loads this in every project that has Homeport installed, so importing it imports nothing else, and all its names
begin with `homeport`. `-p no:homeport` disables it.
"""

import os
import warnings
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from homeport.testing.farm import Farm
    from homeport.testing.service import Service
    from homeport.testing.world import World

Result = TypeVar("Result")
MODES = ("thread", "process")
MARKER = (
    "homeport(services=None, config=None, clock=None, seed=0): settings of the world of the fixture `homeport`; "
    "nearer markers override those of class and module, and all override `homeport_config`"
)
ARGUMENTS = ("services", "config", "clock", "seed")
UNUSED = ("error", "warn", "ignore")
WORLDS = pytest.StashKey["list[World]"]()
ADVICE = "Plan it with optional=True if it need not act; for all tests, set homeport_unused_faults = warn or ignore."
LACKS = "homeport: the world"
"""Prefix of the reason of a test that is skipped because its world is unavailable."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register options and ini keys."""
    group = parser.getgroup("homeport", "Homeport: real protocol servers to test network clients against")
    group.addoption(
        "--homeport-url",
        metavar="URL",
        default=os.environ.get("HOMEPORT_URL", ""),
        help="use the running farm at http://HOST:PORT (HOMEPORT_TOKEN has its token) instead of starting one",
    )
    group.addoption(
        "--homeport-world",
        metavar="NAME",
        default=os.environ.get("HOMEPORT_WORLD", ""),
        help="with --homeport-url: use this one world for every test, reset before each; for containers, where only "
        "the ports of the world `default` are published",
    )
    group.addoption(
        "--homeport-mode",
        choices=MODES,
        help="run the farm in a thread of the test process or as a child process (ini: homeport_mode; thread)",
    )
    parser.addini("homeport_mode", "thread or process: how the farm runs", default="thread")
    parser.addini("homeport_services", "services of the farm and its worlds, as for --services", type="args")
    parser.addini(
        "homeport_unused_faults",
        "error, warn or ignore: result of a test that planned a fault which never acted (error)",
        default="error",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the counter of tests that a shared world cannot serve."""
    config.addinivalue_line("markers", MARKER)
    config.pluginmanager.register(SharedWorld(), "homeport-shared-world")


def pytest_report_header(config: pytest.Config) -> str:
    """Report how the farm will run, if a test asks for it."""
    from homeport.version import __version__

    _unused_faults(config)
    where = config.getoption("homeport_url") or f"{_mode(config)} mode"
    return f"homeport: {__version__}, {where}"


@pytest.fixture(scope="session")
def homeport_farm(request: pytest.FixtureRequest) -> "Iterator[Farm]":
    """A farm that all tests of the session share; `homeport_farm.world()` creates worlds of any scope."""
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
    _attempt(farm.start)
    with farm:
        yield farm


@pytest.fixture(scope="session")
def homeport_config() -> dict[str, Any]:
    """The configuration of every fresh world, in plain values: override it in a conftest, module or class, at any
    scope. Keys are those of the configuration file, without those that all worlds of a farm share."""
    return {}


@pytest.fixture
def homeport(
    request: pytest.FixtureRequest, homeport_farm: "Farm", homeport_config: dict[str, Any]
) -> "Iterator[World]":
    """A fresh world on its own ports, closed after the test."""
    wanted = _marked(request.node, homeport_config)
    if request.config.getoption("homeport_world") and request.config.getoption("homeport_url"):
        if lacks := _lacks(homeport_farm, wanted):
            pytest.skip(f"{LACKS} {homeport_farm.name!r} of --homeport-world {lacks}")
        homeport_farm.reset()
        if wanted.get("clock") is not None:
            from homeport.testing.farm import start_of_time

            _attempt(lambda: homeport_farm.clock.set(start_of_time(wanted["clock"])))
        _remember(request.node, homeport_farm)
        yield homeport_farm
        return
    with _attempt(lambda: homeport_farm.world(**wanted)) as world:
        _remember(request.node, world)
        yield world


def _shortcut(name: str) -> Callable[..., Any]:
    @pytest.fixture(name=f"homeport_{name}")
    def service(homeport: "World") -> "Service":
        return _attempt(lambda: homeport.service(name))

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
homeport_imap = _shortcut("imap")
homeport_ftp = _shortcut("ftp")
homeport_epp = _shortcut("epp")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a passing test if a fault that it planned never acted. A failing test keeps its own failure."""
    result = yield
    todo = _unused_faults(item.config)
    worlds = item.stash.get(WORLDS, [])
    if todo == "ignore" or not worlds:
        return result
    from homeport.testing.errors import FarmError, UnusedFaultWarning

    unused: list[str] = []
    for world in worlds:
        try:
            world.assert_faults_acted()
        except FarmError:
            continue  # the test has closed the world, or stopped the farm
        except AssertionError as error:
            unused.append(str(error))
    if unused and todo == "error":
        pytest.fail("\n".join([*unused, ADVICE]), pytrace=False)
    for words in unused:
        warnings.warn(UnusedFaultWarning(words), stacklevel=1)
    return result


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Add the events of a failed test's world to its report."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and item.stash.get(WORLDS, []):
        report.homeport_world = True
    if report.failed and (worlds := _worlds(item)):
        from homeport.testing.report import sections

        for world in worlds:
            report.sections += sections(world)


class SharedWorld:
    """Counts the tests that the world of --homeport-world could not serve, and reports them at the end.

    If it could serve none, the run fails, because it has tested nothing.
    """

    def __init__(self) -> None:
        self.skipped: dict[str, str] = {}
        """The reason, by test."""
        self.served = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a skipped test; reports of xdist workers arrive here too."""
        self.served = self.served or getattr(report, "homeport_world", False)
        if report.skipped and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2].removeprefix("Skipped: ")
            if reason.startswith(LACKS):
                self.skipped[report.nodeid] = reason

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run if no test was served."""
        if self.skipped and not self.served and session.exitstatus in (0, 5):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """List each skipped test, independent of -r."""
        if not self.skipped:
            return
        terminalreporter.section("homeport: tests that --homeport-world cannot serve", yellow=True)
        for nodeid, reason in self.skipped.items():
            terminalreporter.line(f"SKIPPED {nodeid}: {reason.removeprefix('homeport: ')}", yellow=True)
        if not self.served:
            words = f"ERROR: all {len(self.skipped)} were skipped, so nothing was tested: configure the farm for them"
            terminalreporter.line(words, red=True, bold=True)


def _lacks(farm: "Farm", wanted: dict[str, Any]) -> str:
    """Return what a shared world lacks for a test; empty if nothing."""
    named = [name for name in wanted.get("services") or () if name != "*" and not name.startswith("-")]
    if missing := [name for name in named if name not in farm.services]:
        return f"has no {', '.join(missing)}; it has {', '.join(farm.services)}"
    fixed = [name for name in ("config", "seed") if wanted.get(name)]
    return f"is configured by its farm: it takes no {' and no '.join(fixed)}" if fixed else ""


def _attempt(action: "Callable[[], Result]") -> "Result":
    """Call `action`; errors in marker, key or farm fail the test with one sentence."""
    __tracebackhide__ = True
    from homeport.testing.errors import FarmError

    try:
        return action()
    except (FarmError, ValueError) as error:
        words = str(error)
    pytest.fail(f"homeport: {words}", pytrace=False)


def _unused_faults(config: pytest.Config) -> str:
    todo: str = config.getini("homeport_unused_faults")
    if todo not in UNUSED:
        raise pytest.UsageError(f"homeport_unused_faults = {todo}: write one of {', '.join(UNUSED)}")
    return todo


def _mode(config: pytest.Config) -> Any:
    mode = config.getoption("homeport_mode") or config.getini("homeport_mode")
    if mode not in MODES:
        raise pytest.UsageError(f"homeport_mode = {mode}: write one of {', '.join(MODES)}")
    return mode


def _services(config: pytest.Config) -> list[str] | None:
    return config.getini("homeport_services") or None


def _marked(node: pytest.Item, base: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the markers, the nearest first, merged over the common configuration."""
    wanted: dict[str, Any] = {}
    configs: list[dict[str, Any]] = []
    for marker in node.iter_markers("homeport"):
        if marker.args or (unknown := [name for name in marker.kwargs if name not in ARGUMENTS]):
            what = repr(marker.args[0]) if marker.args else unknown[0]
            words = f"the marker homeport has no {what}: its keyword arguments are {', '.join(ARGUMENTS)}"
            pytest.fail(words + _likely(what), pytrace=False)
        configs.append(marker.kwargs.get("config") or {})
        wanted = {**marker.kwargs, **wanted}
    tree = base
    for config in reversed(configs):
        tree = _over(tree, config)
    return {**wanted, "config": tree}


def _likely(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, ARGUMENTS, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _over(base: Any, given: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(given, dict):
        return given
    return {**base, **{key: _over(base.get(key), value) for key, value in given.items()}}


def _remember(node: pytest.Item, world: "World") -> None:
    node.stash.setdefault(WORLDS, []).append(world)


def _worlds(item: pytest.Item) -> "list[World]":
    """Return the worlds of a test: its own, and those of its other fixtures."""
    found = {id(world): world for world in item.stash.get(WORLDS, [])}
    # Farms and worlds of wider fixtures are recognized by their class's name, so that nothing is imported for it.
    for value in getattr(item, "funcargs", {}).values():
        if type(value).__module__ == "homeport.testing.world" and type(value).__name__ == "World":
            found[id(value)] = value
    return list(found.values())
