"""The interface of flows: the functions that carry out one command each.

    @flow(domain.Create, reference="RFC 5731 3.2.1")
    def create(request: Request[domain.Create]) -> Outcome:
        if request.registry.domain(request.command.name) is not None:
            raise EppError(2302, "RFC 5731 3.2.1: this name is registered", value=Value("name", request.command.name))
        request.changes.put(...)
        return Outcome(data=domain.CreData(...))

A flow runs within one transaction: what it puts into `request.changes` is committed when it returns and
rolled back when it raises (RFC 5730 2: commands are atomic). It never sees XML and never blocks. The session has
validated the frame before, and checked that the registrar is logged in and that its login listed the namespaces of the
object and of the extensions (2307, 2103).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from homeport.protocol.dialogue import Refused
from homeport.services.epp.results import Code
from homeport.services.epp.rules import IDS

if TYPE_CHECKING:
    from homeport.services.epp.flows.prices import Cost
    from homeport.services.epp.grammar.declare import Element
    from homeport.services.epp.options import EppOptions
    from homeport.world.registry import Registrar, Registry
    from homeport.world.registry.changes import Changes

E = TypeVar("E")
X = TypeVar("X")


class Value(msgspec.Struct, frozen=True, gc=False):
    """An element of the client's frame with simple content, shown in `<value>` (RFC 5730 2.6)."""

    name: str
    """Element name as in the frame, without prefix: `hostObj`."""
    text: str
    namespace: str = ""
    """Namespace URI; empty: the namespace of the command's object."""


class EppError(Refused):
    """Refusal of a command; its transaction is rolled back."""

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
        """Create a refusal.

        code: one of `results.RESULTS`. reason: for people, in English, naming the rule and its section.
        value: the element to blame, shown beside the reason. data, extensions: as in `Outcome`.
        finding: id of the rule of `rules.RULES` that the client broke.
        """
        super().__init__(code, finding)
        self.code = code
        self.reason = reason
        self.value = value
        self.data = data
        self.extensions = extensions
        self.also: list[EppError] = []
        """Further errors of the same command (RFC 5730 2.6 allows several results in one refusal)."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a command that is done, or accepted and pending (1001)."""

    code: Code = Code.OK
    data: "Element | None" = None
    """Content of `<resData>`: `domain.CreData`, ..."""
    extensions: "tuple[Element, ...]" = ()
    """Content of `<extension>`; the session drops elements whose namespace is not in the client's login."""
    queue: "Element | None" = None
    """`<msgQ>` of an answer to poll; None: count and first identifier, as in every other answer."""
    values: "tuple[tuple[Element | Value, str], ...]" = ()
    """`<extValue>`s of a success, each with its reason (RFC 9038)."""


class Request(msgspec.Struct, Generic[E], kw_only=True):
    """A command while it is carried out."""

    registry: "Registry"
    registrar: "Registrar"
    """The logged-in registrar, as the registry holds it now."""
    command: E
    """The element of the command's object, such as `domain.Create`; for poll `epp.Poll`."""
    now: float
    """The world's time in seconds: one instant for the whole command."""
    options: "EppOptions"
    op: str = ""
    """Kind of a transfer: `request`, `query`, `approve`, `reject` or `cancel`."""
    extensions: Any = ()
    """Elements of the command's `<extension>` in the order given; indexed by class on first use."""
    ignored: int = 0
    """Number of extension elements of unknown namespaces, which are left out of `extensions`."""
    services: frozenset[str] = frozenset()
    """Namespaces listed at login, of objects and extensions."""
    language: str = "en"
    cl_trid: str | None = None
    sv_trid: str = ""
    findings: list[tuple[str, str]] = []
    cost: "Cost | None" = None
    """Price of the command, once the flow has settled it (`flows/prices.py`)."""
    repeated: "type[Element] | None" = None
    """Class of an element that stands twice in `<extension>`, of which `extensions` has the last one."""
    begun: "Changes | None" = None
    """The transaction, if the flow has asked for it; the session commits it."""

    def __post_init__(self) -> None:
        given = self.extensions
        self.extensions = {type(element): element for element in given}
        if len(self.extensions) < len(given):
            kinds = [type(element) for element in given]
            self.repeated = next(kind for kind in kinds if kinds.count(kind) > 1)

    @property
    def changes(self) -> "Changes":
        """The command's transaction, begun on first access."""
        if self.begun is None:
            self.begun = self.registry.begin()
        return self.begun

    def extension(self, kind: type[X]) -> X | None:
        """Return the element of that class in the command's `<extension>`, or None."""
        given: X | None = self.extensions.get(kind)
        return given

    def report(self, finding: str, shown: str = "") -> None:
        """Report a finding. finding: a rule of `rules.RULES`. shown: the text that proves it; never a secret."""
        self.findings.append((finding, shown))


Flow = Callable[[Request[Any]], Outcome]
FLOWS: dict[type, Flow] = {}
"""Flows by class of the command's element; filled when the modules of `flows` are imported."""


class Declaration(NamedTuple):
    """Reference and findings of a flow."""

    reference: str
    findings: frozenset[str]


DECLARED: dict[type, Declaration] = {}
"""Declarations by class of the command's element."""


def flow(kind: type, *, reference: str, findings: tuple[str, ...] = ()) -> Callable[[Flow], Flow]:
    """Register a function as the flow for commands with elements of a class.

    reference: the RFC and its section. findings: ids that it can report, besides the session's.

    Raises: ValueError for a class that has a flow already, or an id that `rules.RULES` does not have.
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
