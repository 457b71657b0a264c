"""Change a module in small ways, one at a time, and list each change that no test notices.

    make mutants MODULE=services/ftp/access.py TESTS="tests/services/ftp tests/testing/test_services.py"

MODULE is a path below servers/homeport; TESTS are files or folders, which decide what a survivor means: choose all that
are about the module. `--lines 40-80` changes these lines alone. Works on a copy of the checkout, one change after the
other; exits 1 if any survived. A survivor is a behaviour that no test holds, or a change that changes nothing.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "__pycache__", "node_modules")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:twisted")
SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult, ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "all": "any", "any": "all"}


class Mutant(NamedTuple):
    """One change: the node to replace, and its new source."""

    node: ast.AST
    text: str


def expressions(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901 - a row for each kind
    """Yield the mutations of an expression."""
    match node:
        case ast.Compare(left, [op, *ops], comparators) if type(op) in SWAPPED:
            yield ast.Compare(left, [SWAPPED[type(op)](), *ops], comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(SWAPPED[type(op)](), values)
            for kept in (values[1:], values[:-1]):
                yield kept[0] if len(kept) == 1 else ast.BoolOp(op, kept)
        case ast.BinOp(left, op, right) if type(op) in SWAPPED:
            yield ast.BinOp(left, SWAPPED[type(op)](), right)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(str() | bytes() as value) if value:
            yield ast.Constant(value + ("X" if isinstance(value, str) else b"X"))
        case ast.Call(func, args, keywords):
            if isinstance(func, ast.Name) and func.id in NAMES:
                yield ast.Call(ast.Name(NAMES[func.id]), args, keywords)
            for gone in keywords:
                yield ast.Call(func, args, [one for one in keywords if one is not gone])
        case ast.Subscript(value, ast.Slice(ast.AST(), upper, step)):
            yield ast.Subscript(value, ast.Slice(None, upper, step))
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            for at, part in enumerate(node.generators):
                if part.ifs:
                    generators = [*node.generators]
                    generators[at] = ast.comprehension(part.target, part.iter, [], part.is_async)
                    yield type(node)(**{**dict(ast.iter_fields(node)), "generators": generators})


def statements(node: ast.AST) -> Iterator[ast.AST | str]:
    """Yield the mutations of a statement."""
    match node:
        case ast.Expr(ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.Raise() | ast.AugAssign() | ast.Continue():
            yield "pass"
        case ast.Assign([ast.Attribute() | ast.Subscript()], _):
            yield "pass"
        case ast.Return(ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "return None"
        case ast.Break():
            yield "pass"


def mutants(tree: ast.Module) -> Iterator[Mutant]:  # noqa: C901 - a row for each kind
    """Yield every mutation of a module; documentation and annotations stay as they are."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):  # parents come before their children
        if node in skipped:
            skipped.update(ast.iter_child_nodes(node))
            continue
        match node:
            case ast.Expr(ast.Constant()):
                skipped.add(node.value)
            case ast.JoinedStr():  # the pieces of an f-string have no position of their own
                skipped.update(one for one in ast.walk(node) if isinstance(one, ast.Constant))
            case ast.arg() | ast.AnnAssign() if node.annotation is not None:
                skipped.add(node.annotation)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                skipped.update(node.decorator_list)
                if node.returns is not None:
                    skipped.add(node.returns)
            case ast.Import() | ast.ImportFrom():
                continue
            case ast.If() | ast.While():
                yield Mutant(node.test, ast.unparse(ast.UnaryOp(ast.Not(), node.test)))
            case ast.ExceptHandler():
                yield Mutant(node.body[0], "raise")
        if hasattr(node, "lineno"):
            for changed in (*expressions(node), *statements(node)):
                yield Mutant(node, changed if isinstance(changed, str) else f"({ast.unparse(changed)})")


def spliced(source: bytes, mutant: Mutant) -> bytes:
    """Return the source with that change."""
    lines = source.splitlines(keepends=True)
    node = mutant.node
    begin = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    return source[:begin] + mutant.text.encode() + source[end:]


def run(copy: Path, tests: list[str], seconds: float | None) -> str:
    """Run the tests in the copy: `passed`, `failed`, or `hung` after `limit` seconds."""
    environment = os.environ | {"PYTHONPATH": str(copy / "servers"), "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        [*PYTEST, *tests], cwd=copy, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        return "failed" if process.wait(seconds) else "passed"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return "hung"


def main() -> int:
    """Read the command line, try every change, print the survivors."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("module", help="a path below servers/homeport, such as services/ftp/access.py")
    parser.add_argument("tests", nargs="+", help="files or folders of tests")
    parser.add_argument("--lines", default="", help="the lines to change: 40 or 40-80; all if not given")
    given = parser.parse_args()
    first, _, last = given.lines.partition("-")
    lines = range(int(first), int(last or first) + 1) if first else range(1, sys.maxsize)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT, symlinks=True)
        file = copy / "servers" / "homeport" / given.module
        source = file.read_bytes()
        begun = time.monotonic()
        if run(copy, given.tests, None) != "passed":
            parser.error("the tests fail on the unchanged module: run them by themselves first")
        patience = 30 + 5 * (time.monotonic() - begun)
        tried = survived = 0
        for mutant in mutants(ast.parse(source)):
            if mutant.node.lineno not in lines:
                continue
            tried += 1
            file.write_bytes(spliced(source, mutant))
            outcome = run(copy, given.tests, patience)
            if outcome != "failed":
                survived += outcome == "passed"
                before = " ".join(ast.unparse(mutant.node).split())
                print(
                    f"{outcome}: {given.module}:{mutant.node.lineno}: {before[:70]} -> {mutant.text[:70]}", flush=True
                )
        print(f"{tried} changes, {survived} of which no test noticed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
