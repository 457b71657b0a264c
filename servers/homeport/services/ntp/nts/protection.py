"""A request with fields of NTS to its answer: protected, the kiss code NTSN, or none (RFC 8915 5.7).

    cookie and authenticator are right      the answer, authenticated, with as many new cookies as were asked for
    the cookie cannot be opened, or the     NTSN, not authenticated, with the request's Unique Identifier
    authenticator does not match
    no Unique Identifier, or fields twice   none
    a Unique Identifier alone               the plain answer, with the Unique Identifier (RFC 8915 5.3)

An answer is never longer than its request.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from homeport.protocol.effects import LogFault
from homeport.protocol.faults import WORDS, Do, FrameFault
from homeport.protocol.session import Context
from homeport.services.ntp.nts.cookies import NotOurs, SessionKeys, keys_of
from homeport.services.ntp.nts.fields import (
    Discarded,
    Question,
    Refused,
    cookie_fields,
    count_cookies,
    open_fields,
    parse_authenticator,
    read_fields,
    write_authenticator,
    write_fields,
)
from homeport.services.ntp.nts.planned import OF_ANSWERS
from homeport.services.ntp.nts.response_faults import corrupt
from homeport.services.ntp.nts.rules import RULES
from homeport.services.ntp.packet import NTS_UNIQUE, UNSYNCHRONISED, Header, Request
from homeport.services.ntp.planned import VERB, argument_of

if TYPE_CHECKING:
    from homeport.world.faults import Fault

NAK = b"NTSN"
"""The kiss code (RFC 8915 5.7)."""
LEVELS = {rule.id: rule.level for rule in RULES}


def protect(context: Context, request: Request, header: Header) -> bytes | None:
    """Return the answer to a request with extension fields of NTS; None for no answer."""
    found = request.found
    try:
        question = read_fields(request, found)
        if context.options.is_strict and any(LEVELS.get(one) == "must" for one in found):
            return None
    except Discarded as discarded:
        found.append(str(discarded))
        return None
    if not question.cookie and question.authenticator is None:
        if question.placeholders:
            found.append("nts-no-cookie")
        return header.serialize() + write_fields([(NTS_UNIQUE, question.unique)])
    words = _planned(context, request)
    try:
        keys, number = _verify(context, request, question)
    except Refused as refused:
        found.append(str(refused))
        return _refusal(header, question.unique)
    words += _asked_for(context, keys)
    return Answer(context, request, header, question, keys).make(number, words)


def _verify(context: Context, request: Request, question: Question) -> tuple[SessionKeys, int]:
    """Return the keys of an authentic request, and the number of cookies that it asks for. Raises: Refused."""
    found = request.found
    if not question.cookie:
        raise Refused("nts-no-cookie")
    jar = keys_of(context)
    try:
        keys = jar.open(question.cookie, context.world.journal.real(), context.options.nts_key_life)
    except NotOurs:
        raise Refused("nts-stale-cookie") from None
    if question.authenticator is None:
        raise Refused("nts-no-authenticator")
    authenticator = parse_authenticator(question.authenticator)
    encrypted = open_fields(keys.cipher_to_server, authenticator, request.raw[: question.authenticator.offset])
    new_cookie, new_unique = jar.use(question.cookie), jar.use(question.unique)
    if not new_unique:
        found.append("nts-unique-id-again")
    elif not new_cookie:
        found.append("nts-cookie-again")
    return keys, count_cookies(question, encrypted, found)


def _refusal(header: Header, unique: bytes) -> bytes:
    """Return the kiss-o'-death NTSN, which has the Unique Identifier and no other field of NTS."""
    kiss = msgspec.structs.replace(header, leap=UNSYNCHRONISED, stratum=0, reference_id=NAK)
    return kiss.serialize() + write_fields([(NTS_UNIQUE, unique)])


def _planned(context: Context, request: Request) -> "list[Fault]":
    """Return the planned faults that may act on the answer."""
    faults = context.world.faults
    if not faults.planned:
        return []
    return [
        fault
        for fault in faults
        if fault.plan.do.frame in OF_ANSWERS
        and not fault.spent
        and fault.concerns(context.service, context.listener)
        and fault.matches(context.peer[0], context.conn)
        and fault.matches_command(VERB, argument_of(request))
    ]


def _asked_for(context: Context, keys: SessionKeys) -> "Sequence[Fault]":
    """Return the fault for which the client has asked when it exchanged keys."""
    if not keys.mark or not context.world.faults.by_client:
        return ()
    return context.world.faults.asked_for(context, Do(frame=OF_ANSWERS[keys.mark - 1]))


class Answer:
    """The answer to an authentic request."""

    __slots__ = ("_context", "_header", "_keys", "_question", "_request", "_words")

    def __init__(
        self, context: Context, request: Request, header: Header, question: Question, keys: SessionKeys
    ) -> None:
        self._context = context
        self._request = request
        self._header = header
        self._question = question
        self._keys = keys
        self._words: set[FrameFault] = set()

    def make(self, number: int, faults: "Sequence[Fault]") -> bytes | None:
        """Return the packet. number: of cookies. faults: those that may act, of which some are spent."""
        self._take(faults)
        if "nts-nak" in self._words:
            return _refusal(self._header, self._unique)
        if "unprotected" in self._words:
            return self._header.serialize()
        while (wire := self._serialize(number)) and len(wire) > len(self._request.raw):
            # RFC 8915 5.6: the client has not left room for the nonce, or not for all cookies.
            if "nts-no-padding" not in self._request.found:
                self._request.found.append("nts-no-padding")
            if number == 0:
                return None
            number -= 1
        if "wrong-authenticator" in self._words:
            return wire[:-1] + bytes((wire[-1] ^ 1,))
        return wire

    @property
    def _unique(self) -> bytes:
        unique = self._question.unique
        return unique[:-1] + bytes((unique[-1] ^ 1,)) if "wrong-unique-id" in self._words else unique

    def _take(self, faults: "Sequence[Fault]") -> None:
        """Count the faults that act, and journal them."""
        for fault in faults:
            word = fault.plan.do.frame
            if word is not msgspec.UNSET and fault.take():
                self._words.add(word)
                self._request.acted.append(LogFault(fault, f"answered with {WORDS[word]}", "a protected answer"))

    def _serialize(self, number: int) -> bytes:
        clear = self._header.serialize() + write_fields([(NTS_UNIQUE, self._unique)])
        plaintext = cookie_fields(self._cookies(number))
        if "cookies-in-clear" in self._words:
            clear, plaintext = clear + plaintext, b""
        return clear + write_authenticator(self._keys.cipher_to_client, plaintext, clear)

    def _cookies(self, number: int) -> list[bytes]:
        if "no-cookies" in self._words:
            return []
        jar, now = keys_of(self._context), self._context.world.journal.real()
        cookies = [jar.seal(self._keys, now, self._context.options.nts_key_life) for _ in range(number)]
        return [corrupt(one) for one in cookies] if "corrupt-new-cookies" in self._words else cookies
