"""Faults of a device's answers: what makes automation libraries wait for ever, or take output for a prompt.

They are words of the kind `frame`, planned for the verb `LINE`, whose argument is what the user has typed. Those of the
connection as a whole (a late or garbled prompt) are the engine's.
"""

from typing import Final, Literal

from homeport.protocol.faults import FrameFault

DeviceFault = Literal["paging-on", "hang-in-answer", "slow-echo", "kicked-out"]
PAGING_ON: Final = "paging-on"
HANG_IN_ANSWER: Final = "hang-in-answer"
SLOW_ECHO: Final = "slow-echo"
KICKED_OUT: Final = "kicked-out"
WORDS: Final[tuple[FrameFault, ...]] = (PAGING_ON, HANG_IN_ANSWER, SLOW_ECHO, KICKED_OUT)
FRAMES = {word: frozenset({"LINE"}) for word in WORDS}
"""The words, each with the verb whose answer can have it."""
DID: dict[str, str] = {
    PAGING_ON: "stopped the answer for a key, although paging is off",
    HANG_IN_ANSWER: "stopped in the middle of the answer",
    SLOW_ECHO: "echoed the next line slowly",
    KICKED_OUT: "closed the session",
}
ECHO_S = 0.05
"""Time for each character of a slow echo."""
