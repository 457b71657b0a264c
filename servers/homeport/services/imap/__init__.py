"""IMAP4rev2 (RFC 9051) and IMAP4rev1 (RFC 3501): mail programs read what the farm has captured.

Every extension is a row of `capabilities.py`, and can be withdrawn by `[imap] without`.

    session.py       parses, dispatches and completes commands   dialogue.py      tag, replies, what is enabled
    reading.py       literals                                    capabilities.py  what is announced and allowed
    identity.py      CAPABILITY, ID, ENABLE, STARTTLS            login.py         LOGIN, AUTHENTICATE
    listing.py       LIST, LSUB, STATUS, NAMESPACE               managing.py      CREATE, DELETE, ..., quotas
    idling.py        IDLE                                        selected.py      the selected mailbox
    selecting.py, fetching.py, storing.py, copying.py, appending.py    commands of messages
    catenating.py    messages made of parts                      annotating.py    GETMETADATA, SETMETADATA
    access.py        GETACL, SETACL, ...                         rights.py        what access control lists allow
    grammar/         the syntax of arguments and responses       view.py          message numbers of the client
    spoiling.py      answers with planned defects

The state machine of a session (RFC 9051 3). LOGOUT and every other end of the connection lead to `over`:

    not authenticated ──LOGIN, AUTHENTICATE──► authenticated ──SELECT, EXAMINE──► selected
    not authenticated ──STARTTLS──► not authenticated      selected ──CLOSE, UNSELECT──► authenticated

Commands are executed one at a time, in order (RFC 9051 5.5). A command is acknowledged when its changes are durable,
and nothing is announced before that.
"""

from collections.abc import Iterator, Mapping

from homeport.protocol.commands import ArgumentRule
from homeport.protocol.rules import HTTP_REQUEST
from homeport.protocol.service import Listener, Service
from homeport.protocol.session import Context, Session
from homeport.sasl.rules import sasl_rules
from homeport.services.imap.options import PERSONAS, ImapOptions, validate_options
from homeport.services.imap.planned import FAULT_VERBS, FRAMES, validate_reply
from homeport.services.imap.recipes import RECIPES
from homeport.services.imap.rules import RULES


def load() -> None:
    """Import the modules of sessions, and make the table of commands."""
    import homeport.services.imap.session  # noqa: F401


def session(context: Context) -> Session:
    """Return a session. Its modules are imported for the first one: most farms have no client that reads mail."""
    from homeport.services.imap.session import Imap

    return Imap(context)


class Verbs(Mapping[str, ArgumentRule]):
    """The commands with their argument rules, imported when they are first asked for."""

    def _rows(self) -> dict[str, ArgumentRule]:
        from homeport.services.imap.session import Imap

        return {row.verb: row.argument for row in Imap.table} | {"CONNECT": "none"}

    def __getitem__(self, verb: str) -> ArgumentRule:
        return self._rows()[verb]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows())

    def __len__(self) -> int:
        return len(self._rows())


def refusal(reason: str) -> bytes:
    """Return the greeting of a connection that the farm does not accept (RFC 9051 7.1.5)."""
    return f"* BYE service not available: {reason}\r\n".encode()


SERVICE = Service(
    name="imap",
    title="IMAP",
    rfcs=("9051", "3501", "2177", "7162", "8314"),
    listeners=(
        Listener("starttls", "tcp", 143),
        Listener("tls", "tcp", 993, option="tls_port", tls=True),
    ),
    options=ImapOptions,
    session=session,
    load=load,
    alpn=("imap",),
    personas=PERSONAS,
    rules=(*RULES, HTTP_REQUEST, *sasl_rules("RFC 4959 3")),
    refusal=refusal,
    check=validate_options,
    faults=frozenset(("command", "reply", "frame", "flood", "unsolicited", "capability", "tls")),
    verbs=Verbs(),
    secret_verbs=frozenset({"LOGIN"}),
    check_reply=validate_reply,
    reply_schema={
        "status": {"enum": ["OK", "NO", "BAD", "BYE"]},
        **dict.fromkeys(("code", "enhanced", "rcode", "ede")),
    },
    frames=FRAMES,
    fault_verbs=FAULT_VERBS,
    recipes=RECIPES,
    logins="people",
    example="curl --insecure --ssl-reqd -u alice:alice-pass imap://{host}:{port}/",
)
