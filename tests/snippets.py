"""The blocks of commands and code on a page of documentation, and the shell that runs them.

A page runs from top to bottom in one shell, in its own folder and network namespace, so that the default ports are
free. A farm runs from the beginning; where a page starts one, it replaces the previous one. A page can contain:

    *Not run by the tests: REASON.*    below a block: it is not run
    *From `PATH`.*                     below a block: it is a copy of that file, which has its own tests
    ...                                in the output of a command: matches anything
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "service"
FENCE = re.compile(
    r"^```(\w*)\n(.*?)^```\n(?:\n\*(Not run by the tests|From)(?:: (.+?)\.| `(.+?)`\.)\*$)?", re.M | re.S
)
RUN_LANGUAGES = ("console", "sh", "python", "json", "toml")
PROGRAMS = {
    "curl",
    "dig",
    "finger",
    "gsasl",
    "jq",
    "ldapdelete",
    "ldapmodify",
    "ldapsearch",
    "ldapwhoami",
    "lftp",
    "msmtp",
    "nc",
    "node",
    "openssl",
    "rdate",
    "smtp-source",
    "swaks",
}
PROGRAMS |= {"keytool", "ldappasswd", "ldapwhoami", "telnet", "tshark", "whois"}
"""Programs that pages use and not every machine has."""
UP = re.compile(r"^((?:\.venv/bin/)?homeport up\b[^#&]*?)\s*&?\s*(?:#.*)?$")
VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\d\d:\d\d:\d\d\.\d+"), "TIME"),
    (re.compile(r"127\.0\.0\.1:[3-6]\d{4} *"), "CLIENT"),
)
"""Output that differs between runs, such as times, and need not be written as `...`."""
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1 | 64))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""The loopback interface of a new network namespace is down at first."""


@dataclass
class Command:
    """A command of a block, and its expected output."""

    text: str
    output: list[str] = field(default_factory=list)


@dataclass
class Block:
    """A fenced block. note: the reason why it is not run, or the file that it is from."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str
    source: str
    output: str
    """The output of a program: the following block, if it has no language."""

    @property
    def commands(self) -> list[Command]:
        """The commands to run in the shell."""
        match self.language:
            case "console":
                return list(session(self.text.splitlines()))
            case "sh":
                return [Command(text) for text in whole(self.text.splitlines())]
            case "python":
                # A block that begins with `# NAME.py` is kept in that file, for later blocks to import or to test.
                named = re.match(r"# (\w+\.py)\n", self.text)
                run = f"tee {named[1]} <<'END_OF_BLOCK' | python3 -" if named else "python3 - <<'END_OF_BLOCK'"
                return [Command(f"{run}\n{self.text}END_OF_BLOCK", self.output.splitlines())]
            case "toml":
                written = f"cat >homeport.toml <<'END_OF_BLOCK'\n{self.text}END_OF_BLOCK"
                return [Command(f"{written}\nhomeport check homeport.toml")]
        return []

    @property
    def programs(self) -> set[str]:
        """The programs that it needs."""
        return PROGRAMS.intersection(re.findall(r"[\w-]+", self.text)) if self.language in ("console", "sh") else set()


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page that can be run, that say why not, or that name their file."""
    text = page.read_text()
    found = list(FENCE.finditer(text))
    following = [*found, None][1:]
    return [
        Block(
            page=page,
            line=text.count("\n", 0, one.start()) + 1,
            language=one[1],
            text=one[2],
            not_run=one[4] or "",
            source=one[5] or "",
            output=then[2] if one[1] == "python" and then is not None and not then[1] else "",
        )
        for one, then in zip(found, following, strict=True)
        if one[1] in RUN_LANGUAGES or one[5]
    ]


def session(lines: list[str]) -> Iterator[Command]:
    """Return the commands of a session, each after its prompt, with their output."""
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        size = next(size for size in range(1, end - start + 1) if is_whole("\n".join(lines[start : start + size])[2:]))
        yield Command("\n".join(lines[start : start + size])[2:], lines[start + size : end])


def whole(lines: list[str]) -> Iterator[str]:
    """Return the commands of a script."""
    text = ""
    for line in lines:
        text += line
        if is_whole(text):
            if not text.lstrip().startswith("#") and text.strip():
                yield text
            text = ""
        else:
            text += "\n"
    assert not text, f"this is no whole command: {text}"


def is_whole(text: str) -> bool:
    """True if the shell would not wait for another line."""
    if text.endswith("\\"):
        return False
    done = subprocess.run(["bash", "-n", "-c", text], capture_output=True, check=False)
    return done.returncode == 0 and not done.stderr


@dataclass
class Outcome:
    """The outcome of a command: its status, None if it never ran, and its output, errors included."""

    command: Command
    status: int | None
    printed: str

    @property
    def problem(self) -> str:
        """The difference from the page; empty if there is none."""
        if self.status is None:
            return "was never reached: a command before it did not end"
        wanted = "\n".join(self.command.output).rstrip()
        if not wanted:
            return f"ended with {self.status}" if self.status else ""
        return "" if pattern(wanted).fullmatch(same(self.printed)) else f"does not print\n{wanted}"


def pattern(wanted: str) -> re.Pattern[str]:
    """Return a pattern of the expected output: indented lines continue the previous one, `...` matches anything."""
    text = re.escape(same(wanted))
    text = re.sub(r"(\\\n)(\\ )+", r"\\s*", text)
    text = re.sub(r"(\\ )*\\\.\\\.\\\.", ".*", text)
    text = re.sub(r"\\\n\.\*(?=\\\n|$)", r"(?:\n.*)?", text)  # a line that is `...` also matches no line at all
    return re.compile(text, re.DOTALL)


def same(text: str) -> str:
    """Return the text without parts that differ between runs."""
    for kind, word in VARYING:
        text = kind.sub(word, text)
    return "\n".join(line.rstrip() for line in text.replace("\r", "").splitlines()).rstrip()


def network() -> list[str] | None:
    """Return the command prefix for a network namespace; None if this machine forbids it."""
    unshare = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if shutil.which("unshare") and subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0:
        return [*unshare, sys.executable, "-c", LOOPBACK_UP]
    return None


SCRIPT = """\
farm=
stop_farm() { if [ -n "$farm" ]; then kill "$farm"; wait "$farm"; farm=; fi; }
start_farm() { stop_farm; "$@" & farm=$!; homeport ready --wait --timeout 20s >/dev/null; }
trap stop_farm EXIT
"""


def script(commands: list[Command], results: Path) -> str:
    """Return the shell script: each command, with its output and status in result files."""
    parts = [SCRIPT, f"start_farm homeport up >{results}/farm 2>&1 </dev/null\n"]
    for number, command in enumerate(commands):
        text = "\n".join(UP.sub(r"start_farm \1", line) for line in command.text.split("\n"))
        parts.append(f"{{\n{text}\n}} >{results}/{number}.out 2>&1 </dev/null\necho $? >{results}/{number}.status\n")
    return "".join(parts)


def run_page(
    page: Path, chosen: list[Block], folder: Path, namespace: list[str], path: str
) -> dict[int, list[Outcome]]:
    """Run the blocks of a page; return the outcomes by the line number of each block.

    folder: an empty one. namespace: from `network`. path: where programs are searched.
    """
    work, results = folder / "work", folder / "results"
    for one in (work / ".venv/bin", results):
        one.mkdir(parents=True)
    homeport = work / ".venv/bin/homeport"
    homeport.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m homeport "$@"\n')
    homeport.chmod(0o755)
    (work / ".curlrc").write_text("silent\nshow-error\n")  # no progress meter, as without a terminal
    take_for_granted(work)
    commands = [command for block in chosen for command in block.commands]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT")}
    environment = {**inherited, "HOME": str(work), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (ROOT / "servers", EXAMPLE, install_example(folder / "site"))))
    environment["PATH"] = os.pathsep.join([str(homeport.parent), str(Path(sys.executable).parent), path])
    shell = subprocess.Popen(
        [*namespace, "bash", "-c", script(commands, results)], cwd=work, env=environment, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        shell.wait(timeout=180)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, 15)
        shell.wait(timeout=10)
    outcomes = iter([read_outcome(command, results, number) for number, command in enumerate(commands)])
    return {block.line: [next(outcomes) for _ in block.commands] for block in chosen}


def read_outcome(command: Command, results: Path, number: int) -> Outcome:
    """Read the shell's result of a command."""
    status, printed = results / f"{number}.status", results / f"{number}.out"
    return Outcome(
        command,
        int(status.read_text()) if status.exists() else None,
        printed.read_text(errors="replace") if printed.exists() else "",
    )


def install_example(site: Path) -> Path:
    """Make the package of adding-a-service.md importable from the folder as if installed."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    info = site / f"homeport_hostname-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    names = project["entry-points"]["homeport.services"]
    lines = [f"{name} = {place}\n" for name, place in names.items()]
    (info / "entry_points.txt").write_text("".join(["[homeport.services]\n", *lines]))
    return site


def take_for_granted(folder: Path) -> None:
    """Create the files that pages assume: a letter, a report, a large file, a program that sends mail."""
    letter = "From: Alice <alice@homeport.test>\r\nTo: bob@homeport.test\r\nSubject: hello\r\n"
    letter += "Date: Wed, 14 Oct 2026 20:00:00 +0000\r\nMessage-ID: <1@client.test>\r\n\r\nhello\r\n"
    (folder / "letter.eml").write_bytes(letter.encode())
    (folder / "report.pdf").write_bytes(b"%PDF-1.7\n")
    (folder / "large.bin").write_bytes(bytes(range(256)) * 40_000)
    (folder / "sign-up").write_text(
        f"#!/bin/sh\nexec {shlex.quote(sys.executable)} - \"$@\" <<'END'\nimport smtplib, sys\n"
        'with smtplib.SMTP("127.0.0.1", 12525, "client.test") as client:\n'
        '    client.sendmail("app@client.test", sys.argv[1:], "Subject: Welcome\\n\\nYour code is 123456.\\n")\nEND\n'
    )
    (folder / "sign-up").chmod(0o755)
