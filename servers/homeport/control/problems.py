"""Errors of the API, as `application/problem+json` (RFC 9457)."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    meaning = "The body of every error."

    title: str
    status: int
    detail: Annotated[str, Meta(description="what was wrong, and what to do")] = ""
    nearest: Annotated[str, Meta(description="the valid value that is most similar to an invalid one")] = ""
    problems: Annotated[list[str], Meta(description="each error, if there are several")] = []
    at: Annotated[int | None, Meta(description="the position of an error in the filter `q`, from 0")] = None


class ProblemError(Exception):
    """Raised for a request that is answered with an error. detail: what was wrong and what to do, for people."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        headers: dict[str, str] | None = None,
        problems: Sequence[str] = (),
        nearest: str = "",
        at: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.problems = list(problems)
        self.nearest = nearest
        self.at = at

    @property
    def problem(self) -> Problem:
        """The body of the answer."""
        return Problem(self.status.phrase, int(self.status), self.detail, self.nearest, self.problems, self.at)
