"""Faults by name that only TFTP has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Latency, Match, Plain, Reply

RECIPES = (
    Recipe(
        name="drop-block",
        title="Lose block 3",
        text="The next third block is lost once: a client that neither waits nor asks again stays there for ever.",
        match=Match(verb="DATA", argument="block=3 "),
        do=Do(drop=Plain()),
    ),
    Recipe(
        name="lose-ack",
        title="Lose the first ACK",
        text="The next ACK of a reading client is lost: it gets the block again, and must acknowledge it again.",
        match=Match(verb="ACK", argument="block=1 "),
        do=Do(drop=Plain()),
        direction="in",
    ),
    Recipe(
        name="double-acks",
        title="Double every ACK",
        text="A writing client must not answer the second ACK with the block again (RFC 1123 4.2.3.1).",
        match=Match(verb="ACK"),
        do=Do(duplicate=Plain()),
        times=0,
    ),
    Recipe(
        name="double-blocks",
        title="Double every block",
        text="A reading client must store each block once.",
        match=Match(verb="DATA"),
        do=Do(duplicate=Plain()),
        times=0,
    ),
    Recipe(
        name="late-block",
        title="Block 2 comes 3 s late",
        text="The client has acknowledged block 1 again by then, and must not be confused by two copies.",
        match=Match(verb="DATA", argument="block=2 "),
        do=Do(latency=Latency(3000)),
    ),
    Recipe(
        name="wrong-tid",
        title="Block 1 from another port",
        text="The client must not take the block, and should answer error 5; the real one comes later (RFC 1350 4).",
        match=Match(verb="DATA", argument="block=1 "),
        do=Do(frame="wrong-source"),
    ),
    Recipe(
        name="no-oack",
        title="A server without options",
        text="Options are not acknowledged, until the fault is removed: blocks have 512 octets.",
        do=Do(frame="no-oack"),
        times=0,
    ),
    Recipe(
        name="oack-lie",
        title="An OACK with more than was asked for",
        text="Blocks are larger than asked for, with an unknown option: the client must send error 8 (RFC 2347).",
        do=Do(frame="oack-lie"),
    ),
    Recipe(
        name="disk-full",
        title="Disk full at block 2",
        text="A writing client gets error 3 in the place of ACK 2.",
        match=Match(verb="ACK", argument="block=2 "),
        do=Do(reply=Reply(error=3)),
    ),
    Recipe(
        name="stall",
        title="Silence from block 2 on",
        text="The server sends nothing any more: it shows how long the client waits, and that it ends.",
        match=Match(verb="DATA", argument="block=2 "),
        do=Do(hang=Plain()),
    ),
    Recipe(
        name="ends-early",
        title="The file ends at block 2",
        text="The second block is too short, as if it were the last: only a client that knows the size notices.",
        match=Match(verb="DATA", argument="block=2 "),
        do=Do(frame="ends-early"),
    ),
)
