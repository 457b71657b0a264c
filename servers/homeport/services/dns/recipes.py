"""Faults by name that only DNS has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Match, Plain, Reply

RECIPES = (
    Recipe(
        name="servfail",
        title="SERVFAIL twice",
        text="SERVFAIL to the next two queries: a temporary error, after which a client asks again, or another server.",
        do=Do(reply=Reply(rcode="SERVFAIL", ede=22, text="no authoritative server answered")),
        times=2,
    ),
    Recipe(
        name="truncated",
        title="Truncated over UDP",
        text="TC and no records to the next query over UDP: a client must ask again over TCP.",
        do=Do(frame="truncated"),
    ),
    Recipe(
        name="tcp-refuse",
        title="Truncated, and no TCP",
        text="TC over UDP and a reset over TCP, until the fault is removed: the client must give up in the end.",
        do=Do(frame="tcp-refuse"),
        times=0,
    ),
    Recipe(
        name="lame",
        title="Lame delegation",
        text="The next answer refers to the root: a client must not follow it, and ask another server.",
        do=Do(frame="lame"),
    ),
    Recipe(
        name="forged-id",
        title="Wrong id",
        text="The next answer has another id: a client must ignore it, and go on waiting.",
        do=Do(frame="wrong-id"),
    ),
    Recipe(
        name="forged-source",
        title="Wrong source port",
        text="The next answer over UDP comes from another port: a client must ignore it.",
        do=Do(frame="wrong-source"),
    ),
    Recipe(
        name="no-edns",
        title="A server before EDNS",
        text="FORMERR to every query with OPT: a client must ask again without it (RFC 6891 7).",
        do=Do(frame="edns-formerr"),
        times=0,
    ),
    Recipe(
        name="lose-aaaa",
        title="Lose answers to AAAA",
        text="Every query for AAAA stays without an answer over UDP: a client must not lose the addresses of IPv4.",
        match=Match(verb="AAAA"),
        do=Do(drop=Plain()),
        times=0,
    ),
    Recipe(
        name="signature-expired",
        title="Expired signatures",
        text="The signatures of the next signed answer expired a month ago: a validator must not accept it.",
        do=Do(frame="expired-signature"),
    ),
)
