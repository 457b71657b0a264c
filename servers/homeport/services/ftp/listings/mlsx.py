"""MLSD and MLST: machine-readable facts about files (RFC 3659 7), and their selection by OPTS MLST (7.9).

Not implemented: `create`, `lang`, `media-type` and `charset`, which the tree does not store.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from homeport.services.ftp.listings.names import usable
from homeport.services.ftp.pathnames import one_line, to_bytes
from homeport.world.clock import to_moment
from homeport.world.files import Entry

FACTS = ("type", "size", "modify", "perm", "unique", "UNIX.mode", "UNIX.owner", "UNIX.group")
"""Supported facts, in the order and spelling of the output."""
DEFAULT_FACTS = FACTS
NAMES = {fact.lower(): fact for fact in FACTS}
KINDS = {"file": "file", "directory": "dir"}


class Subject(NamedTuple):
    """Data for facts that are not in the entry."""

    perm: Callable[[Entry], str]
    """Return the `perm` fact: letters of RFC 3659 7.5.5."""
    owner: str = "ftp"
    group: str = "ftp"


def time_value(seconds: float) -> str:
    """Serialize a time by RFC 3659 2.3: 20261120170000, in UTC."""
    moment = to_moment(seconds)
    return f"{moment.year:04}{moment.month:02}{moment.day:02}{moment.hour:02}{moment.minute:02}{moment.second:02}"


def select(argument: str) -> tuple[str, ...]:
    """Parse the facts of `OPTS MLST type;size;`, in our order; unknown ones are ignored (7.9)."""
    asked = {NAMES.get(name.strip().lower()) for name in argument.split(";")}
    return tuple(fact for fact in FACTS if fact in asked)


def feature(chosen: Sequence[str]) -> str:
    """Return the FEAT line: all facts, the selected ones marked by a star (7.8)."""
    return "MLST " + "".join(f"{fact}{'*' if fact in chosen else ''};" for fact in FACTS)


def selection(chosen: Sequence[str]) -> str:
    """Return the text of the reply to OPTS MLST (7.9)."""
    return "MLST OPTS" + (" " + "".join(f"{fact};" for fact in chosen) if chosen else "")


def facts(entry: Entry, chosen: Sequence[str], subject: Subject, kind: str = "") -> str:
    """Serialize the selected facts and the blank after them. kind: `cdir` or `pdir`, replaces the entry's type."""
    told = ""
    for fact in chosen:
        if fact == "type":
            told += f"type={kind or KINDS.get(entry.kind) or _link(entry.target)};"
        elif fact == "size":
            if entry.kind == "file":  # 7.5.7: of little use for a directory
                told += f"size={entry.size};"
        elif fact == "modify":
            told += f"modify={time_value(entry.modified)};"
        elif fact == "perm":
            told += f"perm={subject.perm(entry)};"
        elif fact == "unique":
            told += f"unique={entry.unique};"
        elif fact == "UNIX.mode":
            told += f"UNIX.mode={entry.mode & 0o7777:04o};"
        elif fact == "UNIX.owner":
            told += f"UNIX.owner={subject.owner};"
        else:
            told += f"UNIX.group={subject.group};"
    return told + " "


def _link(target: str) -> str:
    """Return the type of a symbolic link, with its target unless that would end the fact (2.1: SCHAR without `;`)."""
    plain = all("!" <= character <= "~" and character != ";" for character in target)
    return f"OS.unix=slink:{target if plain else ''}"


def mlsd_lines(
    entries: Iterable[Entry],
    chosen: Sequence[str],
    subject: Subject,
    *,
    itself: Entry | None = None,
    parent: Entry | None = None,
) -> Iterator[bytes]:
    """Yield a line for each entry. itself, parent: the listed directory and the one above it (`cdir`, `pdir`)."""
    if itself is not None:
        yield facts(itself, chosen, subject, "cdir").encode() + b".\r\n"
    if parent is not None:
        yield facts(parent, chosen, subject, "pdir").encode() + b"..\r\n"
    for entry in entries:
        if (name := usable(entry.name)) is not None:
            yield facts(entry, chosen, subject).encode() + name + b"\r\n"


def mlst_line(entry: Entry, pathname: str, chosen: Sequence[str], subject: Subject) -> bytes:
    """Return the middle line of MLST's reply: a blank, facts, the full pathname (7.2); without CR LF."""
    return b" " + facts(entry, chosen, subject).encode() + to_bytes(one_line(pathname))
