"""Faults by name that only EPP has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Match, Reply
from homeport.services.epp.results import Code

RECIPES = (
    Recipe(
        name="wrong-cltrid",
        title="Wrong clTRID",
        text="The next answer has the clTRID of another command: does the client match answers to commands?",
        do=Do(frame="wrong-cltrid"),
    ),
    Recipe(
        name="half-frame",
        title="Half a frame",
        text="The next answer ends in its middle: the client must not take it for the whole.",
        do=Do(frame="half"),
    ),
    Recipe(
        name="create-fails",
        title="2400 on every create",
        text="Every create fails and is not executed, until the fault is removed.",
        match=Match(verb="create"),
        do=Do(reply=Reply(Code.COMMAND_FAILED)),
        times=0,
    ),
    Recipe(
        name="session-limit",
        title="2502 at login",
        text="The next login is refused for too many sessions: does the client wait before it tries again?",
        match=Match(verb="login"),
        do=Do(reply=Reply(Code.SESSION_LIMIT_CLOSING)),
    ),
)
