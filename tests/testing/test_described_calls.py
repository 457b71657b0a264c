"""The API's description names, for its operations, the calls of the fixture that do the same: they exist."""

import ast
import inspect
import re

import pytest

from homeport.control.openapi import fixture_call
from homeport.control.operations import TABLE

BRACES = re.compile(r"\{(\w+)\}")
VALUES = {"service": "smtp", "name": "smtp", "do": {"latency": {"ms": 250}}, "items": ["Ahoy"]}
"""Values for the names in braces; any text does for the others."""


def check_call(code, farm, world):
    """Evaluate a call up to its last step, and bind the arguments of that step, which is not taken."""
    statement = ast.parse(code).body[0]
    step = statement.targets[0] if isinstance(statement, ast.Delete) else statement.value

    def value_of(node):
        return eval(compile(ast.Expression(node), code, "eval"), {"homeport_farm": farm, "homeport": world})

    if isinstance(step, ast.Call):
        keywords = {}
        for keyword in step.keywords:
            keywords |= value_of(keyword.value) if keyword.arg is None else {keyword.arg: value_of(keyword.value)}
        inspect.signature(value_of(step.func)).bind(*map(value_of, step.args), **keywords)
    elif isinstance(step, ast.Subscript):
        kind = type(value_of(step.value))
        assert callable(kind.__delitem__ if isinstance(statement, ast.Delete) else kind.__getitem__)
    else:
        value_of(step)


def test_every_call_of_the_fixture_that_the_description_names_exists(farm, world):
    for one in TABLE:
        if call := fixture_call(one):
            check_call(BRACES.sub(lambda name: repr(VALUES.get(name[1], "x1")), call), farm, world)


def test_what_has_no_method_of_its_own_is_read_by_its_path(farm, world):
    (one,) = (one for one in TABLE if one.name == "facts")
    assert eval(fixture_call(one), {"homeport": world})["world"] == world.name


def test_a_call_that_does_not_exist_is_noticed(farm, world):
    wrong_calls = ("homeport.finding()", "homeport.reset(force=True)", "homeport.smtp.letters", "del homeport.reset[1]")
    for wrong in wrong_calls:
        with pytest.raises((AttributeError, TypeError)):
            check_call(wrong, farm, world)
