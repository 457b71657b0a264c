"""Finding messages, at once or when they come. However many there are, no turn of the reactor takes long."""

from collections import deque
from collections.abc import Callable
from email.utils import getaddresses
from http import HTTPStatus
from typing import Any

from homeport.config.quantities import Duration, parse_moment
from homeport.control.farm import DelayedCall, Farm
from homeport.control.mail_shapes import MessageFilter
from homeport.control.mime import HEADER_LIMIT, Content, first, read_headers, read_message
from homeport.control.operation import Later
from homeport.control.problems import ProblemError
from homeport.world.mail.mail import Mail
from homeport.world.mail.message import Message
from homeport.world.mail.store import MessageGone
from homeport.world.world import World

NEAR_SEARCHED = 200
"""Messages, the latest, that are looked through for those that came near."""
NEAR_SHOWN = 10
OCTETS_A_TURN = 1 << 20
"""Octets of messages that are read in one turn of the reactor; one message may have more."""
OCTETS_A_MESSAGE = 1 << 10
"""What a message takes of that at least."""


class Criteria:
    """A filter, ready to judge messages.

    Raises: ProblemError if a time of the filter is none.
    """

    def __init__(self, wanted: MessageFilter, mail: Mail, now: float) -> None:
        self._mail = mail
        self._conditions: list[Callable[[Message, Reading], bool]] = []
        if wanted.to is not None:
            to = wanted.to.lower()
            self._conditions.append(lambda message, _reading: any(_is(to, one) for one in addressees(message)))
        if wanted.after is not None:
            earliest = _moment(wanted.after, now)
            self._conditions.append(lambda message, _reading: message.time > earliest)
        if wanted.before is not None:
            latest = _moment(wanted.before, now)
            self._conditions.append(lambda message, _reading: message.time < latest)
        if wanted.sender is not None:
            sender = wanted.sender.lower()
            self._conditions.append(lambda _message, reading: any(_is(sender, one) for one in reading.senders))
        if wanted.subject is not None:
            subject = wanted.subject.casefold()
            self._conditions.append(lambda _message, reading: subject in reading.subject.casefold())
        if wanted.header is not None:
            name, _colon, value = (part.strip().casefold() for part in wanted.header.partition(":"))
            self._conditions.append(lambda _message, reading: _has_header(reading.headers, name, value))
        if wanted.text is not None:
            text = wanted.text.casefold()
            self._conditions.append(lambda _message, reading: text in reading.text.casefold())

    def missed(self, message: Message, enough: int = 1) -> tuple[int, int]:
        """How many conditions a message does not meet, counted up to `enough`; and how many octets were read for it."""
        reading = Reading(self._mail, message)
        missed = 0
        try:
            for condition in self._conditions:
                missed += not condition(message, reading)
                if missed == enough:
                    break
        except (MessageGone, OSError):
            return enough, 0
        return missed, reading.octets


class Reading:
    """What has been read of a message, which is read no further than it must be."""

    def __init__(self, mail: Mail, message: Message) -> None:
        self._mail = mail
        self._message = message
        self._headers: list[tuple[str, str]] | None = None
        self._content: Content | None = None
        self.octets = 0

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Its header."""
        if self._headers is None:
            raw = self._mail.raw(self._message, HEADER_LIMIT)
            self._headers = read_headers(raw)
            self.octets += min(len(raw), OCTETS_A_MESSAGE * 8)
        return self._headers

    @property
    def subject(self) -> str:
        """Its subject."""
        return first(self.headers, "Subject")

    @property
    def text(self) -> str:
        """All that is there to read."""
        if self._content is None:
            self._content = read_message(self._mail.raw(self._message))
            self.octets += self._message.size
        return "\n".join(
            (self._content.header("Subject"), *(self._content.readable(kind) for kind in ("text/plain", "text/html")))
        )

    @property
    def senders(self) -> list[str]:
        """The reverse-path, and the addresses in From."""
        return [self._message.envelope.reverse_path, *addresses_in(first(self.headers, "From"))]


def addressees(message: Message) -> list[str]:
    """Everybody whom a message was for: recipients of the envelope, and mailboxes that it went to."""
    envelope = [recipient.address for recipient in message.envelope.recipients]
    return [*envelope, *(one.mailbox for one in message.delivered_to if one.mailbox not in envelope)]


def addresses_in(header: str) -> list[str]:
    """The addresses in a header such as From."""
    try:
        return [address for _name, address in getaddresses([header])]
    except (ValueError, IndexError):
        return []


class Search(Later):
    """Looks through messages, some in each turn of the reactor, and answers when all have been seen.

    answer: makes the answer out of the messages found.
    """

    def __init__(self, farm: Farm, world: World, wanted: MessageFilter, show: Callable[..., Any]) -> None:
        super().__init__()
        self._reactor = farm.reactor
        self._mail = world.mail
        self._criteria = Criteria(wanted, world.mail, world.journal.real())
        self._show = show
        self._pending = deque(world.mail.messages(wanted.since))
        self._found: list[Message] = []
        self._call: DelayedCall | None = None
        self._look()

    def release(self) -> None:
        if self._call is not None and self._call.active():
            self._call.cancel()

    def ended(self) -> None:
        """No message is left to look at."""
        self.answer(self._show(self._found))

    def grown(self) -> None:
        """A message was found."""

    def _look(self) -> None:
        self._call = None
        left = OCTETS_A_TURN
        while self._pending and left > 0 and not self.done:
            left -= self._judge(self._pending.popleft())
        if self.done:
            return
        if self._pending:
            self._call = self._reactor.callLater(0, self._look)
        else:
            self.ended()

    def _judge(self, message: Message) -> int:
        missed, octets = self._criteria.missed(message)
        if not missed:
            self._found.append(message)
            self.grown()
        return max(octets, OCTETS_A_MESSAGE)


class Wait(Search):
    """Looks through the messages that are there, and then through those that come, until there are enough.

    show: makes the answer out of the messages found, and, when the time is out, of those that came near.
    """

    def __init__(
        self,
        farm: Farm,
        world: World,
        wanted: MessageFilter,
        enough: int,
        timeout: Duration,
        show: Callable[..., Any],
    ) -> None:
        self._enough = enough
        self._world = world
        self._timeout: DelayedCall | None = None
        super().__init__(farm, world, wanted, show)
        if not self.done:
            world.mail.on_message.append(self._note)
            world.on_close.append(self._closed)
            self._timeout = farm.reactor.callLater(float(timeout), self._timed_out)

    def release(self) -> None:
        super().release()
        if self._timeout is not None:
            self._world.mail.on_message.remove(self._note)
            self._world.on_close.remove(self._closed)
            if self._timeout.active():
                self._timeout.cancel()

    def ended(self) -> None:
        """Nothing is left to look at: go on when a message comes."""

    def grown(self) -> None:
        """A message was found."""
        if len(self._found) == self._enough:
            self.answer(self._show(self._found))

    def _note(self, message: Message) -> None:
        """A message has come; others may come in this turn."""
        if self.done:
            return
        self._pending.append(message)
        if self._call is None:
            self._call = self._reactor.callLater(0, self._look)

    def _timed_out(self) -> None:
        while self._pending and not self.done:
            self._judge(self._pending.popleft())
        if self.done:
            return
        latest = list(self._mail.messages())[-NEAR_SEARCHED:]
        near = [one for one in latest if self._criteria.missed(one, 2)[0] == 1][-NEAR_SHOWN:]
        self.answer(self._show(self._found, near))

    def _closed(self) -> None:
        self.answer(ProblemError(HTTPStatus.GONE, f"the world {self._world.name!r} was closed"))


def _is(wanted: str, address: str) -> bool:
    """Whether an address is the one wanted: a whole address, a local part, or @domain."""
    address = address.lower()
    if wanted.startswith("@"):
        return address.endswith(wanted)
    if "@" in wanted or not wanted:
        return address == wanted
    return address.rpartition("@")[0] == wanted


def _has_header(headers: list[tuple[str, str]], name: str, value: str) -> bool:
    return any(each.lower() == name and value in held.casefold() for each, held in headers)


def _moment(text: str, now: float) -> float:
    try:
        return parse_moment(text, now)
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None
