"""Objects of the API with their fields as attributes: events, findings, connections, people, domains, faults."""

from typing import Any

from homeport.visible import visible_line


class Record(dict[str, Any]):
    """A JSON object whose fields are attributes, too: `event.verb` is `event["verb"]`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            there = ", ".join(self) or "none"
            raise AttributeError(f"no field {name!r}; the fields are: {there}") from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({super().__repr__()})"


class Event(Record):
    """An event of the journal: seq, time, service, listener, conn, peer, type, and the fields of its type."""


class Events(list[Event]):
    """A list of events, with the gaps before them."""

    lost = 0
    """Number of events after `since` that the journal has dropped."""
    reset = False
    """True if `since` is older than a reset of the world, or from another farm: the events begin with the first."""
    epoch = ""
    """The epoch of their `seq`: pass it back with `since`."""


class Finding(Record):
    """A broken rule: id, level, reference, text, shown, conn, seq."""

    def __str__(self) -> str:
        line = f"{self['id']} ({self['level']}, {self['reference']}): {self['text']}: {self['shown']} [{self['conn']}]"
        return visible_line(line)


class Transcript(Record):
    """The transcript of one connection: id, service, listener, peer, received, sent, reason, and `text`."""

    def __str__(self) -> str:
        return str(self["text"])
