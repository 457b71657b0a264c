"""The command mail: a reader of the person's INBOX, in the manner of mail(1).

Messages are numbered as they are at its beginning. What was read is marked as seen at once; what was deleted goes at
`quit`, and stays at `exit`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from homeport.protocol.effects import Call, GroupCommit
from homeport.services.telnet.script import SENT, InputEnded, Interrupted, Line, OutputAborted, Steps
from homeport.services.telnet.shell.commands import Refused, command
from homeport.services.telnet.shell.moments import date_and_time
from homeport.visible import visible_line, visible_text
from homeport.world.mail.account import Account
from homeport.world.mail.flags import SEEN
from homeport.world.mail.mailbox import Entry
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.store import MessageGone
from homeport.world.row_store import StoreError

if TYPE_CHECKING:
    from homeport.services.telnet.shell.session import Shell
    from homeport.world.mail.mime.structure import Header

PROMPT = "& "
PIECE = 100
"""Messages that are changed in one turn."""
MAX_WORDS = 50
"""Arguments of a command that are looked at."""
MAX_DIGITS = 9
MAX_LOOKED_AT = 10_000
"""Messages among which the first unread one is looked for."""
MAX_TEXT = 256 << 10
"""Characters of a message that are shown."""
SHOWN_FIELDS = ("date", "from", "to", "cc", "subject")
HELP = """\
number      read that message        delete [n...]    delete messages, the current one by default
next        read the next one        undelete [n...]  keep them after all
headers     list the messages        quit             delete what is to be deleted, and leave
print       read the current one     exit             leave, and delete nothing
"""


@command("mail", "", "read the mail of your INBOX")
def mail(shell: "Shell", _words: Sequence[str]) -> Steps:
    """Run the reader."""
    world = shell.world
    for _step in world.mailboxes.opening(shell.person.login):
        yield SENT
    try:
        account = world.mailboxes.account(shell.person.login)
    except KeyError:
        raise Refused("you have no mailbox any more") from None
    if not account.inbox.entries:
        shell.write(f"No mail for {shell.person.login}\n")
        return
    yield from Reader(shell, account).run()


class Reader:
    """A reader of the messages that INBOX has now."""

    def __init__(self, shell: "Shell", account: Account) -> None:
        self._shell = shell
        self._account = account
        self._entries = [*account.inbox.entries]
        self._deleted: set[int] = set()  # numbers, from 1
        first = islice(enumerate(self._entries, 1), MAX_LOOKED_AT)
        self._current = next((number for number, one in first if SEEN not in one.flags), 1)

    def run(self) -> Steps:
        """Read and carry out the reader's commands."""
        shell = self._shell
        shell.write(f'INBOX of {shell.person.login}: {len(self._entries)} messages. Type "help" for help.\n')
        yield from self._headers(())
        while True:
            try:
                line = yield Line(PROMPT)
                if not (yield from self._run_line(line)):
                    return
            except InputEnded:
                shell.write("\n")
                yield from self._quit(())
                return
            except (Interrupted, OutputAborted):
                shell.write("\n")
            except Refused as problem:
                shell.write(f"{problem}\n")

    def _run_line(self, line: str) -> Steps:
        """Carry out one command. Returns: False at the end. Raises: Refused."""
        name, _, rest = line.strip().lower().partition(" ")
        words = rest.split()
        if not name:
            name = "next" if SEEN in self._entry(self._current).flags else "print"
        if name.isascii() and name.isdigit():
            name, words = "print", [name]
        elif name[:1] in ("d", "u", "p") and name[1:].isascii() and name[1:].isdigit():  # d3, as mail(1) has it
            name, words = name[0], [name[1:], *words]
        for known, run in self._commands:
            if known.startswith(name):
                yield from run(self, words)
                return known not in ("quit", "exit", "xit")
        raise Refused(f"unknown command {visible_line(name[:40])!r}; help lists them")

    def _print(self, words: Sequence[str]) -> Steps:
        number = self._numbers(words)[0]
        entry = self._entry(number)
        if number in self._deleted:
            raise Refused(f"message {number} is deleted; undelete {number} keeps it")
        self._current = number
        lines = yield from self._off_reactor(partial(self._read, entry))
        yield from self._see(entry, number)
        yield from self._shell.page([f"Message {number}:", *lines])

    def _next(self, _words: Sequence[str]) -> Steps:
        rest = range(self._current + 1, len(self._entries) + 1)
        number = next((one for one in rest if one not in self._deleted), 0)
        if not number:
            raise Refused("at the end of the messages")
        yield from self._print([str(number)])

    def _headers(self, _words: Sequence[str]) -> Steps:
        """List as many messages as a page has, those around the current one."""
        size = max(1, min(self._shell.script.terminal.height - 3, 20))
        begin = max(0, min(self._current - 1, len(self._entries) - size))
        numbered = list(islice(enumerate(self._entries, 1), begin, begin + size))
        lines = yield from self._off_reactor(lambda: [self._heading(number, entry) for number, entry in numbered])
        yield from self._shell.page(lines, paged=False)

    def _delete(self, words: Sequence[str]) -> Steps:
        numbers = self._numbers(words)
        self._deleted.update(numbers)
        rest = (one for one in range(max(numbers), len(self._entries) + 1) if one not in self._deleted)
        self._current = next(rest, self._current)
        yield from ()

    def _undelete(self, words: Sequence[str]) -> Steps:
        self._deleted.difference_update(self._numbers(words))
        yield from ()

    def _quit(self, _words: Sequence[str]) -> Steps:
        """Delete what is to be deleted. Raises: Refused."""
        inbox = self._account.inbox
        doomed = [self._entries[number - 1].uid for number in sorted(self._deleted)]
        gone = 0
        try:
            for at in range(0, len(doomed), PIECE):
                gone += len(self._account.expunge(inbox, doomed[at : at + PIECE]))
                yield SENT
        except (MailboxProblem, StoreError) as problem:
            raise Refused(f"nothing more was deleted: {problem}") from None
        yield from self._commit()
        if doomed:
            self._shell.write(f"{gone} deleted, {len(inbox.entries)} left\n")

    def _exit(self, _words: Sequence[str]) -> Steps:
        yield from ()

    def _help(self, _words: Sequence[str]) -> Steps:
        self._shell.write(HELP)
        yield from ()

    _commands = (
        ("print", _print),
        ("type", _print),
        ("next", _next),
        ("headers", _headers),
        ("delete", _delete),
        ("undelete", _undelete),
        ("quit", _quit),
        ("exit", _exit),
        ("xit", _exit),
        ("help", _help),
        ("?", _help),
    )

    def _numbers(self, words: Sequence[str]) -> list[int]:
        """Return the messages that words name: `3`, `2-5`, `*`; the current one without words. Raises: Refused."""
        ranges = []
        for word in words[:MAX_WORDS] or [str(self._current)]:
            first, dash, last = word.partition("-")
            if word == "*":
                first, dash, last = "1", "-", str(len(self._entries))
            last = last if dash else first
            if not all(one.isascii() and one.isdigit() and len(one) <= MAX_DIGITS for one in (first, last)):
                raise Refused(f"{visible_line(word[:40])!r} is no message: write a number, or two such as 2-5")
            self._entry(int(first))
            self._entry(int(last))
            ranges.append((int(first), int(last)))
        numbers: list[int] = []
        for begin, end in sorted(ranges):  # each number once, however often it was named
            numbers += range(max(begin, numbers[-1] + 1 if numbers else 1), end + 1)
        if not numbers:
            raise Refused("no message is meant")
        return numbers

    def _entry(self, number: int) -> Entry:
        """Return the entry of a number, with its flags of now. Raises: Refused."""
        if not 1 <= number <= len(self._entries):
            raise Refused(f"there is no message {number}: there are {len(self._entries)}")
        entry = self._entries[number - 1]
        return self._account.inbox.find(entry.uid) or entry

    def _off_reactor(self, work: Callable[[], Any]) -> Steps:
        """Do work that may block in the thread pool. Returns: its result. Raises: Refused."""
        try:
            return (yield Call(work))
        except MessageGone:
            raise Refused("the message has been deleted meanwhile") from None
        except OSError as problem:
            raise Refused(f"the message cannot be read now: {problem.strerror}") from None

    def _heading(self, number: int, entry: Entry) -> str:
        """Return the line of a message in the list; may block."""
        from homeport.world.mail.mime.structure import parse_header

        try:
            raw = self._shell.world.mailboxes.read(self._account.inbox, entry)
            header = parse_header(raw)
            sender, subject = _value(raw, header, "from"), _value(raw, header, "subject")
        except MessageGone:
            sender, subject = "", "(deleted meanwhile)"
        mark = "D" if number in self._deleted else " " if SEEN in entry.flags else "N"
        pointer = ">" if number == self._current else " "
        size = f"{entry.size:>7}"
        width = max(20, self._shell.script.terminal.width - 54)
        return f"{pointer}{mark}{number:>4} {sender[:24]:<24} {date_and_time(entry.internal)} {size} {subject[:width]}"

    def _read(self, entry: Entry) -> list[str]:
        """Return a message as lines: its main fields, then its text; may block."""
        from homeport.world.mail.extracts import readable
        from homeport.world.mail.mime.content import parse_message
        from homeport.world.mail.mime.structure import parse_header

        raw = self._shell.world.mailboxes.read(self._account.inbox, entry)
        header = parse_header(raw)
        values = ((name, _value(raw, header, name)) for name in SHOWN_FIELDS)
        lines = [f"{name.capitalize()}: {value}" for name, value in values if value]
        lines.append("")
        for part in parse_message(raw).parts:
            if part.attachment:
                name = visible_line(part.filename) or "without a name"
                lines.append(f"[{visible_line(part.content_type)}: {name}, {part.size()} bytes]")
            else:
                lines += _text_lines(readable(part.content_type, part.text())[:MAX_TEXT])
        return lines

    def _see(self, entry: Entry, number: int) -> Steps:
        """Mark a message as seen."""
        inbox = self._account.inbox
        self._account.note_fetched(inbox, [entry.uid], "mail")
        if SEEN in entry.flags or inbox.find(entry.uid) is None:
            return
        try:
            self._account.store(inbox, [entry.uid], "add", [SEEN])
        except (MailboxProblem, StoreError) as problem:
            raise Refused(f"message {number} cannot be marked as read: {problem}") from None
        yield from self._commit()

    def _commit(self) -> Steps:
        """Wait until what was changed is on stable storage. Raises: Refused."""
        boxes = self._shell.world.mailboxes
        ticket = boxes.unsettled
        if ticket is None:
            return
        try:
            yield GroupCommit(partial(boxes.flush, ticket))
        except StoreError as problem:
            boxes.rollback_failed()
            raise Refused(f"the change was not stored: {problem}") from None


def _value(raw: bytes, header: "Header", name: str) -> str:
    """Return a field's value, decoded and made visible; empty if it is missing."""
    from homeport.world.mail.mime.encoded_words import decode_value

    value = next((raw[one.value : one.end] for one in header.fields if one.name == name), b"")
    return visible_line(" ".join(decode_value(value).split()))[:500]


def _text_lines(text: str) -> Iterator[str]:
    return (visible_text(line.expandtabs()) for line in text.splitlines())
