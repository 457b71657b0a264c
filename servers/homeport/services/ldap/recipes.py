"""Faults by name that only LDAP has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Limit, Match, Plain, Reply

RECIPES = (
    Recipe(
        name="busy",
        title="Busy for once",
        text="The next search is answered busy (51): a client must try again, or another server.",
        match=Match(verb="search"),
        do=Do(reply=Reply(result="busy", text="too many requests")),
    ),
    Recipe(
        name="unavailable-at-bind",
        title="Unavailable at the next bind",
        text="The next bind is answered unavailable (52): an application must not take it for a wrong password.",
        match=Match(verb="bind"),
        do=Do(reply=Reply(result="unavailable", text="the server is starting")),
    ),
    Recipe(
        name="cut-response",
        title="Cut a response",
        text="The connection closes after 20 bytes of the next search's answer, in the middle of a message.",
        match=Match(verb="search"),
        do=Do(limit=Limit(20)),
    ),
    Recipe(
        name="close-at-search",
        title="Close at the next search",
        text="The connection closes without an answer, as load balancers close idle ones: pools must connect again.",
        match=Match(verb="search"),
        do=Do(close=Plain()),
    ),
)
