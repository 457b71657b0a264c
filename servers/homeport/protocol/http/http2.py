"""The server's side of HTTP/2 (RFC 9113), by h2."""

from collections import deque

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from homeport.protocol.http.messages import MAX_BODY_BYTES, MAX_HEAD_BYTES, HttpAnswer, HttpError, HttpRequest

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_STREAMS = 100
"""Requests at once: RFC 9113 6.5.2 recommends no fewer."""
WINDOW_BYTES = 1 << 17
"""Bodies of one connection that are being received: room for one that is too long, to say so."""
DEFAULT_WINDOW_BYTES = 65_535
MAX_UNSENT_BYTES = 1 << 18
"""Answers of one connection that wait for the client's flow control; more requests are refused meanwhile. A single
answer may be longer."""


SETTINGS = {
    h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
    h2.settings.SettingCodes.MAX_HEADER_LIST_SIZE: MAX_HEAD_BYTES,
    h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: WINDOW_BYTES,
}


class Upload:
    """A request that is being received."""

    __slots__ = ("body", "headers", "received", "too_large")

    def __init__(self, headers: dict[bytes, bytes]) -> None:
        self.headers = headers
        self.body = bytearray()
        self.received = 0
        """Bytes of flow control that are returned when the request is complete."""
        self.too_large = False


class Http2:
    """One connection: requests are answered as they come, and what flow control holds back is kept, bounded."""

    def __init__(self) -> None:
        config = h2.config.H2Configuration(client_side=False, header_encoding=None)
        self._h2 = h2.connection.H2Connection(config)
        self._h2.local_settings = h2.settings.Settings(client=False, initial_values=SETTINGS)
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(WINDOW_BYTES - DEFAULT_WINDOW_BYTES)
        self._uploads: dict[int, Upload] = {}
        self._requests: deque[HttpRequest] = deque()
        self._unsent: dict[int, memoryview] = {}
        self.over = False

    def receive(self, data: bytes) -> None:
        """Take input. Raises: HttpError; `wire` then has GOAWAY."""
        try:
            events = self._h2.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            self.over = True
            raise HttpError(str(error)) from error
        for event in events:
            self._handle(event)

    def next_request(self) -> HttpRequest | None:
        """Return the next complete request, or None."""
        return self._requests.popleft() if self._requests else None

    def respond(self, request: HttpRequest, answer: HttpAnswer) -> None:
        """Answer a request, unless the client has cancelled it."""
        stream = request.stream
        if self._unsent and sum(map(len, self._unsent.values())) + len(answer.body) > MAX_UNSENT_BYTES:
            self._reset(stream, h2.errors.ErrorCodes.REFUSED_STREAM)
            return
        bodiless = request.method == b"HEAD" or not answer.body
        fields = [(b":status", b"%d" % answer.status), *answer.fields]
        try:
            self._h2.send_headers(stream, fields, end_stream=bodiless)
        except h2.exceptions.ProtocolError:  # the stream was reset meanwhile
            return
        if not bodiless:
            self._unsent[stream] = memoryview(answer.body)
            self._send(stream)

    def end(self) -> None:
        """Send GOAWAY (RFC 9113 6.8)."""
        if not self.over:
            self.over = True
            self._h2.close_connection()

    def wire(self) -> bytes:
        """Return what is to be sent now."""
        return self._h2.data_to_send()

    def _handle(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._uploads[event.stream_id] = Upload(dict(event.headers))
        elif isinstance(event, h2.events.DataReceived):
            self._store(event)
        elif isinstance(event, h2.events.StreamReset):
            self._unsent.pop(event.stream_id, None)
            self._complete(event.stream_id)
        elif isinstance(event, h2.events.WindowUpdated | h2.events.RemoteSettingsChanged):
            for stream in list(self._unsent):
                self._send(stream)
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.over = True
        if isinstance(event, h2.events.StreamEnded):
            upload = self._complete(event.stream_id)
            if upload is not None:
                pseudo = (upload.headers.get(b":method", b""), upload.headers.get(b":path", b""))
                body = b"" if upload.too_large else bytes(upload.body)
                self._requests.append(HttpRequest(event.stream_id, *pseudo, upload.headers, body, upload.too_large))

    def _store(self, event: h2.events.DataReceived) -> None:
        upload = self._uploads.get(event.stream_id)
        size = event.flow_controlled_length or 0
        if upload is None:
            self._h2.acknowledge_received_data(size, event.stream_id)
            return
        upload.received += size
        upload.too_large = upload.too_large or len(upload.body) + len(event.data or b"") > MAX_BODY_BYTES
        if not upload.too_large:
            upload.body += event.data or b""
        elif upload.received:
            # What is discarded returns at once, so that the client can send the rest and gets its answer.
            received, upload.received = upload.received, 0
            self._h2.acknowledge_received_data(received, event.stream_id)

    def _complete(self, stream: int) -> Upload | None:
        """Forget a request that is complete or cancelled, and return its flow control."""
        upload = self._uploads.pop(stream, None)
        if upload is not None and upload.received:
            self._h2.acknowledge_received_data(upload.received, stream)
        return upload

    def _send(self, stream: int) -> None:
        """Send as much of an answer as the client's windows and its frame size allow."""
        left = self._unsent[stream]
        try:
            while left:
                size = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size, len(left))
                if size <= 0:
                    break
                self._h2.send_data(stream, bytes(left[:size]), end_stream=size == len(left))
                left = left[size:]
        except h2.exceptions.ProtocolError:  # the stream is closed
            left = left[:0]
        if left:
            self._unsent[stream] = left
        else:
            del self._unsent[stream]

    def _reset(self, stream: int, code: h2.errors.ErrorCodes) -> None:
        try:
            self._h2.reset_stream(stream, code)
        except h2.exceptions.ProtocolError:  # it is closed already
            return
