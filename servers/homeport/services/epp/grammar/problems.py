"""Problems of a frame: each with path, value and reason in words.

Only refused frames come here, so the code favours good reasons over speed.
"""

import difflib
from collections.abc import Iterable

from lxml import etree

from homeport.services.epp.grammar import domain, epp
from homeport.services.epp.grammar.datatypes import BadValue
from homeport.services.epp.grammar.declare import MASK, Breach, Field, Problem, Shape
from homeport.services.epp.grammar.namespaces import BY_URI, DEFAULT_OFFER, Offer, elements_of
from homeport.services.epp.grammar.parsing import Node
from homeport.services.epp.results import Code
from homeport.services.epp.secrets import is_authinfo, is_harmless_attribute, is_secret_name

MAX_PROBLEMS = 10
"""Maximum number of problems reported for one frame."""
MAX_TEXT_LENGTH = 1024
"""Maximum length in characters of a path, a reason or a value in a problem; longer ones are cut."""

_VERBS = frozenset(("check", "create", "delete", "info", "renew", "transfer", "update"))


class TooManyProblemsError(Exception):
    """Raised when `MAX_PROBLEMS` problems were collected: the reader stops."""


class ProblemList:
    """Problems of one frame so far; its methods raise Enough when there are `MAX_PROBLEMS` of them."""

    def __init__(self, offer: Offer = DEFAULT_OFFER) -> None:
        self.found: list[Problem] = []
        self.offer = offer

    def value(self, node: Node, shape: Shape, field: Field, bad: BadValue, attribute: str = "") -> None:
        """Add: the text of a node or of its attribute is no value of its type."""
        subject = f"the attribute {attribute} of {name_of(node)}" if attribute else name_of(node)
        self._add(
            bad.code,
            node,
            f"{subject} must be {bad.wants}",
            shape.section,
            attribute=attribute,
            value=shown(node, None if attribute else MASK if field.secret else node.text),
        )

    def missing(self, node: Node, shape: Shape, name: str, *, attribute: bool = False) -> None:
        """Add: a required child or attribute is missing."""
        what = f"the attribute {name}" if attribute else f"the element {name}"
        self._add(Code.MISSING_PARAMETER, node, f"{what} is missing in {name_of(node)}", shape.section)

    def none_of(self, node: Node, shape: Shape, names: Iterable[str]) -> None:
        self._add(Code.MISSING_PARAMETER, node, f"{name_of(node)} needs {' or '.join(names)}", shape.section)

    def several_of(self, node: Node, shape: Shape, names: Iterable[str]) -> None:
        self._add(Code.SYNTAX_ERROR, node, f"{name_of(node)} has either {' or '.join(names)}, not both", shape.section)

    def too_many(self, node: Node, shape: Shape, field: Field) -> None:
        self._add(
            Code.SYNTAX_ERROR,
            node,
            f"{field.xml} may stand at most {field.max_count} times in {name_of(node)}",
            shape.section,
        )

    def stray_text(self, node: Node, shape: Shape) -> None:
        self._add(Code.SYNTAX_ERROR, node, f"text in {name_of(node)}, which has only elements", shape.section)

    def one_element(self, node: Node, shape: Shape) -> None:
        self._add(Code.SYNTAX_ERROR, node, f"{name_of(node)} holds exactly one element", shape.section)

    def not_empty(self, node: Node, shape: Shape) -> None:
        self._add(Code.SYNTAX_ERROR, node, f"{name_of(node)} must be empty", shape.section)

    def attribute(self, node: Node, shape: Shape, name: str, known: Iterable[str]) -> None:
        """Add: an attribute that is not declared."""
        local = etree.QName(name).localname
        reason = f"{name_of(node)} has no attribute {local}{name_hint(local, known)}"
        self._add(Code.SYNTAX_ERROR, node, reason, shape.section, attribute=local)

    def breach(self, node: Node, shape: Shape, breach: Breach) -> None:
        self._add(breach.code, node, breach.reason, "" if "(RFC" in breach.reason else shape.section)

    def misplaced(self, node: Node, shape: Shape, child: Node, expected: list[str]) -> None:
        """Add: a child that its parent knows, but out of order or too often."""
        local = etree.QName(child).localname
        order = f"the order in {name_of(node)} is {', '.join(expected)}"
        reason = f"{name_of(child)} stands too late or once too often: {order}{order_hint(shape.namespace)}"
        group = next((group for group in shape.one_of if any(_is(local, shape, name) for name in group)), None)
        if group:
            names = [field.xml for field in shape.children if field.name in group]
            reason += f"; of {', '.join(names)} only one kind is given"
        self._add(Code.SYNTAX_ERROR, child, reason, shape.section)

    def unknown(self, node: Node, shape: Shape, child: Node, expected: list[str]) -> None:
        """Add: a child that its parent does not know."""
        name = etree.QName(child)
        code = Code.UNKNOWN_COMMAND if shape.cls is epp.Command else Code.SYNTAX_ERROR
        if shape.cls is epp.Epp and child.tag == f"{{{shape.namespace}}}extension":
            code, reason = Code.UNIMPLEMENTED_EXTENSION, "no extension of the protocol itself is known (RFC 5730 2.7.1)"
        elif name.localname in expected and (name.namespace or "") != shape.namespace:
            has = f"is in the namespace {name.namespace}" if name.namespace else "has no namespace"
            reason = f"{name_of(child)} {has}; it belongs to {shape.namespace}{_prefix_hint(node, shape)}"
            code = Code.SYNTAX_ERROR
        else:
            allowed = ", ".join(expected) or "no elements"
            reason = f"{name_of(child)} is unknown in {name_of(node)}, which has {allowed}"
            reason += name_hint(name.localname, expected)
        self._add(code, child, reason, shape.section)

    def foreign(self, child: Node, shape: Shape, slot: str) -> None:
        """Add: an element of an unknown namespace, or of a namespace that does not belong in this slot."""
        code, reason = _foreign(child, shape, slot, self.offer)
        self._add(code, child, reason, shape.section)

    def root(self, node: Node, expected: str) -> None:
        name = etree.QName(node)
        if name.localname == "epp":
            has = f"is in the namespace {name.namespace}" if name.namespace else "has no namespace"
            reason = f'{name_of(node)} {has}; write <epp xmlns="{expected}">'
        else:
            reason = f"the root element is {name_of(node)}; every EPP message is in an element epp of {expected}"
        self._add(Code.SYNTAX_ERROR, node, reason, "RFC 5730 2")

    def _add(
        self, code: Code, node: Node, reason: str, section: str, *, attribute: str = "", value: str | None = None
    ) -> None:
        if (secret := _secret_around(node)) is not None:
            node, attribute, value = secret, "", None
            reason = f"{name_of(node)} holds text alone"
        elif attribute and _is_secret(node) and not is_harmless_attribute(attribute):
            attribute, value = "", None
            reason = f"{name_of(node)} has no such attribute"
        path = path_of(node) + (f"/@{attribute}" if attribute else "")
        reason = f"{reason[:MAX_TEXT_LENGTH]} ({section})" if section else reason
        value = value or shown(node)
        whole = value if len(value) < 4 * MAX_TEXT_LENGTH else None
        self.found.append(Problem(code=code, path=path[:MAX_TEXT_LENGTH], value=whole, reason=reason))
        if len(self.found) == MAX_PROBLEMS:
            raise TooManyProblemsError


def name_of(node: Node) -> str:
    """Return the name as the client wrote it, with its prefix."""
    local = etree.QName(node).localname
    return f"{node.prefix}:{local}" if node.prefix else local


def path_of(node: Node) -> str:
    """Return the path from the root: epp/command/create/domain:create/domain:contact[2]."""
    steps = []
    at: Node | None = node
    while at is not None:
        parent = at.getparent()
        position = ""
        if parent is not None:
            alike = [one for one in parent if one.tag == at.tag]
            position = f"[{alike.index(at) + 1}]" if len(alike) > 1 else ""
        steps.append(name_of(at) + position)
        at = parent
    return "/".join(reversed(steps))


def shown(node: Node, text: str | None = None) -> str:
    """Return an element as standalone XML: its attributes and `text`, without children."""
    uri = etree.QName(node).namespace
    copy = etree.Element(node.tag, nsmap={node.prefix: uri} if uri else None)
    for name in list(node.attrib)[:MAX_PROBLEMS]:
        hidden = is_secret_name(etree.QName(name).localname) or (_is_secret(node) and not is_harmless_attribute(name))
        copy.set(name, MASK if hidden else node.attrib[name][:MAX_TEXT_LENGTH])
    copy.text = (MASK if _is_secret(node) else text[:MAX_TEXT_LENGTH]) if text else None
    return etree.tostring(copy, encoding="unicode")


def _is_secret(node: Node) -> bool:
    return is_secret_name(etree.QName(node).localname)


def _secret_around(node: Node) -> Node | None:
    """Return the outermost password element that a node is in; names of elements in it may be the password."""
    around = [one for one in node.iterancestors() if _is_secret(one) and not is_authinfo(etree.QName(one).localname)]
    return around[-1] if around else None


def _is(local: str, shape: Shape, name: str) -> bool:
    return any(field.name == name and field.xml == local for field in shape.children)


def _prefix_hint(node: Node, shape: Shape) -> str:
    prefix = BY_URI[shape.namespace].prefix
    return f": write the prefix that is declared for it, as in {prefix}:name" if prefix and node.prefix else ""


def _foreign(child: Node, shape: Shape, slot: str, offer: Offer) -> tuple[Code, str]:
    name = etree.QName(child)
    uri, local = name.namespace or "", name.localname
    verb = shape.cls.__name__.lower()
    known = BY_URI.get(uri)
    unknown = Code.UNIMPLEMENTED_OBJECT if slot in ("object", "data") else Code.UNIMPLEMENTED_EXTENSION
    wanted = "extension" if slot == "extension" else "object"
    if not uri or uri == shape.namespace:
        missing = f"in the namespace {uri}" if uri else "in no namespace"
        hint = f', as in <domain:{verb} xmlns:domain="{domain.NAMESPACE}">' if slot == "object" else ""
        return Code.SYNTAX_ERROR, f"{name_of(child)} is {missing}; here stands an element of the {wanted}'s own{hint}"
    if known is None:
        offered = offer.of("extension" if slot == "extension" else "object")
        return unknown, f"the namespace {uri} is unknown{uri_hint(uri, offered)}; known are {', '.join(offered)}"
    if known.kind != wanted:
        return unknown, f"{uri} is no {wanted} but {_ARTICLES.get(known.kind, 'an')} {known.kind}"
    if slot == "object" and local == verb and local in _VERBS:
        return Code.UNIMPLEMENTED_COMMAND, f"{known.prefix} objects have no {local} command"
    if slot == "object":
        return Code.SYNTAX_ERROR, f"{name_of(child)} stands in {verb}, where {known.prefix}:{verb} belongs"
    here = name_hint(local, elements_of(known))
    return Code.SYNTAX_ERROR, f"{uri} has no element {local} for this place{here}"


_ARTICLES = {"protocol": "the", "part": "a"}
_NAMES = {
    "services": "svcs",
    "service": "svcs",
    "password": "pw",
    "newpassword": "newPW",
    "nameserver": "hostObj",
    "nameservers": "ns",
    "authinfo": "authInfo",
    "expdate": "exDate",
    "expirydate": "curExpDate",
    "curexdate": "curExpDate",
    "extensions": "extension",
    "remove": "rem",
    "delete": "rem",
    "change": "chg",
    "country": "cc",
    "postalcode": "pc",
    "state": "sp",
    "phone": "voice",
    "ds": "dsData",
    "key": "keyData",
}
"""Names that people write instead of the schemas'."""

_ORDER = {
    "urn:ietf:params:xml:ns:secDNS-1.1": (
        "In secDNS an update has rem before add, unlike in domain:update; DS data are keyTag, alg, digestType, digest,"
        " and keys flags, protocol, alg, pubKey"
    ),
}
"""Additional hints about the order of elements, by namespace."""


def name_hint(name: str, expected: Iterable[str]) -> str:
    """Return a hint which of the expected names was meant; empty: no similar one."""
    by_lower = {one.lower(): one for one in expected}
    meant = by_lower.get(name.lower()) or _NAMES.get(name.lower())
    if meant not in by_lower.values():
        close = difflib.get_close_matches(name.lower(), by_lower, 1, 0.75)
        meant = by_lower[close[0]] if close else None
    return f"; perhaps {meant} is meant" if meant else ""


def uri_hint(uri: str, known: Iterable[str]) -> str:
    """Return a hint which of the known namespaces was meant; empty: no similar one."""
    by_name = {one.rpartition(":")[2].lower(): one for one in known}
    close = difflib.get_close_matches(uri.rpartition(":")[2].lower(), by_name, 1, 0.8)
    return f"; perhaps {by_name[close[0]]} is meant" if close else ""


def order_hint(namespace: str) -> str:
    return f". {_ORDER[namespace]}" if namespace in _ORDER else ""
