"""The description of the API, judged by a validator and by what it must say of each operation."""

import json
from http import HTTPStatus

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from homeport.control.openapi import describe_api, refusals
from homeport.control.operation import Operation, Request
from homeport.control.operations import TABLE
from homeport.control.problems import ProblemError
from homeport.control.routing import read_request

DOCUMENT = json.loads(json.dumps(describe_api(TABLE)))
OPERATIONS = [
    pytest.param(path, method, one, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, one in methods.items()
]


def test_it_is_valid_openapi_3_1():
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_validator_can_say_no():
    broken = json.loads(json.dumps(DOCUMENT))
    broken["paths"]["/livez"]["get"]["responses"] = {"200": {}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_it_says_what_it_describes_where_it_is_and_under_which_licence():
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


def test_what_an_operation_refuses_follows_from_what_it_is():
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
    for path, status in (("domain/none.test", 404), ("domain/-", 400), ("domains", 400), ("ip/192.0.2.1", 501)):
        reply = request_of(farm, "GET", f"/api/v1/worlds/default/rdap/{path}")
        assert (reply.status, reply.headers["content-type"]) == (status, "application/rdap+json")
        assert not list(Draft202012Validator(whole).iter_errors(reply.json))
        assert reply.json["errorCode"] == status
    anything = DOCUMENT["paths"]["/api/v1/worlds/{world}/rdap/{path}"]["get"]["responses"]
    assert set(anything["501"]["content"]) == {"application/rdap+json"}


def test_the_running_farm_serves_the_same(farm, request_of):
    assert request_of(farm, "GET", "/api/v1/openapi.json").json == DOCUMENT


class TestBodies:
    """What becomes of a body before an operation sees it."""

    def read(self, body, **fields):
        import msgspec

        kind = msgspec.defstruct("Body", list(fields.items()) or [("a", int)], forbid_unknown_fields=True)
        one = Operation(method="POST", path="/", summary="", handler=lambda *_: None, answer=None, body=kind)
        return read_request(one, {}, "", body)

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "the body is empty"),
            (b"{", "truncated"),
            (b'{"a": 1,}', "byte"),
            (b'{"a": "x"}', "Expected `int`, got `str` - at `a`"),
            (b"{}", "missing required field `a`"),
            (b'{"a": 1, "c": 2}', "unknown field `c`"),
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

    def test_one_nested_without_end_is_refused(self):
        from typing import Any

        with pytest.raises(ProblemError, match="nested too deeply"):
            self.read(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", a=Any)
        with pytest.raises(ProblemError):
            self.read(b'{"a": "\xff\xfe"}', a=str)

    def test_none_is_needed_where_every_field_has_a_default(self):
        import msgspec

        kind = msgspec.defstruct("Body", [("keep", list[str], [])])
        one = Operation(method="POST", path="/", summary="", handler=lambda *_: None, answer=None, body=kind)
        assert read_request(one, {}, "", b"").body == kind()
        assert isinstance(read_request(one, {}, "", b"{}"), Request)
