"""The looks in which the accessibility of views is checked: by day both sizes and both themes, by night each pair."""

from typing import Any

import pytest
from nightly import NIGHTLY

WIDE = (1440, 900)
PHONE = (360, 740)
LARGE_PHONE = (390, 844)
OF_DAY = [pytest.param(WIDE, False, id="wide-light"), pytest.param(PHONE, True, id="phone-dark")]
OF_NIGHT = [
    pytest.param(WIDE, True, id="wide-dark"),
    pytest.param(PHONE, False, id="phone-light"),
    pytest.param(LARGE_PHONE, False, id="large-phone-light"),
]
LOOKS = [*OF_DAY, *OF_NIGHT] if NIGHTLY else OF_DAY
"""Parameters `size` and `dark` of tests."""


def in_looks(*addresses: str) -> list[Any]:
    """Return parameters `address`, `size` and `dark`: by day the looks take turns, by night each address has all."""
    return [
        pytest.param(address, *look.values, id=f"{address}-{look.id}")
        for number, address in enumerate(addresses)
        for look in (LOOKS if NIGHTLY else OF_DAY[number % 2 :][:1])
    ]
