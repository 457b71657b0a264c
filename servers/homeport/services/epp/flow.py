"""What a command is to those who carry it out, and how they answer.

    @flow(domain.Create, reference="RFC 5731 3.2.1")
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

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from homeport.protocol.dialogue import Refused
from homeport.services.epp.results import Code
from homeport.services.epp.rules import IDS

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


class Request(msgspec.Struct, Generic[E], kw_only=True):
    """A command under way."""

    registry: "Registry"
    registrar: "Registrar"
    """Who is logged in, as the registry has it now."""
    command: E
    """The element of the object: `domain.Create`; for poll `epp.Poll`."""
    now: float
    """The world's time; one instant for the whole command."""
    options: "EppOptions"
    op: str = ""
    """Of a transfer: `request`, `query`, `approve`, `reject` or `cancel`."""
    extensions: Any = ()
    """Elements of the command's `<extension>`, in the order given; then by their class."""
    services: frozenset[str] = frozenset()
    """Namespaces of the login, of objects and extensions."""
    language: str = "en"
    cl_trid: str | None = None
    sv_trid: str = ""
    findings: list[tuple[str, str]] = []
    begun: "Changes | None" = None
    """The transaction if the flow has asked for it: what the session commits."""

    def __post_init__(self) -> None:
        self.extensions = {type(element): element for element in self.extensions}

    @property
    def changes(self) -> "Changes":
        """The transaction, begun when first asked for."""
        if self.begun is None:
            self.begun = self.registry.begin()
        return self.begun

    def extension(self, kind: type[X]) -> X | None:
        """The element of that class in the command's `<extension>`."""
        given: X | None = self.extensions.get(kind)
        return given

    def find(self, finding: str, shown: str = "") -> None:
        """Raise a finding: a rule of `rules.RULES`, with a text that shows it (never a secret)."""
        self.findings.append((finding, shown))


Flow = Callable[[Request[Any]], Outcome]
FLOWS: dict[type, Flow] = {}
"""By the class of the command's element; filled by the modules of `flows`."""


class Declaration(NamedTuple):
    """What a flow says of itself."""

    reference: str
    findings: frozenset[str]


DECLARED: dict[type, Declaration] = {}
"""By the same classes."""


def flow(kind: type, *, reference: str, findings: tuple[str, ...] = ()) -> Callable[[Flow], Flow]:
    """Register a function as what carries out commands with elements of a class.

    reference: the RFC and its section. findings: the ids that it can raise, besides those of the session.

    Raises: ValueError for a class that has a flow, or an id that `rules.RULES` does not have.
    """
    if kind in FLOWS:
        raise ValueError(f"{kind.__module__}.{kind.__name__} has a flow already: {FLOWS[kind].__name__}")
    if unknown := set(findings) - IDS:
        raise ValueError(f"epp declares no rule {', '.join(sorted(unknown))}; add it to `rules.RULES`")

    def register(function: Flow) -> Flow:
        FLOWS[kind] = function
        DECLARED[kind] = Declaration(reference, frozenset(findings))
        return function

    return register
