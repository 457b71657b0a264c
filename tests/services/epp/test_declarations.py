"""EPP's declarations are complete: result codes by name, findings by flow, sections by element."""

import ast
from pathlib import Path

import pytest
from conftest import PEER
from services.epp.caller import Caller, command_xml, logged_in

from homeport.protocol.addresses import address_text
from homeport.protocol.effects import GroupCommit
from homeport.protocol.events import Called, Data
from homeport.services import epp as package
from homeport.services.epp import flows
from homeport.services.epp.flow import DECLARED, FLOWS, flow
from homeport.services.epp.framing import frame
from homeport.services.epp.grammar import Element, domain
from homeport.services.epp.results import RESULTS, Code
from homeport.services.epp.rules import IDS
from homeport.services.epp.session import Epp

FINDERS = {"report", "report_once", "_report", "Misframed"}
TREES = {path.name: ast.parse(path.read_text()) for path in Path(package.__file__).parent.rglob("*.py")}


def nodes(*kinds):
    return [(name, node) for name, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, kinds)]


def named(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_rfc_5730_3_every_result_code_is_written_by_its_name():
    (codes,) = (node for _name, node in nodes(ast.ClassDef) if node.name == "Code")
    table = {(node.lineno, node.col_offset) for node in ast.walk(codes) if isinstance(node, ast.Constant)}
    bare = [
        f"{name}:{node.lineno}: {Code(node.value)!r}"
        for name, node in nodes(ast.Constant)
        if type(node.value) is int
        and node.value in RESULTS
        and not (name == "results.py" and (node.lineno, node.col_offset) in table)
    ]
    assert bare == []


def test_every_finding_that_is_written_down_is_declared():
    written = {
        node.args[0].value
        for _name, node in nodes(ast.Call)
        if named(node) in FINDERS
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    } | {
        one.value.value
        for _name, one in nodes(ast.keyword)
        if one.arg == "finding" and isinstance(one.value, ast.Constant)
    }
    assert len(written) > 25
    assert written - {""} <= IDS


def test_each_flow_says_its_section_and_its_findings():
    flows.load()
    assert FLOWS.keys() == DECLARED.keys()
    assert [kind for kind, one in DECLARED.items() if not one.reference.startswith(("RFC ", "balance-1.0 "))] == []
    assert DECLARED[domain.Update].findings >= {"empty-update", "server-status", "trailing-dot"}


def test_an_id_that_no_rule_has_is_refused_where_a_flow_is_declared():
    with pytest.raises(ValueError, match="no rule no-such-rule; add it"):
        flow(Caller, reference="RFC 5730 2", findings=("no-logout", "no-such-rule"))
    assert Caller not in FLOWS


def test_a_command_has_one_flow():
    flows.load()
    with pytest.raises(ValueError, match=r"domain\.Check has a flow already: check"):
        flow(domain.Check, reference="RFC 5731 3.1.1")


def test_an_element_without_a_section_is_refused_where_it_is_declared():
    with pytest.raises(TypeError, match="Nameless has no `section`"):

        class Nameless(Element, frozen=True, kw_only=True):
            pass


def test_a_session_shows_its_state():
    where = address_text(PEER)
    caller = Caller()
    assert repr(caller.session) == f"<Epp greeted {where}>"
    caller.login()
    assert repr(caller.session) == f"<Epp logged-in {where} harbour>"
    caller.ask("<logout/>")
    assert repr(caller.session) == f"<Epp over {where} harbour>"
    caller.gone()
    assert repr(caller.session) == f"<Epp over {where}>"


def test_a_session_that_waits_for_the_disk_shows_it():
    class Disk:
        unsettled = "ticket"

        def flush(self, ticket):
            assert ticket == "ticket"

    caller = logged_in()
    caller.world.registry.store = Disk()
    (waits,) = caller.session.handle(Data(frame(command_xml('<poll op="req"/>'))))
    assert isinstance(waits, GroupCommit)
    assert caller.session.dialogue.state == "saving"
    assert caller.session.handle(Called(waits.work(), None))
    assert caller.session.dialogue.state == "logged-in"


def test_a_session_class_has_two_base_classes():
    assert [kind.__name__ for kind in Epp.__mro__ if kind.__module__.startswith("homeport")] == [
        "Epp",
        "CommandSession",
        "Session",
    ]
