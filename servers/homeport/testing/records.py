"""What the API tells of, with its fields as attributes: events, findings, connections, people, domains, faults."""

from typing import Any


class Record(dict[str, Any]):
    """A JSON object whose fields are attributes, too: `event.verb` is `event["verb"]`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            there = ", ".join(self) or "none"
            raise AttributeError(f"there is no field {name!r}; there are: {there}") from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({super().__repr__()})"


class Event(Record):
    """An event of the journal: seq, time, service, listener, conn, peer, type, and what its type adds."""


class Events(list[Event]):
    """Events, and how far they go back."""

    lost = 0
    """Events after `since` that the journal no longer keeps."""
    reset = False
    """Whether `since` is of before a reset of the world, or of another farm: the events begin with the first."""
    epoch = ""
    """Which run of numbers their `seq` is of: give it back with `since`."""


class Finding(Record):
    """Something a client did wrong: id, level, reference, text, shown, conn, seq."""

    def __str__(self) -> str:
        return f"{self['id']} ({self['level']}, {self['reference']}): {self['text']}: {self['shown']} [{self['conn']}]"


class Transcript(Record):
    """The talk of one connection: id, service, listener, peer, received, sent, reason, and `text`."""

    def __str__(self) -> str:
        return str(self["text"])
