"""The sans-IO kit that services are built with: sessions of commands, and what they share.

    command_session.py   the engine: lines, commands, waiting, timeouts, closing
    dialogue.py          the state, replies and planned faults that a session and its parts share
    waiting.py           inputs and effects that a command can wait for: work, an event, a line, bytes, content

The engine serves protocols whose clients send commands and wait for replies: SMTP, LMTP, FTP, POP3, IMAP, NNTP, IRC.
A protocol is a session class (a direct subclass of `CommandSession`), a `Dialogue`, and parts:

    class Pop3(CommandSession):
        __slots__ = ("login", "mailbox")
        dialogue: Pop3Dialogue

        def __init__(self, context):
            super().__init__(context, Pop3Dialogue(context))
            self.login = Login(self.dialogue)
            self.mailbox = Mailbox(self.dialogue, self.login)

    Pop3.table = CommandTable(Pop3, login=Login, mailbox=Mailbox)

**A part** is an object that owns one concern (login, envelope, data connection), and declares the commands for it as
methods with `@command`. It refers to the dialogue and to parts created before it; never to the session, which would
make a reference cycle, nor to parts created after it.

**The dialogue** holds the state, and collects the output of the parts: `reply`, `say`, `report`, `effect`
(dialogue.py).

**The engine's loop.** It splits the input into lines; calls the protocol's `parse` for each; looks up planned faults,
and sends a planned reply in place of the command's; dispatches the command by the table, which refuses unknown verbs,
wrong states, missing needs and wrong arguments; then sends and journals the reply. Replies come in the order of the
commands; replies to commands of one read leave in one `Send`. It skips lines that are too long, bounds its buffers,
counts idle time in quarters of the timeout, sends the closing reply once, and closes after it.

**A method returns** a reply, or None if it has replied itself; or it raises `Refused`, with a reply and a finding.
Other exceptions that it may raise are listed in `expected` (a file tree's errors, for example); `refusal` converts
them into a `Refused`.

**Waiting.** There is one way: the method is a generator, and yields what it waits for.

    @command("STOR", argument="required", reference="RFC 959 4.1.3")
    def stor(self, argument):
        sink = yield partial(self.tree.create, path)      # work: in a thread if it may block (`blocks`)
        done = yield ReceiveFile(sink, over)              # an effect of `ANSWERS`: resumes with its event
        yield SetTimer("login", 1.0)                      # likewise: a timer of the protocol's own
        return Reply(226, "stored")

    @command("AUTH", argument="required", reference="RFC 4954 4")
    def auth(self, argument):
        self.dialogue.reply("AUTH", "CRAM-MD5", Reply(334, challenge))
        line = yield NextLine(secret=True)                # an input: waiting.py has `NextLine`, `NextBytes`, `Content`
        return self._check(line)

    @command("DATA", reference="RFC 5321 4.1.1.4")
    def data(self, _argument):
        self.dialogue.reply("DATA", "", Reply(354, "go ahead"))
        yield Content(self.dots.take)
        yield Call(self.save, self.publish)               # work that always runs in a thread: resumes with its result
        return Reply(250, "stored")

`yield` raises the exception that the work raised. One command runs at a time, so replies keep their order; input that
arrives meanwhile is buffered, unless the command waits for it. STARTTLS is `yield StartTls()`: earlier input is
discarded (RFC 3207 4.2) and reported as the finding `injection`. When the connection ends, the generator is closed
where it stands. After the closing reply a command is resumed only if it waits for a `Call`, up to its next `yield`;
its replies are discarded.

**Lines while a command waits.** With `reads_while_waiting` lines are read while a command waits for an event:
`handle_while_waiting` may act on one (FTP's ABOR and STAT; `dispatch_concurrently`), the others are queued by `wait`,
at most `MAX_WAITING`.

**Commands of several lines.** `dispatch_line` may be overridden to `begin` steps that ask for the rest: IMAP's
literals are `yield NextBytes(...)` after a continuation line, then `yield NextLine()`; the whole is then passed to
`dispatch_command`. Unsolicited output (IDLE's untagged data, another user's message in IRC) is `dialogue.say` in
`handle_other_event`.

**Frames instead of lines.** `read_command` may be overridden to read frames: EPP does, answers them by a dialogue of
its own, and shares the rest. It closes without a reply: `closing_reply` returns None, and its dialogue's `reply` does
nothing. Changes of one turn are committed by one task: `begin` at the end of `handle`, with `yield GroupCommit(...)`.
A protocol that reports more than one finding there overrides `report_unfinished` and `input_after_close`.

**The protocol defines** the texts and codes of replies; its findings, of which the engine reports only those named by
`late`, `unfinished` and `injection`; the syntax of a line (`parse`); and the closing replies (`closing_reply`).
`tests/protocol/` has whole examples: `tally.py` is the smallest, `toy_imap.py` has literals.
"""
