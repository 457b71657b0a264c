"""The planned faults that act on a line that a user has typed: defects of the answer, and of what follows it."""

from homeport.protocol.effects import LogFault
from homeport.services.telnet.devices.spoiling import DID, FRAMES
from homeport.services.telnet.program import Terminal


class LineFaults:
    """The words of the faults that act on the latest line."""

    __slots__ = ("_terminal", "_words")

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._words: frozenset[str] = frozenset()

    def begin(self, line: str) -> None:
        """Look up the faults of a line; those of the last one end."""
        self._words = frozenset()
        context = self._terminal.context
        faults = context.world.faults
        if not faults.planned:
            return
        for fault in faults.at_command(context, "LINE", line):
            word = str(fault.plan.do.frame)
            if word in FRAMES:
                self._words |= {word}
                self._terminal.perform(LogFault(fault, DID[word]))

    def has(self, word: str) -> bool:
        """Return True if a fault with that word acts."""
        return word in self._words
