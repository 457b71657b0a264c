"""The arguments of SORT and THREAD (RFC 5256 3, RFC 5957)."""

import msgspec

from homeport.services.imap.grammar.search_keys import KeyReader, SearchRequest, parse_charset, parse_return
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem

CRITERIA = {
    "ARRIVAL": "", "CC": "", "DATE": "", "FROM": "", "SIZE": "", "SUBJECT": "", "TO": "",
    "DISPLAYFROM": "SORT=DISPLAY", "DISPLAYTO": "SORT=DISPLAY",
}  # fmt: skip
"""Criteria, each with the extension that it needs beside SORT."""
ALGORITHMS = ("ORDEREDSUBJECT", "REFERENCES")
MAX_CRITERIA = 50
SORT = "RFC 5256 3"


class Criterion(msgspec.Struct, frozen=True):
    """A criterion of SORT."""

    name: str
    reverse: bool = False


class SortRequest(msgspec.Struct, frozen=True):
    """The arguments of SORT and UID SORT."""

    criteria: tuple[Criterion, ...]
    search: SearchRequest


class ThreadRequest(msgspec.Struct, frozen=True):
    """The arguments of THREAD and UID THREAD."""

    algorithm: str
    search: SearchRequest


def parse_sort(cursor: Cursor) -> SortRequest:
    """Parse the arguments of SORT."""
    at = cursor.at
    returned, partial, items = parse_return(cursor)
    if returned is not None:
        cursor.needs.pop("ESEARCH", None)
        cursor.needs.setdefault("ESORT", at)
        if cursor.needs.pop("CONTEXT=SEARCH", None) is not None:
            cursor.needs["CONTEXT=SORT"] = at
    criteria = tuple(cursor.list_of(lambda: _parse_criterion(cursor)))
    if len(criteria) > MAX_CRITERIA:
        raise SyntaxProblem(f"SORT takes at most {MAX_CRITERIA} criteria", SORT, at)
    cursor.space()
    found = _parse_keys(cursor)
    return SortRequest(criteria, msgspec.structs.replace(found, returned=returned, partial=partial, items=items))


def parse_thread(cursor: Cursor) -> ThreadRequest:
    """Parse the arguments of THREAD."""
    at, algorithm = cursor.at, cursor.word()
    if algorithm not in ALGORITHMS:
        raise SyntaxProblem(f"unknown threading algorithm: {algorithm}", SORT, at)
    cursor.needs.setdefault(f"THREAD={algorithm}", at)
    cursor.space()
    return ThreadRequest(algorithm, _parse_keys(cursor))


def _parse_criterion(cursor: Cursor) -> Criterion:
    at, word = cursor.at, cursor.word()
    reverse = word == "REVERSE"
    if reverse:
        cursor.space()
        at, word = cursor.at, cursor.word()
    if (capability := CRITERIA.get(word)) is None:
        raise SyntaxProblem(f"unknown sort criterion: {word}", SORT, at)
    if capability:
        cursor.needs.setdefault(capability, at)
    return Criterion(word, reverse)


def _parse_keys(cursor: Cursor) -> SearchRequest:
    """Parse charset and keys; unlike in SEARCH, the charset is required."""
    charset = parse_charset(cursor)
    cursor.space()
    reader = KeyReader(cursor, charset)
    key = reader.read_all()
    return SearchRequest(key, charset=charset, uses_modseq=reader.uses_modseq)
