"""Converts plain values into the structs of the configuration; errors name the place, the key and the remedy."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from homeport.config.patterns import in_words
from homeport.config.quantities import decode

Key = tuple[str | int, ...]
"""The path of a value, outermost part first; numbers are indices into arrays from 0."""


class ConfigError(Exception):
    """The configuration is invalid; `problems` has one line for each problem with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class Builder:
    """A tree of plain values, the origin of each, and the problems found."""

    def __init__(self) -> None:
        self.file = ""
        self.tree: dict[str, Any] = {}
        self.origins: dict[Key, str] = {}
        self.errors: list[str] = []
        self._texts: dict[Key, str] = {}

    def put(self, key: tuple[str, ...], value: Any, origin: str, text: str | None = None) -> None:
        """Set a value over an earlier one. text: its written form, used if the key's type is a string."""
        table = self.tree
        for part in key[:-1]:
            inner = table.get(part)
            if not isinstance(inner, dict):
                inner = table[part] = {}
            table = inner
        table[key[-1]] = value
        self.origins = {known: place for known, place in self.origins.items() if known[: len(key)] != key}
        self.origins[key] = origin
        self._texts = {known: text for known, text in self._texts.items() if known[: len(key)] != key}
        if text is not None:
            self._texts[key] = text

    def error(self, key: Key, problem: str) -> None:
        """Record a problem with the value of `key`."""
        place = self.place(key)
        self.errors.append(f"{place}: {problem}" if place else problem)

    def place(self, key: Key) -> str:
        """Return the origin of a value: `homeport.toml:12`, a variable or a flag; empty for a default."""
        for length in range(len(key), 0, -1):
            if (origin := self.origins.get(key[:length])) is not None:
                return origin
        # The table was created by a setting of a key inside it.
        return next((place for known, place in self.origins.items() if known[: len(key)] == key), self.file)

    def is_given(self, key: Key) -> bool:
        """True if a value was given for that key itself."""
        return key in self.origins

    def build(self, value: Any, kind: Any, key: Key) -> Any:
        """Convert a value to a type; record an error and return None if it is invalid."""
        shape = plain_type(kind)
        if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
            return self._table(value, shape, key)
        item = item_struct(shape)
        if item is not None and isinstance(value, list):
            built = [self._table(one, item, (*key, index)) for index, one in enumerate(value)]
            return None if None in built else built
        if item is not None:
            self.error(key, f"{key_text(key)} is an array of tables: write each below [[{key_text(key)}]]")
            return None
        return self._leaf(value, kind, key)

    def _table(self, value: Any, kind: type[msgspec.Struct], key: Key) -> Any:
        if not isinstance(value, dict):
            self.error(key, f"{key_text(key)} is a table: write its keys below [{key_text(key)}]")
            return None
        before = len(self.errors)
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        built = {}
        for name, inner in value.items():
            if field := fields.get(name):
                built[field.name] = self.build(inner, field.type, (*key, name))
            else:
                self.error((*key, name), f"{key_text(key)} has no key {name!r}; {nearest(name, fields)}")
        for name, field in fields.items():
            if field.required and name not in value:
                self.error(key, f"{key_text(key)} lacks {name!r}{meaning(field.type)}")
        return kind(**built) if len(self.errors) == before else None

    def _leaf(self, value: Any, kind: Any, key: Key) -> Any:
        if isinstance(value, datetime):
            value = self._texts.get(key, value.isoformat())
        try:
            return msgspec.convert(value, kind, dec_hook=decode)
        except msgspec.ValidationError as error:
            problem = str(error)
        if (text := self._texts.get(key)) is not None:
            try:
                return msgspec.convert(text, kind, dec_hook=decode)
            except msgspec.ValidationError:
                pass
        problem = in_words(problem.partition(" - at ")[0]).replace(" | null", "").replace("Expected", "expected")
        if get_origin(shape := plain_type(kind)) is Literal:
            problem = f"expected one of {', '.join(map(str, get_args(shape)))}; got {value!r}"
        self.error(key, f"{key_text(key)}: {problem}{meaning(kind)}")
        return None


def key_text(key: Key) -> str:
    """Format a key for people: `echo.port`, `people[0].login`."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return a hint: the valid name that was likely meant, or all of them."""
    known = list(valid)
    close = closest(name, known)
    return f"did you mean {close!r}?" if close else f"choose from {', '.join(known)}"


def closest(name: str, valid: Iterable[str]) -> str:
    """Return the valid name most similar to `name`, ignoring case; empty if none is similar."""
    import difflib

    known = {one.lower(): one for one in valid}
    close = difflib.get_close_matches(name.lower(), known, 5, 0.6)
    # Transposed letters are the most frequent typo: STRO is STOR, not STRU.
    close.sort(key=lambda one: sorted(one) != sorted(name.lower()))
    return known[close[0]] if close else ""


def meaning(kind: Any) -> str:
    """Return the description of an annotated type, in brackets."""
    found = next((meta.description for meta in metas(kind) if meta.description), None)
    return f" ({found})" if found else ""


def overlay(base: Any, given: Any) -> Any:
    """Return the plain values `given` merged over `base`, table by table."""
    if not isinstance(base, dict) or not isinstance(given, dict):
        return given
    return {**base, **{key: overlay(base.get(key), value) for key, value in given.items()}}


def metas(kind: Any) -> list[msgspec.Meta]:
    """Return the annotations of a type, the outermost first."""
    if get_origin(kind) is Annotated:
        inner, *found = get_args(kind)
        return [*(meta for meta in reversed(found) if isinstance(meta, msgspec.Meta)), *metas(inner)]
    return []


def plain_type(kind: Any) -> Any:
    """Return a type without its annotations and without `| None`."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        rest = [one for one in get_args(kind) if one is not type(None)]
        if len(rest) == 1:
            return plain_type(rest[0])
    return kind


def item_struct(kind: Any) -> type[msgspec.Struct] | None:
    """Return the struct type of a sequence's elements; None for any other type."""
    arguments = get_args(kind)
    if not isinstance(get_origin(kind), type) or not issubclass(get_origin(kind), Sequence) or not arguments:
        return None
    item = plain_type(arguments[0])
    return item if isinstance(item, type) and issubclass(item, msgspec.Struct) else None
