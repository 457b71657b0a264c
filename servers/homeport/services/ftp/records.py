"""STRU R: the lines of a text are its records (RFC 959 3.1.2.2, 3.4.1; RFC 1123 4.1.2.4).

Line ends are converted to ends of records and back without loss: a last line without a line end is a record without an
end. An image (TYPE I, L) has no lines and is sent as one record; an image received in several records is refused,
because a plain file cannot store where they end.

In stream mode 0xFF is an escape: 0xFF 1 ends a record, 0xFF 2 the file, 0xFF 3 both; 0xFF 0xFF is a 0xFF.
"""

ESCAPE = b"\xff"
END_OF_RECORD, END_OF_FILE = 1, 2
MAX_ESCAPES = 500
"""Maximum number of escapes that one `feed` of a RecordReader handles: 0.5 ms."""


class RecordWriter:
    """Serializes records in stream mode. line_end: the byte that ends a line; empty: no lines."""

    def __init__(self, line_end: bytes) -> None:
        self._line_end = line_end

    def feed(self, data: bytes) -> bytes:
        """Return bytes of lines as records."""
        data = data.replace(ESCAPE, ESCAPE + ESCAPE)
        return data.replace(self._line_end, bytes((255, END_OF_RECORD))) if self._line_end else data

    def finish(self) -> bytes:
        """Return the end-of-file mark."""
        return bytes((255, END_OF_FILE))


class RecordEnds:
    """Converts ends of records to line ends. line_end: as in RecordWriter."""

    def __init__(self, line_end: bytes) -> None:
        self._line_end = line_end
        self._ended = False

    def data(self, data: bytes) -> bytes:
        """Return bytes of a record. Raises: ValueError for a second record of an image."""
        if data and self._ended:
            raise ValueError("an image in several records: send one, or text by TYPE A")
        return data

    def end(self) -> bytes:
        """Return the line end for the end of a record. Raises: as `data`."""
        if self._line_end:
            return self._line_end
        if self._ended:
            raise ValueError("an image in several records: send one, or text by TYPE A")
        self._ended = True
        return b""


class RecordReader:
    """Parses records in stream mode. line_end: as in RecordWriter."""

    def __init__(self, line_end: bytes) -> None:
        self._ends = RecordEnds(line_end)
        self._escaped = False
        self._rest = b""
        self.ended = False
        """True after the end of the file."""

    @property
    def pending(self) -> bool:
        """True if `feed` must be called again, without data, for the rest of the lines."""
        return bool(self._rest)

    def feed(self, data: bytes) -> bytes:
        """Return lines, up to MAX_ESCAPES. Raises: ValueError for an unknown escape, or data after the end."""
        data = self._rest + data
        parts = []
        at = escapes = 0
        while at < len(data) and escapes < MAX_ESCAPES:
            if self.ended:
                raise ValueError("data after the end-of-file mark (RFC 959 3.4.1)")
            if self._escaped:
                parts.append(self._control(data[at]))
                self._escaped = False
                at += 1
                escapes += 1
                continue
            found = data.find(ESCAPE, at)
            end = found if found >= 0 else len(data)
            parts.append(self._ends.data(data[at:end]))
            self._escaped = found >= 0
            at = end + self._escaped
        self._rest = data[at:]
        return b"".join(parts)

    def finish(self) -> bytes:
        """Return nothing. Raises: ValueError before the end of the file."""
        if not self.ended:
            raise ValueError("the data ended without the end-of-file mark that STRU R requires (RFC 959 3.4.1)")
        return b""

    def _control(self, code: int) -> bytes:
        """Return the bytes for the code after an escape."""
        if code == 255:
            return self._ends.data(ESCAPE)
        if code not in {END_OF_RECORD, END_OF_FILE, END_OF_RECORD | END_OF_FILE}:
            raise ValueError(f"unknown escape 0xFF {code} (RFC 959 3.4.1); double a 0xFF that is data")
        self.ended = bool(code & END_OF_FILE)
        return self._ends.end() if code & END_OF_RECORD else b""
