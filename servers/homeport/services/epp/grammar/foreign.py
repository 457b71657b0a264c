"""Elements of namespaces that we do not have: taken as they are, if the greeting announces them or all are taken.

They are well-formed XML, as the whole frame is; no schema of theirs is known. Of those of clients only names are kept.
"""

from homeport.services.epp.grammar.declare import Element, Markup

MAX_NAMES, MAX_NAME = 10, 256
"""Maximum number of objects' names that are kept of one element, and of characters of each."""


class Foreign(Element, frozen=True, kw_only=True):
    """An element of an unknown namespace: it has its own, where others have their module's."""

    section = "RFC 5730 2.7"
    uri: str
    prefix: str
    """Prefix that the client wrote; empty: none."""
    local: str
    names: tuple[str, ...] = ()
    """Texts of its children `name` and `id`: the objects that a command is about."""
    content: Markup = Markup("")
    """XML of the whole element, in an answer; empty: the element is written without content."""

    @property
    def tag(self) -> str:
        """The name as the client wrote it."""
        return f"{self.prefix}:{self.local}" if self.prefix else self.local
