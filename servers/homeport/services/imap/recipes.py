"""Faults by name that only IMAP has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Capability, Do, Match, Reply, Unsolicited

RECIPES = (
    Recipe(
        name="login-unavailable",
        title="Login unavailable",
        text="NO [UNAVAILABLE] to the next LOGIN: the client must try again later, and not forget the password.",
        match=Match(verb="LOGIN"),
        do=Do(reply=Reply(status="NO", response_code="UNAVAILABLE", text="the login service does not answer")),
    ),
    Recipe(
        name="mailbox-in-use",
        title="Mailbox in use",
        text="NO [INUSE] to the next two SELECT: another program holds the mailbox for a moment.",
        match=Match(verb="SELECT"),
        do=Do(reply=Reply(status="NO", response_code="INUSE", text="another program has the mailbox open")),
        times=2,
    ),
    Recipe(
        name="over-quota",
        title="Over quota",
        text="NO [OVERQUOTA] to the next APPEND: the message was not stored, and the client must say so.",
        match=Match(verb="APPEND"),
        do=Do(reply=Reply(status="NO", response_code="OVERQUOTA", text="the mailbox is full")),
    ),
    Recipe(
        name="bye",
        title="BYE instead of FETCH",
        text="The next UID FETCH is answered with BYE: the client must connect again, and go on where it was.",
        match=Match(verb="UID FETCH"),
        do=Do(reply=Reply(status="BYE", text="the server restarts")),
    ),
    Recipe(
        name="drop-in-literal",
        title="Cut within a literal",
        text="The next UID FETCH is cut after half of a message: a client must not take that for the whole.",
        match=Match(verb="UID FETCH"),
        do=Do(frame="drop-in-literal"),
    ),
    Recipe(
        name="uidvalidity-changed",
        title="UIDVALIDITY changed",
        text="The next SELECT tells another UIDVALIDITY: a client must forget the UIDs that it has stored.",
        match=Match(verb="SELECT"),
        do=Do(frame="uidvalidity"),
    ),
    Recipe(
        name="expunge-under",
        title="Another session expunges",
        text="The first message goes with the next NOOP, IDLE or other command: every number falls by one.",
        do=Do(frame="expunge-under"),
    ),
    Recipe(
        name="no-idle-push",
        title="IDLE without pushes",
        text="The next IDLE tells nothing until DONE: a client must end it now and then (RFC 9051 6.3.13).",
        match=Match(verb="IDLE"),
        do=Do(frame="no-idle-push"),
    ),
    Recipe(
        name="alert",
        title="An alert out of nowhere",
        text="An untagged OK [ALERT] comes before the next answer: a client must show it to its user (RFC 9051 7.1).",
        do=Do(unsolicited=Unsolicited("OK [ALERT] the server stops in ten minutes")),
    ),
    Recipe(
        name="rev1-only",
        title="Announce IMAP4rev1 only",
        text="Every announcement tells IMAP4rev1 and nothing else: a client must not use what is not announced.",
        do=Do(capability=Capability("IMAP4rev1")),
        times=0,
    ),
)
