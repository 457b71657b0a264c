"""Rules on labels (RFC 7940 6): classes of characters, and match operators compiled to regular expressions."""

import re
import unicodedata
from typing import Any

from homeport.world.registry.idn.table import Rule

COUNT = re.compile(r"(\d{1,2})(\+|:(\d{1,2}))?")
MAX_DEPTH = 10
SETS = ("union", "intersection", "difference", "symmetric-difference", "complement")


class Classes:
    """The classes of a ruleset.

    characters: all characters of the repertoire; classes have no others. tags: the characters of each tag.
    """

    def __init__(self, characters: str, tags: dict[str, set[str]]) -> None:
        self._all = frozenset(characters)
        self._tags = tags
        self._named: dict[str, frozenset[str]] = {}

    def define(self, node: Any) -> None:
        """Add a named class. Raises: ValueError."""
        name = node.get("name", "")
        if not name:
            raise ValueError(f"{_local(node)} outside of a rule has a name (RFC 7940 6.2)")
        self._named[name] = self.of(node)

    def of(self, node: Any, depth: int = 0) -> frozenset[str]:
        """Return the characters of a class or of a combination of classes. Raises: ValueError."""
        local = _local(node)
        if depth > MAX_DEPTH:
            raise ValueError("classes are nested too deeply")
        if local == "class":
            return self._class(node)
        if local not in SETS:
            raise ValueError(f"{local} is no class")
        parts = [self.of(one, depth + 1) for one in node]
        if len(parts) != 1 if local == "complement" else len(parts) < 2:
            raise ValueError(f"{local} has {len(parts)} classes")
        if local == "complement":
            return self._all - parts[0]
        first, *others = parts
        if local == "union":
            return first.union(*others)
        if local == "intersection":
            return first.intersection(*others)
        if local == "difference":
            return first.difference(*others)
        return first.symmetric_difference(others[0])

    def _class(self, node: Any) -> frozenset[str]:
        if reference := node.get("by-ref"):
            if reference not in self._named:
                raise ValueError(f"there is no class {reference!r} above (RFC 7940 6.2.2)")
            return self._named[reference]
        if tag := node.get("from-tag"):
            return frozenset(self._tags.get(tag, ()))
        if given := node.get("property"):
            return frozenset(one for one in self._all if _has(one, given))
        found: set[str] = set()
        for part in (node.text or "").split():
            first, _dash, last = part.partition("-")
            found.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
        return frozenset(found)


def _has(character: str, given: str) -> bool:
    name, _colon, value = given.partition(":")
    if name == "gc":
        return unicodedata.category(character).startswith(value)
    if name == "ccc":
        return str(unicodedata.combining(character)) == value
    raise ValueError(f"the Unicode property {given!r} is not supported; gc and ccc are")


def rule_of(node: Any, classes: Classes, nodes: dict[str, Any]) -> Rule:
    """Return a compiled rule. nodes: the rules up to it, by name. Raises: ValueError."""
    name = node.get("name", "")
    if not name:
        raise ValueError("a rule outside of others has a name (RFC 7940 6.3)")
    compiled = _Compiled(classes, nodes)
    anchored = any(_local(one) == "anchor" for one in node.iter())
    before, after = "", ""
    for one in node:
        local = _local(one)
        if local == "anchor":
            before, after = after, ""
        elif local == "look-behind":
            before = after = compiled.sequence(one)
        elif local == "look-ahead":
            after = compiled.sequence(one)
        else:
            after += compiled.operator(one)
    if not anchored:
        return Rule(name=name, before=None, after=re.compile(after))
    return Rule(
        name=name, before=re.compile(f"(?:{before})\\Z") if before else None, after=re.compile(after), anchored=True
    )


class _Compiled:
    """Match operators as regular expressions."""

    def __init__(self, classes: Classes, nodes: dict[str, Any]) -> None:
        self._classes = classes
        self._nodes = nodes

    def sequence(self, node: Any, depth: int = 0) -> str:
        return "".join(self.operator(one, depth) for one in node)

    def operator(self, node: Any, depth: int = 0) -> str:
        if depth > MAX_DEPTH:
            raise ValueError("rules are nested too deeply")
        local = _local(node)
        if local == "start":
            return r"\A"
        if local == "end":
            return r"\Z"
        return self._matched(local, node, depth) + _count(node)

    def _matched(self, local: str, node: Any, depth: int) -> str:
        if local == "any":
            return "."
        if local == "char":
            return f"(?:{re.escape(''.join(chr(int(code, 16)) for code in node.get('cp', '').split()))})"
        if local == "choice":
            return f"(?:{'|'.join(self.operator(one, depth + 1) for one in node)})"
        if local == "rule":
            reference = node.get("by-ref")
            if reference is not None and reference not in self._nodes:
                raise ValueError(f"there is no rule {reference!r} above (RFC 7940 6.3.3)")
            return f"(?:{self.sequence(node if reference is None else self._nodes[reference], depth + 1)})"
        characters = self._classes.of(node, depth)
        return f"[{''.join(map(re.escape, sorted(characters)))}]" if characters else "(?!)"


def _count(node: Any) -> str:
    given = node.get("count")
    if given is None:
        return ""
    found = COUNT.fullmatch(given)
    if found is None:
        raise ValueError(f"count={given!r}: a number, a number with +, or two with a colon (RFC 7940 6.3.2)")
    least, more, most = found.groups()
    if more is None:
        return f"{{{least}}}"
    return f"{{{least},}}" if more == "+" else f"{{{least},{most}}}"


def _local(node: Any) -> str:
    local: str = node.tag.rpartition("}")[2]
    return local
