"""A minimal EPP client: frames over TLS (RFC 5734), commands as templates, answers as text."""

import re
import socket
import ssl
import struct
from collections.abc import Iterable, Sequence
from itertools import count

CODE = re.compile(r'<(?:\w+:)?result code="(\d{4})"')
NAMESPACE = "urn:ietf:params:xml:ns"


class Gone(Exception):
    """Raised when the server has closed, or was killed."""


class Answer:
    """The answer to a command."""

    def __init__(self, frame: str) -> None:
        self.frame = frame
        self.code = int(CODE.search(frame)[1])

    def text(self, name: str) -> str | None:
        """Return the content of the first element of that name, in any namespace."""
        found = re.search(rf"<(?:\w+:)?{name}(?: [^>]*)?>([^<]*)</", self.frame)
        return found and found[1]

    def attribute(self, element: str, name: str) -> str | None:
        """Return an attribute of the first element of that name."""
        found = re.search(rf'<(?:\w+:)?{element} [^>]*\b{name}="([^"]*)"', self.frame)
        return found and found[1]


def of_object(verb: str, kind: str, content: str, op: str = "") -> str:
    """Return a command on an object."""
    attribute = f' op="{op}"' if op else ""
    uri = f'xmlns:{kind}="{NAMESPACE}:{kind}-1.0"'
    return f"<{verb}{attribute}><{kind}:{verb} {uri}>{content}</{kind}:{verb}></{verb}>"


def framed(command: str, transaction: str) -> bytes:
    """Return a frame with a command, without its length header."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><epp xmlns="{NAMESPACE}:epp-1.0"><command>{command}'
        f"<clTRID>{transaction}</clTRID></command></epp>"
    ).encode()


class Client:
    """A logged-in registrar."""

    numbers = count(1)

    def __init__(self, port: int, ca: str, registrar: str, new: str = "") -> None:
        context = ssl.create_default_context(cafile=ca)
        self.registrar = registrar
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        except OSError as error:
            raise Gone(str(error)) from None
        try:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
            self._log_in(new)
        except BaseException as error:
            self.socket.close()
            raise Gone(str(error)) if isinstance(error, OSError) else error from None

    def _log_in(self, new: str) -> None:
        self.read()  # the greeting
        objects = "".join(f"<objURI>{NAMESPACE}:{name}-1.0</objURI>" for name in ("domain", "contact", "host"))
        change = f"<newPW>{new}</newPW>" if new else ""
        login = self.ask(
            f"<login><clID>{self.registrar}</clID><pw>{self.registrar}-pass</pw>{change}<options>"
            f"<version>1.0</version><lang>en</lang></options><svcs>{objects}</svcs></login>"
        )
        assert login.code == 1000, login.frame

    def close(self) -> None:
        """Close without a logout."""
        self.socket.close()

    def read(self) -> str:
        """Return the next frame. Raises: Gone."""
        return self._take(struct.unpack(">I", self._take(4))[0] - 4).decode()

    def ask(self, command: str) -> Answer:
        """Send a command and wait for its answer, which must be this command's. Raises: Gone."""
        (answer,) = self._exchange([command])
        return answer

    def command(self, verb: str, kind: str, content: str, op: str = "") -> Answer:
        """Send a command on an object: `command("check", "domain", "<domain:name>a.test</domain:name>")`."""
        return self.ask(of_object(verb, kind, content, op))

    def batch(self, commands: Iterable[Sequence[str]]) -> list[Answer]:
        """Send commands in one write, in the form of `command`, and return all answers."""
        return self._exchange([of_object(*command) for command in commands])

    def send(self, *command: str) -> None:
        """Send a command, in the form of `command`, without waiting."""
        self._send([framed(of_object(*command), f"T-{next(self.numbers)}")])

    def _exchange(self, commands: Iterable[str]) -> list[Answer]:
        numbered = {f"T-{next(self.numbers)}": command for command in commands}
        self._send([framed(command, transaction) for transaction, command in numbered.items()])
        answers = [Answer(self.read()) for _ in numbered]
        assert [answer.text("clTRID") for answer in answers] == list(numbered)
        return answers

    def _send(self, frames: Iterable[bytes]) -> None:
        try:
            self.socket.sendall(b"".join(struct.pack(">I", len(frame) + 4) + frame for frame in frames))
        except OSError as error:
            raise Gone(str(error)) from None

    def _take(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                piece = self.socket.recv(size - len(data))
            except OSError as error:
                raise Gone(str(error)) from None
            if not piece:
                raise Gone("closed")
            data += piece
        return data
