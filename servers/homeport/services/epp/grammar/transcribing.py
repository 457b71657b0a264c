"""Frames for people to read: indented, with passwords masked."""

from lxml import etree

from homeport.services.epp.grammar.declare import MASK
from homeport.services.epp.grammar.masking import SECRET_NAMES, masked
from homeport.services.epp.grammar.parsing import in_ascii_superset, parse
from homeport.services.epp.grammar.problems import Malformed


def pretty(octets: bytes) -> str:
    """A frame indented, with passwords masked; what is no XML comes back as text, masked as well."""
    try:
        root = parse(octets)
    except Malformed:
        return masked(in_ascii_superset(octets).decode("utf-8", "backslashreplace"))
    for node in root.iter():
        if etree.QName(node).localname in SECRET_NAMES and (node.text or len(node)):
            for child in node:
                node.remove(child)
            node.text = MASK
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")
