"""The grammar of EPP: octets of XML to typed structs and back, declared once for each namespace.

    frame = read(octets)          Hello, Greeting, Command or Response (epp.py); raises Malformed
    octets = write(response)      the same back
    text = pretty(octets)         for transcripts: indented, secrets masked
    value = xml_of(create, "name")   a child of an element as XML that stands by itself, for <value>

    epp.py eppcom.py   RFC 5730         declare.py      the language of declarations, and what they say
    domain.py          RFC 5731         datatypes.py    simple types
    host.py            RFC 5732         reading.py writing.py   readers and writers, compiled of declarations
    contact.py         RFC 5733         parsing.py      XML, safely; what broken XML still tells; transcripts
    rgp.py             RFC 3915         complaints.py   what is wrong, in words
    secdns.py          RFC 5910         namespaces.py   the table of namespaces

lxml is imported by the first `read`. Nothing here knows of sessions, objects or policy: what is no matter of syntax (an
IP address that means nothing, a country that there is not, an e-mail address without "@") is for the flows.
"""

from homeport.services.epp.grammar.declare import Element, Malformed, Markup, Problem
from homeport.services.epp.grammar.epp import Command, Frame, Greeting, Hello, Response
from homeport.services.epp.grammar.writing import markup_of, write, xml_of

__all__ = [
    "Command",
    "Element",
    "Frame",
    "Greeting",
    "Hello",
    "Malformed",
    "Markup",
    "Problem",
    "Response",
    "markup_of",
    "pretty",
    "read",
    "write",
    "xml_of",
]


def read(octets: bytes, most: int = 1 << 20) -> Frame:
    """One frame, without its length header, of at most `most` octets; raises Malformed, and nothing else."""
    from homeport.services.epp.grammar import reading

    return reading.read(octets, most)


def pretty(octets: bytes) -> str:
    """A frame indented for people to read, with passwords masked; what is no XML comes back as text, masked as well."""
    from homeport.services.epp.grammar import parsing

    return parsing.pretty(octets)
