"""Requests that a service sends by itself over UDP, outside of all sessions: NOTIFY of DNS."""

from collections.abc import Callable

from homeport.protocol.addresses import Address

IsAnswer = Callable[[bytes], bool]
"""Returns True if a datagram from the address is the answer."""
Done = Callable[[bytes | None, int], None]
"""Called with the answer, None if the request was given up, and the number of times that it was sent."""
Ask = Callable[[Address, bytes, IsAnswer, Done], None]
"""Sends a request to an address, and again until it is answered. `done` is called in a later turn of the reactor."""
