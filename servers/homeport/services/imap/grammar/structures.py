"""ENVELOPE and BODYSTRUCTURE as responses have them (RFC 9051 7.5.2, 9)."""

from collections.abc import Iterable
from functools import partial

from homeport.services.imap.grammar.writing import NIL, nstring, string
from homeport.world.mail.mime.body_structure import Body, Parameters
from homeport.world.mail.mime.envelope import Address, Envelope


def serialize_envelope(envelope: Envelope, *, utf8: bool = False) -> bytes:
    """Serialize an envelope."""
    author = _addresses(envelope.from_, utf8=utf8)
    sender = author if envelope.sender is envelope.from_ else _addresses(envelope.sender, utf8=utf8)
    reply_to = author if envelope.reply_to is envelope.from_ else _addresses(envelope.reply_to, utf8=utf8)
    return b"(%s %s %s %s %s %s %s %s %s %s)" % (
        nstring(envelope.date, utf8=utf8),
        nstring(envelope.subject, utf8=utf8),
        author,
        sender,
        reply_to,
        _addresses(envelope.to, utf8=utf8),
        _addresses(envelope.cc, utf8=utf8),
        _addresses(envelope.bcc, utf8=utf8),
        nstring(envelope.in_reply_to, utf8=utf8),
        nstring(envelope.message_id, utf8=utf8),
    )


def _addresses(addresses: Iterable[Address], *, utf8: bool) -> bytes:
    written = [
        b"(%s %s %s %s)"
        % (
            nstring(one.name, utf8=utf8),
            nstring(one.route, utf8=utf8),
            nstring(one.mailbox, utf8=utf8),
            nstring(one.host, utf8=utf8),
        )
        for one in addresses
    ]
    return b"(%s)" % b"".join(written) if written else NIL


def serialize_body(body: Body, *, extended: bool = True, utf8: bool = False) -> bytes:
    """Serialize the structure of a body. extended: True for BODYSTRUCTURE, False for BODY."""
    write = partial(nstring, utf8=utf8)
    if body.is_multipart:
        pieces = [b"".join(serialize_body(one, extended=extended, utf8=utf8) for one in body.children)]
        pieces.append(string(body.subtype))
        if extended:
            pieces.append(_parameters(body.parameters, utf8=utf8))
            pieces += _extension(body, utf8=utf8)
        return b"(%s)" % b" ".join(pieces)
    pieces = [
        string(body.type),
        string(body.subtype),
        _parameters(body.parameters, utf8=utf8),
        write(body.content_id),
        write(body.description),
        string(body.encoding),
        b"%d" % body.size,
    ]
    if body.envelope is not None:
        pieces.append(serialize_envelope(body.envelope, utf8=utf8))
        pieces += [serialize_body(one, extended=extended, utf8=utf8) for one in body.children]
    if body.lines is not None:
        pieces.append(b"%d" % body.lines)
    if extended:
        pieces.append(write(body.md5))
        pieces += _extension(body, utf8=utf8)
    return b"(%s)" % b" ".join(pieces)


def _parameters(parameters: Parameters, *, utf8: bool) -> bytes:
    if not parameters:
        return NIL
    return b"(%s)" % b" ".join([string(one, utf8=utf8) for pair in parameters for one in pair])


def _extension(body: Body, *, utf8: bool) -> list[bytes]:
    """Return disposition, languages and location."""
    disposition = NIL
    if body.disposition is not None:
        kind, parameters = body.disposition
        disposition = b"(%s %s)" % (string(kind, utf8=utf8), _parameters(parameters, utf8=utf8))
    languages = b"(%s)" % b" ".join(map(string, body.languages)) if body.languages else NIL
    return [disposition, languages, nstring(body.location, utf8=utf8)]
