"""Base64 as SMTP, POP3 and IMAP carry SASL in (RFC 4954 4, 5034 4, 9051 6.2.2): strict, and exact about mistakes."""

import binascii
import re

from homeport.sasl.exchange import Failure

_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=]")


def decode_line(line: bytes) -> bytes | Failure:
    """The octets that a line of base64 stands for, without its line end; an empty line stands for none.

    RFC 4648 3.3: what is not of the alphabet is refused, white space too; 3.5: so are pad bits that are not zero.
    """
    if foreign := _FOREIGN.search(line):
        what = "white space" if foreign[0] in b" \t\r\n" else repr(foreign[0])[1:]
        return _failure(f"it has {what} at octet {foreign.start()}", "sasl-base64")
    content = line.rstrip(b"=")
    if b"=" in content:
        return _failure("it goes on after its padding", "sasl-base64")
    if len(line) % 4 or len(line) - len(content) > 2:
        wanted = (
            f"it has {len(content)} characters and {len(line) - len(content)} of padding, which is not a multiple of 4"
        )
        return _failure(wanted, "sasl-base64-padding")
    decoded = binascii.a2b_base64(line)
    if binascii.b2a_base64(decoded, newline=False) != line:
        return _failure("the bits that its last character has to spare are not zero", "sasl-base64-padding")
    return decoded


def decode_initial(argument: bytes) -> bytes | Failure:
    """An initial response: as a line, but `=` alone stands for an empty one (RFC 4954 4)."""
    return b"" if argument == b"=" else decode_line(argument)


def _failure(reason: str, finding: str) -> Failure:
    return Failure("malformed", f"not base64: {reason}", findings=(finding,))
