"""The grammar of EPP: parse XML to typed structs and serialize them, declared once for each namespace.

    frame = read(data)            Hello, Greeting, Command or Response (epp.py); raises Malformed
    data = write(response)        back to XML
    text = pretty(data)           for transcripts: indented, secrets masked
    value = xml_of(create, "name")   a child of an element as standalone XML, for <value>

    epp.py eppcom.py   RFC 5730         declare.py      the language of declarations
    domain.py          RFC 5731         datatypes.py    simple types
    host.py            RFC 5732         reading.py writing.py   readers and writers, compiled from declarations
    contact.py         RFC 5733         parsing.py      XML, safely; what is readable in broken XML; transcripts
    rgp.py             RFC 3915         problems.py     problems of a frame
    launch.py          RFC 8334         mark.py smd.py signed_mark.py dsig.py   parts of it (RFC 7848, RFC 3275)
    maintenance.py     RFC 9167
    secdns.py          RFC 5910         namespaces.py   the table of namespaces, those of all other modules, too
                                        foreign.py      elements of namespaces that we do not have

lxml is imported by the first `read`. Nothing here knows of sessions, objects or policy: values that are
well-formed but wrong (an unusable IP address, an unassigned country code, an e-mail address without "@") are validated
by the flows.
"""

from homeport.services.epp.grammar.declare import Element, Malformed, Markup, Problem
from homeport.services.epp.grammar.epp import Command, Frame, Greeting, Hello, Response
from homeport.services.epp.grammar.namespaces import DEFAULT_OFFER, Offer
from homeport.services.epp.grammar.writing import markup_of, write, xml_of

__all__ = [
    "Command",
    "Element",
    "Frame",
    "Greeting",
    "Hello",
    "Malformed",
    "Markup",
    "Offer",
    "Problem",
    "Response",
    "markup_of",
    "pretty",
    "read",
    "write",
    "xml_of",
]


def read(data: bytes, max_bytes: int = 1 << 20, offer: Offer = DEFAULT_OFFER) -> Frame:
    """Parse one frame of at most `max_bytes`, without its length header. Raises: Malformed, and no other exception.

    offer: the namespaces that the greeting announces.
    """
    from homeport.services.epp.grammar import reading

    return reading.read(data, max_bytes, offer)


def pretty(data: bytes) -> str:
    """Return a frame indented, with passwords masked; bytes that are no XML as text, masked too."""
    from homeport.services.epp.grammar import parsing

    return parsing.pretty(data)
