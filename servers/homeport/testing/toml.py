"""Plain values as TOML, for the configuration of a farm in a process of its own."""

import json
from typing import Any

from homeport.testing.errors import FarmError


def settings_and_rest(tree: dict[str, Any]) -> tuple[list[str], str]:
    """A configuration as settings (`echo.port=0`), which go over everything, and a document with what is too long for
    them: tables of contents.

    Raises: FarmError for a value that TOML has not.
    """
    settings, document = [], []
    for section, value in tree.items():
        if not isinstance(value, dict):
            document.append(f"{_text(section)} = {_value(value, section)}\n")
            continue
        rest = {key: one for key, one in value.items() if _has_tables(one)}
        settings += [
            f"{section}.{key}={_value(one, f'{section}.{key}')}" for key, one in value.items() if key not in rest
        ]
        document += [f"{_text(section)} = {_value(rest, section)}\n"] if rest else []
    return settings, "".join(document)


def _has_tables(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list | tuple) and any(map(_has_tables, value)))


def _value(value: Any, place: str) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return _text(value)
        case dict():
            pairs = (f"{_text(name)} = {_value(one, f'{place}.{name}')}" for name, one in value.items())
            return f"{{{', '.join(pairs)}}}"
        case list() | tuple():
            return f"[{', '.join(_value(one, place) for one in value)}]"
    raise FarmError(f"{place}: {value!r} is no value of a configuration: write texts, numbers, bools, lists and dicts")


def _text(text: str) -> str:
    # JSON's escapes are TOML's; but surrogate pairs are not, and DEL has to be escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
