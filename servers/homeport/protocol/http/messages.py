"""One request over HTTP and its answer, in either version, and the limits of both."""

from typing import Protocol

import msgspec

MAX_BODY_BYTES = 65_535
"""Size of the largest DNS message."""
MAX_HEAD_BYTES = 16_384
SERVER = b"homeport"
OF_SAME_ORIGIN = ((b"cross-origin-resource-policy", b"same-origin"),)
OF_ANY_ORIGIN = ((b"access-control-allow-origin", b"*"), (b"cross-origin-resource-policy", b"cross-origin"))


class HttpRequest(msgspec.Struct, frozen=True):
    """A complete request."""

    stream: int
    """Number of its stream in HTTP/2; 0 in HTTP/1.1."""
    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    """Values by name in lower case; of repeated names the last."""
    body: bytes = b""
    too_large: bool = False
    """True if the body was longer than a DNS message can be; it was discarded."""


class HttpAnswer(msgspec.Struct, frozen=True):
    """The answer to a request."""

    status: int
    body: bytes
    media_type: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    cross_origin: bool = False
    """True if pages of any origin may read it."""

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """All header fields."""
        length = b"%d" % len(self.body)
        return [
            (b"server", SERVER),
            (b"content-type", self.media_type),
            (b"content-length", length),
            *(OF_ANY_ORIGIN if self.cross_origin else OF_SAME_ORIGIN),
            (b"x-content-type-options", b"nosniff"),
            *self.headers,
        ]


class HttpError(Exception):
    """Raised for input that is no HTTP; `wire` of the connection has what is still to be sent."""


class HttpConnection(Protocol):
    """One side of a connection: a server of HTTP/1.1 or HTTP/2."""

    def receive(self, data: bytes) -> None:
        """Take input. Raises: HttpError."""

    def next_request(self) -> HttpRequest | None:
        """Return the next complete request, or None. Raises: HttpError."""

    def respond(self, request: HttpRequest, answer: HttpAnswer) -> None:
        """Answer a request; `wire` returns the octets."""

    def end(self) -> None:
        """Announce that no further request is answered."""

    def wire(self) -> bytes:
        """Return what is to be sent now."""

    @property
    def over(self) -> bool:
        """True if the connection is to be closed once everything is sent."""
