"""Plain values as TOML, for the configuration of a farm in a child process."""

from typing import Any

from homeport.config.toml import toml_key, toml_value
from homeport.testing.errors import FarmError


def settings_and_rest(tree: dict[str, Any]) -> tuple[list[str], str]:
    """Return settings (`echo.port=0`), which override everything, and a document with the tables of contents, which are
    too long for them.

    Raises: FarmError for a value that TOML cannot express.
    """
    settings, document = [], []
    for section, value in tree.items():
        if not isinstance(value, dict):
            document.append(f"{toml_key(section)} = {_value(value, section)}\n")
            continue
        rest = {key: one for key, one in value.items() if _has_tables(one)}
        settings += [
            f"{section}.{key}={_value(one, f'{section}.{key}')}" for key, one in value.items() if key not in rest
        ]
        document += [f"{toml_key(section)} = {_value(rest, section)}\n"] if rest else []
    return settings, "".join(document)


def _has_tables(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list | tuple) and any(map(_has_tables, value)))


def _value(value: Any, place: str) -> str:
    try:
        return toml_value(value, place)
    except ValueError as error:
        raise FarmError(str(error)) from None
