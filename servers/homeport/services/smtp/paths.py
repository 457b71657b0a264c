"""Paths, mailboxes and domains: the grammar of RFC 5321 4.1.2 and 4.1.3, with RFC 6531 3.3 for UTF-8.

A source route is taken and dropped (RFC 5321 3.3, appendix C). What breaks the grammar is refused with words that say
where. Left out: looking a domain up, because a test farm has no DNS.
"""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import msgspec

from homeport.services.smtp.replies import Refused

LOCAL_PART_LIMIT = 64  # RFC 5321 4.5.3.1.1
DOMAIN_LIMIT = 255  # 4.5.3.1.2
PATH_LIMIT = 256  # 4.5.3.1.3, with its punctuation

# Classes name what is not in them, because whatever is no ASCII is (RFC 6531 3.3): to name that takes long to compile.
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
"""Nearly every path there is; what it matches still goes through the grammar."""
TAG = re.compile(r"[A-Za-z0-9-]*[A-Za-z0-9]:[!-Z^-~]+")
ESCAPED = re.compile(r"\\(.)")


class Mailbox(msgspec.Struct, frozen=True):
    """A mailbox as it was written, without route; the null path and `<Postmaster>` have no domain."""

    local_part: str
    """Without its quotes: `"a b"@c` and a name that needs none are the same sort of thing (RFC 5321 4.1.2)."""
    domain: str
    text: str
    """As the client wrote it."""
    route: str = ""
    """The source route that stood before it."""

    @property
    def is_null(self) -> bool:
        """Whether it is the null path, `<>`."""
        return not self.text


NULL = Mailbox("", "", "")


class Grammar:
    """How errors in a path are reported: RFC 3463 has a status for senders and one for recipients."""

    def __init__(self, what: str, syntax_status: str) -> None:
        self.what = what
        self.status = syntax_status

    def refuse(self, problem: str, section: str = "4.1.2", finding: str = "bad-path") -> Refused:
        """The refusal that says what is wrong with the path."""
        return Refused(501, self.status, f"{self.what}: {problem} (RFC 5321 {section})", finding)


REVERSE_PATH = Grammar("reverse-path", "5.1.7")
FORWARD_PATH = Grammar("forward-path", "5.1.3")


@lru_cache(2048)
def parse_path_argument(argument: str, keyword: str, grammar: Grammar) -> tuple[Mailbox, str]:
    """The path behind FROM: or TO:, and what follows it. Clients say the same again and again: it is remembered.

    Raises: Refused, saying what the grammar wants.
    """
    name, colon, rest = argument.partition(":")
    if not colon or name.upper() != keyword:
        if name.strip().upper() == keyword and colon:
            raise grammar.refuse("no blank may stand before the colon", "3.3", "space-after-colon")
        raise grammar.refuse(f"write {keyword}:<...>", "3.3", "syntax")
    return parse_path(rest, grammar)


def parse_path(text: str, grammar: Grammar) -> tuple[Mailbox, str]:
    """A path and what follows it.

    Raises: Refused, saying what the grammar wants.
    """
    if not text.startswith("<"):
        if text[:1] in (" ", "\t"):
            raise grammar.refuse("no blank may follow the colon", "3.3", "space-after-colon")
        raise grammar.refuse("write the path between < and >", "4.1.2", "no-angle-brackets")
    if text.startswith("<>"):
        return NULL, text[2:]
    route = ""
    at = 1
    if text.startswith("@", 1):
        match = ROUTE.match(text, 1)
        if match is None:
            raise grammar.refuse("a source route is written <@one.example,@two.example:user@host>", "appendix C")
        route, at = match[0][:-1], match.end()
    mailbox, at = parse_mailbox(text, at, grammar)
    if not text.startswith(">", at):
        raise grammar.refuse(f"> is missing behind {text[1:at]!r}" if at == len(text) else _at(text, at))
    if at + 1 > PATH_LIMIT:
        raise grammar.refuse(f"longer than {PATH_LIMIT} octets", "4.5.3.1.3", "path-too-long")
    if route:
        mailbox = msgspec.structs.replace(mailbox, route=route)
    return mailbox, text[at + 1 :]


def parse_mailbox(text: str, at: int, grammar: Grammar) -> tuple[Mailbox, int]:
    """The mailbox that begins there, and where it ends. `Postmaster` stands without a domain (RFC 5321 4.5.1)."""
    local = LOCAL_PART.match(text, at)
    if local is None:
        raise grammar.refuse(_at(text, at) if at < len(text) else "the mailbox is missing")
    end = local.end()
    if not text.startswith("@", end):
        if text.startswith(">", end) and local[0].lower() == "postmaster" and grammar is FORWARD_PATH:
            return Mailbox(local[0], "", local[0]), end
        raise grammar.refuse(f"a mailbox is local-part@domain; {_at(text, end)}")
    host = HOST.match(text, end + 1)
    if host is None or (host.end() < len(text) and text[host.end()] not in "> "):
        raise grammar.refuse(f"the domain is not valid: {_at(text, host.end() if host else end + 1)}", "4.1.2")
    domain = host[0]
    if len(local[0].encode()) > LOCAL_PART_LIMIT:
        raise grammar.refuse(f"the local part has more than {LOCAL_PART_LIMIT} octets", "4.5.3.1.1", "path-too-long")
    problem = domain_problem(domain)
    if problem:
        raise grammar.refuse(problem, "4.1.3" if domain[0] == "[" else "4.1.2")
    return Mailbox(unquote(local[0]), domain, f"{local[0]}@{domain}"), host.end()


@lru_cache(1024)
def domain_problem(domain: str) -> str:
    """What is wrong with a domain or an address literal; empty if nothing."""
    if domain.startswith("["):
        return "" if is_literal(domain) else f"{domain!r} is no address literal: [192.0.2.1] or [IPv6:2001:db8::1]"
    if not HOST.fullmatch(domain):
        return f"{domain!r} is no domain: labels of letters, digits and hyphens, with dots between"
    if len(domain.encode()) > DOMAIN_LIMIT:
        return f"the domain has more than {DOMAIN_LIMIT} octets (RFC 5321 4.5.3.1.2)"
    if any(len(label) > 63 for label in domain.split(".")):
        return "a label of the domain has more than 63 octets (RFC 1035 2.3.4)"
    return ""


def is_literal(text: str) -> bool:
    """Whether it is an address literal: IPv4, IPv6 or of a registered tag (RFC 5321 4.1.3)."""
    if not (text.startswith("[") and text.endswith("]")):
        return False
    inner = text[1:-1]
    if literal_address(text):
        return True
    return not inner.upper().startswith("IPV6:") and bool(TAG.fullmatch(inner))


def literal_address(text: str) -> str:
    """The IP address in an address literal, in its shortest form; empty if there is none."""
    inner = text[1:-1]
    try:
        if inner[:5].upper() == "IPV6:":
            return str(IPv6Address(inner[5:])) if "%" not in inner else ""
        return str(IPv4Address(inner))
    except AddressValueError:
        return ""


def address_literal(host: str) -> str:
    """An IP address as an address literal."""
    host = host.partition("%")[0]
    return f"[IPv6:{host}]" if ":" in host else f"[{host}]"


def unquote(local_part: str) -> str:
    """A local part without quotes and escapes."""
    return ESCAPED.sub(r"\1", local_part[1:-1]) if local_part.startswith('"') else local_part


def parse_recipient_argument(text: str) -> Mailbox:
    """A mailbox as VRFY takes it: with or without angle brackets, without a domain too (RFC 5321 4.1.1.6).

    Raises: Refused if it is no mailbox.
    """
    text = text.strip()
    if "<" in text:  # a full name may stand before the path
        mailbox, _rest = parse_path(text[text.index("<") :], FORWARD_PATH)
        return mailbox
    if "@" in text:
        mailbox, end = parse_mailbox(text, 0, FORWARD_PATH)
        if end == len(text):
            return mailbox
        raise FORWARD_PATH.refuse(_at(text, end))
    return Mailbox(unquote(text), "", text)


def _at(text: str, at: int) -> str:
    """Where reading stopped, in words."""
    return f"unexpected {text[at]!r} at character {at + 1}" if at < len(text) else "it ends too early"


def own_domain(domain: str, local: str) -> str:
    """Return the domain; empty if it is the literal of our own address `local` (RFC 1123 5.2.17)."""
    if domain.startswith("[") and literal_address(domain) == literal_address(address_literal(local)):
        return ""
    return domain
