"""Recognition of commands where a password may come: a line that is none is taken for a password, and masked."""

VERBS = frozenset(b"APOP AUTH CAPA DELE LANG LIST NOOP PASS QUIT RETR RSET STAT STLS TOP UIDL USER UTF8".split())


def is_command(line: bytes, *, unfinished: bool = False) -> bool:
    """Return True if a line begins with a command. unfinished: also if it may become one when more of it arrives."""
    word, space, _rest = line.lstrip().partition(b" ")
    word = word.rstrip().upper()
    if word in VERBS:
        return True
    return unfinished and not space and any(verb.startswith(word) for verb in VERBS)
