"""From a request in plain words to an operation and its checked request, by the table."""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from homeport.config.quantities import decode
from homeport.config.values import closest, nearest
from homeport.control.operation import JSON, Operation, Request
from homeport.control.problems import ProblemError
from homeport.control.wrong_values import explain
from homeport.protocol.addresses import parse_host

FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
"""What a page of any origin may send without a preflight (Fetch, CORS-safelisted request headers)."""
BODY_CAP = 10 << 20
"""Octets that a request's body may have."""


class Router:
    """Finds operations. Paths without parameters go first."""

    def __init__(self, table: Sequence[Operation]) -> None:
        ordered = sorted(table, key=lambda one: one.path.count("{"))
        self._routes = [(_pattern(one), one) for one in ordered]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """The operation, and the parameters of its path.

        Raises: ProblemError, 404 or 405.
        """
        allowed: list[str] = []
        for pattern, one in self._routes:
            if match := pattern.fullmatch(path):
                # HEAD is GET whose body the driver leaves out (RFC 9110 9.3.2).
                if one.method == ("GET" if method == "HEAD" else method):
                    return one, {
                        name: value if name == one.rest else unquote(value) for name, value in match.groupdict().items()
                    }
                allowed.append(one.method)
        if allowed:
            names = ", ".join(dict.fromkeys([*allowed, *(["HEAD"] if "GET" in allowed else [])]))
            raise ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes {names}", {"Allow": names})
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is nothing at {path}; see /api/v1/openapi.json")


def read_request(
    one: Operation,
    parameters: dict[str, str],
    query: str,
    body: bytes,
    last_event_id: str | None = None,
    host: str | None = None,
) -> Request:
    """Check what came with a request against its operation.

    Raises: ProblemError, 400.
    """
    return Request(
        parameters=parameters,
        query=_query(one, query),
        body=_body(one, body),
        last_event_id=last_event_id,
        asked=parse_host(host),
    )


def check_content_type(one: Operation, content_type: str | None) -> None:
    """Refuse what a form of a page could send without asking us first, and bodies of another type than JSON.

    A client that names no type is taken at its word.

    Raises: ProblemError, 415.
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


def _query(one: Operation, query: str) -> Any:
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
    return _checked(lambda: msgspec.convert(given, kind, strict=False, dec_hook=decode), kind)


def _body(one: Operation, body: bytes) -> Any:
    if one.octets:
        return body
    if one.body is None:
        return None
    if not body and one.needs_body:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is empty: send JSON; see /api/v1/openapi.json")
    # No body is one without fields: `curl -X POST .../reset` is enough.
    return _checked(lambda: msgspec.json.decode(body or b"{}", type=one.body, dec_hook=decode), one.body)


def _checked(convert: Callable[[], Any], kind: Any) -> Any:
    try:
        return convert()
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        words, near = explain(error, kind)
        raise ProblemError(HTTPStatus.BAD_REQUEST, words, nearest=near) from None
    except RecursionError:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is nested too deeply") from None


def _pattern(one: Operation) -> re.Pattern[str]:
    """What paths of an operation look like: a parameter is one part of them, the last may be the rest."""

    def part(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return re.escape(match[0])
        return f"(?P<{name}>{'.*' if name == one.rest else '[^/]+'})"

    return re.compile(re.sub(r"\{(\w+)\}|[^{]+", part, one.path))
