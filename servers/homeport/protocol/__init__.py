"""The sans-IO kit that services are built with: sessions of commands, and what they share.

    command_session.py   the engine: lines, commands, waiting, time-outs, the end
    dialogue.py          what a session and its parts share: the state, replies in order, planned faults
    waiting.py           what a command can wait for: work, an effect's event, a line, octets, content up to its end

The engine carries protocols whose clients send commands and wait for replies: SMTP, LMTP, FTP, POP3, IMAP, NNTP, IRC.
A protocol is a session class (one floor above `CommandSession`), a `Dialogue`, and parts:

    class Pop3(CommandSession):
        __slots__ = ("login", "mailbox")
        dialogue: Pop3Dialogue

        def __init__(self, context):
            super().__init__(context, Pop3Dialogue(context))
            self.login = Login(self.dialogue)
            self.mailbox = Mailbox(self.dialogue, self.login)

    Pop3.table = CommandTable(Pop3, login=Login, mailbox=Mailbox)

**A part** is an object that owns one matter (login, envelope, data connection), and declares the commands about it as
methods with `@command`. It has the dialogue, and the parts that stand before it; never the session, nor a part behind.

**The dialogue** has the state, and takes what the parts say: `reply`, `say`, `find`, `effect` (dialogue.py).

**What the engine does.** It cuts the input into lines; lets the protocol take each apart (`parse`); asks for planned
faults, and lets a planned reply take the command's place; finds the row of the table, which refuses what is unknown,
out of state, lacks a need, or has a wrong argument; calls the row's method; says and journals its reply. Replies come
in the order of the commands, those to commands of one read in one `Send`. It skips lines that are too long, bounds what
it holds, counts silence in quarters of the time-out, says the last word once, and closes behind it.

**What a method gives.** A reply; None if it has replied itself; or it raises `Refused`, with a reply and a finding.
What else it may raise is in `expected` (a tree's troubles, say), and `refusal` makes a `Refused` of it.

**Waiting.** There is one way: the method is a generator, and yields what it waits for.

    @command("STOR", argument="required", reference="RFC 959 4.1.3")
    def stor(self, argument):
        sink = yield partial(self.tree.create, path)      # work: a disk's; called at once where nothing may stall
        done = yield ReceiveFile(sink, over)              # an effect of `ANSWERS`: its event
        yield SetTimer("login", 1.0)                      # the same: a timer that is not the engine's
        return Reply(226, "stored")

    @command("AUTH", argument="required", reference="RFC 4954 4")
    def auth(self, argument):
        self.dialogue.reply("AUTH", "CRAM-MD5", Reply(334, challenge))
        line = yield NextLine(secret=True)                # an input: waiting.py has `NextLine`, `Octets`, `Content`
        return self._check(line)

    @command("DATA", reference="RFC 5321 4.1.1.4")
    def data(self, _argument):
        self.dialogue.reply("DATA", "", Reply(354, "go ahead"))
        yield Content(self.dots.take)
        yield Call(self.save, self.publish)               # work that is always off the reactor: its result
        return Reply(250, "stored")

What work raises, `yield` raises. One command is under way at a time, so replies keep their order; what the client sends
meanwhile is held as octets, unless it is what the command waits for. `start_tls` is `yield StartTls()`: the input of
before is dropped (RFC 3207 4.2), and is the finding `injection`. When the connection ends, the generator is closed
where it is. Behind the last word a command is carried on only if it waits for a `Call`, up to its next `yield`; its
replies go nowhere.

**Lines beside a command.** With `reads_beside` lines are taken while a command waits for an event: `beside` may act on
one (FTP's ABOR and STAT; `carry_out_beside`), the others `wait`, at most `MOST_WAITING`.

**Commands of several lines.** `take_line` may be overridden to `begin` steps that ask for the rest: IMAP's literals are
`yield Octets(...)` behind a continuation line, then `yield NextLine()`; the whole is then given to `carry_out`. What
comes unasked (IDLE's untagged data, another's message in IRC) is `dialogue.say` in `other_event`.

**Frames instead of lines.** `read_command` may be overridden to take frames from the octets: EPP does, answers them by
a dialogue of its own, and shares the rest. It closes mutely: `last_word` gives nothing, and its dialogue's `reply` says
nothing. Changes of one turn are kept by one task: `begin` at the end of `handle`, with `yield CallTogether(...)`. Where
one finding is not enough, `find_unfinished` and `too_late` may be overridden, too.

**What stays the protocol's.** The texts and codes of replies; the findings, of which the engine raises only those that
`late`, `unfinished` and `injection` name; what a line may look like (`parse`); which words end a connection
(`last_word`).
`tests/protocol/` has whole examples: `tally.py` is the smallest, `toy_imap.py` has literals.
"""
