"""Routing: find the operation of a request in the table, and parse and validate its query and body."""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from homeport.config.quantities import decode
from homeport.config.values import closest, nearest
from homeport.control.operation import JSON, Operation, Preferences, Request
from homeport.control.problems import ProblemError
from homeport.control.wrong_values import explain
from homeport.protocol.addresses import parse_host

FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
"""Media types that a page of any origin can send without a preflight (Fetch, CORS-safelisted request headers)."""
MAX_BODY_BYTES = 10 << 20
"""Maximum size of a raw body."""
MAX_JSON_BYTES = 1 << 20
"""Maximum size of a JSON body: larger ones take too long to parse in one turn of the reactor."""
MAX_JSON_VALUES = 20_000
"""Maximum number of arrays, objects and commas of a JSON body, which bounds the time that parsing takes."""


def max_body_bytes(one: Operation) -> int:
    """Return the maximum size of the body of an operation's request."""
    return one.max_body_bytes or (MAX_BODY_BYTES if one.octets else MAX_JSON_BYTES)


class Router:
    """Finds operations by method and path. Paths without parameters are tried first."""

    def __init__(self, table: Sequence[Operation]) -> None:
        ordered = sorted(table, key=lambda one: one.path.count("{"))
        self._routes = [(_pattern(one), one) for one in ordered]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Return the operation and its path parameters. Raise ProblemError, 404 or 405."""
        allowed: list[str] = []
        for pattern, one in self._routes:
            if match := pattern.fullmatch(path):
                # HEAD is GET; the HTTP server omits the body (RFC 9110 9.3.2).
                if one.method == ("GET" if method == "HEAD" else method):
                    return one, {
                        name: value if name == one.rest else unquote(value) for name, value in match.groupdict().items()
                    }
                allowed.append(one.method)
        if allowed:
            names = ", ".join(dict.fromkeys([*allowed, *(["HEAD"] if "GET" in allowed else [])]))
            raise ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes {names}", {"Allow": names})
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is nothing at {path}; see /api/v1/openapi.json")


def parse_request(
    one: Operation,
    parameters: dict[str, str],
    query: str,
    body: bytes,
    last_event_id: str | None = None,
    host: str | None = None,
    preferences: Preferences = Preferences(),  # noqa: B008 - it is immutable
) -> Request:
    """Parse and validate query and body by the types of the operation. Raise ProblemError, 400."""
    return Request(
        parameters=parameters,
        query=_parse_query(one, query),
        body=_parse_body(one, body),
        last_event_id=last_event_id,
        asked=parse_host(host),
        preferences=preferences,
    )


def validate_content_type(one: Operation, content_type: str | None) -> None:
    """Raise ProblemError, 415, for a body that is not JSON, and for the types that HTML forms send without a preflight.

    A body without a Content-Type is taken as JSON.
    """
    media_type = (content_type or JSON).partition(";")[0].strip().lower()
    if one.method == "GET" or one.octets or media_type == JSON:
        return
    if media_type in FORM_TYPES or one.body is not None:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a body of {media_type} is not taken here: send JSON with Content-Type: application/json (curl: --json)",
            {"Accept": JSON},
        )


def _parse_query(one: Operation, query: str) -> Any:
    given: dict[str, str] = {}
    kind = one.query or msgspec.Struct
    names = kind.__struct_encode_fields__
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in names and one.lax:
            continue
        if name not in names:
            known = nearest(name, names) if names else "it takes none"
            raise ProblemError(
                HTTPStatus.BAD_REQUEST, f"there is no parameter {name!r}; {known}", nearest=closest(name, names)
            )
        if name in given:
            raise ProblemError(HTTPStatus.BAD_REQUEST, f"the parameter {name!r} is given twice")
        given[name] = value
    if one.query is None:
        return None
    return _validate(lambda: msgspec.convert(given, kind, strict=False, dec_hook=decode), kind)


def _parse_body(one: Operation, body: bytes) -> Any:
    if one.octets:
        return body
    if one.body is None:
        return None
    if not body and one.needs_body:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is empty: send JSON; see /api/v1/openapi.json")
    if not one.max_body_bytes and sum(map(body.count, (b",", b"[", b"{"))) > MAX_JSON_VALUES:
        detail = f"a body may have {MAX_JSON_VALUES} values: commas and opening brackets, also those in texts"
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    # An empty body is an object without fields, so that `curl -X POST .../reset` is enough.
    return _validate(lambda: msgspec.json.decode(body or b"{}", type=one.body, dec_hook=decode), one.body)


def _validate(convert: Callable[[], Any], kind: Any) -> Any:
    try:
        return convert()
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        detail, near = explain(error, kind)
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail, nearest=near) from None
    except RecursionError:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is nested too deeply") from None


def _pattern(one: Operation) -> re.Pattern[str]:
    """Return the pattern of an operation's paths: a parameter matches one segment, or the rest of the path."""

    def part(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return re.escape(match[0])
        return f"(?P<{name}>{'.*' if name == one.rest else '[^/]+'})"

    return re.compile(re.sub(r"\{(\w+)\}|[^{]+", part, one.path))
