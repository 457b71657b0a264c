"""Domain names: tuples of labels in lower case, the leftmost first; the root is the empty tuple (RFC 1035 3.1).

Names are compared without regard to ASCII case (RFC 4343); the case in which a client asked is the service's concern.
"""

import re
from functools import lru_cache

Name = tuple[bytes, ...]
ROOT: Name = ()
WILDCARD = b"*"
MAX_LABEL_BYTES = 63
MAX_NAME_BYTES = 255
"""Size of a name in wire form, with the length octets and the root."""
SPECIAL = frozenset(b'."\\();@$')
ESCAPE = re.compile(r"\\(?:(\d{3})|(.))|([^\\])", re.DOTALL | re.ASCII)


class BadName(ValueError):
    """Raised for text or octets that are no domain name; the message says what is wrong."""


def parse_name(text: str, origin: Name = ROOT) -> Name:
    r"""Parse the presentation format (RFC 1035 5.1): `www.example.test`, with or without the final dot.

    `\.` is a dot within a label, `\DDD` an octet. origin: appended to names without the final dot.
    Raises: BadName.
    """
    if text in ("", "."):
        return ROOT if text else origin
    labels, label, dots = [], bytearray(), 0
    at = 0
    while at < len(text):
        match = ESCAPE.match(text, at)
        if match is None:
            raise BadName(f"{text!r:.80} ends within an escape")
        at = match.end()
        number, escaped, plain = match.groups()
        if plain == ".":
            dots = at
            labels.append(_label(bytes(label), text))
            label.clear()
        elif number:
            if int(number) > 255:
                raise BadName(f"\\{number} in {text!r:.80} is no octet: write \\000 to \\255")
            label.append(int(number))
        else:
            label += (escaped or plain).encode()
    if dots != len(text):
        labels.append(_label(bytes(label), text))
        return validate((*labels, *origin))
    return validate(tuple(labels))


def _label(label: bytes, text: str) -> bytes:
    if not label:
        raise BadName(f"{text!r:.80} has an empty label")
    if len(label) > MAX_LABEL_BYTES:
        raise BadName(f"a label of {text!r:.80} has {len(label)} octets: at most {MAX_LABEL_BYTES} (RFC 1035 2.3.4)")
    return label.lower()


def validate(name: Name) -> Name:
    """Return a name. Raises: BadName if it is longer than 255 octets (RFC 1035 2.3.4)."""
    if wire_size(name) > MAX_NAME_BYTES:
        raise BadName(f"a name of {wire_size(name)} octets: at most {MAX_NAME_BYTES} (RFC 1035 2.3.4)")
    return name


def wire_size(name: Name) -> int:
    """Return the size of a name in wire form, in bytes."""
    return sum(map(len, name)) + len(name) + 1


def name_text(name: Name) -> str:
    """Return the presentation format with the final dot."""
    return "".join(f"{_label_text(label)}." for label in name) or "."


def _label_text(label: bytes) -> str:
    if label.isalnum():
        return label.decode("ascii")
    return "".join(
        f"\\{chr(octet)}" if octet in SPECIAL else chr(octet) if 0x20 < octet < 0x7F else f"\\{octet:03}"
        for octet in label
    )


@lru_cache(4096)
def name_wire(name: Name) -> bytes:
    """Return the wire form without compression."""
    return b"".join(bytes((len(label),)) + label for label in name) + b"\0"


def read_name(data: bytes, at: int = 0) -> tuple[Name, int]:
    """Return the name in wire form, without compression, that begins at an offset, and the offset after it.

    Raises: BadName.
    """
    labels: list[bytes] = []
    begun = at
    while at < len(data):
        size = data[at]
        at += 1
        if not size:
            return validate(tuple(labels)), at
        if size > MAX_LABEL_BYTES or at - begun > MAX_NAME_BYTES:
            break
        labels.append(data[at : at + size].lower())
        at += size
    raise BadName("no name in wire form")


def is_below(name: Name, ancestor: Name) -> bool:
    """Return True if a name is that ancestor or lies below it."""
    return not ancestor or name[-len(ancestor) :] == ancestor


def canonical_key(name: Name) -> tuple[bytes, ...]:
    """Return the key by which names sort in canonical order (RFC 4034 6.1)."""
    return name[::-1]
