"""STRU R: the lines of a text are its records (RFC 959 3.1.2.2, 3.4.1; RFC 1123 4.1.2.4).

The end of a line becomes the end of a record and back, so nothing is lost: a last line without an end is a record
without one. An image (TYPE I, L) has no lines and goes as one record; one that arrives in several is refused, because
a file here could not tell them apart again.

In stream mode 0xFF is an escape: 0xFF 1 ends a record, 0xFF 2 the file, 0xFF 3 both; 0xFF 0xFF is a 0xFF.
"""

ESCAPE = b"\xff"
END_OF_RECORD, END_OF_FILE = 1, 2


class RecordWriter:
    """Sends records in stream mode. line_end: the octet that ends a line; empty: there are no lines."""

    def __init__(self, line_end: bytes) -> None:
        self._line_end = line_end

    def feed(self, data: bytes) -> bytes:
        """Octets of lines, in records."""
        data = data.replace(ESCAPE, ESCAPE + ESCAPE)
        return data.replace(self._line_end, bytes((255, END_OF_RECORD))) if self._line_end else data

    def finish(self) -> bytes:
        """The end of the file."""
        return bytes((255, END_OF_FILE))


class RecordEnds:
    """What ends of records leave in a file. line_end: as of RecordWriter."""

    def __init__(self, line_end: bytes) -> None:
        self._line_end = line_end
        self._ended = False

    def data(self, data: bytes) -> bytes:
        """Octets of a record. Raises: ValueError: a second record of an image."""
        if data and self._ended:
            raise ValueError("an image in several records: send one, or text by TYPE A")
        return data

    def end(self) -> bytes:
        """What the end of a record is in the file. Raises: as `data`."""
        if self._line_end:
            return self._line_end
        if self._ended:
            raise ValueError("an image in several records: send one, or text by TYPE A")
        self._ended = True
        return b""


class RecordReader:
    """Receives records in stream mode. line_end: as of RecordWriter."""

    def __init__(self, line_end: bytes) -> None:
        self._ends = RecordEnds(line_end)
        self._escaped = False
        self.ended = False
        """Whether the end of the file has come."""

    def feed(self, data: bytes) -> bytes:
        """The lines of some octets. Raises: ValueError: an escape that means nothing, octets behind the end."""
        parts = []
        at = 0
        while at < len(data):
            if self.ended:
                raise ValueError("octets came after the mark of the file's end (RFC 959 3.4.1)")
            if self._escaped:
                parts.append(self._control(data[at]))
                self._escaped = False
                at += 1
                continue
            found = data.find(ESCAPE, at)
            end = found if found >= 0 else len(data)
            parts.append(self._ends.data(data[at:end]))
            self._escaped = found >= 0
            at = end + self._escaped
        return b"".join(parts)

    def finish(self) -> bytes:
        """Nothing. Raises: ValueError: the end of the file has not come."""
        if not self.ended:
            raise ValueError("the file ended without the mark of its end, which STRU R needs (RFC 959 3.4.1)")
        return b""

    def _control(self, code: int) -> bytes:
        """What is behind an escape."""
        if code == 255:
            return self._ends.data(ESCAPE)
        if code not in {END_OF_RECORD, END_OF_FILE, END_OF_RECORD | END_OF_FILE}:
            raise ValueError(f"0xFF with {code} behind it, which RFC 959 3.4.1 does not know; a 0xFF is sent doubled")
        self.ended = bool(code & END_OF_FILE)
        return self._ends.end() if code & END_OF_RECORD else b""
