"""SASLprep (RFC 4013): the form in which user names and passwords are compared.

It is a profile of stringprep (RFC 3454), whose tables the standard library has. PRECIS's OpaqueString (RFC 8265 4.2),
its successor for passwords, keeps more characters unchanged (NFC instead of NFKC); the mechanisms here name
SASLprep.
"""

import unicodedata


class Prohibited(ValueError):
    """The text has a prohibited character; the message says which, where, and why."""


def saslprep(text: str, *, stored: bool = False) -> str:
    """Prepare a text for comparison.

    stored: True if the server stores it (RFC 3454 7: a stored string has no unassigned code points; a query may).

    Raises: Prohibited (RFC 4013 2.3, 2.4; RFC 3454 6).
    """
    if text.isascii() and text.isprintable():
        return text  # ASCII is never mapped, and only its control characters are prohibited
    import stringprep

    # 2.1: other kinds of space become SPACE; characters commonly mapped to nothing are removed.
    mapped = "".join(" " if stringprep.in_table_c12(one) else one for one in text if not stringprep.in_table_b1(one))
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)  # 2.2; RFC 3454 uses Unicode 3.2
    for at, one in enumerate(prepared):
        for table, reason in PROHIBITED:
            if getattr(stringprep, table)(one):
                raise Prohibited(f"U+{ord(one):04X} at character {at} is {reason}")
        if stored and stringprep.in_table_a1(one):
            raise Prohibited(f"U+{ord(one):04X} at character {at} is not assigned")
    _check_direction(prepared)
    return prepared


PROHIBITED = (
    ("in_table_c12", "a space that is not ASCII"),
    ("in_table_c21_c22", "a control character"),
    ("in_table_c3", "for private use"),
    ("in_table_c4", "not a character"),
    ("in_table_c5", "a surrogate"),
    ("in_table_c6", "unfit for plain text"),
    ("in_table_c7", "unfit for canonical representation"),
    ("in_table_c8", "deprecated, or changes how text is displayed"),
    ("in_table_c9", "a tag"),
)
"""RFC 4013 2.3, in its order: table of `stringprep`, and the reason."""


def _check_direction(text: str) -> None:
    """Raise Prohibited for mixed directions (RFC 3454 6): text with right-to-left characters has no left-to-right ones,
    and starts and ends with right-to-left ones.
    """
    import stringprep

    if not any(stringprep.in_table_d1(one) for one in text):
        return
    if any(stringprep.in_table_d2(one) for one in text):
        raise Prohibited("it mixes right-to-left and left-to-right characters")
    if not (stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])):
        raise Prohibited("it has right-to-left characters, but does not start and end with one")
