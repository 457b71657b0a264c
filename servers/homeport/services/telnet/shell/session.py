"""The dialogue of the shell: prompt, command line, dispatch."""

import shlex
from collections.abc import Iterable, Sequence

from homeport.services.telnet.lines import TerminalLine
from homeport.services.telnet.login import LoggedIn, log_in
from homeport.services.telnet.script import InputEnded, Interrupted, Line, OutputAborted, Script, Steps
from homeport.services.telnet.shell import files, mail, people, terminal
from homeport.services.telnet.shell.commands import TABLE, Refused
from homeport.services.telnet.shell.moments import date
from homeport.services.telnet.shell.pager import Pager
from homeport.visible import visible_line
from homeport.world.files import FileProblem

PARTS = (files, mail, people, terminal)
"""The modules whose commands are in the table."""
ENDINGS = ("exit", "logout", "quit")
MAX_SHOWN = 200
"""Characters of a command's name in an error message."""
WINDOW_OPTION = "NAWS"
"""The option by which a client tells its window's size: output is paged only then, and never for a script's `nc`."""


class Shell:
    """The shell of one session."""

    __slots__ = ("conn", "files", "host", "line", "person", "script", "world")

    def __init__(self, script: Script, logged_in: LoggedIn) -> None:
        context = script.terminal.context
        self.script = script
        self.person = logged_in.person
        self.line: TerminalLine = logged_in.line
        self.world = context.world
        self.conn = context.conn
        self.host: str = context.options.host_name
        self.files = files.Files(self)

    def write(self, text: str) -> None:
        """Write text."""
        self.script.write(text)

    def pager(self, *, paged: bool = True) -> Pager:
        """Return a new pager, with the window's rows if the client has told them."""
        told = WINDOW_OPTION in {name.upper() for name in self.script.terminal.options}
        return Pager(self.script, self.script.terminal.height - 1 if paged and told else 0)

    def page(self, lines: Iterable[str], *, paged: bool = True) -> Steps:
        """Write lines, in pages. Returns: False if the user wants no more of them."""
        return self.pager(paged=paged).show(lines)

    @property
    def prompt(self) -> str:
        """The prompt: login, host and working directory."""
        at = self.files.directory
        home = self.files.home
        place = "~" + "/".join(("", *at[len(home) :])) if at[: len(home)] == home else "/" + "/".join(at)
        return f"{self.person.login}@{self.host.partition('.')[0]}:{visible_line(place)}$ "

    def run(self) -> Steps:
        """Read commands and run them until the user logs out."""
        yield from self._go_home()
        while True:
            try:
                line = yield Line(self.prompt)
            except InputEnded:
                self.write("logout\n")
                return
            except (Interrupted, OutputAborted):
                self.write("\n")
                continue
            try:
                if (yield from self._run_line(line)):
                    return
            except Interrupted:
                self.write("\n")
            except OutputAborted:
                self.write("\n")

    def _run_line(self, line: str) -> Steps:
        """Run a command line. Returns: True if the user has logged out."""
        try:
            words = shlex.split(line)
        except ValueError as problem:
            self._explain("", str(problem).lower())
            return False
        if not words:
            return False
        name, *rest = words
        if name in ENDINGS:
            self.write("logout\n")
            return True
        try:
            yield from self._run_command(name, rest)
        except Refused as refused:
            self._explain(name, str(refused))
        return False

    def _run_command(self, name: str, words: Sequence[str]) -> Steps:
        """Run a command. Raises: Refused."""
        found = TABLE.get(name)
        if found is None:
            raise Refused("command not found (help lists the commands)")
        if 0 <= found.most < len(words):
            raise Refused(f"write {name} {found.syntax}".rstrip())
        yield from found.run(self, words)

    def _explain(self, name: str, problem: str) -> None:
        """Tell why a command failed."""
        self.write(f"{visible_line(name[:MAX_SHOWN]) or 'sh'}: {problem}\n")

    def _go_home(self) -> Steps:
        """Begin in the home if there is one."""
        try:
            yield from files.change_directory(self, ())
        except (Refused, FileProblem):
            return


def play(script: Script) -> Steps:
    """Log a person in and run the shell."""
    options = script.terminal.context.options
    script.write(f"{options.host_name}\n\n")
    logged_in = yield from log_in(script)
    if logged_in is None:
        return
    shell = Shell(script, logged_in)
    script.watch(shell.line.topic, shell.line.take_messages)
    script.write(f"Logged in on {shell.line.name} at {date(shell.world.clock.now())}\n")
    if options.motd:
        script.write(options.motd.rstrip("\n") + "\n")
    yield from shell.run()
