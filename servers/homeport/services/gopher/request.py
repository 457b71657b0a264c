r"""Parsing of a request: a selector, search terms, and the fields of Gopher+.

    selector CR LF                                    (RFC 1436 2)
    selector TAB terms CR LF                          (RFC 1436 3.7.1)
    selector [TAB terms] TAB +[view] [TAB flag] CR LF (Gopher+ 2.3: the item)
    selector TAB ![attributes] CR LF                  (Gopher+ 2.4: the item's attributes)
    selector TAB $[attributes] CR LF                  (Gopher+ 2.5: those of all items of a menu)

A selector is opaque (RFC 1436 2): it is compared as it is, and nothing is decoded unless `syntax` is lenient.
"""

import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import unquote_to_bytes

import msgspec

Mark = Literal["", "+", "!", "$"]
VIEW = re.compile(r"\+(?:[\w.+-]+/[\w.+-]+)?(?: [\w-]+)?", re.ASCII)
ATTRIBUTES = re.compile(r"[!$](?:\+[\w-]+)*", re.ASCII)
ITEM_TYPE = re.compile(r"[0-9+TgIhisdM;](?=/|$)", re.ASCII)
PERCENT = re.compile(r"%[0-9A-Fa-f]{2}", re.ASCII)
HTTP_METHOD = re.compile(r"(?:GET|HEAD|POST|PUT) ", re.ASCII)
GOPHER_URL = re.compile(r"gophers?://", re.IGNORECASE)
URL_LINK = re.compile(r"/?URL:(.*)", re.DOTALL)
SEARCHES = frozenset({"/search", "search"})
"""Selectors of searches, without a final slash."""
MAX_FLAG_FIELDS = 1


class Request(msgspec.Struct, frozen=True):
    """A request. Bytes that are not UTF-8 are surrogates (PEP 383), as in the names of files."""

    selector: str
    terms: str | None = None
    """Search terms; None if the request has none."""
    mark: Mark = ""
    """The question of Gopher+: the item, its attributes, those of a menu; empty: a request of RFC 1436."""
    wanted: str = ""
    """The view after `+`, or the attributes after `!` and `$`."""
    findings: tuple[str, ...] = ()
    corrected: bool = False
    """True if the selector is what was meant by a wrong one."""


def parse(line: bytes, *, plus: bool) -> Request:
    """Parse a request. line: without its end. plus: True if Gopher+ is offered."""
    selector, *fields = line.decode("utf-8", "surrogateescape").split("\t")
    findings: list[str] = []
    searches = selector.rstrip("/") in SEARCHES
    at = find_mark(fields, searches=searches)
    marked = fields[at:]
    terms: str | None = "\t".join(fields[:at]) if at else None
    if marked and not plus:
        findings.append("plus-not-offered")
        if searches and terms is None:
            terms = marked[0]
        marked = []
    mark, wanted = "", ""
    if marked:
        mark, wanted = marked[0][0], marked[0][1:]
        findings += flag_findings(marked[1:])
    if terms is not None and not searches:
        findings.append("not-a-search")
    if searches and not (terms or "").strip() and mark not in ("!", "$"):
        findings.append("no-terms")
    return Request(selector, terms, mark, wanted, tuple(findings))  # type: ignore[arg-type]  # mark: by the pattern


def find_mark(fields: Sequence[str], *, searches: bool) -> int:
    """Return the number of the first field of Gopher+; that of all fields if there is none.

    Of a search the first field may be terms that look like one, so it is one only if that is all there is.
    """
    for number, field in enumerate(fields):
        if not (VIEW.fullmatch(field) or ATTRIBUTES.fullmatch(field)):
            continue
        if not searches or number or len(field) == 1 or "/" in field or len(fields) > 1:
            return number
    return len(fields)


def flag_findings(fields: Sequence[str]) -> list[str]:
    """Return the findings for what follows the mark: a flag, `0` or `1`, for data that follow the request."""
    if not fields:
        return []
    if len(fields) > MAX_FLAG_FIELDS or fields[0] not in ("0", "1"):
        return ["plus-malformed"]
    return ["plus-data"] if fields[0] == "1" else []


def mistakes(selector: str) -> tuple[str, str]:
    """Return the finding for a selector that leads nowhere, and the selector that was meant; empty for none."""
    if HTTP_METHOD.match(selector):
        return "http-method", selector.partition(" ")[2].partition(" ")[0]
    if GOPHER_URL.match(selector):
        path = selector.partition("://")[2].partition("/")[2]
        return "whole-url", unquote(path[1:])
    if PERCENT.search(selector):
        return "percent-encoded", unquote(selector)
    if ITEM_TYPE.match(selector.removeprefix("/")):
        return "item-type", selector.removeprefix("/")[1:]
    return "", ""


def unquote(text: str) -> str:
    """Decode %XX as bytes of UTF-8."""
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
