"""The table of namespaces: whose module, which prefix, and what it is: protocol, object's mapping or extension.

An extension is added by a module of its own with `NAMESPACE` and `ELEMENTS`, and a line here.
"""

from functools import cache
from types import ModuleType
from typing import Literal

import msgspec

from homeport.services.epp.grammar import contact, domain, epp, host, rgp, secdns
from homeport.services.epp.grammar.declare import Element

Kind = Literal["protocol", "object", "extension"]


class Namespace(msgspec.Struct, frozen=True):
    """One namespace: its module, the prefix that we write, and its kind."""

    module: ModuleType
    prefix: str
    kind: Kind

    @property
    def uri(self) -> str:
        uri: str = self.module.NAMESPACE
        return uri

    @property
    def elements(self) -> tuple[type[Element], ...]:
        """The elements that can stand in frames by themselves."""
        elements: tuple[type[Element], ...] = self.module.ELEMENTS
        return elements


TABLE = (
    Namespace(epp, "", "protocol"),
    Namespace(domain, "domain", "object"),
    Namespace(contact, "contact", "object"),
    Namespace(host, "host", "object"),
    Namespace(rgp, "rgp", "extension"),
    Namespace(secdns, "secDNS", "extension"),
)
BY_URI = {namespace.uri: namespace for namespace in TABLE}


@cache
def by_tag() -> dict[str, type[Element]]:
    """The elements by their tags in Clark's notation: `{urn:...}create`."""
    return {f"{{{namespace.uri}}}{element_name(cls)}": cls for namespace in TABLE for cls in namespace.elements}


def element_name(cls: type[Element]) -> str:
    """The name in XML of a class: ChkData -> chkData."""
    return cls.__name__[0].lower() + cls.__name__[1:]


def uris(kind: Kind) -> tuple[str, ...]:
    """The URIs of a kind, in the order of the table."""
    return tuple(namespace.uri for namespace in TABLE if namespace.kind == kind)
