"""The import of messages into a mailbox, in slices: parse in a thread, store in a thread, append on the reactor."""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus

from homeport.control.durable import NOT_DURABLE
from homeport.control.farm import Farm
from homeport.control.mail_work import Work
from homeport.control.mailbox_shapes import Added
from homeport.control.mailbox_storage import problem_of, when_stored
from homeport.control.problems import ProblemError
from homeport.world.mail.account import Account
from homeport.world.mail.appended import AppendedBody
from homeport.world.mail.mailbox import Mailbox
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.mbox import FiledMessage, split_file
from homeport.world.row_store import StoreError
from homeport.world.world import World

SLICE_MESSAGES = 100
"""Messages that are stored in one go."""
POLL_SECONDS = 0.1
"""Time in seconds until a cancelled import looks again whether its thread has ended."""
MAX_MESSAGES = 20_000
"""Messages of a file: they become visible together, in one turn of the reactor."""


class Import(Work):
    """Adds the messages of a file to a mailbox, all or none; the answer is `Added`."""

    def __init__(
        self,
        farm: Farm,
        world: World,
        account: Account,
        mailbox: Mailbox,
        data: bytes,
        flags: Sequence[str],
        date: float | None,
        zone: int = 0,
    ) -> None:
        super().__init__(farm)
        self._world = world
        self._account = account
        self._mailbox = mailbox
        self._data = data
        self._flags = flags
        self._date = date
        self._zone = zone
        self._messages: list[FiledMessage] = []
        self._bodies: list[AppendedBody] = []

    def begin(self) -> None:
        self.run(lambda: list(split_file(self._data)), self._parsed)

    def release(self) -> None:
        if self.running:  # a thread stores some of them; the client has gone
            self._farm.reactor.callLater(POLL_SECONDS, self.release)
            return
        for body in self._bodies:
            body.drop()

    def _parsed(self, messages: list[FiledMessage]) -> None:
        if len(messages) > MAX_MESSAGES:
            raise ProblemError(
                HTTPStatus.CONFLICT, f"the file has {len(messages)} messages: add at most {MAX_MESSAGES} at a time"
            )
        self._messages = messages
        self._next()

    def _next(self) -> None:
        """Receive the next slice, or append all of them."""
        first = len(self._bodies)
        try:
            for message in self._messages[first : first + SLICE_MESSAGES]:
                body = self._account.begin(len(message.content))
                self._bodies.append(body)
                body.write(message.content)
            if first == len(self._messages):
                self._append()
                return
        except MailboxProblem as problem:
            raise problem_of(problem) from None
        except StoreError as error:
            raise ProblemError(NOT_DURABLE, str(error)) from None
        except OSError as error:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from None
        self.run(partial(_save, self._bodies[first:]), lambda _none: self._next())

    def _append(self) -> None:
        messages = [
            (body, {*self._flags, *message.flags}, message.received if self._date is None else self._date)
            for body, message in zip(self._bodies, self._messages, strict=True)
        ]
        entries = self._account.append_all(self._mailbox, messages, [self._zone] * len(messages))
        added = Added([entry.uid for entry in entries], self._mailbox.uid_validity)
        self.answer_by(when_stored(self._farm, self._world, added))


def _save(bodies: list[AppendedBody]) -> None:
    """Store contents; in the thread pool."""
    for body in bodies:
        body.save()
