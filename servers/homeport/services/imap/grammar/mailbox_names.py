"""Mailbox names: modified UTF-7 until the client enables UTF-8 (RFC 9051 A.1, RFC 3501 5.1.3), UTF-8 after it.

The store has one Unicode name for each mailbox, so a mailbox made in one form is found in the other.
"""

import binascii
import re
import unicodedata

SHIFTED = re.compile(rb"&([^-]*+)(-?)")
MODIFIED_BASE64 = re.compile(rb"[A-Za-z0-9+,]++")
DIRECT = re.compile(r"[^ -~]++|&")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""RFC 9051 5.1: no controls, neither line nor paragraph separators (RFC 5198)."""
MAX_NAME = 1000
"""Bytes of a name as sent."""
NAMES = "RFC 9051 5.1"
UTF7 = "RFC 3501 5.1.3"


class BadName(ValueError):
    """A mailbox name that breaks the rules of its encoding. reference: section of the RFC."""

    def __init__(self, text: str, reference: str) -> None:
        super().__init__(text)
        self.reference = reference


def decode_name(name: bytes, *, utf8: bool) -> str:
    """Return a mailbox name, composed (NFC); INBOX in upper case. utf8: True if it is UTF-8, not modified UTF-7.

    Raises: BadName.
    """
    if name.isalnum() and name.isascii():
        text = name.decode("ascii")
        return "INBOX" if text.upper() == "INBOX" else _bounded(text, name)
    if utf8 or not name.isascii():  # bytes over 127 are no modified UTF-7; clients that send them mean UTF-8
        try:
            text = name.decode()
        except UnicodeDecodeError:
            raise BadName("a mailbox name is not valid UTF-8", NAMES) from None
    else:
        text = decode_utf7(name)
    if CONTROL.search(text):
        raise BadName("a mailbox name has no control characters", NAMES)
    text = unicodedata.normalize("NFC", text)
    first, separator, others = text.partition("/")
    if first.upper() == "INBOX" and first.isascii():
        text = "INBOX" + separator + others
    return _bounded(text, name)


def _bounded(text: str, name: bytes) -> str:
    if len(name) > MAX_NAME:
        raise BadName(f"a mailbox name has at most {MAX_NAME} bytes", NAMES)
    return text


def decode_utf7(name: bytes) -> str:
    """Decode modified UTF-7. Raises: BadName."""
    return SHIFTED.sub(_decode_shifted, name).decode() if b"&" in name else name.decode("ascii")


def _decode_shifted(match: re.Match[bytes]) -> bytes:
    """Return the UTF-8 of `&...-`."""
    letters, closed = match[1], match[2]
    if not closed or (letters and not MODIFIED_BASE64.fullmatch(letters)):
        raise BadName("& begins base64 that ends with -, and alone it is &-, in a mailbox name", UTF7)
    if not letters:
        return b"&"
    try:
        data = binascii.a2b_base64(letters.replace(b",", b"/") + b"=" * (-len(letters) % 4), strict_mode=True)
        text = data.decode("utf-16-be")
    except ValueError:
        raise BadName("the base64 of a mailbox name does not decode to UTF-16", UTF7) from None
    if any(" " <= character <= "~" for character in text):
        raise BadName("ASCII characters represent themselves in a mailbox name, and are not in base64", UTF7)
    return text.encode()


def encode_name(name: str, *, utf8: bool) -> bytes:
    """Encode a mailbox name."""
    if utf8:
        return name.encode("utf-8", "replace")
    return DIRECT.sub(_encode_run, name).encode("ascii")


def _encode_run(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    letters = binascii.b2a_base64(match[0].encode("utf-16-be", "replace"), newline=False)
    return f"&{letters.decode('ascii').rstrip('=').replace('/', ',')}-"
