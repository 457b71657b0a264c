"""Files with messages: one message (.eml), or many of them (mbox, RFC 4155), as other mail programs write them.

mboxrd: a line of a message that begins with any number of `>` and `From ` has one `>` more in the file.
"""

import re
from calendar import timegm
from collections.abc import Iterator
from time import strptime
from typing import NamedTuple

from homeport.world.mail.mime.content import first_header, parse_headers
from homeport.world.mail.mime.structure import HEADER_LIMIT

SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\n]*\n")
"""The line that begins each message: the first, or after an empty line."""
QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
BARE_LF = re.compile(rb"(?<!\r)\n")
ASCTIME = re.compile(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d+ \d+:\d+:\d+ \d{4}")
STATUS_FLAGS = {"R": "\\Seen", "A": "\\Answered", "F": "\\Flagged", "D": "\\Deleted", "T": "\\Draft"}
"""Letters of the fields Status and X-Status, which mail programs write into these files."""


class FiledMessage(NamedTuple):
    """A message of a file."""

    content: bytes
    flags: frozenset[str]
    received: float | None
    """Unix time of its reception, if the file has it."""


def split_file(data: bytes) -> Iterator[FiledMessage]:
    """Yield the messages of a file: of an mbox if it begins with `From `, else the whole as one message."""
    starts = [*SEPARATOR.finditer(data)] if data.startswith(b"From ") else []
    if not starts:
        yield FiledMessage(_with_crlf(data), frozenset(), None)
        return
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        content = data[start.end() : following.start() if following else len(data)]
        if following:
            content = content.removesuffix(b"\n").removesuffix(b"\r")  # the empty line belongs to the separator
        content = _with_crlf(QUOTED.sub(rb"\1", content))
        yield FiledMessage(content, _flags(content), _received(start[0]))


def _with_crlf(content: bytes) -> bytes:
    """Return a message with the line ends of RFC 5322; one that has any of them stays as it is."""
    return content if b"\r\n" in content else BARE_LF.sub(b"\r\n", content)


def _flags(content: bytes) -> frozenset[str]:
    headers = parse_headers(content[:HEADER_LIMIT])
    letters = first_header(headers, "Status") + first_header(headers, "X-Status")
    return frozenset(STATUS_FLAGS[letter] for letter in letters if letter in STATUS_FLAGS)


def _received(separator: bytes) -> float | None:
    found = ASCTIME.search(separator)
    if found is None:
        return None
    try:
        return float(timegm(strptime(found[0].decode(), "%a %b %d %H:%M:%S %Y")))
    except ValueError:
        return None
