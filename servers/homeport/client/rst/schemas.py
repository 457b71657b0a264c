"""Validation of the server's frames: by the official schemas where a folder has them, else by our own grammar."""

from pathlib import Path
from typing import Any

from lxml import etree

from homeport.client.rst.link import EPP, Answer

MAX_PROBLEMS = 3
FOREIGN_PARENTS = (f"{{{EPP}}}extension", f"{{{EPP}}}resData", f"{{{EPP}}}value")


class SchemasError(Exception):
    """A folder without usable schemas."""


class Validator:
    """Finds what is invalid in a frame. folder: with `all.xsd`, which imports the schemas; None: our own grammar.

    Raises: SchemasError.
    """

    def __init__(self, folder: Path | None) -> None:
        self._schema: etree.XMLSchema | None = None
        if folder is not None:
            try:
                self._schema = etree.XMLSchema(etree.parse(str(folder / "all.xsd")))
            except (OSError, etree.LxmlError) as error:
                raise SchemasError(f"{folder}: no usable all.xsd: {error}") from None

    def problems(self, answer: Answer) -> list[str]:
        """Return the first problems of a frame; none if it is valid."""
        if self._schema is not None:
            if self._schema.validate(answer.root):
                return []
            errors: Any = self._schema.error_log
            return [str(one.message) for one in errors][:MAX_PROBLEMS]
        return own_problems(answer)


def own_problems(answer: Answer) -> list[str]:
    """Return the problems that our own grammar has with a frame; namespaces it does not know are left out."""
    from homeport.services.epp.grammar import Malformed, read
    from homeport.services.epp.grammar.namespaces import BY_URI

    known = etree.fromstring(answer.xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    for tag in FOREIGN_PARENTS:
        for parent in list(known.iter(tag)):
            for child in list(parent):
                if etree.QName(child).namespace not in BY_URI:
                    parent.remove(child)
            if not len(parent) and parent.getparent() is not None and tag != FOREIGN_PARENTS[2]:
                parent.getparent().remove(parent)
    try:
        read(etree.tostring(known))
    except Malformed as broken:
        return [f"{one.path}: {one.reason}" for one in broken.problems][:MAX_PROBLEMS]
    return []
