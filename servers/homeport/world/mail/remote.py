"""HTML mail as a page of its own: what it would fetch from other hosts, and what must be changed before it is shown.

A browser enforces the rest by the Content-Security-Policy of the page: no scripts, forms, frames or fetches. Each
function takes linear time.
"""

import base64
import html
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote

from homeport.world.mail.mime.content import Part

MAX_REMOTE = 100
"""Remote URLs of a message that are listed."""
MAX_URL = 2000
"""Characters of a URL that are listed."""
MAX_INLINE_BYTES = 8 << 20
"""Characters of the URLs of pictures that are put into a page, all together; each use of a picture counts."""
NEVER = re.compile(r"<(?:meta|base|link)(?=[\s/>])", re.IGNORECASE)
"""Elements that act without a script: a refresh, another base of all URLs, a connection made ahead."""
INERT = "<bgsound"
"""The beginning of an element that is allowed at the same places, has no end tag, and does nothing (HTML 16.2)."""
VALUE = r"""\s{0,9}=\s{0,9}("[^"<>]{0,4000}"|'[^'<>]{0,4000}'|[^\s"'<>]{1,4000})"""
FETCHED = re.compile(r"""(?<=[\s"'/])(src|srcset|background|poster|data)""" + VALUE, re.IGNORECASE)
"""Attributes whose URL is fetched when the page is shown."""
LINKED = re.compile(r"<(?:link|image|use)(?=[\s/])[^<>]{0,2000}?[\s\"'/](href)" + VALUE, re.IGNORECASE)
"""Elements whose `href` is fetched."""
STYLED = re.compile(r"""(url)\(\s{0,9}["']?([^"')]{1,4000})|(@import)\s{1,9}["']([^"']{1,4000})""", re.IGNORECASE)
AIMED = re.compile(r"""(<(?:a|area)(?=[\s/])[^<>]{0,2000}?[\s"'/])target(?=\s{0,9}=)""", re.IGNORECASE)
"""Links that name the window to open in."""
APART = '<base target="_blank">'
"""Makes links open a window of their own, which a sandbox blocks: a click must not replace the message in its frame."""
MAX_MATCH = 8000
"""Characters of a match of these expressions."""
WINDOW = 1 << 15
"""Characters that one search looks at. It holds the interpreter's lock, and with it the reactor, meanwhile."""
REMOTE = re.compile(r"(?:https?:)?//[^\s/]", re.IGNORECASE)
CID = re.compile(r"""(?<=["'=(\s])cid:([^\s"'<>()]{1,1000})""", re.IGNORECASE)
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif", "image/svg+xml"}
"""Types that are put into a page; as pictures, they run nothing."""


def find_remote(text: str) -> list[str]:
    """Return the URLs on other hosts that HTML fetches when it is shown, in order, each once; at most MAX_REMOTE."""
    found: list[tuple[int, str]] = []
    for pattern in (FETCHED, LINKED, STYLED):
        for match in _find_all(pattern, text):
            name, value = (one for one in match.groups() if one is not None)
            urls = _urls_in(name.lower(), html.unescape(value.strip("\"'")).strip())
            at = match.start(match.lastindex or 0)
            found += ((at, url[:MAX_URL]) for url in urls if REMOTE.match(url))
    found.sort(key=lambda one: one[0])
    return list(dict.fromkeys(url for _at, url in found))[:MAX_REMOTE]


def _urls_in(name: str, value: str) -> list[str]:
    """Return the URLs of an attribute; `srcset` has several, with descriptors."""
    return [one.split()[0] for one in value.split(",") if one.strip()] if name == "srcset" else [value]


def _find_all(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of an expression whose matches have at most `MAX_MATCH` characters."""
    at = 0
    while at < len(text):
        stop = at + WINDOW
        match = pattern.search(text, at, stop + MAX_MATCH)
        if match is None or match.start() >= stop:
            at = stop  # a match from there on may be cut off: it is searched again
        else:
            yield match
            at = match.end()


def _replace_all(pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], text: str) -> str:
    pieces: list[str] = []
    at = 0
    for match in _find_all(pattern, text):
        pieces += (text[at : match.start()], replace(match))
        at = match.end()
    return "".join((*pieces, text[at:]))


def make_page(text: str, parts: Iterable[Part]) -> str:
    """Return HTML mail as a page to show: without elements that act by themselves, and with its pictures in it.

    parts: those that `cid:` may name (RFC 2392). Pictures over `MAX_INLINE_BYTES` are not shown.
    """
    by_id = {part.content_id: part for part in parts if part.content_id and part.content_type in PICTURES}
    left = MAX_INLINE_BYTES
    urls: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        nonlocal left
        name = unquote(html.unescape(match[1]))
        part = by_id.get(name)
        if part is None or (name not in urls and len(part.body) > left):
            return match[0]
        if name not in urls:
            urls[name] = f"data:{part.content_type};base64,{base64.b64encode(part.content()).decode()}"
        if len(urls[name]) > left:
            return match[0]
        left -= len(urls[name])
        return urls[name]

    text = _replace_all(AIMED, lambda match: f"{match[1]}data-target", _replace_all(NEVER, lambda _match: INERT, text))
    # At the end, since before a document type it would change the layout; the first such element counts anywhere.
    return _replace_all(CID, replace, text) + APART
