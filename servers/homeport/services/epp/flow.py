"""What a command is to those who carry it out, and how they answer.

    @flow(domain.Create)
    def create(request: Request[domain.Create]) -> Outcome:
        if request.registry.domain(request.command.name) is not None:
            raise EppError(2302, "RFC 5731 3.2.1: this name is registered", value=Value("name", request.command.name))
        request.changes.put(...)
        return Outcome(data=domain.CreData(...))

A flow runs within one transaction: what it puts into `request.changes` happens if it returns, wholly, and does not if
it raises (RFC 5730 2: commands are atomic). It neither sees XML nor waits for anything. The session has checked before
that the registrar is logged in, that the namespaces of the object and of the extensions are among those of its login
(2307, 2103), and that the frame is valid.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from homeport.protocol.dialogue import Refused
from homeport.services.epp.results import Code

if TYPE_CHECKING:
    from homeport.services.epp.grammar.declare import Element
    from homeport.services.epp.options import EppOptions
    from homeport.world.registry import Registrar, Registry
    from homeport.world.registry.changes import Changes

E = TypeVar("E")
X = TypeVar("X")


class Value(msgspec.Struct, frozen=True, gc=False):
    """An element of the client's frame with a simple content, to be shown in `<value>` (RFC 5730 2.6)."""

    name: str
    """As in the frame, without prefix: `hostObj`."""
    text: str
    namespace: str = ""
    """Its URI; empty: that of the command's object."""


class EppError(Refused):
    """A command is refused; nothing of it has happened."""

    def __init__(
        self,
        code: Code,
        reason: str = "",
        *,
        value: "Element | Value | None" = None,
        data: "Element | None" = None,
        extensions: "tuple[Element, ...]" = (),
        finding: str = "",
    ) -> None:
        """Refuse.

        code: one of `results.RESULTS`. reason: in words for people, in English, naming the rule and its section.
        value: the element that is to blame, shown beside the reason. data, extensions: as in `Outcome`.
        finding: a rule of `rules.RULES` that the client has broken thereby.
        """
        super().__init__(code, finding)
        self.code = code
        self.reason = reason
        self.value = value
        self.data = data
        self.extensions = extensions
        self.also: list[EppError] = []
        """Further errors of the same command (RFC 5730 2.6 lets a refusal hold several results)."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A command is done, or is taken and will be (1001)."""

    code: Code = Code.OK
    data: "Element | None" = None
    """What `<resData>` holds: `domain.CreData`, ..."""
    extensions: "tuple[Element, ...]" = ()
    """What `<extension>` holds; the session leaves out those whose namespace is not in the client's login."""
    queue: "Element | None" = None
    """The `<msgQ>` of an answer to poll; None: count and first identifier as in every answer, if there are any."""
    values: tuple[tuple[Value, str], ...] = ()
    """`<extValue>`s of a success, each with its reason (RFC 9038)."""


class Request(Generic[E]):
    """A command under way."""

    __slots__ = (
        "_changes",
        "cl_trid",
        "command",
        "extensions",
        "findings",
        "language",
        "now",
        "op",
        "options",
        "registrar",
        "registry",
        "services",
        "sv_trid",
    )

    def __init__(
        self,
        *,
        registry: "Registry",
        registrar: "Registrar",
        command: E,
        now: float,
        options: "EppOptions",
        op: str = "",
        extensions: "Iterable[Element]" = (),
        services: frozenset[str] = frozenset(),
        language: str = "en",
        cl_trid: str | None = None,
        sv_trid: str = "",
    ) -> None:
        self.registry = registry
        self.registrar = registrar
        """Who is logged in, as the registry has it now."""
        self.command = command
        """The element of the object: `domain.Create`; for poll `epp.Poll`."""
        self.op = op
        """Of a transfer: `request`, `query`, `approve`, `reject` or `cancel`."""
        self.extensions: dict[type, Any] = {type(element): element for element in extensions}
        """Elements of the command's `<extension>` by their class."""
        self.services = services
        """Namespaces of the login, of objects and extensions."""
        self.language = language
        self.now = now
        """The world's time; one instant for the whole command."""
        self.options = options
        self.cl_trid = cl_trid
        self.sv_trid = sv_trid
        self.findings: list[tuple[str, str]] = []
        self._changes: Changes | None = None

    @property
    def changes(self) -> "Changes":
        """The transaction, begun when first asked for."""
        if self._changes is None:
            self._changes = self.registry.begin()
        return self._changes

    @property
    def begun(self) -> "Changes | None":
        """The transaction if the flow has asked for it: what the session commits."""
        return self._changes

    def extension(self, kind: type[X]) -> X | None:
        """The element of that class in the command's `<extension>`."""
        return self.extensions.get(kind)

    def find(self, finding: str, shown: str = "") -> None:
        """Raise a finding: a rule of `rules.RULES`, with a text that shows it (never a secret)."""
        self.findings.append((finding, shown))


Flow = Callable[[Request[Any]], Outcome]
FLOWS: dict[type, Flow] = {}
"""By the class of the command's element; filled by the modules of `flows`."""


def flow(*kinds: type) -> Callable[[Flow], Flow]:
    """Register a function as what carries out commands with elements of these classes."""

    def register(function: Flow) -> Flow:
        for kind in kinds:
            FLOWS[kind] = function
        return function

    return register
