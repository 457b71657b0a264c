"""Texts of results in the words of another server: by result code, or made of a text of ours."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from homeport.services.ldap.personas.behaviour import WordedError
from homeport.world.directory.results import DirectoryError

if TYPE_CHECKING:
    from homeport.services.ldap.operation import Operation

Pattern = tuple[str, int | None, str]
"""A regular expression of a whole text of ours, another result code if there is one, and the text with its groups."""


class Words:
    """The words of one server.

    patterns: tried in order, before anything else. texts: by verb (empty: any) and result code; `{dn}` is the name
    that the request has. What neither has keeps our text.
    """

    def __init__(self, patterns: tuple[Pattern, ...], texts: Mapping[tuple[str, int], str]) -> None:
        self._patterns = [(re.compile(pattern), code, text) for pattern, code, text in patterns]
        self._texts = texts

    def worded(self, operation: "Operation", error: DirectoryError) -> DirectoryError:
        """Return an error in these words."""
        if isinstance(error, WordedError):
            return error
        code, text = error.code, error.text
        for pattern, other, wanted in self._patterns:
            if found := pattern.fullmatch(text):
                return self._made(error, code if other is None else other, found.expand(wanted))
        wanted = self._texts.get((operation.verb, code), self._texts.get(("", code), text))
        return self._made(error, code, wanted.replace("{dn}", getattr(operation.request, "dn", "")))

    @staticmethod
    def _made(error: DirectoryError, code: int, text: str) -> DirectoryError:
        return WordedError(type(error.code)(code), text, matched=error.matched, referrals=error.referrals)
