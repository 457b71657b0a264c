"""Transcripts of Telnet: text line by line, commands by their names, such as `<IAC DO NAWS>`."""

import re

from homeport.protocol.telnet import IAC, NEGOTIATING, SB, SE, command_words
from homeport.visible import visible_line

LINE_END = re.compile(rb"\n|\r\0")
MAX_COMMAND = 4096
"""Bytes of a subnegotiation that are waited for."""


def transcribe(data: bytes) -> tuple[list[str], bytes]:
    """Split one side's bytes into lines and commands, as text, and the bytes of a command that is incomplete.

    A command stands on a line of its own, and splits the text around it. Text without a line end ends in a backslash,
    as in the transcripts of other services: it is a prompt, or the rest is in what was sent next.
    """
    shown: list[str] = []
    at = 0
    while at < len(data):
        if data[at] == IAC and data[at + 1 : at + 2] != b"\xff":
            end = _command_end(data, at)
            if end < 0:
                break
            shown.append(f"<{' '.join(command_words(data[at:end]))}>")
        else:
            end = _text_end(data, at)
            shown.append(_line(data[at:end]))
        at = end
    return shown, data[at:]


def _line(data: bytes) -> str:
    text = data.replace(b"\xff\xff", b"\xff")
    if text.endswith((b"\n", b"\r\0")):
        return _escaped(text.removesuffix(b"\r\0").removesuffix(b"\n").removesuffix(b"\r"))
    return _escaped(text) + "\\"


def _escaped(text: bytes) -> str:
    return visible_line(text.decode("utf-8", "backslashreplace"))


def _text_end(data: bytes, at: int) -> int:
    """Return the offset behind a line, or of the command in it, or of the end."""
    stop = data.find(IAC, at)
    while stop >= 0 and data[stop + 1 : stop + 2] == b"\xff":
        stop = data.find(IAC, stop + 2)
    found = LINE_END.search(data, at, len(data) if stop < 0 else stop)
    if found is not None:
        return found.end()
    return len(data) if stop < 0 else stop


def _command_end(data: bytes, at: int) -> int:
    """Return the offset behind a command; -1 if it is incomplete."""
    if at + 1 >= len(data):
        return -1
    code = data[at + 1]
    if code == SB:
        end = at + 3
        while 0 <= (end := data.find(IAC, end)) < len(data) - 1:
            if data[end + 1] == SE:
                return end + 2
            end += 2
        return len(data) if len(data) - at > MAX_COMMAND else -1
    size = 3 if code in NEGOTIATING else 2
    return at + size if at + size <= len(data) else -1
