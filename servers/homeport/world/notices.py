"""Notices: the world tells sessions that something they watch has changed.

A topic is a text that its publisher chooses, such as that of a mailbox. A notice has no content: who receives it looks
at the state itself, so that ten changes in one turn are one notice, and a notice is never out of date.
"""

from collections.abc import Callable
from typing import Final

MAX_TOPICS: Final = 1024
"""Limit of the topics that one connection watches."""
Receiver = Callable[[str], object]
"""A function that gets the topic; it only remembers it, and acts in a later turn."""


class Notices:
    """The topics of a world, each with those who watch it. To be used on the reactor's thread only."""

    def __init__(self) -> None:
        self._receivers: dict[str, dict[Receiver, None]] = {}

    def watch(self, topic: str, receiver: Receiver) -> None:
        """Have a function called whenever the topic is published."""
        self._receivers.setdefault(topic, {})[receiver] = None

    def unwatch(self, topic: str, receiver: Receiver) -> None:
        """End what `watch` began; no effect if it was not watched."""
        receivers = self._receivers.get(topic)
        if receivers is not None:
            receivers.pop(receiver, None)
            if not receivers:
                del self._receivers[topic]

    def publish(self, topic: str) -> None:
        """Notify all who watch a topic. It costs next to nothing if none does."""
        if topic in self._receivers:
            for receiver in tuple(self._receivers[topic]):
                receiver(topic)

    def count(self, topic: str) -> int:
        """Return how many watch a topic."""
        return len(self._receivers.get(topic, ()))

    def __len__(self) -> int:
        """Return the number of topics that are watched."""
        return len(self._receivers)
