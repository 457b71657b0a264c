"""Gopher (RFC 1436; URLs: RFC 4266), with Gopher+: menus of the world's files, people and quotes.

    session.py    a request, and its answer step by step   steps.py       what a step can be
    request.py    selector, search terms, Gopher+          answers.py     what a selector leads to
    form.py       menus, attributes, texts, and their ends items.py       items, types of files
    files.py      folders and files                        gophermap.py   menus that people write
    places.py     people, presence, quotes                 searching.py   searches
    options.py    options and rules                        recipes.py     faults by name
    client_faults.py  faults requested by clients

The server closes first. A menu and a text end with a dot on a line, other files with the close (RFC 1436 2). All files
are those that anonymous may read over FTP; the disk is read in the thread pool, piece by piece as the client takes
them.

Not implemented: items of CSO servers and TN3270, which nothing here serves, and questions of Gopher+ (ASK): nothing
can be changed over Gopher.

`syntax = "lenient"` also accepts a request that ends with LF alone or without a line end, and what is left of a URL in
the selector (percent-encoding, the item type); `strict` refuses every request that breaks a "must".
"""

from homeport.protocol.query import VERBS
from homeport.protocol.rules import HTTP_REQUEST
from homeport.protocol.service import Listener, Service
from homeport.protocol.session import Context, Session
from homeport.services.gopher.form import DOT, FRAMES, error
from homeport.services.gopher.options import RULES, GopherOptions
from homeport.services.gopher.recipes import RECIPES


def load() -> None:
    """Import the modules of sessions."""
    import homeport.services.gopher.session  # noqa: F401


def session(context: Context) -> Session:
    """Return a session. Its modules are imported for the first one."""
    from homeport.services.gopher.session import Gopher

    return Gopher(context)


def refusal(reason: str) -> bytes:
    """Return the answer to a connection that is not accepted: an item of type 3."""
    return error(reason) + DOT


SERVICE = Service(
    name="gopher",
    title="Gopher",
    rfcs=("1436", "4266"),
    listeners=(Listener("tcp", "tcp", 70, tls_option="tls"),),
    options=GopherOptions,
    session=session,
    load=load,
    rules=(*RULES, HTTP_REQUEST),
    refusal=refusal,
    faults=frozenset({"answer", "command", "frame", "tls"}),
    verbs=VERBS,
    frames={word: frozenset() for word in FRAMES},
    recipes=RECIPES,
    asked_by_line=True,
    example="curl gopher://{host}:{port}/",
)
