"""Text that is safe to print: whatever acts on a terminal or deceives its reader is shown as an escape.

Clients choose much of what people read in the journal, in transcripts, reports and logs: subjects, logins, arguments.
Raw, an ESC sequence in a subject could recolour, retitle or overwrite the reader's terminal, and a bidirectional
override or a line end could forge a line. So every output for people passes through here, as a whole line: then no
field can be forgotten. Escapes are Python's (`\\x1b`, `\\u202e`), so they can be searched for and pasted into a test.
"""

import re

# C0 and DEL, C1; invisible and bidirectional format characters; line and paragraph separators; surrogates; the byte
# order mark; interlinear marks; tag characters. ZWNJ and ZWJ stay (U+200C, U+200D): scripts and emoji need them.
_UNSAFE = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
_IN_LINE = re.compile(f"[{_UNSAFE}]")
_IN_TEXT = re.compile(f"(?![\n\t])[{_UNSAFE}]")


def visible_line(text: str) -> str:
    """Return one line of text with every unsafe character escaped, line ends and tabs too."""
    return _IN_LINE.sub(_escape, text)


def visible_text(text: str) -> str:
    """Return text of several lines with every unsafe character escaped, except LF and TAB."""
    return _IN_TEXT.sub(_escape, text)


def visible_json(text: str) -> str:
    r"""Return a JSON text with every unsafe character in its strings escaped as `\uXXXX`: the value stays the same."""
    return _IN_TEXT.sub(_escape_json, text)


def _escape(match: "re.Match[str]") -> str:
    return ascii(match[0])[1:-1]


def _escape_json(match: "re.Match[str]") -> str:
    encoded = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{encoded[at : at + 2].hex()}" for at in range(0, len(encoded), 2))
