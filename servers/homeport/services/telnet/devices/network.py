"""A network device: its prompts and modes, its commands, and the pager.

user (>) --enable--> privileged (#) --configure terminal--> config --interface ...--> config-if
         <--disable--               <--end, ^Z------------        <--exit------------
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from hmac import compare_digest
from itertools import chain

from homeport.protocol.effects import Log
from homeport.services.telnet.devices import answers
from homeport.services.telnet.devices.configuration import Configuration, InvalidLine, section_mode, spell_header
from homeport.services.telnet.devices.device import Device
from homeport.services.telnet.devices.phrases import NoPhrase, Phrase, find_phrase, next_words, parse_phrase
from homeport.services.telnet.devices.spoiling import ECHO_S, HANG_IN_ANSWER, KICKED_OUT, PAGING_ON, SLOW_ECHO
from homeport.services.telnet.script import InputEnded, Interrupted, Key, Line, OutputAborted, Script, Steps, pause
from homeport.services.telnet.shell.pager import Pager
from homeport.visible import visible_line

USER, PRIVILEGED, CONFIG = "user", "privileged", "config"
MAX_SHOWN = 200
"""Characters of a line that is echoed slowly."""
MAX_LENGTH = 512
"""Lines of a page."""
ENABLE_TRIES = 3
FILTER = re.compile(r"\s\|\s*(include|exclude|begin|section|count)\s+(.*)", re.IGNORECASE)
"""The end of a command that filters its answer. Its pattern is a text, perhaps with `^` or `$`: no regular expression,
because a client must not choose how long we search."""
WRAPPED = re.compile(r"\{(host|mode)\}")


class NetworkState:
    """State that the sessions of a device share: its configuration, as it runs and as it starts."""

    def __init__(self, startup: str) -> None:
        self.startup = startup
        self.running = Configuration(startup)

    def save(self) -> None:
        """Keep the running configuration over a reload."""
        self.startup = self.running.text()


class NetworkSession:
    """One session of a network device. login: who has logged in."""

    def __init__(self, script: Script, device: Device, login: str) -> None:
        context = script.terminal.context
        self.script = script
        self.device = device
        self.login = login
        self.world = context.world
        self.answers = answers.of(device.like)
        self.state: NetworkState = self.world.of_service(
            f"telnet device {device.name}", lambda: NetworkState(self.answers.startup(device.host))
        )
        self.mode = PRIVILEGED if device.privileged else USER
        self.section = ""
        """Header of the section that is being configured; empty for the global one."""
        self._length: int | None = None
        self._leaves = False
        self._echo_delay = float(device.echo_delay)
        self._commands = {parse_phrase(text): show for text, show in (TABLE | self.answers.commands).items()}
        self._dialogues = {parse_phrase(text): act for text, act in dialogues_of(device).items()}

    @property
    def host(self) -> str:
        """The host name."""
        return self.state.running.host or self.device.host

    @property
    def prompt(self) -> str:
        """The prompt of the mode."""
        device = self.device
        prompts = {USER: device.user_prompt, PRIVILEGED: device.privileged_prompt}
        values = {"host": self.host, "mode": self.mode}
        return WRAPPED.sub(lambda found: values[found[1]], prompts.get(self.mode, device.configuration_prompt))

    def write(self, text: str) -> None:
        """Write text."""
        self.script.write(text)

    def leave(self) -> None:
        """End the session after this command."""
        self._leaves = True

    def run(self) -> Steps:
        """Read commands and answer them until the user leaves."""
        while not self._leaves:
            try:
                line = yield from self._read_line()
            except InputEnded:
                return
            except (Interrupted, OutputAborted):
                self.write("\n")
                self._end_configuration()
                continue
            try:
                yield from self._run_line(line)
            except (Interrupted, OutputAborted):
                self.write("\n")

    def _read_line(self) -> Steps:
        """Prompt, and read a line. Returns: the line."""
        delay = ECHO_S if self.script.terminal.take_fault(SLOW_ECHO) else self._echo_delay
        if not delay:
            return (yield Line(self.prompt))
        return (yield from self._read_slowly(delay))

    def _read_slowly(self, delay: float) -> Steps:
        """Read a line and echo each character after a delay. Returns: the line."""
        self.write(self.prompt)
        typed = ""
        while (key := (yield Key(""))) != "\n":
            yield pause(delay)
            if key in ("\b", "\x7f"):
                self.write("\b \b" if typed else "")
                typed = typed[:-1]
            elif key.isprintable() and len(typed) < MAX_SHOWN:
                typed += key
                self.write(key)
        self.write("\n")
        fields = {"verb": "LINE", "argument": typed, "code": ""}
        self.script.terminal.perform(Log("command", fields))  # as the engine does for lines that it has read
        return typed

    def _run_line(self, line: str) -> Steps:
        """Answer one command line."""
        if line.strip().startswith("!") or not line.strip():
            return
        if self.device.delay:
            yield pause(self.device.delay)
        if line.rstrip().endswith("?"):
            self._explain(line.rstrip()[:-1])
            return
        if self.mode.startswith(CONFIG) and self.script.terminal.take_fault(KICKED_OUT):
            self.write("\n% The session was cleared by an operator.\n")
            self.leave()
            return
        try:
            yield from self._dispatch(line)
        except (NoPhrase, InvalidLine) as problem:
            column = getattr(problem, "column", -1)
            if column >= 0:
                self.write(f"{' ' * (len(self.prompt) + column)}^\n")
            self.write(f"{visible_line(str(problem))}\n")

    def _dispatch(self, line: str) -> Steps:
        """Carry out a line. Raises: NoPhrase, InvalidLine."""
        if (answer := self._configured_answer(line)) is not None:
            yield from self.answer(answer.splitlines())
            return
        wanted: Callable[[str], bool] | None = None
        counts = False
        if (found := FILTER.search(line)) and not self.mode.startswith(CONFIG):
            wanted, counts = _filter(found[1].lower(), found[2]), found[1].lower() == "count"
            line = line[: found.start()]
        if self.mode.startswith(CONFIG):
            yield from self._configure(line)
            return
        phrase, rest = find_phrase(line, self._available())
        if (dialogue := self._dialogues.get(phrase)) is not None:
            yield from dialogue(self, rest)
            return
        lines = self._commands[phrase](self, rest)
        if wanted is not None:
            lines = filter(wanted, lines)
        yield from self.answer([f"Number of lines = {sum(1 for _ in lines)}"] if counts else lines)

    def _configured_answer(self, line: str) -> str | None:
        """Return the answer that [[telnet.device]] has for a command."""
        commands = self.device.commands
        answer = commands.get(" ".join(line.split()))
        return None if answer is None else answer.replace("{host}", self.host)

    def answer(self, lines: Iterable[str]) -> Steps:
        """Write an answer, in pages."""
        every = list(lines)
        take_fault = self.script.terminal.take_fault
        if every and take_fault(HANG_IN_ANSWER):
            self.write("".join(f"{line}\n" for line in every[: len(every) // 2]))
            while True:  # until the client gives up
                yield Key("")
        window = self.script.terminal.height
        rows = self._length
        if rows is None:
            rows = window if self.device.paging else 0
        if not rows and len(every) >= window and take_fault(PAGING_ON):
            rows = window
        more = self.device.more
        erase = "\b" * len(more) + " " * len(more) + "\b" * len(more)
        yield from Pager(self.script, rows - 1 if rows else 0, more, erase).show(every)

    # Modes.

    def enable(self) -> Steps:
        """Enter privileged mode, by password."""
        wanted = self.device.enable_password
        for _attempt in range(ENABLE_TRIES if wanted else 0):
            try:
                given = yield Line(self.device.password_prompt, secret=True)
            except InputEnded:
                return
            if compare_digest(wanted.encode(), given.encode("utf-8", "surrogateescape")):
                break
        else:
            if wanted:
                self.write("% Bad secrets\n\n")
                return
        self.mode = PRIVILEGED

    def _available(self) -> Iterator[Phrase]:
        """Return the phrases of the mode."""
        privileged = self.mode != USER
        every = chain(self._commands, self._dialogues)
        return (phrase for phrase in every if privileged or phrase.words[0] not in PRIVILEGED_WORDS)

    def _configure(self, line: str) -> Steps:
        """Carry out a line of configuration mode. Raises: NoPhrase, InvalidLine."""
        words = line.split()
        match words[0].lower():
            case "end":
                self._end_configuration()
            case "exit":
                if self.section:
                    self.section, self.mode = "", CONFIG
                else:
                    self.mode = PRIVILEGED
            case "do" if len(words) > 1:
                before, self.mode = self.mode, PRIVILEGED
                try:
                    yield from self._dispatch(" ".join(words[1:]))
                finally:
                    self.mode = before
            case _:
                self._change(line)

    def _change(self, line: str) -> None:
        """Change the configuration. Raises: InvalidLine."""
        running = self.state.running
        header = _full_header(line)
        if section_mode(header):
            self.section, self.mode = running.enter(header), section_mode(header)
            return
        if self.section:
            try:
                running.apply(self.section, line)
            except InvalidLine:
                running.apply("", line)  # a global line ends the section
                self.section, self.mode = "", CONFIG
        else:
            running.apply("", line)

    def _end_configuration(self) -> None:
        if self.mode.startswith(CONFIG):
            self.section, self.mode = "", PRIVILEGED

    def _explain(self, line: str) -> None:
        """Write which words may come next."""
        words = next_words(line, self._available()) if not self.mode.startswith(CONFIG) else ["LINE"]
        self.write("".join(f"  {word}\n" for word in words) or "% Unrecognized command\n")

    def set_length(self, words: Sequence[str]) -> Iterable[str]:
        """Set the lines of a page: `terminal length 0`."""
        if len(words) != 1 or not (words[0].isascii() and words[0].isdigit()) or int(words[0][:6]) > MAX_LENGTH:
            raise NoPhrase("% Invalid input detected at '^' marker.")
        self._length = int(words[0])
        return ()


PRIVILEGED_WORDS = ("configure", "write", "copy", "reload", "clear", "disable", "erase", "debug", "undebug")
"""First words of commands that user mode lacks."""
Act = Callable[[NetworkSession, Sequence[str]], Steps]
"""Carries out a command that asks for something, with the words after its phrase."""


def _full_header(line: str) -> str:
    """Return a line with its first word in full, if it is an abbreviation of `interface`."""
    first, blank, rest = line.strip().partition(" ")
    if blank and len(first) >= len("int") and "interface".startswith(first.lower()):
        return spell_header(f"interface {rest}")
    return line.strip()


def _filter(kind: str, pattern: str) -> Callable[[str], bool]:
    """Return the test of a filter: which lines are shown."""
    text = pattern.strip()
    start, end = text.startswith("^"), text.endswith("$")
    text = text.removeprefix("^").removesuffix("$")

    def matches(line: str) -> bool:
        if start and end:
            return line == text
        return line.startswith(text) if start else line.endswith(text) if end else text in line

    if kind == "exclude":
        return lambda line: not matches(line)
    if kind not in ("begin", "section"):
        return matches
    begun = False

    def shown(line: str) -> bool:
        nonlocal begun
        # A section goes on while its lines are indented.
        begun = matches(line) or (begun and (kind == "begin" or line.startswith(" ")))
        return begun

    return shown


def _exit(session: NetworkSession, _words: Sequence[str]) -> Iterable[str]:
    session.leave()
    return ()


def _enable(session: NetworkSession, _words: Sequence[str]) -> Steps:
    yield from session.enable()


def _disable(session: NetworkSession, _words: Sequence[str]) -> Iterable[str]:
    session.mode = USER
    return ()


def _configure(session: NetworkSession, _words: Sequence[str]) -> Iterable[str]:
    session.mode = CONFIG
    return ["Enter configuration commands, one per line. End with CNTL/Z."]


def _set_length(session: NetworkSession, words: Sequence[str]) -> Iterable[str]:
    return session.set_length(words)


def _ignore(_session: NetworkSession, _words: Sequence[str]) -> Iterable[str]:
    return ()


def _save(session: NetworkSession, _words: Sequence[str]) -> Iterable[str]:
    session.state.save()
    return ["Saving the configuration...", "[OK]"]


def _copy(session: NetworkSession, words: Sequence[str]) -> Steps:
    name = yield Line("Destination filename [startup-config]? ")
    if name.strip() not in ("", "startup-config"):
        session.write("% Only startup-config can be written\n")
        return
    yield from session.answer(_save(session, words))


def _reload(session: NetworkSession, _words: Sequence[str]) -> Steps:
    key = yield Key("Proceed with reload? [confirm]")
    session.write("\n")
    if key not in ("\n", "y", "Y"):
        return
    session.state.running = Configuration(session.state.startup)
    session.write("Reload requested. The connection is closed.\n")
    session.leave()


def _clear_counters(session: NetworkSession, _words: Sequence[str]) -> Steps:
    key = yield Key('Clear "show interface" counters on all interfaces [confirm]')
    session.write("\n")
    if key in ("\n", "y", "Y"):
        session.write("% Counters were cleared\n")


TABLE: dict[str, answers.Show] = {
    "disable": _disable,
    "exit": _exit,
    "quit": _exit,
    "logout": _exit,
    "configure terminal": _configure,
    "terminal length ...": _set_length,
    "terminal width ...": _ignore,
    "terminal monitor": _ignore,
    "terminal no monitor": _ignore,
    "write": _save,
    "write memory": _save,
}
"""Commands of every device with modes, besides those that show something."""


def dialogues_of(device: Device) -> dict[str, Act]:
    """Return the commands of a device that ask for something."""
    common: dict[str, Act] = {"enable": _enable, "copy running-config startup-config": _copy, "reload": _reload}
    return common if device.like == "plain" else common | {"clear counters": _clear_counters}
