"""Names and passwords as clients send them: in UTF-8, prepared by SASLprep, compared in constant time."""

from homeport.sasl.exchange import Exchange, Refused
from homeport.sasl.saslprep import Prohibited, saslprep
from homeport.world.passwords import opens

NAME_LIMIT = 255
"""Bytes of an unknown login that `any_login` accepts; RFC 4616 2 lets a name have that many."""


def decode(label: str, value: bytes) -> str:
    """Decode UTF-8. label: the name of the value in a refusal."""
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        reason = f"{label} is not UTF-8: {error.reason} at byte {error.start}"
        raise Refused("malformed", reason, "sasl-not-utf8") from error


def prepare(exchange: Exchange, label: str, value: bytes) -> str:
    """Decode and prepare a text for comparison (SASLprep, RFC 4013); clients should send it prepared."""
    text = decode(label, value)
    if text.isascii() and text.isprintable():
        return text
    try:
        prepared = saslprep(text)
    except Prohibited as error:
        raise Refused("credentials", f"{label}: {error}", "sasl-prohibited") from error
    if prepared != text:
        exchange.report("sasl-unprepared")
    if text and not prepared:
        raise Refused("credentials", f"{label} is empty after SASLprep", "sasl-prohibited")
    return prepared


def find_account(exchange: Exchange, name: str) -> str:
    """Return the login for a name. Raises: Refused."""
    identity = exchange.authority.identity(name)
    if identity is None:
        raise Refused("credentials", f"unknown account {name!r}")
    return identity


def password_of(exchange: Exchange, name: str) -> tuple[str, str]:
    """Return the login for a name, and its prepared password. Raises: Refused."""
    identity = find_account(exchange, name)
    password = exchange.authority.password(identity)
    if password is None:
        raise Refused("credentials", f"{identity!r} has no password and cannot log in by one")
    try:
        return identity, saslprep(password)
    except Prohibited:
        return (
            identity,
            password,
        )  # the world's owner chose a prohibited one; a client that sends it is refused by `prepare`


def check_password(exchange: Exchange, name: str, password: str) -> str:
    """Return the login if the password is right, or if the authority accepts any unknown login. Raises: Refused."""
    if exchange.authority.any_login and exchange.authority.identity(name) is None:
        if len(name.encode()) > NAME_LIMIT:
            raise Refused("credentials", f"the user name has more than {NAME_LIMIT} bytes")
        return name
    identity = find_account(exchange, name)
    kept = exchange.authority.hashed(identity)
    if not opens(kept or password_of(exchange, name)[1], password.encode()):
        raise Refused("credentials", f"wrong password for {identity!r}")
    return identity
