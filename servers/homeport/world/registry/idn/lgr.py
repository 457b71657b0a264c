"""Label generation rulesets (RFC 7940): the XML in which IDN tables are published, parsed to `Table` and written.

Not supported, and refused by name: variants by deletion (an empty `cp`), and Unicode properties other than gc and ccc.
References, descriptions and comments are ignored.
"""

from collections.abc import Iterator
from html import escape
from typing import Any

from homeport.world.registry.idn.context import Classes, rule_of
from homeport.world.registry.idn.policy import MAX_LGR_BYTES
from homeport.world.registry.idn.table import Action, Character, Mapped, Rule, Table

NAMESPACE = "urn:ietf:params:xml:ns:lgr-1.0"
MAX_CHARACTERS = 100_000
VARIANT_CONDITIONS = {"any-variant": "any", "all-variants": "all", "only-variants": "only"}


class BadLgr(ValueError):
    """A text that is no ruleset; the message says where and why."""


def parse(name: str, text: str) -> Table:
    """Return the table of a ruleset. Raises: BadLgr."""
    root = _root(text)
    data = root.find(f"{{{NAMESPACE}}}data")
    if data is None:
        raise BadLgr("the element data, with the repertoire, is missing")
    language = root.find(f"{{{NAMESPACE}}}meta/{{{NAMESPACE}}}language")
    repertoire, tags = _repertoire(data)
    whole = root.find(f"{{{NAMESPACE}}}rules")
    rules, actions = _rules(whole, Classes("".join(repertoire), tags))
    for one in repertoire.values():
        for rule in (one.when, one.not_when):
            _known(rule, rules, "when")
    for action in actions:
        for rule in (action.match, action.not_match):
            _known(rule, rules, "match")
    return Table(
        name=name,
        language="und" if language is None else (language.text or "und").strip(),
        repertoire=repertoire,
        rules=rules,
        actions=actions,
        longest=max(map(len, repertoire), default=1),
    )


def _root(text: str) -> Any:
    from lxml import etree  # imported late: few worlds have tables of their own

    data = text.encode()
    if len(data) > MAX_LGR_BYTES:
        raise BadLgr(f"a ruleset has at most {MAX_LGR_BYTES >> 20} MiB")
    if b"<!DOCTYPE" in data:
        raise BadLgr("a ruleset has no document type declaration")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadLgr(f"not well-formed: {error}") from None
    if root.tag != f"{{{NAMESPACE}}}lgr":
        raise BadLgr(f"the root is not the element lgr of the namespace {NAMESPACE} (RFC 7940 4)")
    return root


def _repertoire(data: Any) -> tuple[dict[str, Character], dict[str, set[str]]]:
    """Return the characters, and those of each tag."""
    found: dict[str, Character] = {}
    tags: dict[str, set[str]] = {}
    for one in data:
        local = one.tag.rpartition("}")[2]
        if local == "char":
            characters = [_text(one, "cp")]
        elif local == "range":
            first, last = _text(one, "first-cp"), _text(one, "last-cp")
            if len(first) != 1 or len(last) != 1 or not 0 <= ord(last) - ord(first) < MAX_CHARACTERS:
                raise BadLgr(f"line {one.sourceline}: a range is from one code point up to another")
            characters = [chr(code) for code in range(ord(first), ord(last) + 1)]
        else:
            raise BadLgr(f"line {one.sourceline}: data has char and range, not {local}")
        variants = {_text(var, "cp"): _mapped(var) for var in one}
        made = Character(when=one.get("when", ""), not_when=one.get("not-when", ""), variants=variants)
        for each in characters:
            if each in found:
                raise BadLgr(f"line {one.sourceline}: {_codes(each)} is in the repertoire twice")
            found[each] = made
        for tag in one.get("tag", "").split():
            tags.setdefault(tag, set()).update(characters)
        if len(found) > MAX_CHARACTERS:
            raise BadLgr(f"a repertoire has at most {MAX_CHARACTERS} characters")
    if not found:
        raise BadLgr("the repertoire is empty")
    return found, tags


def _mapped(var: Any) -> Mapped:
    return Mapped(type=var.get("type", ""), when=var.get("when", ""), not_when=var.get("not-when", ""))


def _text(one: Any, attribute: str) -> str:
    codes = one.get(attribute, "").split()
    if not codes:
        raise BadLgr(f"line {one.sourceline}: {attribute} has no code point; variants by deletion are not supported")
    try:
        return "".join(chr(int(code, 16)) for code in codes)
    except (ValueError, OverflowError):
        raise BadLgr(f"line {one.sourceline}: {' '.join(codes)[:40]!r} is not code points in hexadecimal") from None


def _rules(whole: Any, classes: Classes) -> tuple[dict[str, Rule], tuple[Action, ...]]:
    rules: dict[str, Rule] = {}
    actions = []
    nodes: dict[str, Any] = {}
    for one in () if whole is None else whole:
        local = one.tag.rpartition("}")[2]
        try:
            if local == "rule":
                nodes[one.get("name", "")] = one
                rules[one.get("name", "")] = rule_of(one, classes, nodes)
            elif local == "action":
                actions.append(_action(one))
            else:
                classes.define(one)
        except ValueError as error:
            raise BadLgr(f"line {one.sourceline}: {error}") from None
    return rules, tuple(actions)


def _action(one: Any) -> Action:
    given = [(kind, one.get(name)) for name, kind in VARIANT_CONDITIONS.items() if one.get(name) is not None]
    if len(given) > 1:
        raise ValueError("an action has one of any-variant, all-variants and only-variants (RFC 7940 7.2)")
    condition, types = given[0] if given else ("", "")
    return Action(
        disposition=one.get("disp", ""),
        match=one.get("match", ""),
        not_match=one.get("not-match", ""),
        condition=condition,
        types=frozenset(types.split()),
    )


def _known(rule: str, rules: dict[str, Rule], attribute: str) -> None:
    if rule and rule not in rules:
        raise BadLgr(f"{attribute}={rule!r}: there is no rule of this name")


def _codes(text: str) -> str:
    return " ".join(f"{ord(one):04X}" for one in text)


def write(table: Table) -> str:
    """Return a table without rules as a ruleset."""
    return "".join(_lines(table))


def _lines(table: Table) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<lgr xmlns="{NAMESPACE}">\n<meta>\n<version>1</version>\n'
    yield f"<language>{table.language}</language>\n</meta>\n<data>\n"
    for one in sorted(table.repertoire):
        character = table.repertoire[one]
        if not character.variants:
            yield f'<char cp="{_codes(one)}"/>\n'
            continue
        yield f'<char cp="{_codes(one)}">'
        for other, mapped in character.variants.items():
            yield f'<var cp="{_codes(other)}" type="{escape(mapped.type)}"/>'
        yield "</char>\n"
    yield "</data>\n<rules>\n"
    for action in table.actions:
        condition = "any-variant" if action.condition == "any" else f"{action.condition}-variants"
        types = escape(" ".join(sorted(action.types)))
        yield f'<action disp="{escape(action.disposition)}" {condition}="{types}"/>\n'
    yield "</rules>\n</lgr>\n"
