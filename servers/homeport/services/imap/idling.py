"""IDLE (RFC 9051 6.3.13, RFC 2177): what changes in the selected mailbox is pushed until the client sends DONE."""

from homeport.protocol.commands import command
from homeport.protocol.waiting import NextLine, Steps
from homeport.services.imap.dialogue import ImapDialogue
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.pushing import Pushing, Watched
from homeport.services.imap.reading import skip_literals
from homeport.services.imap.replies import Reply, bad, ok
from homeport.services.imap.selected import Selected


class Idling:
    """Waits for changes on behalf of the client."""

    __slots__ = ("dialogue", "idle", "muted", "pushing", "selected", "watched")

    def __init__(self, dialogue: ImapDialogue, selected: Selected, pushing: Pushing, watched: Watched) -> None:
        self.dialogue = dialogue
        self.watched = watched
        self.pushing = pushing
        self.selected = selected
        self.idle = False
        """True while the client idles."""
        self.muted = False
        """True while a fault keeps back what changes."""

    @command(
        "IDLE",
        "Wait for changes until DONE.",
        states={"authenticated", "selected"},
        needs={"IDLE"},
        reference="RFC 9051 6.3.13",
    )
    def idling(self, _cursor: Cursor) -> Steps:
        """Push what changes until the client sends DONE."""
        dialogue = self.dialogue
        self.watched.replace("IDLE", self.selected.topics())
        try:
            yield from self.selected.conclude("IDLE")
            dialogue.continue_("idling")
            spoiling = dialogue.spoiling
            if spoiling is not None:
                spoiling.intrude(dialogue, self.selected.selection)
            self.muted = spoiling is not None and spoiling.mutes(dialogue)
            self.idle = True
            if not self.muted:
                self.pushing.begin(lambda: self.selected.conclude("IDLE"))  # what has changed since then
            line = yield (following := NextLine())
        finally:
            self.idle = False
            self.watched.replace("IDLE", ())
        if line.upper() != b"DONE" and not following.cut:
            yield from skip_literals(dialogue, following.ending or line)
        return self._ended(line)

    def _ended(self, line: bytes) -> Reply:
        if line.upper() != b"DONE":
            raise bad("IDLE ends with DONE alone on a line (RFC 9051 6.3.13)", finding="command-during-idle")
        return ok("IDLE completed")
