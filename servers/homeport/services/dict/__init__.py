"""DICT (RFC 2229): definitions of words, and words that match, from several databases.

All commands of the RFC, with MIME, AUTH by the people of the world, and SASLAUTH; the strategies that dictd has. A
fresh world has a database of words of networks, which the control API changes, and live views of its people and
services; users add files in dictd's format. Left out: kerberos_v4 and skey as capabilities of AUTH, SHOW VERSION and
other extensions of dicod, plugins and virtual databases of dictd.

    session.py    the session: lines, refusals, SHOW, QUIT   lookup.py      DEFINE and MATCH
    login.py      AUTH, SASLAUTH, SASLRESP                   dialogue.py    state, replies, errors
    lines.py      words and strings; secrets in lines        replies.py     statuses, texts, planned replies
    strategies.py the strategies of MATCH                    regex.py       regular expressions without backtracking
    databases.py  databases in memory, and live views        dictd.py       databases in dictd's files
    dictzip.py    compressed files with random access        spoiling.py    answers with planned defects

A session has no states: each command is allowed at any time, and AUTH once. A login shows restricted databases.
"""

from collections.abc import Iterator, Mapping

from homeport.protocol.commands import ArgumentRule
from homeport.protocol.rules import HTTP_REQUEST, UNEXPECTED_TLS
from homeport.protocol.service import Listener, Service
from homeport.protocol.session import Context, Session
from homeport.sasl.rules import sasl_rules
from homeport.services.dict.options import BUILT_IN, DictOptions
from homeport.services.dict.recipes import RECIPES
from homeport.services.dict.replies import CODES, status, validate_reply
from homeport.services.dict.rules import RULES
from homeport.services.dict.spoiling import FRAMES


def load() -> None:
    """Import the modules of sessions."""
    import homeport.services.dict.session  # noqa: F401


def session(context: Context) -> Session:
    """Return a session. Its modules are imported for the first one."""
    from homeport.services.dict.session import Dict

    return Dict(context)


class Verbs(Mapping[str, ArgumentRule]):
    """The commands with their argument rules, imported when they are first asked for."""

    def _rows(self) -> dict[str, ArgumentRule]:
        from homeport.services.dict.session import Dict

        return {row.verb: row.argument for row in Dict.table} | {"CONNECT": "none"}

    def __getitem__(self, verb: str) -> ArgumentRule:
        return self._rows()[verb]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows())

    def __len__(self) -> int:
        return len(self._rows())


def refusal(reason: str) -> bytes:
    """Return the banner of a connection that the farm does not accept (RFC 2229 3.1)."""
    return status(420, f"server temporarily unavailable: {reason}")


def validate_options(options: DictOptions, _contents: object) -> list[str]:
    """Return the problems of a configuration, one sentence each."""
    problems = []
    names: set[str] = set(BUILT_IN)
    if options.default_strategy not in options.strategies and options.strategies:
        problems.append(f"default_strategy: {options.default_strategy} is not among the `strategies`: name one of them")
    for table in options.database:
        if table.name in names:
            problems.append(f"two databases have the name {table.name!r}: rename one")
        names.add(table.name)
        if table.path:
            from homeport.services.dict.dictd import check_files  # most farms have no database in files

            if problem := check_files(table.path):
                problems.append(f"database {table.name}: {problem}")
    return problems


SERVICE = Service(
    name="dict",
    title="DICT",
    rfcs=("2229",),
    listeners=(Listener("tcp", "tcp", 2628),),
    options=DictOptions,
    session=session,
    load=load,
    rules=(*RULES, UNEXPECTED_TLS, HTTP_REQUEST, *sasl_rules("RFC 2229 3.12")),
    refusal=refusal,
    check=validate_options,
    faults=frozenset(("command", "reply", "frame")),
    verbs=Verbs(),
    check_reply=validate_reply,
    reply_schema={
        "code": {"enum": sorted({250, *CODES}), "examples": [420]},
        **dict.fromkeys(("enhanced", "status", "response_code", "rcode", "ede")),
    },
    frames=FRAMES,
    recipes=RECIPES,
    logins="people",
    example="curl dict://{host}:{port}/d:octet",
)
