"""What is wrong with a frame: problems with their result codes, and the exception that carries them."""

import msgspec

from homeport.services.epp.results import Code


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong.

    code: result code to answer (RFC 5730 3), 2000 to 2005, 2100, 2101, 2103 or 2307.
    path: where, with the client's prefixes: `epp/command/create/domain:create/domain:period`; empty: not read so far.
    value: the element that is wrong, as XML that stands by itself (for <value>, RFC 5730 2.6), secrets masked, long
           texts cut; None where there is none.
    reason: the rule in words, with its section.
    """

    code: Code
    path: str
    value: str | None
    reason: str


class Malformed(Exception):
    """A frame that is not taken; the only exception that reading raises.

    problems: what is wrong, in the order of the frame, never empty; the first one's code is the one to answer with.
    cl_trid: the client's transaction identifier, found even in broken XML; None: there is none to echo.
    command: name of the command element (`create`), as far as it could be read; empty: unknown.
    """

    def __init__(self, problems: list[Problem], cl_trid: str | None = None, command: str = "") -> None:
        super().__init__("; ".join(f"{problem.code} {problem.path}: {problem.reason}" for problem in problems))
        self.problems = problems
        self.cl_trid = cl_trid
        self.command = command
