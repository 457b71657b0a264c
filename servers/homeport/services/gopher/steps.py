"""The steps of an answer: a generator that is run on the reactor, and says what to do next.

yield Begin(...)   begins the answer, and returns its Form
yield b"..."       sends bytes; the generator goes on when the client has taken most of them
yield work         runs a function in the thread pool, and returns or raises what it does
yield effect       is carried out: a finding, or an event of the journal
"""

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from homeport.protocol.effects import Effect
from homeport.services.gopher.form import Kind

Work = Callable[[], Any]


class ClientLeft(Exception):
    """The connection ended before the answer: thrown into the steps, which may still yield records."""


class Begin(NamedTuple):
    """The beginning of an answer. verb, code: of the event `command`. size: of a file, in bytes."""

    verb: str
    code: str
    kind: Kind
    size: int = -1


Steps = Generator[bytes | Work | Begin | Effect, Any, None]
"""The steps of an answer. Any: what a step returns depends on it."""
