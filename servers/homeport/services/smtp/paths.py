"""Paths, mailboxes and domains: the grammar of RFC 5321 4.1.2 and 4.1.3, with RFC 6531 3.3 for UTF-8.

A source route is parsed and dropped (RFC 5321 3.3, appendix C). A refusal says where parsing failed. A path that is
longer than every server must accept is accepted, and has a flaw, unless `syntax` is `strict`; if it is `lenient`, paths
of other forms are read by `forgiving.py`. Domains are not looked up, because a test farm has no DNS.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import msgspec

from homeport.services.smtp.replies import Refused

LOCAL_PART_LIMIT = 64  # RFC 5321 4.5.3.1.1
DOMAIN_LIMIT = 255  # 4.5.3.1.2
PATH_LIMIT = 256  # 4.5.3.1.3, with its punctuation
TOO_LONG = ("path-too-long",)

# Negated classes, because all non-ASCII characters are allowed (RFC 6531 3.3) and a class listing them compiles slowly.
ATOM = r"[^\x00-\x20\"(),.:;<>@\[\\\]\x7f]+"
DOT_STRING = rf"{ATOM}(?:\.{ATOM})*"
QUOTED_STRING = r'"(?:[^\x00-\x1f"\\\x7f]|\\[ -~])*"'
EDGE = r"[^\x00-/:-@\[-`{-\x7f]"
LABEL = rf"{EDGE}(?:[^\x00-,./:-@\[-`{{-\x7f]*{EDGE})?"
DOMAIN = rf"{LABEL}(?:\.{LABEL})*"
LITERAL = r"\[[!-Z^-~]+\]"

LOCAL_PART = re.compile(rf"(?:{DOT_STRING}|{QUOTED_STRING})")
HOST = re.compile(rf"(?:{DOMAIN}|{LITERAL})")
ROUTE = re.compile(rf"@{DOMAIN}(?:,@{DOMAIN})*:")
PLAIN = re.compile(r"<([A-Za-z0-9._+-]+)@([A-Za-z0-9.-]+)>")
"""Nearly every path; what it matches still goes through the grammar."""
TAG = re.compile(r"[A-Za-z0-9-]*[A-Za-z0-9]:[!-Z^-~]+")
ESCAPED = re.compile(r"\\(.)")


class Mailbox(msgspec.Struct, frozen=True):
    """A mailbox as written, without a source route. The null path and `<Postmaster>` have no domain."""

    local_part: str
    """Without quotes: `"a"@c` and `a@c` are the same mailbox (RFC 5321 4.1.2)."""
    domain: str
    text: str
    """As the client wrote it."""
    flaws: tuple[str, ...] = ()
    """Findings about a path that is accepted all the same."""

    @property
    def is_null(self) -> bool:
        """True for the null path, `<>`."""
        return not self.text


NULL = Mailbox("", "", "")


class Grammar:
    """How one kind of path is parsed, and its error reports: RFC 3463 has a status for senders and for recipients."""

    def __init__(self, name: str, syntax_status: str, *, strict: bool = False, fallback: "Fallback" = None) -> None:
        self.name = name
        self.status = syntax_status
        self.strict = strict
        """True to refuse paths that are longer than every server must accept."""
        self.fallback = fallback
        """Parses a path that the grammar refuses."""
        self.forward = name == "forward-path"

    def refuse(self, problem: str, section: str = "4.1.2", finding: str = "bad-path") -> Refused:
        """Return the refusal of a path."""
        return Refused(501, self.status, f"{self.name}: {problem} (RFC 5321 {section})", finding)

    def note_length(self, problem: str, section: str) -> tuple[str, ...]:
        """Return the flaw of a path that is longer than every server must accept. Raises: Refused if strict."""
        if self.strict:
            raise self.refuse(problem, section, *TOO_LONG)
        return TOO_LONG


Fallback = Callable[[str, Grammar], tuple[Mailbox, str] | None] | None
REVERSE_PATH = Grammar("reverse-path", "5.1.7")
FORWARD_PATH = Grammar("forward-path", "5.1.3")


@lru_cache(2048)
def parse_path_argument(argument: str, keyword: str, grammar: Grammar) -> tuple[Mailbox, str]:
    """Parse the argument of MAIL or RCPT. Return the path, and the text after it.

    The results are cached, because clients repeat themselves. Raises: Refused.
    """
    name, colon, rest = argument.partition(":")
    if not colon or name.upper() != keyword:
        if name.strip().upper() == keyword and colon:
            if not name.startswith(" "):
                raise grammar.refuse("remove the space before the colon", "3.3", "space-after-colon")
            raise grammar.refuse(f"write one space before {keyword}", "4.1.1", "command-space")
        raise grammar.refuse(f"write {keyword}:<...>", "3.3", "syntax")
    fallback = grammar.fallback
    try:
        parsed = parse_path(rest, grammar)
    except Refused:
        if fallback is None or (other := fallback(rest, grammar)) is None:
            raise
        return other
    if fallback is not None and parsed[1] and not parsed[1].startswith(" "):
        return fallback(rest, grammar) or parsed
    return parsed


def parse_path(text: str, grammar: Grammar) -> tuple[Mailbox, str]:
    """Parse a path. Return it, and the text after it.

    Raises: Refused.
    """
    if not text.startswith("<"):
        if text[:1] in (" ", "\t"):
            raise grammar.refuse("remove the space after the colon", "3.3", "space-after-colon")
        raise grammar.refuse("write the path between < and >", "4.1.2", "no-angle-brackets")
    if text.startswith("<>"):
        return NULL, text[2:]
    flaws: tuple[str, ...] = ()
    at = 1
    if text.startswith("@", 1):
        match = ROUTE.match(text, 1)
        if match is None:
            raise grammar.refuse("a source route has the form <@one.example,@two.example:user@host>", "appendix C")
        flaws, at = ("source-route",), match.end()
    mailbox, at = parse_mailbox(text, at, grammar)
    if not text.startswith(">", at):
        raise grammar.refuse(f"> is missing after {text[1:at]!r}" if at == len(text) else _at(text, at))
    if at + 1 > PATH_LIMIT and not mailbox.flaws:
        flaws += grammar.note_length(f"longer than {PATH_LIMIT} bytes", "4.5.3.1.3")
    if flaws:
        mailbox = msgspec.structs.replace(mailbox, flaws=flaws + mailbox.flaws)
    return mailbox, text[at + 1 :]


def parse_mailbox(text: str, at: int, grammar: Grammar) -> tuple[Mailbox, int]:
    """Parse the mailbox at that index. Return it, and the index of its end.

    `Postmaster` needs no domain (RFC 5321 4.5.1).
    """
    local = LOCAL_PART.match(text, at)
    if local is None:
        raise grammar.refuse(_at(text, at) if at < len(text) else "the mailbox is missing")
    end = local.end()
    if not text.startswith("@", end):
        if text.startswith(">", end) and local[0].lower() == "postmaster" and grammar.forward:
            return Mailbox(local[0], "", local[0]), end
        raise grammar.refuse(f"a mailbox is local-part@domain; {_at(text, end)}")
    host = HOST.match(text, end + 1)
    if host is None or (host.end() < len(text) and text[host.end()] not in "> "):
        raise grammar.refuse(f"the domain is not valid: {_at(text, host.end() if host else end + 1)}", "4.1.2")
    domain = host[0]
    problem = domain_problem(domain)
    if problem:
        raise grammar.refuse(problem, "4.1.3" if domain[0] == "[" else "4.1.2")
    flaws: tuple[str, ...] = ()
    if len(local[0].encode()) > LOCAL_PART_LIMIT:
        flaws = grammar.note_length(f"the local part has more than {LOCAL_PART_LIMIT} bytes", "4.5.3.1.1")
    elif is_long(domain):
        flaws = grammar.note_length(f"the domain has more than {DOMAIN_LIMIT} bytes", "4.5.3.1.2")
    return Mailbox(unquote(local[0]), domain, f"{local[0]}@{domain}", flaws), host.end()


def is_long(domain: str) -> bool:
    """Return True for a domain that is longer than every server must accept."""
    return len(domain.encode()) > DOMAIN_LIMIT


@lru_cache(1024)
def domain_problem(domain: str) -> str:
    """Return the error in a domain or an address literal, of any length; empty if it is valid."""
    if domain.startswith("["):
        return "" if is_literal(domain) else f"{domain!r} is not an address literal: [192.0.2.1] or [IPv6:2001:db8::1]"
    if not HOST.fullmatch(domain):
        return f"{domain!r} is not a domain: labels of letters, digits and hyphens, separated by dots"
    if any(len(label) > 63 for label in domain.split(".")):
        return "a label of the domain has more than 63 bytes (RFC 1035 2.3.4)"
    return ""


def is_literal(text: str) -> bool:
    """Return True for an address literal: IPv4, IPv6 or with a registered tag (RFC 5321 4.1.3)."""
    if not (text.startswith("[") and text.endswith("]")):
        return False
    inner = text[1:-1]
    if literal_address(text):
        return True
    return not inner.upper().startswith("IPV6:") and bool(TAG.fullmatch(inner))


def literal_address(text: str) -> str:
    """Return the IP address in an address literal, in its shortest form; empty if it has none."""
    inner = text[1:-1]
    try:
        if inner[:5].upper() == "IPV6:":
            return str(IPv6Address(inner[5:])) if "%" not in inner else ""
        return str(IPv4Address(inner))
    except AddressValueError:
        return ""


def address_literal(host: str) -> str:
    """Return an IP address as an address literal."""
    host = host.partition("%")[0]
    return f"[IPv6:{host}]" if ":" in host else f"[{host}]"


def unquote(local_part: str) -> str:
    """Return a local part without quotes and escapes."""
    return ESCAPED.sub(r"\1", local_part[1:-1]) if local_part.startswith('"') else local_part


def parse_recipient_argument(text: str, grammar: Grammar) -> Mailbox:
    """Parse the argument of VRFY: a mailbox with or without angle brackets and domain (RFC 5321 4.1.1.6).

    Raises: Refused.
    """
    text = text.strip()
    if "<" not in text and "@" not in text:
        return Mailbox(unquote(text), "", text)
    path = text[text.index("<") :] if "<" in text else f"<{text}>"  # a full name may stand before the path
    mailbox, rest = parse_path_argument(f"TO:{path}", "TO", grammar)
    if rest and "<" not in text:
        raise grammar.refuse(_at(text, len(text) - len(rest)))
    return mailbox


def _at(text: str, at: int) -> str:
    """Return where parsing stopped, in words."""
    return f"unexpected {text[at]!r} at character {at + 1}" if at < len(text) else "unexpected end"


def own_domain(domain: str, local: str) -> str:
    """Return the domain; empty if it is the literal of our own address `local` (RFC 1123 5.2.17)."""
    if domain.startswith("[") and literal_address(domain) == literal_address(address_literal(local)):
        return ""
    return domain
