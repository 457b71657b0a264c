"""The page at `/` and its files, and what programs read there.

The files lie in the folder `page` of the package. `index.html` refers to them as `/page/NAME`; it is served with a hash
over all files as a further segment, `/page/HASH/NAME`, so that relative imports between the files carry the hash too,
and browsers may keep them for ever. Nothing is read before the first request, and reading happens in the thread pool.
"""

import gzip
import os
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec

from homeport.control.farm import Farm
from homeport.control.operation import JSON, Document, Operation, Preferences, Request
from homeport.control.problems import ProblemError
from homeport.control.slices import OffReactor
from homeport.version import __version__

FOLDER = Path(__file__).parents[1] / "page"
INDEX = "index.html"
PREFIX = "/page/"
REFERENCE = re.compile(rb'(?<=")/page/')
"""The beginning of a reference in `index.html`."""
TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": JSON,
    "mjs": "text/javascript; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
    "woff2": "font/woff2",
}
"""Media types by the ending of the file's name. Files with other endings are not served."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "font-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Content-Security-Policy of the page: everything from this farm, no inline script or style, no text made markup."""
INDEX_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept, Accept-Encoding",
    "X-DNS-Prefetch-Control": "off",  # or Chromium resolves the names in links before anyone follows them
}
FILE_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # Of a file that is opened by itself, such as an SVG.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
}
MACHINES = msgspec.json.encode({"openapi": "/api/v1/openapi.json", "version": __version__})
"""The answer at `/` for programs."""


class File(msgspec.Struct, frozen=True):
    """A file as it is served."""

    media_type: str
    content: bytes
    zipped: bytes
    """The content in gzip; empty if that is not shorter."""
    tag: str
    """Hash of the content."""


class Page(msgspec.Struct, frozen=True):
    """The files of the page, in memory."""

    state: tuple[tuple[str, int, int], ...]
    """Name, time of change in ns and size of each file, to notice changes."""
    version: str
    """Hash over all files."""
    files: dict[str, File]


def page_root(farm: Farm, request: Request) -> Any:
    wants = request.preferences
    html = quality(wants.accept, "text/html", "text/*", "*/*")
    if quality(wants.accept, JSON, "application/*", "*/*") > html:
        return Document(JSON, MACHINES, {"Vary": "Accept"})
    return OffReactor(farm, PAGES.read_again, lambda page: _answer(page.files.get(INDEX), wants, INDEX_HEADERS, "/"))


def page_file(farm: Farm, request: Request) -> Any:
    version, name = request.parameters["version"], request.parameters["name"]
    path = f"{PREFIX}{version}/{name}"

    def show(page: Page) -> Document:
        found = page.files.get(name) if version == page.version and name != INDEX else None
        return _answer(found, request.preferences, FILE_HEADERS, path)

    return show(PAGES.current) if PAGES.current is not None else OffReactor(farm, PAGES.read_again, show)


class Pages:
    """The page as it was last read. folder: where its files are."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self.current: Page | None = None

    def read_again(self) -> Page:
        """Return the page; read it if that has not been done, or if a file has changed since. Takes long."""
        state = tuple(sorted(_served(self._folder)))
        if self.current is None or self.current.state != state:
            self.current = make_page(state, {name: (self._folder / name).read_bytes() for name, _time, _size in state})
        return self.current


PAGES = Pages()
"""The page of this process. Its files are part of the program, so all farms share them."""


def make_page(state: tuple[tuple[str, int, int], ...], contents: dict[str, bytes]) -> Page:
    """Return the page with these files."""
    whole = sha256()
    for name, content in contents.items():
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
    version = whole.hexdigest()[:16]
    if INDEX in contents:
        contents = {**contents, INDEX: REFERENCE.sub(f"{PREFIX}{version}/".encode(), contents[INDEX])}
    return Page(state, version, {name: _file(name, content) for name, content in contents.items()})


def quality(header: str | None, *ranges: str) -> float:
    """Return the weight (RFC 9110 12.4.2) that a header of preferences gives to a value.

    ranges: the value and the wildcards that include it, the most specific first.
    """
    if header is None:
        return 1.0
    given = dict(_weights(header))
    return next((given[name] for name in ranges if name in given), 0.0)


def _weights(header: str) -> Iterable[tuple[str, float]]:
    for item in header.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            yield name, float(weight)
        except ValueError:
            yield name, 0.0


def _served(folder: Path, within: str = "") -> Iterator[tuple[str, int, int]]:
    """Yield name, time of change in ns and size of each file that is served. Every visit waits for it."""
    with os.scandir(folder / within) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _served(folder, f"{within}{entry.name}/")
            elif entry.name.rpartition(".")[2] in TYPES and entry.is_file() and not entry.name.startswith("."):
                stat = entry.stat()
                yield f"{within}{entry.name}", stat.st_mtime_ns, stat.st_size


def _file(name: str, content: bytes) -> File:
    zipped = gzip.compress(content, mtime=0)
    smaller = zipped if len(zipped) < len(content) else b""
    return File(TYPES[name.rpartition(".")[2]], content, smaller, sha256(content).hexdigest()[:16])


def _answer(file: File | None, wants: Preferences, headers: dict[str, str], path: str) -> Document:
    """Return a file as the client wants it. Raise ProblemError, 404, if there is none."""
    if file is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is nothing at {path}; load / again if this farm is a new one")
    zips = bool(file.zipped) and wants.accept_encoding is not None and quality(wants.accept_encoding, "gzip", "*") > 0
    tag = f'"{file.tag}{"-gzip" if zips else ""}"'
    headers = {**headers, "ETag": tag}
    if _matches(wants.if_none_match, tag):
        return Document(file.media_type, b"", headers, HTTPStatus.NOT_MODIFIED)
    if zips:
        return Document(file.media_type, file.zipped, {**headers, "Content-Encoding": "gzip"})
    return Document(file.media_type, file.content, headers)


def _matches(if_none_match: str | None, tag: str) -> bool:
    """Return True if If-None-Match names this entity tag, by weak comparison (RFC 9110 13.1.2)."""
    given = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    return tag in given or given == ["*"]


OPERATIONS = (
    Operation(
        method="GET",
        path="/",
        summary="Get the page, or where the description of the API is",
        handler=page_root,
        answer=str,
        media_type=TYPES["html"],
        public=True,
        lax=True,
    ),
    Operation(
        method="GET",
        path=f"{PREFIX}{{version}}/{{name}}",
        summary="Get a file of the page",
        handler=page_file,
        answer=str,
        rest="name",
        public=True,
        lax=True,
    ),
)
"""Operations that are no part of the API, and of its description: they serve browsers."""
