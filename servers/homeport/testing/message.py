"""A message that the farm received."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from homeport.testing.errors import NotFound
from homeport.testing.records import Finding, Record

if TYPE_CHECKING:
    from email.message import EmailMessage

    from homeport.testing.smtp import Smtp
    from homeport.world.mail.mime.content import Content


class Attachment(NamedTuple):
    """A part that is saved as a file rather than shown: one with a name or disposition of an attachment, or no text."""

    name: str
    content_type: str
    content: bytes


class Message:
    """A message with its envelope. Its content is fetched on first use."""

    def __init__(self, smtp: "Smtp", summary: dict[str, Any]) -> None:
        self._smtp = smtp
        self.id: str = summary["id"]
        self.number: int = summary["number"]
        """Number of the message in its world; pass it as `since` to get later ones."""
        self.size: int = summary["size"]
        """Size in bytes, as received."""
        self.time: str = summary["time"]
        """Real time of its acceptance, RFC 3339."""
        self.sender: str = summary["envelope"]["from"]
        """The reverse-path, empty for a report."""
        self.recipients: list[str] = summary["envelope"]["to"]
        """The forward-paths."""
        self.user: str | None = summary["auth"]
        """The authenticated user."""
        self.tls: str | None = summary["tls"]
        """The version of TLS."""
        self.conn: str | None = summary["conn"]
        """The connection that delivered it, for `world.transcript(conn)`."""
        self.subject: str = summary["subject"]
        """The subject."""
        self.mailboxes: list[str] = summary["mailboxes"]
        """The mailboxes that it was delivered to."""
        self.snippet: str = summary["snippet"]
        """The beginning of the text that a reader sees."""

    @cached_property
    def raw(self) -> bytes:
        """The message exactly as received."""
        return self._smtp.world.api.fetch(f"{self._smtp.messages_path}/{self.id}/raw")

    @cached_property
    def email(self) -> "EmailMessage":
        """The message as parsed by Python's `email`, which takes some messages apart in another way than mail programs
        and the API do.
        """
        from email.message import EmailMessage
        from email.parser import BytesParser
        from email.policy import default

        read = BytesParser(_class=EmailMessage, policy=default).parsebytes(self.raw)
        assert isinstance(read, EmailMessage)  # noqa: S101 - by its policy
        return read

    @cached_property
    def details(self) -> Record:
        """The message's representation in the API: the whole envelope, mailboxes, parts, findings."""
        return Record(self._smtp.world.api.get(f"{self._smtp.messages_path}/{self.id}"))

    @cached_property
    def _parsed(self) -> "Content":
        from homeport.world.mail.mime.content import parse_message  # a test that reads no message imports none of it

        return parse_message(self.raw)

    @property
    def from_(self) -> str:
        """The header From."""
        return self._parsed.header("From")

    @property
    def to(self) -> str:
        """The header To."""
        return self._parsed.header("To")

    def header(self, name: str) -> str | None:
        """Return a decoded header; None if it is missing."""
        return next((value for each, value in self._parsed.headers if each.lower() == name.lower()), None)

    @property
    def text(self) -> str:
        """Its plain text with LF line ends; empty if it has none."""
        return self._readable("text/plain")

    @property
    def html(self) -> str:
        """Its HTML; empty if it has none."""
        return self._readable("text/html")

    @property
    def links(self) -> list[str]:
        """The URLs in its texts and its HTML, in order, each once: `message.links[0]`."""
        from homeport.world.mail.extracts import extract_links

        return extract_links(self._texts())

    def find_code(self, pattern: str | None = None) -> str:
        """Return the one-time code in subject, text or HTML: 4 to 8 digits.

        pattern: another regular expression; the code is its first group, if it has one: `r"[A-Z0-9]{6}"`.

        Raises: NotFound if there is none, or more than one.
        """
        __tracebackhide__ = True
        from homeport.world.mail.extracts import extract_codes

        codes = extract_codes([("text/plain", self.subject), *self._texts()], pattern)
        if len(codes) == 1:
            return codes[0]
        what = "one-time code (4 to 8 digits)" if pattern is None else f"match of {pattern!r}"
        if codes:
            raise NotFound(f"{self!r} has more than one {what}: {', '.join(codes)}; give a pattern that fits one")
        raise NotFound(f"{self!r} has no {what}; its text is:\n{self.text or self.html}")

    def _texts(self) -> list[tuple[str, str]]:
        """Return its texts that are not attachments, with their types."""
        return [(part.content_type, part.text()) for part in self._parsed.parts if not part.attachment]

    @property
    def attachments(self) -> list[Attachment]:
        """Its attachments, decoded."""
        return [
            Attachment(part.filename, part.content_type, part.content())
            for part in self._parsed.parts
            if part.attachment
        ]

    @property
    def findings(self) -> list[Finding]:
        """The findings about its delivery."""
        return [Finding(one) for one in self.details["findings"]]

    def delete(self) -> None:
        """Delete it."""
        self._smtp.world.api.send("DELETE", f"{self._smtp.messages_path}/{self.id}")

    def mark_read(self, *, read: bool = True) -> None:
        """Mark it as read, or as unread."""
        self._smtp.world.api.send("PATCH", f"{self._smtp.messages_path}/{self.id}", {"read": read})

    def _readable(self, content_type: str) -> str:
        return self._parsed.readable(content_type).replace("\r\n", "\n")

    def __repr__(self) -> str:
        return f"<Message {self.id} from {self.sender!r} to {self.recipients}: {self.subject!r}>"
