"""Elements that a registry adds to its answers as they are written, one text for each command.

They stand for extensions that the farm does not have. `{object}` in a text is the name of the command's object. The
session leaves out what is in no namespace of the client's login.
"""

from functools import lru_cache

import msgspec

MAX_BYTES = 32 << 10
"""Maximum size of the elements of one answer."""
MAX_COMMANDS = 64
"""Maximum number of commands with an answer."""
PLACE = "{object}"


class CannedElement(msgspec.Struct, frozen=True, gc=False):
    """One element: its namespace, and its XML with all declarations that it needs."""

    uri: str
    xml: str

    def about(self, name: str) -> str:
        """Return the XML with the name of an object in place of `{object}`."""
        if PLACE not in self.xml:
            return self.xml
        from xml.sax.saxutils import escape

        return self.xml.replace(PLACE, escape(name, {'"': "&quot;"}))  # attributes are in double quotes


@lru_cache(64)
def parse(text: str) -> tuple[CannedElement, ...]:
    """Return the elements of a text. Raises: ValueError, which says what is wrong with it."""
    from lxml import etree

    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise ValueError(f"the elements of one answer have at most {MAX_BYTES} bytes")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(f"<all>{text}</all>", parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(f"not well-formed XML: {error}; write elements, each with its xmlns") from None
    if (root.text or "").strip() or any((child.tail or "").strip() for child in root):
        raise ValueError("text stands beside the elements; write elements alone")
    if not len(root):
        raise ValueError("no element; write at least one, such as <x:infData xmlns:x='urn:example:x'/>")
    return tuple(map(_element, root))


def _element(node: object) -> CannedElement:
    from lxml import etree

    uri = etree.QName(node).namespace  # type: ignore[arg-type]  # lxml has no public name of the type
    if not uri:
        name = etree.QName(node).localname  # type: ignore[arg-type]  # as above
        raise ValueError(f"<{name}> has no namespace; declare it: <x:{name} xmlns:x='urn:example:x'>")
    node.tail = None  # type: ignore[attr-defined]  # as above
    xml = etree.tostring(node, method="c14n", exclusive=True)  # type: ignore[call-overload]  # as above
    return CannedElement(uri, xml.decode())


class CannedAnswers:
    """The answers of one world that were set over the API, by command; they replace configured ones."""

    SERVICE = "epp-answers"
    """Name under which the world keeps them; a reset deletes them."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
