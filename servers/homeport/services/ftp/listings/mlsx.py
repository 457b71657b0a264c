"""MLSD and MLST: facts about files for programs (RFC 3659 7), and which of them are wanted (7.9).

Left out: `create`, which no tree knows; `lang`, `media-type` and `charset`, which nobody says of a file here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from homeport.services.ftp.listings.names import usable
from homeport.services.ftp.pathnames import one_line, to_octets
from homeport.world.clock import to_moment
from homeport.world.files import Entry

FACTS = ("type", "size", "modify", "perm", "unique", "UNIX.mode", "UNIX.owner", "UNIX.group")
"""What can be told, in the order and spelling in which it is."""
DEFAULT_FACTS = FACTS
NAMES = {fact.lower(): fact for fact in FACTS}
KINDS = {"file": "file", "directory": "dir"}


class Subject(NamedTuple):
    """What the facts need beside the entry."""

    perm: Callable[[Entry], str]
    """What the user may do with it: letters of RFC 3659 7.5.5."""
    owner: str = "ftp"
    group: str = "ftp"


def time_value(seconds: float) -> str:
    """A time as RFC 3659 2.3 writes it: 20261120170000, in UTC."""
    moment = to_moment(seconds)
    return f"{moment.year:04}{moment.month:02}{moment.day:02}{moment.hour:02}{moment.minute:02}{moment.second:02}"


def select(argument: str) -> tuple[str, ...]:
    """The facts that `OPTS MLST type;size;` chooses, in our order; what we do not know is passed over (7.9)."""
    asked = {NAMES.get(name.strip().lower()) for name in argument.split(";")}
    return tuple(fact for fact in FACTS if fact in asked)


def feature(chosen: Sequence[str]) -> str:
    """The line of FEAT: all facts, a star behind the chosen (7.8)."""
    return "MLST " + "".join(f"{fact}{'*' if fact in chosen else ''};" for fact in FACTS)


def selection(chosen: Sequence[str]) -> str:
    """What the reply to OPTS MLST says of the choice (7.9)."""
    return "MLST OPTS" + (" " + "".join(f"{fact};" for fact in chosen) if chosen else "")


def facts(entry: Entry, chosen: Sequence[str], subject: Subject, kind: str = "") -> str:
    """The chosen facts with the blank that ends them. kind: `cdir` or `pdir` in place of the entry's own type."""
    told = ""
    for fact in chosen:
        if fact == "type":
            told += f"type={kind or KINDS.get(entry.kind) or _link(entry.target)};"
        elif fact == "size":
            if entry.kind == "file":  # 7.5.7: of a directory it would say little
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
    """The type of a symbolic link, with where it leads unless that would end the fact (2.1: SCHAR without `;`)."""
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
    """A line for each entry. itself, parent: the directory that is listed and the one above it (`cdir`, `pdir`)."""
    if itself is not None:
        yield facts(itself, chosen, subject, "cdir").encode() + b".\r\n"
    if parent is not None:
        yield facts(parent, chosen, subject, "pdir").encode() + b"..\r\n"
    for entry in entries:
        if (name := usable(entry.name)) is not None:
            yield facts(entry, chosen, subject).encode() + name + b"\r\n"


def mlst_line(entry: Entry, pathname: str, chosen: Sequence[str], subject: Subject) -> bytes:
    """The middle line of the reply to MLST, which begins with a blank, with the whole pathname (7.2); no CR LF."""
    return b" " + facts(entry, chosen, subject).encode() + to_octets(one_line(pathname))
