"""What transcripts show of EPP: frames instead of octets, indented, with passwords masked."""

from homeport.services.epp.framing import HEADER, SHORTEST

LONGEST = 1 << 20
"""No frame is longer, whatever is configured."""


def transcribe(octets: bytes) -> tuple[list[str], bytes]:
    """The frames at the beginning of what one side said, as text; and the octets behind them."""
    from homeport.services.epp.grammar import pretty

    frames, at, size = [], 0, len(octets)
    while size - at >= SHORTEST:
        length = int.from_bytes(octets[at : at + HEADER])
        if not SHORTEST <= length <= min(size - at, LONGEST):
            break
        frames.append(pretty(octets[at + HEADER : at + length]))
        at += length
    return frames, octets[at:]
