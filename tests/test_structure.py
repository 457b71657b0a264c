"""The structure of the code: assignments to other objects' attributes, import cycles, and declared identifiers."""

import ast
from pathlib import Path

import pytest

import homeport
from homeport.io.net.buffered_socket import BufferedSocket
from homeport.io.net.stream import Stream
from homeport.services import all_services, find_service

ROOT = Path(homeport.__file__).parent
MODULES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
}
COUNTED = {"counters", "connection"}
"""Objects whose fields are counters that any module may increment: of a listener, and of a connection."""
OTHERS = {
    "homeport.io.data.data_connection": {"effect.progress.octets"},  # the session's, which the driver counts for it
    "homeport.io.data.pumps": {"self._progress.octets"},
    "homeport.io.data.transfer_faults": {"self._progress.octets"},
    "homeport.io.data.passive_ports": {"port.arrived"},  # PassivePorts leases its ports
    "homeport.io.net.datagram_changes": {"one.call"},  # DatagramChanges keeps its deliveries
    # Of the sender's share, in the hottest path; and how the journal shows the service's datagrams.
    "homeport.io.net.datagrams": {"sender.room", "sender.second"},
    "homeport.io.net.faults": {"stage.next", "after.ended", "lane.ended", "first.waiting"},  # a line and its own lanes
    "homeport.io.net.reactor": {"sys.modules"},
    "homeport.io.net.service_listener": {"self.source.kept", "fault.seen", "fault.acted"},  # what a refusal has done
}
"""Allowed assignments to attributes of objects other than `self`, each of an object that only the module refers to."""
KNOWN_CYCLES = {frozenset({f"homeport.cli.{name}" for name in ("completion", "options", "running", "up")})}
"""Known cycle: the command line completes options by asking a farm, which it finds by its options."""


def trees(package):
    for name, path in sorted(MODULES.items()):
        if name.startswith(package):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def assigned(tree):
    """Return the assignments to attributes of objects other than `self`, as written."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            for target in targets:
                for one in target.elts if isinstance(target, ast.Tuple) else [target]:
                    while isinstance(one, ast.Subscript):
                        one = one.value
                    if isinstance(one, ast.Attribute) and ast.unparse(one.value) != "self":
                        yield ast.unparse(one)


def test_no_module_of_the_driver_assigns_fields_of_a_stream():
    fields = {*BufferedSocket.__slots__, *Stream.__slots__} - {"connection"}
    found = {
        f"{name}: {one}"
        for name, tree in trees("homeport.io.")
        for one in assigned(tree)
        if one.rpartition(".")[0].rpartition(".")[2] in ("stream", "_stream", "host", "_host")
        or one.split(".")[-1] in fields
    }
    assert found == set()


def test_the_driver_assigns_only_what_is_its_own():
    found = {}
    for name, tree in trees("homeport.io."):
        foreign = {one for one in assigned(tree) if not COUNTED & set(one.split(".")[:-1])}
        if foreign - OTHERS.get(name, set()):
            found[name] = foreign - OTHERS.get(name, set())
    assert found == {}


def imports(tree):
    """Return the modules that are imported at run time, at once or late."""
    typed = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for part in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in typed:
            continue
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def cycles(graph):
    """Return the import cycles: sets of modules that are reachable from each other."""
    reach = {}
    for start in graph:
        seen, left = set(), [start]
        while left:
            new = graph[left.pop()] - seen
            seen |= new
            left += new
        reach[start] = seen
    return {frozenset(other for other in reach[one] if one in reach[other]) for one in graph if one in reach[one]}


def test_no_import_leads_back_to_where_it_stands_not_even_a_late_one():
    graph = {name: {one for one in imports(tree) if one in MODULES} - {name} for name, tree in trees("homeport")}
    assert cycles(graph) == KNOWN_CYCLES


def test_import_cycles_are_found():
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {frozenset({"b", "c"})}


def test_commands_import_what_they_do_when_they_do_it():
    heavy = {"io", "farm", "disk", "control", "world", "testing", "client"}
    found = {}
    for name, tree in trees("homeport.cli"):
        if not name.startswith("homeport.client"):
            early = ast.Module([one for one in tree.body if not isinstance(one, ast.FunctionDef)], [])
            wrong = {one for one in imports(early) if one in MODULES and heavy & set(one.split(".")[1:2])}
            if wrong:
                found[name] = wrong
    assert found == {}


def raised(tree):
    """Return the identifiers of findings in the code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if called in ("ReportFinding", "report", "report_once") and isinstance(node.args[0].value, str):
                yield node.args[0].value


@pytest.mark.parametrize("service", [service.name for service in all_services()])
def test_every_finding_that_a_service_names_is_declared(service):
    declared = {rule.id for rule in find_service(service).rules}
    named = {one for _name, tree in trees(f"homeport.services.{service}") for one in raised(tree)}
    assert named - declared == set()
