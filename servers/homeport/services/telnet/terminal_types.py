"""Names of terminals (RFC 1091): RFC 1123 3.2.8 wants the official one where there is one."""

OFFICIAL = {
    "ADM3A": "LSI-ADM-3A", "H19": "ZENITH-H19", "HP2621": "HP-2621", "TEK4014": "TEKTRONIX-4014",
    "TVI920": "TELEVIDEO-920", "TVI950": "TELEVIDEO-950", "VT52": "DEC-VT52", "VT100": "DEC-VT100",
    "VT101": "DEC-VT101", "VT102": "DEC-VT102", "VT125": "DEC-VT125", "VT131": "DEC-VT131", "VT132": "DEC-VT132",
    "VT220": "DEC-VT220", "VT240": "DEC-VT240", "VT320": "DEC-VT320", "VT340": "DEC-VT340", "WY50": "WYSE-50",
    "WY60": "WYSE-60", "WYSE50": "WYSE-50", "WYSE60": "WYSE-60",
}  # fmt: skip
"""Official names (RFC 1700, "Terminal Type Names") by names of the same terminal that clients send instead."""


def is_official(name: str) -> bool:
    """Return True unless the terminal has an official name, and this is another. Case does not matter."""
    return name.upper() not in OFFICIAL
