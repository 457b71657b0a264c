"""Plain values in TOML syntax."""

import json
import re
from typing import Any

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def toml_key(key: str) -> str:
    """Return a key, quoted if needed."""
    return key if BARE_KEY.fullmatch(key) else _text(key)


def toml_value(value: Any, place: str = "") -> str:
    """Return a value on one line, except for multi-line strings. None is left out of tables, because TOML has no null.

    place: the position of the value, for the error. Raises: ValueError for a value that TOML cannot express.
    """
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str() if "\n" in value:
            lines = (_text(line)[1:-1] for line in value.split("\n"))
            return '"""\n' + "\n".join(lines) + '"""'
        case str():
            return _text(value)
        case dict():
            given = {name: one for name, one in value.items() if one is not None}
            pairs = ", ".join(f"{toml_key(name)} = {toml_value(one, f'{place}.{name}')}" for name, one in given.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list() | tuple():
            return f"[{', '.join(toml_value(one, place) for one in value)}]"
    raise ValueError(f"{place}: {value!r} is not a configuration value: use strings, numbers, bools, lists and dicts")


def _text(text: str) -> str:
    # JSON's escapes are TOML's; but surrogate pairs are not, and DEL has to be escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
