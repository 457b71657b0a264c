"""The description of the API, checked by a validator and for each operation."""

import json
import re
import shlex
import sys
from http import HTTPStatus
from typing import Annotated

import click
import msgspec
import pytest
from jsonschema import Draft202012Validator
from msgspec import Meta
from openapi_spec_validator import OpenAPIV31SpecValidator

from homeport.cli import homeport
from homeport.config.patterns import FORMS
from homeport.config.sections import Config
from homeport.control.openapi import describe_api, refusals
from homeport.control.operation import Operation, Request
from homeport.control.operations import TABLE
from homeport.control.problems import ProblemError
from homeport.control.routing import parse_request
from homeport.services import all_services

BRACES = re.compile(r"\{(\w+)\}")
DOCUMENT = json.loads(json.dumps(describe_api(TABLE)))
OPERATIONS = [
    pytest.param(path, method, one, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, one in methods.items()
]


def test_it_is_valid_openapi_3_1():
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_validator_rejects_a_broken_description():
    broken = json.loads(json.dumps(DOCUMENT))
    broken["paths"]["/livez"]["get"]["responses"] = {"200": {}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_it_has_title_server_license_and_tags():
    assert DOCUMENT["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert DOCUMENT["servers"][0]["url"] == "http://{host}:{port}"
    assert {tag["name"] for tag in DOCUMENT["tags"]} == {one["tags"][0] for _, _, one in (p.values for p in OPERATIONS)}


def test_every_operation_of_the_table_is_there_once():
    assert len({one["operationId"] for _, _, one in (p.values for p in OPERATIONS)}) == len(OPERATIONS) == len(TABLE)


@pytest.mark.parametrize(("path", "method", "one"), OPERATIONS)
def test_an_operation_is_described_in_all_its_parts(path, method, one):
    assert one["summary"]
    assert one["description"]
    assert one["tags"]
    for parameter in one["parameters"]:
        # A parameter of a path is described in `openapi.PARAMETERS`, one of a query where its struct has it.
        assert parameter.get("description"), f"{path}: {parameter['name']} is not described"
        if parameter["in"] == "path":
            assert f"{{{parameter['name']}}}" in path
    assert path.count("{") == sum(parameter["in"] == "path" for parameter in one["parameters"])
    if "requestBody" in one:
        assert one["requestBody"]["description"]
        assert method != "get"
    assert "default" in one["responses"]
    assert any(status < "4" for status in one["responses"])


def test_an_operations_error_statuses_follow_from_its_declaration():
    def operation(method, path, **more):
        return Operation(method=method, path=path, summary="", handler=lambda *_: None, answer=None, **more)

    assert refusals(operation("GET", "/livez", public=True)) == [HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN]
    assert {401, 404} <= set(refusals(operation("GET", "/worlds/{world}")))
    assert {413, 415, 409} <= set(refusals(operation("POST", "/worlds", problems=(HTTPStatus.CONFLICT,))))


def test_a_fault_is_described_as_exactly_one_kind_with_its_parameters():
    do = DOCUMENT["components"]["schemas"]["Do"]
    assert (do["minProperties"], do["maxProperties"]) == (1, 1)
    assert do["oneOf"] == [{"required": [kind]} for kind in do["properties"]]
    assert do["additionalProperties"] is False
    schema = {**do, "components": DOCUMENT["components"]}
    for good in ({"close": {}}, {"latency": {"ms": 1}}, {"tls": "expired"}):
        assert not list(Draft202012Validator(schema).iter_errors(good)), good
    for bad in (
        {},
        {"close": {}, "reset": {}},
        {"latency": {}},
        {"close": {"at": 1}},
        {"tls": "expird"},
        {"cloes": {}},
    ):
        assert list(Draft202012Validator(schema).iter_errors(bad)), bad


def test_errors_of_rdap_are_described_in_rdaps_own_form(farm, request_of):
    described = DOCUMENT["paths"]["/api/v1/worlds/{world}/rdap/domain/{name}"]["get"]["responses"]
    # RFC 9083 6; what comes before RDAP is asked, such as a world that is not there, is a problem document.
    assert set(described["404"]["content"]) == {"application/rdap+json", "application/problem+json"}
    schema = described["404"]["content"]["application/rdap+json"]["schema"]
    whole = {**schema, "components": DOCUMENT["components"]}
    for path, status in (("domain/none.test", 404), ("domain/-", 400), ("domains", 400), ("ips", 501)):
        reply = request_of(farm, "GET", f"/api/v1/worlds/default/rdap/{path}")
        assert (reply.status, reply.headers["content-type"]) == (status, "application/rdap+json")
        assert not list(Draft202012Validator(whole).iter_errors(reply.json))
        assert reply.json["errorCode"] == status
    anything = DOCUMENT["paths"]["/api/v1/worlds/{world}/rdap/{path}"]["get"]["responses"]
    assert set(anything["501"]["content"]) == {"application/rdap+json"}


def test_the_running_farm_serves_the_same(farm, request_of):
    assert request_of(farm, "GET", "/api/v1/openapi.json").json == DOCUMENT


def test_every_pattern_has_words_for_those_who_miss_it():
    seen = set()

    def patterns(shape):
        if isinstance(shape, tuple | list):
            for one in shape:
                yield from patterns(one)
        elif isinstance(shape, msgspec.inspect.Type | msgspec.inspect.Field) and id(shape) not in seen:
            seen.add(id(shape))
            if pattern := getattr(shape, "pattern", None):
                yield pattern
            yield from patterns([getattr(shape, name) for name in shape.__struct_fields__])

    kinds = [service.options for service in all_services()]
    kinds += [kind for one in TABLE for kind in (one.body, one.query) if kind is not None]
    shapes = msgspec.inspect.multi_type_info([Config, *kinds])
    assert {*patterns(shapes)} == set(FORMS)


class TestBodies:
    """Parsing of bodies."""

    def read(self, body, **fields):
        name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
        known = list(fields.items()) or [("a", int), ("b", name, "")]
        kind = msgspec.defstruct("Body", known, forbid_unknown_fields=True)
        one = Operation(method="POST", path="/", summary="", handler=lambda *_: None, answer=None, body=kind)
        return parse_request(one, {}, "", body)

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "the body is empty"),
            (b"{", "truncated"),
            (b'{"a": 1,}', "byte"),
            (b'{"a": "x"}', "Expected `int`, got `str` - at `a`"),
            (b"{}", "missing required field `a`"),
            (b'{"a": 1, "c": 2}', "unknown field `c`"),
            (b'{"b": "a/b"}', "b: write 1 to 64 letters, digits, dots, underscores and hyphens"),
            (b"[]", "Expected `object`, got `array`"),
            (b"null", "Expected `object`, got `null`"),
            (b"\xff", "byte 0"),
            (b'{"a": 1' + b"0" * 10_000 + b"}", "out of range"),
        ],
    )
    def test_a_wrong_body_is_named_with_its_place(self, body, words):
        with pytest.raises(ProblemError) as caught:
            self.read(body)
        assert caught.value.status == HTTPStatus.BAD_REQUEST
        assert words in caught.value.detail

    def test_a_deeply_nested_one_is_read_or_refused_as_far_as_the_interpreter_can(self):
        from typing import Any

        nested = b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
        if sys.version_info >= (3, 14):  # its limit is the size of the stack, not a number of calls
            assert self.read(nested, a=Any).body.a
        else:
            with pytest.raises(ProblemError, match="nested too deeply"):
                self.read(nested, a=Any)
        with pytest.raises(ProblemError):
            self.read(b'{"a": "\xff\xfe"}', a=str)

    def test_none_is_needed_where_every_field_has_a_default(self):
        import msgspec

        kind = msgspec.defstruct("Body", [("keep", list[str], [])])
        one = Operation(method="POST", path="/", summary="", handler=lambda *_: None, answer=None, body=kind)
        assert parse_request(one, {}, "", b"").body == kind()
        assert isinstance(parse_request(one, {}, "", b"{}"), Request)


VALUES = {"do": "latency ms=250", "service": "smtp", "type": "finding", "advance": "P1D"}
"""Values for the names in braces of `x-cli`; any word does for the others."""


def parse(command, words):
    """Parse a command line as click does, without running the command."""
    context = None
    name = "homeport"
    while isinstance(command, click.Group):
        context = click.Context(command, info_name=name, parent=context)
        name, command, words = command.resolve_command(context, words)
    return command.make_context(name, words, parent=context)


@pytest.mark.parametrize(("path", "method", "one"), [p for p in OPERATIONS if "x-cli" in p.values[2]])
def test_the_command_line_of_an_operation_exists(path, method, one):
    program, *words = shlex.split(BRACES.sub(lambda name: VALUES.get(name[1], "c1"), one["x-cli"]))
    assert program == "homeport"
    parse(homeport, words)
    assert set(BRACES.findall(one["x-cli"])) <= fields_of(one)


@pytest.mark.parametrize(("path", "method", "one"), [p for p in OPERATIONS if "x-python" in p.values[2]])
def test_the_names_in_the_fixture_call_of_an_operation_are_its_parameters_and_fields(path, method, one):
    assert set(BRACES.findall(one["x-python"])) <= fields_of(one)


def test_any_list_or_fact_of_a_world_has_a_fixture_call():
    calls = {path: one.get("get", {}).get("x-python", "") for path, one in DOCUMENT["paths"].items()}
    assert calls["/api/v1/worlds/{world}/facts"] == "homeport.api.get(homeport.path + '/facts')"
    assert calls["/api/v1/worlds/{world}/people"] == "homeport.people.all()"


def fields_of(one):
    """Return the names of an operation's parameters, and of the fields of its body."""
    names = {parameter["name"] for parameter in one["parameters"]}
    for content in one.get("requestBody", {}).get("content", {}).values():
        reference = content.get("schema", {}).get("$ref", "")
        names |= set(DOCUMENT["components"]["schemas"].get(reference.split("/")[-1], {}).get("properties", ()))
    return names
