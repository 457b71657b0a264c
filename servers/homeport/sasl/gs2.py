"""The header of SCRAM and OAUTHBEARER messages (GS2, RFC 5801 4, as RFC 5802 7 restricts it).

gs2-header = ("p=" cb-name / "n" / "y") "," ["a=" saslname] ","
"""

import re

import msgspec

from homeport.sasl.exchange import Refused

_BINDING_NAME = re.compile(r"[A-Za-z0-9.-]+")
_ESCAPE = re.compile(r"=(2C|3D)?")


class Header(msgspec.Struct, frozen=True):
    """A GS2 header."""

    flag: str
    """`n`: no channel binding; `y`: the client supports it, but thinks that the server does not; `p`: channel
    binding."""
    binding: str
    """The name of the channel binding, with `p`."""
    authzid: str
    """The login to act as; empty for the one that logs in."""
    text: str
    """The header as sent, with both commas."""


def parse_header(text: str, finding: str) -> tuple[Header, str]:
    """Parse the header. Return it, and the text after it.

    finding: the finding for a malformed header.
    Raises: Refused.
    """
    parts = text.split(",", 2)
    if len(parts) != 3:
        reason = f'expected a gs2 header such as "n,," first; got {text[:40]!r}'
        raise Refused("malformed", reason, finding, b"e=other-error")
    flag, authzid, rest = parts
    name = flag[2:] if flag.startswith("p=") else ""
    if flag not in ("n", "y") and not _BINDING_NAME.fullmatch(name):
        reason = f'the gs2 header begins with "n", "y" or "p=" and the name of a channel binding; got {flag!r}'
        raise Refused("malformed", reason, finding, b"e=other-error")
    if authzid and (not authzid.startswith("a=") or len(authzid) == 2):
        reason = f'the second part of the gs2 header is empty or "a=" and a name; got {authzid!r}'
        raise Refused("malformed", reason, finding, b"e=other-error")
    header = Header(flag[0], name, unescape("the authzid", authzid[2:]), f"{flag},{authzid},")
    return header, rest


def unescape(label: str, name: str) -> str:
    """Decode a saslname: `=2C` is a comma and `=3D` an equals sign (RFC 5802 5.1).

    Raises: Refused for any other equals sign.
    """
    if "=" not in name:
        return name

    def character(found: re.Match[str]) -> str:
        if not found[1]:
            reason = f'{label} has "=" at character {found.start()} that is neither "=2C" nor "=3D"'
            raise Refused("malformed", reason, "sasl-name-escape", b"e=invalid-username-encoding")
        return "," if found[1] == "2C" else "="

    return _ESCAPE.sub(character, name)
