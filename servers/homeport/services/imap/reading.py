"""Reading of commands: tag, name, and literals of any number, cut anywhere (RFC 9051 2.2.1, 4.3, RFC 7888).

A command is read as a whole before it is executed. What would be refused anyway is refused at its first literal, before
a client sends it. The content of a message is not kept here: it is written to the account piece by piece.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.protocol.commands import CommandRefused
from homeport.protocol.effects import Conceal
from homeport.protocol.waiting import NextBytes, NextLine, Steps
from homeport.services.imap.dialogue import MAX_LITERAL_MINUS, ImapDialogue, find_secret
from homeport.services.imap.replies import Refused, bad, no
from homeport.world.mail.mailbox_problem import MailboxProblem

if TYPE_CHECKING:
    from homeport.world.mail.appended import AppendedBody

LITERAL = re.compile(rb"(~?)\{(\d++)(\+?)\}\Z")
"""The mark of a literal at the end of a line."""
MAX_DIGITS = 20
"""Digits of a literal's size that are read; one with more is too large for everything."""
HEAD = re.compile(
    rb"([^\x00-\x20(){%*\"\\+\x7f-\xff]{1,200}) +((?:UID +)?[A-Za-z][A-Za-z0-9.-]{0,40})(?: |\Z)", re.IGNORECASE
)
"""Tag and name of a command (RFC 9051 9, `tag`)."""
URL = re.compile(rb"[ (]URL \Z", re.IGNORECASE)
"""Text before a URL of CATENATE (RFC 4469 5)."""
TAG = re.compile(rb"([^\x00-\x20(){%*\"\\+\x7f-\xff]{1,200})(?: |\Z)")
AFTER_LITERAL = (b"", b" ", b")")
"""Text after a literal on the line."""
MAX_LITERALS = 10_000
"""Literals of one command."""
MAX_MESSAGES = 500
"""Messages of one command (MULTIAPPEND): all of them are appended in one turn of the reactor."""
MAX_DISCARDED_BYTES = 64 << 20
"""Bytes of a refused literal that are read and discarded, because the client sends them without being asked."""
MESSAGES = {b"APPEND": 1, b"REPLACE": 2, b"UID REPLACE": 2}
"""Commands with messages, and the arguments before the first one: other literals are strings."""
TOO_LARGE = b"BYE a literal that was sent without asking is too large (RFC 7888 4)"
SECRETS = (b"LOGIN", b"AUTHENTICATE")
"""Commands whose arguments are secret."""


FORGOTTEN = (*SECRETS, b"AUTH", b"PASS")
"""Words that are no tags, but commands whose tag was forgotten: what follows is secret."""


class Head(msgspec.Struct, frozen=True):
    """The beginning of a command."""

    tag: bytes
    verb: bytes
    """Name in upper case, such as `UID FETCH`; empty if there is none."""
    end: int
    """Offset of the arguments."""
    secret: bool
    """True if the line logs in, or seems to, so that none of its arguments may be shown."""


def parse_head(line: bytes) -> Head:
    """Parse tag and name. Raises: Refused if there is no tag."""
    match = HEAD.match(line)
    secret = find_secret(line) >= 0
    if match is not None and match[1].upper() in FORGOTTEN:
        raise bad("a command begins with a tag, and a space (RFC 9051 2.2.1)", finding="bad-tag")
    if match is not None:
        verb = b" ".join(match[2].upper().split())
        return Head(match[1], verb, match.end(), secret or verb in SECRETS)
    tagged = TAG.match(line)
    if tagged is not None:
        return Head(tagged[1], b"", tagged.end(), secret)
    begin = line[:1]
    if begin in (b"*", b"+"):
        text = f"a tag cannot begin with {begin.decode()} (RFC 9051 2.2.1)"
    else:
        text = "a command begins with a tag of letters and digits, and a space (RFC 9051 2.2.1)"
    raise bad(text, finding="bad-tag")


class ConcealedBytes(NextBytes):
    """`NextBytes` whose bytes the journal shows as `*`. conceal: called with their number, and that of bytes after."""

    __slots__ = ("_conceal",)

    def __init__(self, size: int, take: Callable[[bytes], object], conceal: Callable[[int, int], None]) -> None:
        super().__init__(size, take)
        self._conceal = conceal

    def read(self, data: bytes, at: int, limit: int) -> int:
        end = super().read(data, at, limit)
        self._conceal(end - at, len(data) - end)
        return end


def literal_size(mark: re.Match[bytes]) -> int:
    """Return the size of a literal, from its mark."""
    digits = mark[2].lstrip(b"0") or b"0"
    return int(digits) if len(digits) <= MAX_DIGITS else 10**MAX_DIGITS


def skip_literals(dialogue: ImapDialogue, line: bytes) -> Steps:
    """Discard what follows a line of a refused command: the literals that come unasked, and the lines after them.

    They are concealed if they may belong to a login. line: at least its end.
    """
    limit = int(dialogue.options.max_line)
    secret = dialogue.wary or dialogue.login_open or find_secret(line) >= 0

    def conceal(size: int, after: int) -> None:
        dialogue.effect(Conceal(size, after))

    while (mark := LITERAL.search(line)) is not None and mark[3]:
        length = literal_size(mark)
        if length > MAX_DISCARDED_BYTES:
            dialogue.say(b"* %s\r\n" % TOO_LARGE, closes=True)
            return
        yield ConcealedBytes(length, _discard, conceal) if secret else NextBytes(length, _discard)
        following = NextLine(limit, secret=secret)
        line = yield following
        if following.cut:  # its end is not here yet: the session looks at it
            return
        line = following.ending or line


class Received:
    """The literals of one command as they are received."""

    __slots__ = ("_dialogue", "_failure", "_nul", "_open", "literals", "messages", "size")

    def __init__(self, dialogue: ImapDialogue) -> None:
        self._dialogue = dialogue
        self.literals: list[Any] = []
        """Bytes of strings, and bodies of messages, in order."""
        self.size = 0
        """Bytes of the strings."""
        self.messages = 0
        """Number of messages that have begun."""
        self._failure: Refused | None = None
        self._nul = False
        self._open: AppendedBody | None = None

    def begin_message(self, size: int) -> Callable[[bytes], None]:
        """Begin the content of a message; return the function that takes its pieces. Raises: Refused."""
        account = self._dialogue.account
        assert account is not None  # noqa: S101 - the caller has checked the state
        limit = int(self._dialogue.options.max_size)
        if size > limit:
            raise no(f"a message has at most {limit} bytes here ([imap] max_size; RFC 7889)", "TOOBIG")
        if self.messages >= MAX_MESSAGES:
            raise no(f"a command has at most {MAX_MESSAGES} messages here: append the rest by another", "LIMIT")
        body = account.begin(size)
        self.literals.append(body)
        self.messages += 1
        self._open = body
        return self._write

    def begin_string(self, size: int) -> Callable[[bytes], None]:
        """Begin a string. Raises: Refused."""
        limit = int(self._dialogue.options.max_literals)
        self.size += size
        if self.size > limit:
            raise bad(f"the literals of a command have at most {limit} bytes together (RFC 9051 4.3)", "TOOBIG", "")
        text = bytearray()
        self.literals.append(text)
        return text.extend

    def end(self, *, binary: bool) -> Refused | None:
        """Finish a literal; return what is wrong with it. binary: True for a literal8."""
        nul, self._nul, self._open = self._nul, False, None
        if self._failure is not None:
            return self._failure
        if nul and not binary:
            return bad("a literal has no NUL; only a literal8, ~{n}, may (RFC 9051 4.3.1)", finding="nul-in-literal")
        return None

    def _write(self, data: bytes) -> None:
        if b"\0" in data:
            self._nul = True
        if self._open is None:
            return
        try:
            self._open.write(data)
        except OSError as error:
            self._failure = no(f"the message cannot be stored: {error.strerror}", "UNAVAILABLE")
            self._open.drop()
            self._open = None

    def drop(self) -> None:
        """Drop what no command has kept."""
        for one in self.literals:
            if not isinstance(one, bytes | bytearray):
                one.drop()


class Reader:
    """Reads the rest of commands that have literals.

    check: raises what refuses the command by its name alone. conceal: as `CommandSession.conceal`.
    """

    __slots__ = ("_check", "_conceal", "_dialogue")

    def __init__(
        self, dialogue: ImapDialogue, check: Callable[[Head], None], conceal: Callable[[int, int], None]
    ) -> None:
        self._dialogue = dialogue
        self._check = check
        self._conceal = conceal

    def read(self, line: bytes, head: Head, received: Received) -> Steps:
        """Read the literals of a command and the lines after them; return its whole text, without their bytes.

        Raises: Refused, and what `check` raises.
        """
        limit = int(self._dialogue.options.max_line)
        secret = head.verb in SECRETS
        pieces, size = [line], len(line)
        refused: Exception | None = None
        while (mark := LITERAL.search(line)) is not None:
            waits = not mark[3]
            length = literal_size(mark)
            take: Callable[[bytes], object] = _discard
            if refused is None:
                try:
                    take = self._begin(mark, head, pieces, received)
                except (Refused, CommandRefused, MailboxProblem) as error:
                    refused = error
            if refused is not None and (waits or length > MAX_DISCARDED_BYTES):
                break
            if waits:
                self._dialogue.continue_()
            if secret:
                yield ConcealedBytes(length, take, self._conceal)
            else:
                yield NextBytes(length, take)
            if refused is None:
                refused = received.end(binary=bool(mark[1]))
            following = NextLine(limit, secret=secret)
            line = yield following
            size += len(line)
            if refused is None:
                refused = _problem_after(length, line, size > limit, limit)
            if refused is not None and following.cut:  # its end is not here yet: the session looks at it
                raise refused
            line = following.ending or line
            if refused is None:
                pieces.append(line)
        if refused is not None:
            raise self._final(mark, refused)
        return b"\r\n".join(pieces)

    def _final(self, mark: re.Match[bytes] | None, refused: Exception) -> Exception:
        """Return what refuses a command. mark: of the literal that is not read, if there is one."""
        if mark is None or not mark[3]:
            return refused
        self._dialogue.untagged(TOO_LARGE)
        return Refused("BAD", f"at most {MAX_DISCARDED_BYTES} bytes are discarded", "TOOBIG", closes=True)

    def _begin(
        self, mark: re.Match[bytes], head: Head, pieces: list[bytes], received: Received
    ) -> Callable[[bytes], object]:
        """Begin one literal; return the function that takes its bytes. pieces: the lines of the command so far.

        Raises: what refuses it.
        """
        if not received.literals:
            self._check(head)
        if len(received.literals) >= MAX_LITERALS:
            raise bad(f"a command has at most {MAX_LITERALS} literals (RFC 9051 4.3)", "LIMIT", "")
        dialogue, size = self._dialogue, literal_size(mark)
        if mark[3] and not dialogue.allows("LITERAL+"):
            if not dialogue.allows("LITERAL-"):
                raise dialogue.not_announced("LITERAL+", "a literal that does not wait, {n+},")
            if size > MAX_LITERAL_MINUS:
                text_ = f"a literal of more than {MAX_LITERAL_MINUS} bytes that does not wait, {{n+}},"
                raise dialogue.not_announced("LITERAL+", text_)
        if mark[1] and not dialogue.allows("BINARY") and not dialogue.utf8:
            raise dialogue.not_announced("BINARY", "a literal8, ~{n},")
        before = MESSAGES.get(head.verb)
        if before is None or dialogue.account is None:
            return received.begin_string(size)
        if URL.search(pieces[-1], 0, mark.start()) and (len(pieces) > 1 or b"CATENATE (" in pieces[-1].upper()):
            return received.begin_string(size)
        # Few literals come before the first message, so the lines are joined a few times at most.
        if not received.messages:
            text = b"\r\n".join(pieces)
            if len(text[head.end : len(text) - len(mark[0])].split(None, before)) < before:
                return received.begin_string(size)
        return received.begin_message(size)


def _problem_after(length: int, line: bytes, too_long: bool, limit: int) -> Refused | None:  # noqa: FBT001
    """Return what is wrong with the line after a literal. length: bytes of that. too_long: all lines together are."""
    if line[:1] not in AFTER_LITERAL:
        text = (
            f"a literal of {length} bytes is followed by a space, ) or CR LF: does it have more bytes? (RFC 9051 4.3)"
        )
        return bad(text, finding="literal-mismatch")
    if too_long:
        return bad(f"a command line has at most {limit} bytes (RFC 7162 4)", finding="command-too-long")
    return None


def _discard(_data: bytes) -> None:
    """Discard input."""
