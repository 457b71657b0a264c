"""Definitions of attribute types and object classes, as text (RFC 4512 4.1)."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

TOKEN = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|([()$])|([^\s()$']+))")
FLAGS = frozenset(
    ("OBSOLETE", "SINGLE-VALUE", "COLLECTIVE", "NO-USER-MODIFICATION", "ABSTRACT", "STRUCTURAL", "AUXILIARY")
)
LENGTH = re.compile(r"\{\d+\}\Z")
Usage = Literal["userApplications", "directoryOperation", "distributedOperation", "dSAOperation"]
USAGES = ("userApplications", "directoryOperation", "distributedOperation", "dSAOperation")
ClassKind = Literal["STRUCTURAL", "AUXILIARY", "ABSTRACT"]


class DefinitionProblem(ValueError):
    """Raised for a definition that cannot be parsed, or that refers to something unknown."""


class AttributeDefinition(msgspec.Struct, frozen=True):
    """The definition of an attribute type, without what it inherits."""

    oid: str
    names: tuple[str, ...]
    sup: str
    equality: str
    ordering: str
    substrings: str
    syntax: str
    is_single: bool
    is_fixed: bool
    """True if users cannot change it (NO-USER-MODIFICATION)."""
    usage: str
    text: str


class ClassDefinition(msgspec.Struct, frozen=True):
    """The definition of an object class, without what it inherits."""

    oid: str
    names: tuple[str, ...]
    sups: tuple[str, ...]
    kind: str
    must: tuple[str, ...]
    may: tuple[str, ...]
    text: str


def tokens(text: str) -> Iterator[str]:
    """Yield the words of a definition; quotes are gone. Raises: DefinitionProblem."""
    at, end = 0, len(text.rstrip())
    while at < end:
        found = TOKEN.match(text, at)
        if found is None:
            raise DefinitionProblem(f"cannot read {text[at : at + 20]!r}")
        quoted, mark, word = found.groups()
        yield quoted if quoted is not None else mark or word
        at = found.end()


def read_fields(text: str) -> tuple[str, dict[str, list[str]]]:
    """Return the OID of a definition, and its fields by keyword. Raises: DefinitionProblem."""
    words = list(tokens(text))
    if words[:1] == ["("] and words[-1:] == [")"]:
        words = words[1:-1]
    if not words:
        raise DefinitionProblem("a definition begins with an OID")
    fields: dict[str, list[str]] = {}
    at = 1
    while at < len(words):
        key = words[at]
        at += 1
        if key in FLAGS:
            fields[key] = []
        elif at >= len(words):
            raise DefinitionProblem(f"{key} has no value")
        elif words[at] == "(":
            if ")" not in words[at:]:
                raise DefinitionProblem(f"a parenthesis is missing after {key}")
            end = words.index(")", at)
            fields[key] = [word for word in words[at + 1 : end] if word != "$"]
            at = end + 1
        else:
            fields[key] = [words[at]]
            at += 1
    return words[0], fields


def read_attribute(text: str) -> AttributeDefinition:
    """Parse the definition of an attribute type. Raises: DefinitionProblem."""
    oid, fields = read_fields(text)

    def one(key: str) -> str:
        return fields[key][0] if fields.get(key) else ""

    usage = one("USAGE") or USAGES[0]
    if usage not in USAGES:
        raise DefinitionProblem(f"USAGE {usage} is none of {', '.join(USAGES)}")
    return AttributeDefinition(
        oid=oid,
        names=tuple(fields.get("NAME", ())),
        sup=one("SUP"),
        equality=one("EQUALITY"),
        ordering=one("ORDERING"),
        substrings=one("SUBSTR"),
        syntax=LENGTH.sub("", one("SYNTAX")),
        is_single="SINGLE-VALUE" in fields,
        is_fixed="NO-USER-MODIFICATION" in fields,
        usage=usage,
        text=in_parentheses(text),
    )


def read_class(text: str) -> ClassDefinition:
    """Parse the definition of an object class. Raises: DefinitionProblem."""
    oid, fields = read_fields(text)
    kind = next((kind for kind in ("ABSTRACT", "AUXILIARY") if kind in fields), "STRUCTURAL")
    return ClassDefinition(
        oid=oid,
        names=tuple(fields.get("NAME", ())),
        sups=tuple(fields.get("SUP", ())),
        kind=kind,
        must=tuple(fields.get("MUST", ())),
        may=tuple(fields.get("MAY", ())),
        text=in_parentheses(text),
    )


def in_parentheses(text: str) -> str:
    """Return a definition in its parentheses."""
    return text if text.startswith("(") else f"( {text} )"
