"""Extraction of links and one-time codes from mail, as a reader would find them: in visible text or HTML.

Every text takes linear time. Standard library only, because tests import this.
"""

import html
import re
from collections.abc import Iterable, Iterator

Text = tuple[str, str]
"""A media type and a decoded text."""
HTML = "text/html"
URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,30}://[^\s<>\"`{}|\\^]{1,4000}", re.IGNORECASE)
IN_BRACKETS = re.compile(r"<([a-z][a-z0-9+.-]{1,30}://[^<>]{1,4000})>", re.IGNORECASE)
"""RFC 3986 appendix C: a URL in angle brackets may be broken into lines."""
BROKEN = re.compile(r"[ \t]*\r?\n[ \t]*")
PUNCTUATION = ".,;:!?'*\"\u2018\u2019\u201c\u201d\u00ab\u00bb\u2026"
"""Marks that end a sentence rather than belong to a URL."""
TAG = re.compile(r"<!--|<(?P<end>/?)(?P<name>[a-z][a-z0-9:-]*)(?P<rest>[^<>]*)>|<[!?][^<>]*>", re.IGNORECASE)
HREF = re.compile(r"""(?:^|[\s"'/])href\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"']+))""", re.IGNORECASE)
UNREAD = {"script", "style", "title", "template"}
"""Elements whose text is not visible."""
INLINE = {
    *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "blink", "cite", "code", "data", "del", "dfn", "em", "font"),
    *("i", "ins", "kbd", "label", "mark", "nobr", "o:p", "q", "s", "samp", "small", "span", "strike", "strong", "sub"),
    *("sup", "time", "tt", "u", "var", "wbr"),
}
"""Elements that break no line."""
CODE = re.compile(
    r"(?<![\w#@/+$\u20ac\u00a3\u00a5&=%])(?<!\d[.,: -])"
    r"(?P<code>\d{4,8}|\d{3}[ -]\d{3})"
    r"(?![\w@/%\u20ac]|[.,: -]\d)"
)
"""4 to 8 digits by themselves, or two groups of three."""
YEAR = re.compile(r"(?:19|20)\d\d")
ABOUT_CODES = re.compile(r"code|\bpin\b|\botp\b|password|\btoken\b|verif|confirm", re.IGNORECASE)
"""Words that announce a code."""


def extract_links(texts: Iterable[Text]) -> list[str]:
    """Return the URLs with `://`, in order of appearance, each once.

    Sources are plain text, `href` attributes, and the text of HTML outside links. Entities are decoded, and punctuation
    that ends a sentence is removed.
    """
    found: list[str] = []
    for media_type, text in texts:
        if media_type == HTML:
            for link, visible in _read(text):
                found += [link] if link else _urls(visible)
        else:
            found += _urls(text)
    return list(dict.fromkeys(found))


def extract_codes(texts: Iterable[Text], pattern: str | None = None) -> list[str]:
    """Return the one-time codes that a message may contain, each once; more than one if it is ambiguous.

    A code has 4 to 8 digits, possibly in two groups, which are joined. If there are several, years are removed first,
    then those neither in a line that mentions a code nor in the next line. pattern: a regular expression to use
    instead; its first group is the code, if it has one.
    """
    lines = [line for text in texts for line in readable(*text).splitlines() if line.strip()]
    if pattern is not None:
        wanted = re.compile(pattern)
        matches = wanted.finditer("\n".join(lines))
        return list(dict.fromkeys(match[1] if wanted.groups else match[0] for match in matches))
    found: list[tuple[str, bool]] = []
    before = ""
    for line in lines:
        near = bool(ABOUT_CODES.search(line) or ABOUT_CODES.search(before))
        found += [(re.sub("[ -]", "", match["code"]), near) for match in CODE.finditer(URL.sub(" ", line))]
        before = line
    codes = {code for code, _near in found}
    for rule in (lambda code, _near: not YEAR.fullmatch(code), lambda _code, near: near):
        kept = [(code, near) for code, near in found if rule(code, near)]
        if len(codes) > 1 and kept:
            found, codes = kept, {code for code, _near in kept}
    return list(dict.fromkeys(code for code, _near in found))


def readable(media_type: str, text: str) -> str:
    """Return the visible text: of HTML, the text between the tags."""
    if media_type != HTML:
        return text
    return "".join(visible for _link, visible in _read(text, within_links=True))


def _urls(text: str) -> Iterator[str]:
    text = IN_BRACKETS.sub(lambda match: f"<{BROKEN.sub('', match[1])}>", text)
    for match in URL.finditer(text):
        if trimmed := _trimmed(match[0]):
            yield trimmed


def _trimmed(url: str) -> str:
    """Remove trailing punctuation from a URL; return an empty string if only the scheme is left."""
    while url:
        last = url[-1]
        opening = {")": "(", "]": "["}.get(last)
        if last in PUNCTUATION or (opening and url.count(last) > url.count(opening)):
            url = url[:-1]
        else:
            break
    return url if url.partition("://")[2] else ""


def _read(text: str, *, within_links: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the content of HTML in order: pairs of link and text, one of which is empty.

    within_links: include the text of links.
    """
    at, unread, links = 0, "", 0
    while True:
        tag = _find_tag(text, at)
        visible = text[at : tag.start() if tag else None]
        if visible and not unread and (within_links or not links):
            yield "", html.unescape(visible)
        if tag is None:
            return
        at = tag.end()
        name, ends = (tag["name"] or "").lower(), bool(tag["end"])
        if tag[0] == "<!--":
            end = text.find("-->", at)
            at = end + 3 if end >= 0 else len(text)
        elif unread:
            unread = "" if ends and name == unread else unread
        elif name in UNREAD and not ends:
            unread = name
        elif name:
            if name in ("a", "area") and not ends and (link := _href(tag["rest"])):
                yield link, ""
            links = (0 if ends else 1) if name == "a" else links
            if name not in INLINE:
                yield "", "\n"


def _find_tag(text: str, at: int) -> re.Match[str] | None:
    """Return the next tag. One search for it would hold the interpreter's lock for as long as the text is."""
    while (at := text.find("<", at)) >= 0:
        if tag := TAG.match(text, at):
            return tag
        at += 1
    return None


def _href(attributes: str) -> str:
    """Return the target of a tag; empty if it is not a URL with `://`."""
    match = HREF.search(attributes)
    link = html.unescape(next((one for one in match.groups() if one is not None), "")) if match else ""
    link = re.sub(r"[\t\r\n]+", "", link).strip()
    return link if re.match(r"[a-z][a-z0-9+.-]*://\S", link, re.IGNORECASE | re.ASCII) else ""
