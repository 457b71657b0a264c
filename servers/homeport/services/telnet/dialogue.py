"""The dialogue of a Telnet session: effects and findings, and the faults that act on it."""

import msgspec

from homeport.protocol.dialogue import Dialogue
from homeport.protocol.effects import LogFault
from homeport.protocol.faults import WORDS
from homeport.protocol.session import Context
from homeport.protocol.telnet import IAC
from homeport.services.telnet.devices.spoiling import DID as DEVICE_FRAMES
from homeport.services.telnet.options import TelnetOptions
from homeport.services.telnet.spoiling import slices
from homeport.world.faults import Fault


class TelnetDialogue(Dialogue):
    """State that the parts of a session share."""

    __slots__ = ("_of_line", "misbehaves", "options")

    counted_later = frozenset({"frame"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: TelnetOptions = context.options
        self.misbehaves: dict[str, Fault] = {}
        """Words of `spoiling.WORDS` that act on this connection."""
        self._of_line: list[Fault] = []

    def at_command(self, verb: str, argument: str = "") -> list[Fault]:
        """Collect the faults that act on the answer to a command. Return those that last for the connection."""
        if not self.context.world.faults.planned:
            return []
        self.plan(verb, argument)
        lasting = [fault for fault in self.faults if fault.plan.do.frame is not msgspec.UNSET]
        self.faults = tuple(fault for fault in self.faults if fault not in lasting)
        if verb == "LINE":
            self._of_line = [fault for fault in lasting if fault.plan.do.frame in DEVICE_FRAMES]
        return [
            fault
            for fault in lasting
            if verb == "CONNECT" and fault.plan.do.frame not in DEVICE_FRAMES and fault.take()
        ]

    def take_line_fault(self, word: str) -> bool:
        """Return True if a fault with that word acts on the latest line: its match is counted, and journaled."""
        for fault in self._of_line:
            if fault.plan.do.frame == word and not fault.spent and fault.take():
                self.effect(LogFault(fault, DEVICE_FRAMES[word]))
                return True
        return False

    def misbehave(self, fault: Fault) -> str:
        """Let a fault act until the end; return its word."""
        word = fault.plan.do.frame
        assert word is not msgspec.UNSET  # noqa: S101 - of `at_command`
        self.misbehaves[word] = fault
        self.effect(LogFault(fault, f"misbehaves from here on: {WORDS[word]}"))
        return word

    def say(self, data: bytes, *, closes: bool = False) -> None:
        if (split := self.misbehaves.get("split-iac")) is not None and data[:1] == bytes((IAC,)):
            self.faults = (*self.faults, slices(split))
        super().say(data, closes=closes)
