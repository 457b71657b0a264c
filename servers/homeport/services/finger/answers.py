"""Finger's answers: the table of logged-in users, and the block of lines about one user."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from homeport.services.finger.options import FingerOptions
from homeport.world.clock import to_moment
from homeport.world.people import Person
from homeport.world.presence import Presence
from homeport.world.world import World

MAX_COLUMN = 40
"""Width to which columns are aligned; a wider cell shifts its line, because a full name must not be cut."""
UNKNOWN = "???"
"""Full name of a logged-in user who is not among the world's people."""
MINUTE, HOUR, DAY = 60, 3600, 86_400


class Found(NamedTuple):
    """An answer: its code for the journal, and its lines."""

    code: str
    """`found`, `none`, `several`, `text` or `refused`."""
    lines: Sequence[str]


class Answers:
    """Makes the answers of one world for one set of options."""

    def __init__(self, world: World, options: FingerOptions) -> None:
        self._world = world
        self._options = options
        self._now = world.clock.now()

    def who_is_on(self, *, verbose: bool) -> Found:
        """Return all logged-in users, with at least the full name (RFC 1288 2.5.1), or the refusal of 3.2.2."""
        if text := self._text(""):
            return text
        if not self._options.list_users:
            return Found("refused", ["Finger online user list denied"])
        present = list(self._world.presence)
        if not present:
            return Found("none", ["No one logged on."])
        if not verbose:
            return Found("found", self._table(present))
        logins = dict.fromkeys(presence.login.lower() for presence in present)
        return Found("found", self._blocks(list(logins), verbose=True))

    def about(self, name: str, *, verbose: bool) -> Found:
        """Return the users that a non-empty name matches (RFC 1288 2.5.2)."""
        if text := self._text(name):
            return text
        people = self._named(name)
        if len(people) > 1 and self._options.ambiguous == "refuse":  # RFC 1288 2.5.3 leaves it to the administrator
            return Found("refused", [f"finger: {name}: several people are called so; ask for a login name"])
        logins = [person.login for person in people]
        if not people and self._world.presence.of(name):
            logins = [name]
        if not logins:
            return self._each(name.split(), verbose=verbose)
        return Found("several" if len(logins) > 1 else "found", self._blocks(logins, verbose=verbose))

    def _each(self, words: Sequence[str], *, verbose: bool) -> Found:
        """Answer each word as a name of its own, as other servers do and as nmap expects."""
        if len(words) == 1:
            return Found("none", [f"finger: {words[0]}: no such user."])
        answers = [self.about(word, verbose=verbose) for word in dict.fromkeys(words)]
        code = "none" if all(answer.code == "none" for answer in answers) else "several"
        lines: list[str] = []
        for before, answer in zip([None, *answers], answers, strict=False):
            # As between several people of one name; refusals are one line each.
            if before is not None and "found" in (before.code, answer.code):
                lines.append("")
            lines += answer.lines
        return Found(code, lines)

    def _text(self, name: str) -> Found | None:
        for key, text in self._options.texts.items():
            if key.lower() == name.lower():
                return Found("text", text.splitlines())
        return None

    def _named(self, name: str) -> list[Person]:
        """Return the person with that login, or all whose name contains all of the words (RFC 1288 2.5.3)."""
        people = self._world.people
        if person := people.get(name):
            return [person]
        first, *others = (people.named(word) for word in name.split())
        return [person for person in first if all(person in found for found in others)]

    def _table(self, present: Sequence[Presence]) -> list[str]:
        show = self._options.show
        heads = ["Login", "Name", "TTY", "Idle", "When", "Office", "Phone", "Where"]
        wanted = [
            True,
            True,
            "terminal" in show,
            "idle" in show,
            True,
            "office" in show,
            "phone" in show,
            "origin" in show,
        ]
        rows = [heads]
        for presence in present:
            person = self._world.people.get(presence.login)
            office, phone = (person.office, person.phone) if person else ("", "")
            name = person.name if person else UNKNOWN
            idle = short_time(self._now - presence.active)
            when = self._when(presence.since)
            rows.append([presence.login, name, presence.terminal, idle, when, office, phone, presence.origin])
        kept = [[cell for cell, keep in zip(row, wanted, strict=True) if keep] for row in rows]
        widths = [min(max(map(len, column)), MAX_COLUMN) for column in zip(*kept, strict=True)]
        return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in kept]

    def _blocks(self, logins: Sequence[str], *, verbose: bool) -> list[str]:
        lines: list[str] = []
        for login in logins:
            if lines:
                lines.append("")
            lines += self._block(login, verbose=verbose)
        return lines

    def _block(self, login: str, *, verbose: bool) -> Iterator[str]:
        """Yield the lines about a user (RFC 1288 2.5.2): the full name; if logged in, all that the table shows."""
        person = self._world.people.get(login)
        show = self._options.show
        yield pair("Login", person.login if person else login, "Name", person.name if person else UNKNOWN)
        if person:
            if verbose:
                yield from self._account(person)
            office = [
                text for item, text in (("office", person.office), ("phone", person.phone)) if text and item in show
            ]
            if office:
                yield f"Office: {', '.join(office)}"
        on = False
        for presence in self._world.presence.of(login):
            on = True
            yield self._on_since(presence)
        if not on:
            yield "Not logged in."
        if person and self._options.plan:
            yield from user_files(person)

    def _account(self, person: Person) -> Iterator[str]:
        show = self._options.show
        home = person.home or f"/home/{person.login}"
        account = {"directory": ("Directory", home), "shell": ("Shell", person.shell), "mail": ("Mail", person.email)}
        shown = [text for item, texts in account.items() if item in show and texts[1] for text in texts]
        for at in range(0, len(shown), 4):
            yield pair(*shown[at : at + 4])

    def _on_since(self, presence: Presence) -> str:
        show = self._options.show
        line = f"On since {self._when(presence.since)} (UTC)"
        if "terminal" in show:
            line += f" on {presence.terminal}"
        if presence.origin and "origin" in show:
            line += f" from {presence.origin}"
        idle = self._now - presence.active
        if idle >= MINUTE and "idle" in show:
            line += f", idle {short_time(idle)}"
        return line

    def _when(self, time: float) -> str:
        """Format a time: with the day of the week within the last six days, else with the date."""
        age = self._now - time
        return to_moment(time).strftime("%a %H:%M" if 0 <= age < 6 * DAY else "%Y-%m-%d %H:%M")


def pair(*texts: str) -> str:
    """Format one or two pairs of label and value in columns."""
    cells = [f"{label}: {value}" for label, value in zip(texts[::2], texts[1::2], strict=True)]
    return "  ".join(cell.ljust(MAX_COLUMN) for cell in cells).rstrip()


def user_files(person: Person) -> Iterator[str]:
    """Yield project and plan, which users write themselves (RFC 1288 2.5.2)."""
    if person.project:
        yield f"Project: {person.project}"
    plan = person.plan.splitlines()
    if plan:
        yield "Plan:"
        yield from plan
    else:
        yield "No plan."


def short_time(seconds: float) -> str:
    """Format a duration for the table: empty under a minute, else as `5m`, `2:05` or `3d`."""
    if seconds < MINUTE:
        return ""
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)}m"
    if seconds < DAY:
        return f"{int(seconds // HOUR)}:{int(seconds % HOUR // MINUTE):02}"
    return f"{int(seconds // DAY)}d"
