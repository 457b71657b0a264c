"""Take the screenshots of this folder: real commands on a real terminal, drawn as SVG into images/.

    python docs/screenshots.py

Every command runs in a network of its own (`unshare --net`), so the default ports are free, also if this
machine runs other servers. Text that differs between runs is replaced: the temporary folder, client ports, times.
"""

import os
import pty
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE.parent / "servers")]

import snippets  # noqa: E402 - found by the line above

COLUMNS = 88
HOME = "~"
PROMPT = "\x1b[32m$\x1b[0m "
SCREENS = {
    "up": ["homeport up"],
    "ask": [
        "homeport up -q --clock 2026-10-14T20:00:00Z &",
        "homeport query finger alice",
        "printf 'alice\\n' | nc 127.0.0.1 10079 >answer",
        "homeport findings",
    ],
    "fault": [
        "homeport up -q --clock 2026-10-14T20:00:00Z &",
        "homeport fault add finger reset",
        "homeport query finger alice",
        "homeport journal | tail -n 3",
        "homeport fault list",
    ],
}
"""The commands of each screenshot. One that ends in & runs in the background and is not shown."""

WORDS = re.compile(r"\S+(?: \S+)*")
"""Words with single spaces between them: wider gaps become coordinates, because SVG viewers collapse spaces."""
SGR = re.compile(r"\x1b\[([0-9;]*)m")
REPLACED = (
    (re.compile(r"homeport-[a-z0-9_]{8}/"), "homeport-k3v1m8xq/"),
    (re.compile(r"\b\d\d:\d\d:\d\d\.\d{3,6}"), "20:00:01.042"),
    (re.compile(r"(127\.0\.0\.1:)[3-6]\d{4}\b"), r"\g<1>40312"),
)
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#56d4dd"}
BACKGROUND, INK = "#0d1117", "#e6edf3"
CELL, LINE, MARGIN = 8.0, 19, 16
"""Width of a column, height of a line, outer margin, in units of the drawing."""


def type_on_terminal(commands: list[str]) -> str:
    """Return the text of a terminal after these commands, with its colour codes."""
    with tempfile.TemporaryDirectory() as work:
        shim = Path(work, "homeport")
        shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m homeport "$@"\n')
        shim.chmod(0o755)
        Path(work, "lab").mkdir()
        environment = {
            "PATH": f"{work}:{os.environ['PATH']}", "HOME": work, "TMPDIR": f"{work}/lab", "TERM": "xterm-256color",
            "PYTHONPATH": str(HERE.parent / "servers"), "LC_ALL": "C.UTF-8", "TZ": "UTC",
        }  # fmt: skip
        shown = _run(_script(commands), work, environment)
    for pattern, text in ((re.compile(re.escape(work)), HOME), *REPLACED):
        shown = pattern.sub(text, shown)
    return shown.replace("\r", "").strip("\n")


def _script(commands: list[str]) -> str:
    """Return a shell script that shows each command after a prompt, and runs it."""
    lines = []
    for command in commands:
        if command.endswith("&"):
            lines += [f"{command.removesuffix('&')} >/dev/null 2>&1 &", "homeport ready --wait >/dev/null"]
        else:
            lines += [f"printf '%s\\n' {shlex.quote(PROMPT + command)}", command]
            if command == "homeport up":
                lines[-1] = "homeport up & homeport ready --wait >/dev/null"
    return "\n".join([*lines, "stty -echo", "kill $! 2>/dev/null", "exec >/dev/null 2>&1", "wait"])


def _run(script: str, work: str, environment: dict[str, str]) -> str:
    """Return the terminal output of a shell in a network of its own."""
    namespace = snippets.network()
    if namespace is None:
        sys.exit("cannot make a network namespace here (unshare --net): run as root, or allow user namespaces")
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    shell = subprocess.Popen(
        [*namespace, "bash", "-c", script], cwd=work, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # EIO: the last program has closed the terminal
        pass
    shell.wait(timeout=30)
    os.close(ours)
    return re.sub(r"\d\d:\d\d:\d\d info: SIGTERM: stopping\s*", "", shown.decode())


def draw(shown: str, title: str) -> str:
    """Return the screen as SVG. title: the text for screen readers."""
    lines = shown.split("\n")
    columns = max(COLUMNS, *(len(SGR.sub("", line)) for line in lines))
    width = columns * CELL + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN
    texts = [
        f'<text y="{MARGIN + (number + 0.75) * LINE:g}">{"".join(_spans(line))}</text>'
        for number, line in enumerate(lines)
        if line
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
            f'<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="13" fill="{INK}">',
            *texts,
            "</g>",
            "</svg>\n",
        ]
    )


def _spans(line: str) -> Iterator[str]:
    """Yield the pieces of a line as SVG, each at its column and in its colour."""
    parts = SGR.split(line)
    column, style = 0, ""
    for number, part in enumerate(parts):
        if number % 2:
            style = _style(part, style)
        elif part:
            for words in WORDS.finditer(part):
                where = f'x="{MARGIN + (column + words.start()) * CELL:g}" textLength="{len(words[0]) * CELL:g}"'
                yield f"<tspan {where}{style}>{escape(words[0])}</tspan>"
            column += len(part)


def _style(codes: str, style: str) -> str:
    """Return the SVG attributes after an escape sequence."""
    for code in codes.split(";"):
        if code in ("", "0"):
            style = ""
        elif code == "1":
            style += ' font-weight="bold"'
        elif code in COLOURS:
            style += f' fill="{COLOURS[code]}"'
    return style


def main() -> None:
    """Write every screenshot."""
    if shutil.which("nc") is None:
        sys.exit("nc is missing: install it (Debian: netcat-openbsd)")
    images = HERE / "images"
    images.mkdir(exist_ok=True)
    for name, commands in SCREENS.items():
        shown = type_on_terminal(commands)
        title = f"Terminal: {', then '.join(one for one in commands if not one.endswith('&'))}"
        (images / f"{name}.svg").write_text(draw(shown, title))
        print(SGR.sub("", shown), "\n")


if __name__ == "__main__":
    main()
