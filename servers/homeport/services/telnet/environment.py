"""The environment that a client sends (RFC 1572, RFC 1408)."""

VAR, VALUE, ESC, USERVAR = 0, 1, 2, 3
MAX_VARIABLES = 64
MAX_CHARACTERS = 256


def parse_environment(parameters: bytes) -> dict[str, str | None] | None:
    """Parse IS or INFO; None if it is neither.

    Return the values by name; None for a variable without a value, which is undefined. Of a hostile list, the first 64
    variables are kept, and 256 characters of each.
    """
    if parameters[:1] not in (b"\0", b"\2"):
        return None
    found: dict[str, str | None] = {}
    name, value, inside = bytearray(), None, 0
    at = 1
    while at <= len(parameters):
        code = parameters[at] if at < len(parameters) else VAR
        if at == len(parameters) or code in (VAR, USERVAR):
            if name and len(found) < MAX_VARIABLES:
                found[_text(name)] = None if value is None else _text(value)
            name, value, inside = bytearray(), None, 1
        elif code == VALUE:
            value = bytearray()
        else:
            if code == ESC:
                at += 1
                code = parameters[at] if at < len(parameters) else ESC
            if not inside:
                return None  # a name without VAR before it
            (name if value is None else value).append(code)
        at += 1
    return found


def _text(data: bytearray) -> str:
    return "".join(char for char in data.decode("utf-8", "replace") if char.isprintable())[:MAX_CHARACTERS]
