"""What went wrong with a request, as `application/problem+json` (RFC 9457)."""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    meaning = "The body of every error."

    title: str
    status: int
    detail: str = ""
    nearest: str = ""
    """Where a word is wrong: the right one that is most like it."""
    problems: list[str] = []
    """Where several things are wrong: each of them."""


class ProblemError(Exception):
    """A request that gets an error for its answer. detail: what was wrong, and what to do, for people."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        headers: dict[str, str] | None = None,
        problems: Sequence[str] = (),
        nearest: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.problems = list(problems)
        self.nearest = nearest

    @property
    def problem(self) -> Problem:
        """The body."""
        return Problem(self.status.phrase, int(self.status), self.detail, self.nearest, self.problems)
