"""Faults that a client asks for by a name in `fault.test`, if `[faults] by_client` is set: `servfail.fault.test`.

The label below `fault.test` is the name of the fault; labels before it are free, so that caches can be avoided:
`a1.servfail.fault.test`. It is a name of `protocol.fault_names.parse_fault_name`, a response code in lower case, a word
of `planned.FRAMES`, or one of `OWN_NAMES`.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from homeport.protocol.fault_names import nearest_fault_name, parse_fault_name
from homeport.protocol.faults import Do, Plain, Reply
from homeport.services.dns.exchange import OTHER, Exchange
from homeport.services.dns.message import Question
from homeport.services.dns.planned import FRAMES, NUMBERS
from homeport.world.faults import Fault
from homeport.world.zones.fault_zone import FAULT_ORIGIN
from homeport.world.zones.name import Name, is_below

NUMBERED: dict[str, Callable[[int], dict[str, Any]]] = {
    "slow": lambda ms: {"latency": {"ms": ms}},
    "ttl": lambda seconds: {"ttl": {"seconds": seconds}},
    "truncate": lambda size: {"truncate": {"size": size}},
    "rcode": lambda number: {"reply": {"rcode": number}},
}
NUMBER = re.compile(rf"({'|'.join(NUMBERED)})-(\d{{1,10}})", re.ASCII)
DROP = re.compile(r"drop(?:-(\d{1,4}))?", re.ASCII)
ALIASES = {"tc": "truncated", "expired": "expired-signature"}
PLAIN = ("duplicate", "reorder")
OWN_NAMES = (
    *("servfail", "refused", "rcode-9", "drop", "drop-2", "slow-300", "ttl-0", "truncate-16", *PLAIN, *ALIASES),
    *FRAMES,
)
"""An example of each form of name that only DNS has."""
MAX_COUNTED = 4096


class Drops:
    """The queries that `drop-2` has dropped, for each client, name and type; the oldest are forgotten."""

    def __init__(self) -> None:
        self._dropped: dict[tuple[str, Name, int], int] = {}

    def drops(self, host: str, question: Question, times: int) -> bool:
        """Count a query. Return True if it is among the first `times`; after them the count begins again."""
        index = (host, question.name, question.type)
        dropped = self._dropped.pop(index, 0)
        if dropped >= times:
            return False
        if len(self._dropped) >= MAX_COUNTED:
            del self._dropped[next(iter(self._dropped))]
        self._dropped[index] = dropped + 1
        return True


def fault_name(name: Name) -> str | None:
    """Return the name of a fault in a domain name; None if it is not below `fault.test`."""
    if len(name) <= len(FAULT_ORIGIN) or not is_below(name, FAULT_ORIGIN):
        return None
    return name[-len(FAULT_ORIGIN) - 1].decode("ascii", "replace")


def parse(name: str) -> Do | None:
    """Parse the name of a fault in lower case; None if it is unknown. `drop-2` is a drop."""
    word = ALIASES.get(name, name)
    made: dict[str, Any]
    if word in FRAMES:  # before the response codes: these have the zone's SOA
        made = {"frame": word}
    elif word in PLAIN:
        made = {word: {}}
    elif word.upper() in NUMBERS:
        return Do(reply=Reply(rcode=word.upper()))
    elif DROP.fullmatch(word):
        return Do(drop=Plain())
    elif match := NUMBER.fullmatch(word):
        made = NUMBERED[match[1]](int(match[2]))
    else:
        do = parse_fault_name(word)
        return do if do is not None and do.reply is msgspec.UNSET and do.frame is msgspec.UNSET else None
    try:
        return msgspec.convert(made, Do)
    except msgspec.ValidationError:
        return None


def asked_by_name(exchange: Exchange, question: Question) -> tuple[Fault, ...]:
    """Return the fault that a question asks for; an unknown name gets NXDOMAIN, and an explanation."""
    name = fault_name(question.name)
    if name is None:
        return ()
    do = parse(name)
    if do is None:
        exchange.explanations.append((OTHER, f"there is no fault {name!r:.40}; {nearest_fault_name(name, OWN_NAMES)}"))
        do = Do(frame="nxdomain")
    elif do.drop is not msgspec.UNSET:
        if not _drops(exchange, question, name):
            return ()
        do = do if exchange.over_udp else Do(hang=Plain())
    return exchange.context.world.faults.asked_for(exchange.context, do)


def _drops(exchange: Exchange, question: Question, name: str) -> bool:
    match = DROP.fullmatch(name)
    if match is None or match[1] is None:
        return True
    context = exchange.context
    drops = context.world.of_service("dns.drops", Drops)
    return drops.drops(context.peer[0], question, int(match[1]))
