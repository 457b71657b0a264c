"""The reason why something cannot be done with a mailbox."""

from typing import Literal

Code = Literal[
    "exists", "missing", "cannot", "limit", "over-quota", "has-children", "no-room", "annotation-size", "annotations"
]
"""`exists`, `missing`: the name is taken, or unknown. `cannot`: never possible. `limit`: a fixed limit of the farm.
`over-quota`: the person's. `has-children`: only the names below exist. `no-room`: no memory or disk for it now.
`annotation-size`, `annotations`: an annotation is too large, or there are too many (RFC 5464)."""


class MailboxProblem(Exception):
    """Raised if something cannot be done with a mailbox; its text says what to do."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code: Code = code
        self.text = text
