"""Passwords out of texts that people see: elements that hold one, in whatever namespace, even in broken XML."""

import re

from homeport.services.epp.grammar.declare import MASK

SECRET_NAMES = frozenset(("pw", "newPW"))
"""Elements whose text is masked."""

_NAME = rf"(?:[\w.-]+:)?(?:{'|'.join(sorted(SECRET_NAMES))})"
_SECRET = re.compile(rf"(<{_NAME}(?:\s[^<>]*)?(?<!/)>)(.*?)(?=</{_NAME}\s*>|\Z)", re.DOTALL)


def masked(text: str) -> str:
    """The text with what is in those elements masked; where the end tag is missing, to the end."""
    return _SECRET.sub(lambda match: match[1] + (MASK if match[2] else ""), text)
