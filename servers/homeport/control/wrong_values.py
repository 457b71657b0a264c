"""Messages about invalid values: msgspec's error, with the most similar valid word added."""

import re
from typing import Any, Literal, get_args, get_origin

import msgspec

from homeport.config.patterns import in_words
from homeport.config.values import closest, nearest, plain_type

UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<word>.*?)`(?: - at `(?P<place>\$.*)`)?", re.DOTALL)
WRONG_WORD = re.compile(r"Invalid enum value '(?P<word>.*?)'(?: - at `(?P<place>\$.*)`)?", re.DOTALL)


def explain(error: Exception, kind: Any) -> tuple[str, str]:
    """Return an error's message about a value of type `kind`, and the word that was probably meant; empty for none."""
    words = in_words(str(error))
    for form in (UNKNOWN_FIELD, WRONG_WORD):
        if match := form.fullmatch(words):
            known = words_of(place_in(kind, match["place"] or "$"), fields=form is UNKNOWN_FIELD)
            if known:
                near = closest(match["word"], known)
                return f"{words}; {nearest(match['word'], known)}".replace("$.", ""), near
    return words.replace("$.", ""), ""


def place_in(kind: Any, place: str) -> Any:
    """Return the type at a path such as `$.do.latency`; None if it is unknown."""
    for name in place.split(".")[1:]:
        struct = next((one for one in alternatives(kind) if is_struct(one)), None)
        if struct is None:
            return None
        fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
        field = fields.get(name.partition("[")[0])
        if field is None:
            return None
        kind = field.type
        for _ in range(name.count("[")):
            kind = (get_args(plain_type(kind)) or (None,))[-1]
    return kind


def words_of(kind: Any, *, fields: bool) -> list[str]:
    """Return the field names of a struct, or the values of a Literal."""
    found: list[str] = []
    for one in alternatives(kind):
        if fields and is_struct(one):
            found += one.__struct_encode_fields__
        elif not fields and get_origin(one) is Literal:
            found += map(str, get_args(one))
    return found


def alternatives(kind: Any) -> list[Any]:
    """Return the members of a union without their annotations; for any other type, the type alone."""
    shape = plain_type(kind)
    if isinstance(shape, type) or get_origin(shape) in (Literal, list, tuple, dict) or not get_args(shape):
        return [shape]
    return [plain_type(one) for one in get_args(shape)]


def is_struct(kind: Any) -> bool:
    """Return True if a type is a struct."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
