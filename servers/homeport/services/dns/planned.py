"""Planned response codes in the place of answers, and planned defects of answers, which `spoiling.py` applies.

The verb of a query is its type (`A`, `ANY`, `TYPE65280`), that of other requests their opcode (`NOTIFY`, `UPDATE`); the
argument is the name with its final dot.
"""

from collections.abc import Iterator, Mapping

import msgspec

from homeport.config.values import closest, nearest
from homeport.protocol.commands import ArgumentRule
from homeport.protocol.faults import FaultError, Reply
from homeport.services.dns.exchange import RCODES, Exchange, rcode_text
from homeport.services.dns.message import NOTIFY, QUERY, UPDATE
from homeport.world.zones.rrset import OPT, TSIG, TYPES, parse_type, type_text

OPCODES = {NOTIFY: "NOTIFY", UPDATE: "UPDATE"}
NUMBERS = {mnemonic: number for number, mnemonic in RCODES.items()}
MAX_PLAIN_RCODE = 15
"""Largest response code for clients without EDNS (RFC 6891 6.1.3)."""
MAX_TEXT_BYTES = 200
QUESTIONS = frozenset(one for one, number in TYPES.items() if number not in (OPT, TSIG))


class Types(frozenset[str]):
    """The types that can be asked for: those with mnemonics, and any `TYPE65280`."""

    def __contains__(self, verb: object) -> bool:
        return super().__contains__(verb) or (isinstance(verb, str) and _is_generic(verb))


def _is_generic(verb: str) -> bool:
    try:
        return type_text(parse_type(verb)) == verb
    except ValueError:
        return False


class Verbs(Mapping[str, ArgumentRule]):
    """The verbs with their argument rules; types without mnemonics are found, and not listed."""

    def __getitem__(self, verb: str) -> ArgumentRule:
        if verb in OF_QUERIES or verb in OPCODES.values():
            return "required"
        raise KeyError(verb)

    def __iter__(self) -> Iterator[str]:
        return iter((*sorted(QUESTIONS), *OPCODES.values()))

    def __len__(self) -> int:
        return len(QUESTIONS) + len(OPCODES)


ALL: frozenset[str] = frozenset()
OF_QUERIES = Types(QUESTIONS)
FRAMES: dict[str, frozenset[str]] = {
    "truncated": ALL,
    "tcp-refuse": ALL,
    "wrong-id": ALL,
    "wrong-question": ALL,
    "wrong-source": ALL,
    "no-aa": ALL,
    "lame": OF_QUERIES,
    "nxdomain": OF_QUERIES,
    "nodata": OF_QUERIES,
    "cname-loop": OF_QUERIES,
    "bogus": OF_QUERIES,
    "expired-signature": OF_QUERIES,
    "edns-drop": ALL,
    "edns-formerr": ALL,
    "badcookie": ALL,
}
"""The defects, each with the verbs whose answers can have it."""
FRAME_LISTENERS = {
    "truncated": frozenset({"udp"}),
    "tcp-refuse": frozenset({"udp", "tcp"}),
    "wrong-source": frozenset({"udp"}),
}
"""The listeners whose answers can have a defect, where these are not all."""
FAULT_VERBS: dict[str, frozenset[str]] = {"ttl": OF_QUERIES}
"""Verbs whose answers a kind alters, for kinds that do not alter all."""
REPLY_SCHEMA: dict[str, dict[str, object] | None] = {
    **dict.fromkeys(("code", "enhanced", "status", "response_code")),
    "rcode": {
        "anyOf": [{"type": "string", "enum": list(NUMBERS)}, {"type": "integer", "minimum": 0, "maximum": 4095}],
    },
    "ede": {"examples": [22]},
    "text": {"maxLength": MAX_TEXT_BYTES},
}
"""The planned replies that `validate_reply` accepts, as a JSON schema."""


def verb_of(exchange: Exchange) -> str:
    """Return the verb by which faults match a request; empty for one without a question."""
    message = exchange.message
    if message.question is None:
        return ""
    return type_text(message.question.type) if message.opcode == QUERY else OPCODES.get(message.opcode, "")


def rcode_of(reply: Reply) -> int:
    """Return the number of a planned response code."""
    return NUMBERS[text] if (text := str(reply.rcode).upper()) in NUMBERS else int(text)


def shown_reply(reply: Reply) -> str:
    """Return a planned reply as the journal names it: `SERVFAIL`, `SERVFAIL (extended error 22)`."""
    text = rcode_text(rcode_of(reply))
    return text if reply.ede is msgspec.UNSET else f"{text} (extended error {reply.ede})"


def validate_reply(reply: Reply, _verb: str | None = None) -> None:
    """Validate a planned reply. Raises: FaultError."""
    reply.refuse_others(("rcode", "ede"))
    text = str(reply.rcode).upper()
    if not text.isdecimal() and text not in NUMBERS:
        words = f"there is no response code {text!r}; {nearest(text, NUMBERS)}"
        raise FaultError("do.reply.rcode", words, closest(text, NUMBERS))
    if len(reply.text.encode()) > MAX_TEXT_BYTES:
        raise FaultError("do.reply.text", f"the text of an extended error has at most {MAX_TEXT_BYTES} bytes here")
