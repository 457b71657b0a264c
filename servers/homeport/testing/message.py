"""A message that the farm received."""

from email.message import EmailMessage
from email.message import Message as EmailPart
from email.parser import BytesParser
from email.policy import default
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from homeport.testing.errors import NotFound
from homeport.testing.records import Finding, Record
from homeport.world.mail.extracts import codes_of, links_of

if TYPE_CHECKING:
    from homeport.testing.smtp import Smtp


class Attachment(NamedTuple):
    """A part that is to be saved."""

    name: str
    content_type: str
    content: bytes


def _content(part: EmailPart) -> str:
    """A part's text; UTF-8 if nobody knows its charset."""
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    try:
        return octets.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")


class Message:
    """A message with its envelope. What it holds is read when it is first asked for."""

    def __init__(self, smtp: "Smtp", summary: dict[str, Any]) -> None:
        self._smtp = smtp
        self.id: str = summary["id"]
        self.number: int = summary["number"]
        """Counts the messages of a world: the `since` of what came after this one."""
        self.size: int = summary["size"]
        """Octets, as received."""
        self.time: str = summary["time"]
        """Real time of its acceptance, RFC 3339."""
        self.sender: str = summary["envelope"]["from"]
        """The reverse-path, empty for a report."""
        self.recipients: list[str] = summary["envelope"]["to"]
        """The forward-paths."""
        self.user: str | None = summary["auth"]
        """Who was authenticated."""
        self.tls: str | None = summary["tls"]
        """The version of TLS."""
        self.conn: str | None = summary["conn"]
        """The connection that brought it, for `world.transcript(conn)`."""
        self._subject: str = summary["subject"]

    @cached_property
    def raw(self) -> bytes:
        """Octet by octet what came."""
        return self._smtp.world.api.fetch(f"{self._smtp.messages_path}/{self.id}/raw")

    @cached_property
    def email(self) -> EmailMessage:
        """The message as Python's `email` reads it."""
        read = BytesParser(_class=EmailMessage, policy=default).parsebytes(self.raw)
        assert isinstance(read, EmailMessage)  # noqa: S101 - by its policy
        return read

    @cached_property
    def details(self) -> Record:
        """All that the API says of it: the whole envelope, mailboxes that it went to, parts, findings."""
        return Record(self._smtp.world.api.get(f"{self._smtp.messages_path}/{self.id}"))

    @property
    def subject(self) -> str:
        """The subject."""
        return self._subject

    @property
    def from_(self) -> str:
        """The header From."""
        return str(self.email["From"] or "")

    @property
    def to(self) -> str:
        """The header To."""
        return str(self.email["To"] or "")

    def header(self, name: str) -> str | None:
        """A header, decoded; None if there is none."""
        value = self.email[name]
        return None if value is None else str(value)

    @property
    def text(self) -> str:
        """Its plain text with lines that end in LF; empty if it has none."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """Its HTML; empty if it has none."""
        return self._body("html")

    @property
    def links(self) -> list[str]:
        """The URLs in its texts and its HTML, in their order, each once: `message.links[0]`."""
        return links_of(self._texts())

    def find_code(self, pattern: str | None = None) -> str:
        """Return the one-time code that it has in subject, text or HTML: 4 to 8 digits.

        pattern: instead, a regular expression, whose first group is the code if it has one: `r"[A-Z0-9]{6}"`.

        Raises: NotFound if there is none, or more than one.
        """
        __tracebackhide__ = True
        codes = codes_of([("text/plain", self.subject), *self._texts()], pattern)
        if len(codes) == 1:
            return codes[0]
        what = "one-time code (4 to 8 digits)" if pattern is None else f"match of {pattern!r}"
        if codes:
            raise NotFound(f"{self!r} has more than one {what}: {', '.join(codes)}; give a pattern that fits one")
        raise NotFound(f"{self!r} has no {what}; its text is:\n{self.text or self.html}")

    def _texts(self) -> list[tuple[str, str]]:
        """Its parts that are to be read, with their types."""
        return [
            (part.get_content_type(), _content(part))
            for part in self.email.walk()
            if part.get_content_maintype() == "text" and not part.is_attachment() and not part.get_filename()
        ]

    @property
    def attachments(self) -> list[Attachment]:
        """Its attachments, decoded."""
        found = []
        for part in self.email.iter_attachments():
            content = part.get_payload(decode=True)
            octets = content if isinstance(content, bytes) else part.as_bytes()
            found.append(Attachment(part.get_filename() or "", part.get_content_type(), octets))
        return found

    @property
    def findings(self) -> list[Finding]:
        """What was wrong with how it came."""
        return [Finding(one) for one in self.details["findings"]]

    def delete(self) -> None:
        """Forget it."""
        self._smtp.world.api.send("DELETE", f"{self._smtp.messages_path}/{self.id}")

    def _body(self, kind: str) -> str:
        part = self.email.get_body((kind,))
        if part is None:
            return ""
        return str(part.get_content()).replace("\r\n", "\n")

    def __repr__(self) -> str:
        return f"<Message {self.id} from {self.sender!r} to {self.recipients}: {self.subject!r}>"
