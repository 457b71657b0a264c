"""SASLprep (RFC 4013): the form in which user names and passwords are compared.

A profile of stringprep (RFC 3454), whose tables the standard library has. PRECIS's OpaqueString (RFC 8265 4.2), its
successor for passwords, differs in what it leaves as it is (NFC instead of NFKC); the mechanisms here name SASLprep.
"""

import unicodedata


class Prohibited(ValueError):
    """The text has a character that must not be in it; the message says which, where, and why."""


def saslprep(text: str, *, stored: bool = False) -> str:
    """The prepared text.

    stored: it is kept on our side (RFC 3454 7: a stored string has no unassigned code points; a query may).

    Raises: Prohibited (RFC 4013 2.3, 2.4; RFC 3454 6).
    """
    if text.isascii() and text.isprintable():
        return text  # nothing of ASCII is mapped, and only its controls are prohibited
    import stringprep

    # 2.1: blanks of other kinds become SPACE, what is commonly mapped to nothing goes.
    mapped = "".join(" " if stringprep.in_table_c12(one) else one for one in text if not stringprep.in_table_b1(one))
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)  # 2.2; RFC 3454 is of Unicode 3.2
    for at, one in enumerate(prepared):
        for table, what in PROHIBITED:
            if getattr(stringprep, table)(one):
                raise Prohibited(f"U+{ord(one):04X} at character {at} is {what}")
        if stored and stringprep.in_table_a1(one):
            raise Prohibited(f"U+{ord(one):04X} at character {at} is not assigned")
    _check_direction(prepared)
    return prepared


PROHIBITED = (
    ("in_table_c12", "a blank that is not ASCII's"),
    ("in_table_c21_c22", "a control character"),
    ("in_table_c3", "for private use"),
    ("in_table_c4", "no character"),
    ("in_table_c5", "a surrogate"),
    ("in_table_c6", "unfit for plain text"),
    ("in_table_c7", "unfit for canonical representation"),
    ("in_table_c8", "deprecated, or changes how text is displayed"),
    ("in_table_c9", "a tag"),
)
"""RFC 4013 2.3, in its order."""


def _check_direction(text: str) -> None:
    """RFC 3454 6: text that has right-to-left characters has no left-to-right ones, and begins and ends with such."""
    import stringprep

    if not any(stringprep.in_table_d1(one) for one in text):
        return
    if any(stringprep.in_table_d2(one) for one in text):
        raise Prohibited("it mixes characters that are written from the right with those written from the left")
    if not (stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])):
        raise Prohibited("it is written from the right, but does not begin and end with such a character")
