"""The table of namespaces: module, prefix and kind (protocol, object mapping or extension) of each.

A namespace is added by its line in `TABLE`, which names its modules: `grammar/NAME.py` with `NAMESPACE` and `ELEMENTS`,
and for an extension `extensions/NAME.py` with `EXTENSION`. They are imported when they are needed: the first frame that
has an element of the namespace, the first session whose greeting announces the extension.

Packages add namespaces of their own through the entry-point group `homeport.epp_extensions` (`installed.py`).
"""

import sys
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Literal

import msgspec

from homeport.services.epp.grammar.declare import Element

Kind = Literal["protocol", "object", "extension", "part"]
"""A part stands in elements of other namespaces only."""
IETF = "urn:ietf:params:xml:ns:"
VERISIGN = "http://www.verisign.com/epp/"


class Namespace(msgspec.Struct, frozen=True):
    """A namespace that we have."""

    name: str
    """Name of its modules; of one that is `installed`: the name of its only module."""
    uri: str
    prefix: str
    """Prefix that we write; empty: the default namespace."""
    kind: Kind
    announced: bool = True
    """True if the greeting announces it unless it is configured otherwise."""
    elements_of_its_own: bool = True
    """False for a practice without elements, which has a URI so that it can be announced (RFC 9038, RFC 9154)."""
    behaviour: bool = True
    """False for an extension without a module in `extensions`."""
    installed: bool = False
    """True for another package's."""

    @property
    def module(self) -> ModuleType:
        """The module with its grammar."""
        return import_module(self.name if self.installed else f"homeport.services.epp.grammar.{self.name}")

    @property
    def elements(self) -> tuple[type[Element], ...]:
        """Root elements that may appear in frames."""
        if not self.elements_of_its_own:
            return ()
        elements: tuple[type[Element], ...] = self.module.ELEMENTS
        return elements


TABLE = (
    Namespace("epp", f"{IETF}epp-1.0", "", "protocol"),
    Namespace("domain", f"{IETF}domain-1.0", "domain", "object"),
    Namespace("contact", f"{IETF}contact-1.0", "contact", "object"),
    Namespace("host", f"{IETF}host-1.0", "host", "object"),
    Namespace("balance", f"{VERISIGN}balance-1.0", "balance", "object", announced=False),
    Namespace("lowbalance_poll", f"{VERISIGN}lowbalance-poll-1.0", "lowbalance-poll", "object", announced=False),
    Namespace("rgp_poll", f"{VERISIGN}rgp-poll-1.0", "rgp-poll", "object", announced=False),
    Namespace("rgp", f"{IETF}rgp-1.0", "rgp", "extension"),
    Namespace("secdns", f"{IETF}secDNS-1.1", "secDNS", "extension"),
    Namespace("allocation_token", f"{IETF}allocationToken-1.0", "allocationToken", "extension"),
    Namespace("fee", f"{IETF}epp:fee-1.0", "fee", "extension"),
    Namespace("fee_0_11", f"{IETF}fee-0.11", "fee", "extension", announced=False),
    Namespace("fee_0_9", f"{IETF}fee-0.9", "fee", "extension", announced=False),
    Namespace("fee_0_8", f"{IETF}fee-0.8", "fee", "extension", announced=False),
    Namespace("fee_0_7", f"{IETF}fee-0.7", "fee", "extension", announced=False),
    Namespace("launch", f"{IETF}launch-1.0", "launch", "extension"),
    Namespace("mark", f"{IETF}mark-1.0", "mark", "part"),
    Namespace("smd", f"{IETF}signedMark-1.0", "smd", "part"),
    Namespace("dsig", "http://www.w3.org/2000/09/xmldsig#", "dsig", "part", elements_of_its_own=False),
    Namespace("maintenance", f"{IETF}epp:maintenance-1.0", "maint", "object"),
    Namespace("idn", f"{IETF}idn-1.0", "idn", "extension", announced=False),
    Namespace(
        "namestore", "http://www.verisign-grs.com/epp/namestoreExt-1.1", "namestoreExt", "extension", announced=False
    ),
    Namespace("sync", "http://www.verisign.com/epp/sync-1.0", "sync", "extension", announced=False),
    Namespace("whoisinf", "http://www.verisign.com/epp/whoisInf-1.0", "whoisInf", "extension", announced=False),
    Namespace("ttl", f"{IETF}epp:ttl-1.0", "ttl", "extension"),
    Namespace("org", f"{IETF}epp:org-1.0", "org", "object", announced=False),
    Namespace("orgext", f"{IETF}epp:orgext-1.0", "orgext", "extension", announced=False),
    Namespace("addl_email", f"{IETF}epp:addlEmail-1.0", "addlEmail", "extension"),
    Namespace("change_poll", f"{IETF}changePoll-1.0", "changePoll", "extension"),
    Namespace("login_sec", f"{IETF}epp:loginSec-1.0", "loginSec", "extension", behaviour=False),
    Namespace(
        "secure_authinfo",
        f"{IETF}epp:secure-authinfo-transfer-1.0",
        "secure-authinfo",
        "extension",
        elements_of_its_own=False,
        behaviour=False,
    ),
    Namespace(
        "unhandled",
        f"{IETF}epp:unhandled-namespaces-1.0",
        "unhandled",
        "extension",
        elements_of_its_own=False,
        behaviour=False,
    ),
)
"""Homeport's own namespaces. Extensions are called in this order, and the greeting announces them in it."""
_OWN = frozenset((f"{IETF}epp-1.0",))
"""Namespaces that are never foreign."""
BY_URI = {namespace.uri: namespace for namespace in TABLE}
_BY_TAG: dict[str, type[Element]] = {}


def element_of(tag: str) -> type[Element] | None:
    """Return the element with a tag in Clark's notation: `{urn:...}create`; None for an unknown one."""
    found = _BY_TAG.get(tag)
    if found is None:
        uri, _, local = tag[1:].partition("}")
        if (namespace := BY_URI.get(uri)) is not None and (found := elements_of(namespace).get(local)) is not None:
            _BY_TAG[tag] = found
    return found


@cache
def elements_of(namespace: Namespace) -> dict[str, type[Element]]:
    """Return the root elements of a namespace by their XML names."""
    return {element_name(cls): cls for cls in namespace.elements}


def element_name(cls: type[Element]) -> str:
    """Return the XML name of a class: ChkData -> chkData."""
    return cls.__name__[0].lower() + cls.__name__[1:]


def qualified_name(cls: type[Element]) -> str:
    """Return the XML name of a class with the prefix that we write: `secDNS:create`."""
    prefix = BY_URI[sys.modules[cls.__module__].NAMESPACE].prefix
    return f"{prefix}:{element_name(cls)}" if prefix else element_name(cls)


class Offer(msgspec.Struct, frozen=True):
    """The namespaces that a greeting announces, in its order."""

    objects: tuple[str, ...]
    extensions: tuple[str, ...]
    foreign: frozenset[str] = frozenset()
    """Announced URIs that we do not have; their elements are read as `Foreign`."""
    takes_all: bool = False
    """True if a login may list any URI; elements of those not announced are `Foreign`, too."""

    @property
    def reads_foreign(self) -> bool:
        """True if there may be elements that are read as `Foreign`."""
        return self.takes_all or bool(self.foreign)

    def is_foreign(self, uri: str) -> bool:
        """True if an element of this namespace is read as `Foreign`."""
        if uri in self.foreign:
            return True
        return self.takes_all and bool(uri) and uri not in _OWN and uri not in self.objects + self.extensions

    def of(self, kind: Kind) -> tuple[str, ...]:
        """Return the URIs of a kind."""
        return self.extensions if kind == "extension" else self.objects


def announced(kind: Kind) -> tuple[str, ...]:
    """Return the URIs of a kind that a greeting announces by default."""
    return tuple(one.uri for one in TABLE if one.kind == kind and one.announced)


DEFAULT_OFFER = Offer(announced("object"), announced("extension"))
