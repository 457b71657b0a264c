"""Faults by name that only POP3 has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Limit, Match, Plain, Reply

RECIPES = (
    Recipe(
        name="maildrop-locked",
        title="Maildrop in use",
        text="-ERR [IN-USE] to the next PASS: another session has the lock, and a client must try again later.",
        match=Match(verb="PASS"),
        do=Do(reply=Reply(status="-ERR", response_code="IN-USE", text="the maildrop is in use")),
    ),
    Recipe(
        name="cut-message",
        title="Cut a message",
        text="The connection closes after 1000 bytes of the next RETR: a client must not keep half a message.",
        match=Match(verb="RETR"),
        do=Do(limit=Limit(1000)),
    ),
    Recipe(
        name="die-at-quit",
        title="Die at QUIT",
        text="Deletes the marked messages, then closes the connection instead of answering QUIT: what does the client "
        "remember of what it has read?",
        match=Match(verb="QUIT"),
        do=Do(close=Plain()),
    ),
)
