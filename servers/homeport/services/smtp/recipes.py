"""Faults by name that only SMTP has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Match, Plain, Reply

RECIPES = (
    Recipe(
        name="greylist",
        title="Greylist the first RCPT twice",
        text="451 4.7.1 to the next two RCPT, then as usual: a client must queue the message and try again.",
        match=Match(verb="RCPT"),
        do=Do(reply=Reply(451, "greylisted, try again later", "4.7.1")),
        times=2,
    ),
    Recipe(
        name="mailbox-full",
        title="Mailbox full",
        text="452 4.2.2 to the next RCPT: a transient refusal, so the client keeps the message.",
        match=Match(verb="RCPT"),
        do=Do(reply=Reply(452, "mailbox full", "4.2.2")),
    ),
    Recipe(
        name="die-after-data",
        title="Die after DATA",
        text="The message is stored, but the connection closes instead of the reply to the dot: is it sent twice?",
        match=Match(verb="."),
        do=Do(close=Plain()),
    ),
)
