"""Names and passwords as clients send them: in UTF-8, prepared by SASLprep, compared in constant time."""

import hmac

from homeport.sasl.exchange import Exchange, Refused
from homeport.sasl.saslprep import Prohibited, saslprep

NAME_LIMIT = 255
"""Octets of the name of somebody who has no account: what RFC 4616 2 has every server take."""


def decode(what: str, octets: bytes) -> str:
    """Text out of UTF-8. what: how a refusal names it."""
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        reason = f"{what} is not UTF-8: {error.reason} at octet {error.start}"
        raise Refused("malformed", reason, "sasl-not-utf8") from error


def prepare(exchange: Exchange, what: str, octets: bytes) -> str:
    """Text that is compared: decoded, then prepared by SASLprep (RFC 4013), which ought to change nothing."""
    text = decode(what, octets)
    if text.isascii() and text.isprintable():
        return text
    try:
        prepared = saslprep(text)
    except Prohibited as error:
        raise Refused("credentials", f"{what}: {error}", "sasl-prohibited") from error
    if prepared != text:
        exchange.find("sasl-unprepared")
    if text and not prepared:
        raise Refused("credentials", f"nothing is left of {what} when SASLprep has prepared it", "sasl-prohibited")
    return prepared


def find_account(exchange: Exchange, name: str) -> str:
    """The login that a name means."""
    identity = exchange.authority.identity(name)
    if identity is None:
        raise Refused("credentials", f"there is no account {name!r}")
    return identity


def password_of(exchange: Exchange, name: str) -> tuple[str, str]:
    """The login that a name means, and its password, prepared."""
    identity = find_account(exchange, name)
    password = exchange.authority.password(identity)
    if password is None:
        raise Refused("credentials", f"{identity!r} has no password and cannot log in by one")
    try:
        return identity, saslprep(password)
    except Prohibited:
        return identity, password  # whatever the world's owner chose; a client that sends it is refused above


def check_password(exchange: Exchange, name: str, password: str) -> str:
    """Return the login whose password it is; a login that is no account as it is, where the authority takes those."""
    if exchange.authority.takes_strangers and exchange.authority.identity(name) is None:
        if len(name.encode()) > NAME_LIMIT:
            raise Refused("credentials", f"the user name has more than {NAME_LIMIT} octets")
        return name
    identity, right = password_of(exchange, name)
    if not hmac.compare_digest(right.encode(), password.encode()):
        raise Refused("credentials", f"the password is not that of {identity!r}")
    return identity
