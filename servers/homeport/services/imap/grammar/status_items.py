"""The items of STATUS (RFC 9051 6.3.11), of LIST with RETURN (STATUS ...) too."""

from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem

ITEMS = {
    "MESSAGES": "", "UIDNEXT": "", "UIDVALIDITY": "", "UNSEEN": "", "RECENT": "",
    "SIZE": "STATUS=SIZE", "HIGHESTMODSEQ": "CONDSTORE", "MAILBOXID": "OBJECTID", "APPENDLIMIT": "APPENDLIMIT",
    "DELETED": "IMAP4rev2 or QUOTA=RES-MESSAGE", "DELETED-STORAGE": "QUOTA=RES-STORAGE",
}  # fmt: skip
"""Items, each with the extension that it needs; for those of quotas see RFC 9208 4.1.4."""


def parse_status_items(cursor: Cursor) -> tuple[str, ...]:
    """Parse items in parentheses; duplicates are removed."""

    def read() -> str:
        at, word = cursor.at, cursor.word()
        if (capability := ITEMS.get(word)) is None:
            raise SyntaxProblem(f"unknown item of STATUS: {word}", "RFC 9051 6.3.11", at)
        if capability:
            cursor.needs.setdefault(capability, at)
        return word

    return tuple(dict.fromkeys(cursor.list_of(read)))
