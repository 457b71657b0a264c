"""The attributes whose values are passwords: they are masked wherever something shows what clients and servers say."""

NAMES = ("userPassword", "unicodePwd", "pwdHistory", "authPassword", "sambaNTPassword", "sambaLMPassword")
"""As the schemas write them, and so responses."""
USER_PASSWORD_OID = "2.5.4.35"  # noqa: S105 - an OID
DESCRIPTIONS = frozenset((*(name.lower() for name in NAMES), USER_PASSWORD_OID))
"""By name in lower case, and by OID."""
MASK = "***"


def is_secret(description: str) -> bool:
    """Return True if an attribute description is that of passwords."""
    return description.partition(";")[0].lower() in DESCRIPTIONS
