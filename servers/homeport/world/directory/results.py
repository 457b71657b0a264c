"""The results of operations on a directory (RFC 4511 4.1.9, appendix A)."""

from enum import IntEnum


class Code(IntEnum):
    """Result codes."""

    SUCCESS = 0
    OPERATIONS_ERROR = 1
    PROTOCOL_ERROR = 2
    TIME_LIMIT_EXCEEDED = 3
    SIZE_LIMIT_EXCEEDED = 4
    COMPARE_FALSE = 5
    COMPARE_TRUE = 6
    AUTH_METHOD_NOT_SUPPORTED = 7
    STRONGER_AUTH_REQUIRED = 8
    REFERRAL = 10
    ADMIN_LIMIT_EXCEEDED = 11
    UNAVAILABLE_CRITICAL_EXTENSION = 12
    CONFIDENTIALITY_REQUIRED = 13
    SASL_BIND_IN_PROGRESS = 14
    NO_SUCH_ATTRIBUTE = 16
    UNDEFINED_ATTRIBUTE_TYPE = 17
    INAPPROPRIATE_MATCHING = 18
    CONSTRAINT_VIOLATION = 19
    ATTRIBUTE_OR_VALUE_EXISTS = 20
    INVALID_ATTRIBUTE_SYNTAX = 21
    NO_SUCH_OBJECT = 32
    ALIAS_PROBLEM = 33
    INVALID_DN_SYNTAX = 34
    ALIAS_DEREFERENCING_PROBLEM = 36
    INAPPROPRIATE_AUTHENTICATION = 48
    INVALID_CREDENTIALS = 49
    INSUFFICIENT_ACCESS_RIGHTS = 50
    BUSY = 51
    UNAVAILABLE = 52
    UNWILLING_TO_PERFORM = 53
    LOOP_DETECT = 54
    SORT_CONTROL_MISSING = 60
    OFFSET_RANGE_ERROR = 61
    NAMING_VIOLATION = 64
    OBJECT_CLASS_VIOLATION = 65
    NOT_ALLOWED_ON_NON_LEAF = 66
    NOT_ALLOWED_ON_RDN = 67
    ENTRY_ALREADY_EXISTS = 68
    OBJECT_CLASS_MODS_PROHIBITED = 69
    AFFECTS_MULTIPLE_DSAS = 71
    VLV_ERROR = 76
    OTHER = 80
    CANCELED = 118
    NO_SUCH_OPERATION = 119
    TOO_LATE = 120
    CANNOT_CANCEL = 121
    ASSERTION_FAILED = 122
    AUTHORIZATION_DENIED = 123
    SYNC_REFRESH_REQUIRED = 4096

    @property
    def text(self) -> str:
        """Its name as RFC 4511 writes it: `noSuchObject`."""
        if self in NAMES:
            return NAMES[self]
        first, *others = self.name.lower().split("_")
        return first + "".join(word.capitalize() for word in others)


NAMES = {
    Code.AFFECTS_MULTIPLE_DSAS: "affectsMultipleDSAs",
    Code.INVALID_DN_SYNTAX: "invalidDNSyntax",
    Code.NOT_ALLOWED_ON_NON_LEAF: "notAllowedOnNonLeaf",
    Code.NOT_ALLOWED_ON_RDN: "notAllowedOnRDN",
    Code.VLV_ERROR: "virtualListViewError",
    Code.SYNC_REFRESH_REQUIRED: "e-syncRefreshRequired",
}
"""Names that the words of a code do not make."""


class DirectoryError(Exception):
    """Raised to refuse an operation.

    text: for people. matched: the DN of the nearest entry that exists, for NO_SUCH_OBJECT. referrals: URLs, for
    REFERRAL. finding: identifier of the rule that the client broke; empty for none.
    """

    def __init__(
        self, code: Code, text: str = "", *, matched: str = "", referrals: tuple[str, ...] = (), finding: str = ""
    ) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.matched = matched
        self.referrals = referrals
        self.finding = finding
