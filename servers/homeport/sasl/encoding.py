"""Strict base64, as SMTP, POP3 and IMAP carry SASL in (RFC 4954 4, 5034 4, 9051 6.2.2), with exact errors."""

import binascii
import re

from homeport.sasl.exchange import Failure

_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=]")


def decode_line(line: bytes) -> bytes | Failure:
    """Decode a line of base64, without its line end; an empty line decodes to empty bytes.

    Characters outside the alphabet, white space included, are refused (RFC 4648 3.3), as are pad bits that are not zero
    (3.5).
    """
    if foreign := _FOREIGN.search(line):
        what = "white space" if foreign[0] in b" \t\r\n" else repr(foreign[0])[1:]
        return _failure(f"it has {what} at byte {foreign.start()}", "sasl-base64")
    content = line.rstrip(b"=")
    if b"=" in content:
        return _failure("it continues after its padding", "sasl-base64")
    if len(line) % 4 or len(line) - len(content) > 2:
        wanted = (
            f"it has {len(content)} characters and {len(line) - len(content)} of padding, which is not a multiple of 4"
        )
        return _failure(wanted, "sasl-base64-padding")
    decoded = binascii.a2b_base64(line)
    if binascii.b2a_base64(decoded, newline=False) != line:
        return _failure("the unused bits of its last character are not zero", "sasl-base64-padding")
    return decoded


def decode_initial(argument: bytes) -> bytes | Failure:
    """Decode an initial response: like a line, but `=` alone is an empty one (RFC 4954 4)."""
    return b"" if argument == b"=" else decode_line(argument)


def _failure(reason: str, finding: str) -> Failure:
    return Failure("malformed", f"not base64: {reason}", findings=(finding,))
