"""Code, messages, pages and tests use the words of the field, so that engineers can read them once and search them.

The project once had an idiom of its own: "so many" for N, "a command that there is not" for an unknown command,
"whoever" and "nobody" for actors that have a name. A list of phrases is the only part of style that a test can hold;
it is not the whole of it. CONTRIBUTING.md has the glossary.

A phrase is looked for in running text: over line breaks, over `#` of comments, and in names, whose underscores count as
spaces. A hit that is right, because it is a quotation or another sense, gets a row in `EXCEPTIONS`, with its reason.
"""

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SUFFIXES = {
    ".py",
    ".md",
    ".toml",
    ".sh",
    ".yml",
    ".yaml",
    ".1",
    ".js",
    ".mjs",
    ".go",
    ".java",
    ".bats",
    ".bash",
    ".css",
}
FOLDERS = ("servers", "docs", "tests", "examples", "bench", "deploy", "config", "systemd", ".github", ".ci")
HERE = "tests/test_words.py"

PHRASES = {
    # numbers and states
    r"so many": "N, or: that many",
    r"no+ughts?|at nought": "zero",
    r"as (it|they) (was|were) at first": "reset, or: initial",
    r"that there (is|are) not": "unknown, or: missing",
    r"(may|can|could) be had|(is|are) (not )?to be had": "available, or: can be installed",
    r"in vain": "without effect, or: until the timeout",
    r"half ?way": "in the middle of, or: partly",
    r"of old": "earlier",
    r"anew": "again, or: a new ...",
    r"in hand": "current",
    r"(is|are|was|were) owed": "pending",
    r"(what|which) (becomes|became|has become) of": "the outcome of, or: what happens to",
    # actors and actions
    r"strangers?": "another host, or: an unauthenticated client",
    r"deeds?": "action",
    r"wish(es|ed)?": "client fault, or: request",
    r"(takes?|taken|took|taking) back": "roll back, or: undo",
    r"had better": "should",
    r"is as (it|they) should": "valid, or: OK",
    r"call(s|ed)? together": "group commit",
    # failures
    r"faults? of (ours|our own)|our (own )?faults?": "internal error",
    r"a fault (of|in) (the (server|farm|service|driver)|homeport)": "internal error",
    r"troubles?": "error, or: problem",
    r"mistakes? of (ours|our own)": "internal error, or: programming error",
    # protocols and programs
    r"time-outs?": "timeout",
    r"beneath": "below, or: under",
    r"the last words?": "the final reply",
    r"circles?": "cycle",
    r"(the|a|each|every|whose) talks?": "conversation, transcript, or: connection",
    r"(close|answer|reply|replies|blanks?|octets?|bytes|line|command) behind (it|them|the|a|that)": "after",
    r"out of shape": "malformed",
}
"""Phrases that are not used, as regular expressions in which a space is any white space, with what to write instead."""

EXCEPTIONS = [
    (HERE, "*", "the list itself"),
    ("docs/conformance.md", "*", "quotes the requirements of RFC 1123"),
    ("servers/homeport/world/seed*.py", "*", "the quotes and texts of the default world are prose"),
    ("CHANGELOG.md", "time-out*", "names of released keys and messages"),
]
"""Right uses: path, phrase (both with wildcards), reason."""

INDEFINITE = r"nobody|somebody|whoever|whomever|whatever|everybody"
"""Words that hide the actor. They are allowed now and then, where the actor is really anybody."""
MAX_INDEFINITE = 20

OPENINGS = r"(What|Whether|Who|Whom|Whose|How|The same|When|Where|Which|That|So|If)\b"
"""First words of a docstring that neither begins with a verb nor defines by a noun phrase."""
MAX_OPENINGS = 40

FUNCTIONS = ("validate", "parse", "serialize", "dispatch", "rollback|roll_back", "timeout")
"""What an engineer searches for first: each is in the name of a function."""
FIELD_WORDS = (
    "back-pressure", "commit", "dispatch", "flow control", "half-close", "internal error", "pipelining", "queue",
    "rate limit", "retry|retries", "roll back|rolled back|rollback", "serialize", "state machine", "thread pool",
    "timeout", "validate",
)  # fmt: skip
"""What an engineer searches for next: each is in the text of servers/."""
SEARCHED = (
    "chaos", "fake server", "fault injection", "fixture", "mail catcher", "mock", "retry", "sandbox", "stub",
    "test double",
)  # fmt: skip
"""What people search the web for: each is in README.md."""


@cache
def texts() -> dict[str, str]:
    """Return the text of every file that people write or read, by its path."""
    files = [
        one for folder in FOLDERS for one in (ROOT / folder).rglob("*") if one.suffix in SUFFIXES or one.name == "run"
    ]
    files += [*ROOT.glob("*.md"), *ROOT.glob("*.toml"), *ROOT.glob("*.yml"), ROOT / "Makefile", ROOT / "Dockerfile"]
    skipped = {"node_modules", "__pycache__", "target", "build"}
    named = ((str(one.relative_to(ROOT)), one) for one in files if one.is_file() and not skipped & set(one.parts))
    return {name: one.read_text(errors="replace") for name, one in sorted(named)}


@cache
@cache
def words_of(text: str) -> tuple[str, list[int], list[int]]:
    """Return the words of a text in lower case, with single spaces; where each begins there, and in the text."""
    found = [*re.finditer(r"[^\s_]+", re.sub(r"(?m)^( *)#(?= )", r"\1 ", text.lower()))]
    starts = [0, *accumulate(len(one[0]) + 1 for one in found)]
    return " ".join(one[0] for one in found), starts, [one.start() for one in found]


def find_phrase(phrase: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines at which a phrase begins, and the words as they stand."""
    words, starts, places = words_of(text)
    for found in re.finditer(rf"\b(?:{phrase})\b", words):
        word = bisect_right(starts, found.start()) - 1
        yield text.count("\n", 0, places[word]) + 1, found[0]


def is_excepted(path: str, words: str) -> bool:
    """Return True if `EXCEPTIONS` allows these words in this file."""
    return any(fnmatch(path, where) and fnmatch(words, what) for where, what, _reason in EXCEPTIONS)


def hits(phrase: str, folders: tuple[str, ...] = ("",)) -> list[str]:
    """Return path, line and words of each use of a phrase that is not excepted."""
    return [
        f"{path}:{line}: {words}"
        for path, text in texts().items()
        if path.startswith(folders)
        for line, words in find_phrase(phrase, text)
        if not is_excepted(path, words)
    ]


def test_no_phrase_of_the_old_idiom_is_used():
    # One test, because the words of all files are found once in each process that tests run in.
    found = {phrase: hits(phrase) for phrase in PHRASES}
    wrong = [f"write {PHRASES[phrase]}: {line}" for phrase, lines in found.items() for line in lines]
    assert not wrong, "\n".join(wrong)


def test_actors_have_names():
    found = hits(INDEFINITE, ("servers/", "docs/"))
    assert len(found) < MAX_INDEFINITE, "say who: client, server, caller, user\n" + "\n".join(found)


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring, those of attributes and constants too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            text := ast.get_docstring(node)
        ):
            yield node.body[0].lineno, text
        body = getattr(node, "body", None)
        for before, after in pairwise(body) if isinstance(body, list) else ():
            match before, after:
                case ((ast.Assign() | ast.AnnAssign()), ast.Expr(value=ast.Constant(value=str(text)))):
                    yield after.lineno, text.strip()


@cache
def trees() -> dict[str, ast.Module]:
    """Return the syntax tree of every module of the package, by its path."""
    return {path: ast.parse(text) for path, text in texts().items() if fnmatch(path, "servers/*.py")}


def test_docstrings_begin_with_a_verb_or_a_definition():
    found = [
        f"{path}:{line}: {text.splitlines()[0]}"
        for path, tree in trees().items()
        for line, text in docstrings(tree)
        if re.match(OPENINGS, text)
    ]
    assert len(found) < MAX_OPENINGS, 'begin with "Return ...", "Send ...", "True if ...", or a noun\n' + "\n".join(
        found
    )


def test_functions_have_the_names_that_engineers_search_for():
    names = {
        node.name
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert [word for word in FUNCTIONS if not any(re.search(word, name) for name in names)] == []


def test_the_words_of_the_field_are_in_the_code():
    code = [text for path, text in texts().items() if path.startswith("servers/")]
    assert [word for word in FIELD_WORDS if not any(any(find_phrase(word, text)) for text in code)] == []


@pytest.mark.parametrize("word", SEARCHED)
def test_the_words_that_people_search_for_are_in_the_readme(word):
    assert any(find_phrase(word, texts()["README.md"]))


def test_a_phrase_is_found_over_lines_in_comments_and_in_names():
    assert [*find_phrase("so many", "a\nso\n    # many, test_so_many_x, so many")] == [
        (2, "so many"),
        (3, "so many"),
        (3, "so many"),
    ]
    assert not [*find_phrase("deeds?", "indeed, indeeds")]


@pytest.mark.parametrize(("where", "what", "reason"), EXCEPTIONS)
def test_an_exception_is_for_a_file_that_exists_and_says_why(where, what, reason):
    assert any(fnmatch(path, where) for path in texts())
    assert what
    assert len(reason.split()) > 2
