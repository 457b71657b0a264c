"""Paths in forms that RFC 5321 4.1.2 does not have and deployed servers accept, each with a finding.

The model is Postfix 3.7 with its defaults: spaces after the colon and around parts, no brackets or too many, comments,
dots and specials in the local part, no domain, no local part, `_` and a final dot in the domain. A path that Postfix
refuses is refused here too. The mailbox is written so that it is valid: `a@b@c` becomes `"a@b"@c`; only dots in wrong
places stay as they are.
"""

import re

import msgspec

from homeport.protocol.service import Syntax
from homeport.services.smtp.paths import (
    ESCAPED,
    FORWARD_PATH,
    LOCAL_PART_LIMIT,
    NULL,
    REVERSE_PATH,
    ROUTE,
    Grammar,
    Mailbox,
    is_literal,
    is_long,
    parse_path,
)
from homeport.services.smtp.replies import Refused
from homeport.world.mail.addresses import join_address

BLANKS = " \t"
TOKEN = re.compile(
    r"""(?P<comment>\([^()\\]*\))|(?P<blank>[ ]+)|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<literal>\[[^\[\]\\ ]+\]?)"""
    r"""|(?P<mark>[.@:])|(?P<word>(?:[^\x00-\x20"(),.:;<>@\[\\\]\x7f]|\\.)+)"""
)
"""A part of an address; blanks and comments are dropped."""
EDGE = r"[^\x00-/:-@\[-^`{-\x7f]"
LABEL = rf"{EDGE}(?:[^\x00-,./:-@\[-^`{{-\x7f]*{EDGE})?"
LOOSE_DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})*")
"""A domain that may have `_` where it may have a letter."""
DOTS = re.compile(r"[^\x00-\x20\"(),:;<>@\[\\\]\x7f]+")
"""A local part without quotes, with dots anywhere."""
WORDS = ("word", "quoted", "literal")

Token = tuple[str, str]
"""A kind of token and its text."""


def parse_forgiving(text: str, grammar: Grammar) -> tuple[Mailbox, str] | None:
    """Parse what follows `FROM:` or `TO:`. Return the path and the text after it; None if it cannot be read."""
    body = text.lstrip(BLANKS)
    flaws = ["space-after-colon"] if body != text else []
    if body.startswith("<"):
        end = _closing(body)
        inner = body[1 : end - 1]
        bracketed = end > 0
    else:
        end = _first_blank(body)
        inner = body[:end]
        flaws.append("no-angle-brackets")
        bracketed = False
        if inner.endswith((">", ",")):
            inner = inner.rstrip(">,")
            flaws.append("bad-path")
    rest = body[end:].lstrip(">,")
    if end <= 0 or (rest and rest[0] not in BLANKS):
        return None
    if rest != body[end:]:
        flaws.append("bad-parameter")
    mailbox = _parse_inner(inner, grammar, flaws)
    if mailbox is None or (mailbox.is_null and not bracketed):
        return None
    return msgspec.structs.replace(mailbox, flaws=tuple(dict.fromkeys((*flaws, *mailbox.flaws)))), rest


def _parse_inner(inner: str, grammar: Grammar, flaws: list[str]) -> Mailbox | None:
    """Parse the text between the brackets."""
    try:
        mailbox, rest = parse_path(f"<{inner}>", grammar)
    except Refused as refused:
        flaws.append(refused.finding)
    else:
        return None if rest else mailbox
    while inner.startswith("<") and inner.endswith(">"):
        inner = inner[1:-1]
    if route := ROUTE.match(inner):
        flaws.append("source-route")
        inner = inner[route.end() :]
    tokens = _split(inner)
    if tokens is None:
        return None
    if not tokens:
        return NULL
    at = max((place for place, (_kind, mark) in enumerate(tokens) if mark == "@"), default=-1)
    domain = _domain(tokens[at + 1 :]) if at >= 0 else ""
    local = _local_part(tokens[:at] if at >= 0 else tokens)
    if local is None or domain is None:
        return None
    if len(local.encode()) > LOCAL_PART_LIMIT or is_long(domain):
        flaws.append("path-too-long")
    written = f"{local}@{domain}" if domain else local
    return Mailbox(local, domain, written if DOTS.fullmatch(local) else join_address(local, domain))


def _split(inner: str) -> list[Token] | None:
    """Split an address into tokens; None if it has others, or two words with nothing but blanks between them."""
    tokens: list[Token] = []
    at = 0
    while at < len(inner):
        match = TOKEN.match(inner, at)
        if match is None:
            return None
        at, kind = match.end(), str(match.lastgroup)
        if kind in ("comment", "blank"):
            continue
        if tokens and kind in WORDS and tokens[-1][0] in WORDS:
            return None
        tokens.append((kind, match[0]))
    return tokens


def _local_part(tokens: list[Token]) -> str | None:
    """Return the local part without quotes and escapes; None if it has an address literal."""
    if any(kind == "literal" for kind, _token in tokens):
        return None
    return "".join(ESCAPED.sub(r"\1", token[1:-1] if kind == "quoted" else token) for kind, token in tokens)


def _domain(tokens: list[Token]) -> str | None:
    """Return the domain, without a final dot; None if it is none."""
    text = "".join(token for _kind, token in tokens)
    if text.startswith("["):
        literal = text if text.endswith("]") else f"{text}]"
        return literal if is_literal(literal) else None
    domain = text.removesuffix(".")
    if not LOOSE_DOMAIN.fullmatch(domain) or any(len(label) > 63 for label in domain.split(".")):
        return None
    return domain


def _closing(text: str) -> int:
    """Return the index after the bracket that closes the first one; 0 if there is none."""
    depth = 0
    for at in _outside_quotes(text):
        depth += {"<": 1, ">": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return 0


def _first_blank(text: str) -> int:
    """Return the index of the first blank outside of quotes, or the length."""
    return next((at for at in _outside_quotes(text) if text[at] in BLANKS), len(text))


def _outside_quotes(text: str) -> list[int]:
    """Return the indices of the characters that are neither quoted nor escaped."""
    found = []
    quoted = escaped = False
    for at, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif not quoted:
            found.append(at)
    return found


def _grammars(one: Grammar) -> dict[Syntax, Grammar]:
    strict = Grammar(one.name, one.status, strict=True)
    return {"strict": strict, "rfc": one, "lenient": Grammar(one.name, one.status, fallback=parse_forgiving)}


REVERSE_PATHS = _grammars(REVERSE_PATH)
FORWARD_PATHS = _grammars(FORWARD_PATH)
"""How paths are parsed, by the option `syntax`."""
