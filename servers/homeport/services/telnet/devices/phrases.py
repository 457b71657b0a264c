"""Commands of several words that may be abbreviated: `sh ver` is `show version`."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Phrase(NamedTuple):
    """A command: its words, and whether more words follow."""

    words: tuple[str, ...]
    takes_more: bool = False


class NoPhrase(Exception):
    """No command was meant, or more than one. The message is for the user.

    column: where the first wrong word begins; -1 if none does.
    """

    def __init__(self, problem: str, column: int = -1) -> None:
        super().__init__(problem)
        self.column = column


def parse_phrase(text: str) -> Phrase:
    """Return the phrase of a text: `show version`, or `ping ...` for one that takes more words."""
    words = tuple(text.split())
    return Phrase(words[:-1], takes_more=True) if words[-1] == "..." else Phrase(words)


def find_phrase(line: str, phrases: Iterable[Phrase]) -> tuple[Phrase, list[str]]:
    """Return the phrase that a line means, and the words after it. Raises: NoPhrase."""
    typed = line.split()
    folded = [word.lower() for word in typed]
    best: list[Phrase] = []
    rank: tuple[int, ...] = ()
    begun, deepest = False, 0
    for phrase in phrases:
        matched = _matched(folded, phrase.words)
        deepest = max(deepest, matched)
        if matched < len(phrase.words):
            begun = begun or matched == len(folded)
            continue
        if len(folded) > matched and not phrase.takes_more:
            continue
        # Longer phrases first, then those whose words were typed in full.
        mine = (len(phrase.words), *(word == typed for word, typed in zip(phrase.words, folded, strict=False)))
        if mine > rank:
            best, rank = [phrase], mine
        elif mine == rank:
            best.append(phrase)
    if len(best) == 1:
        return best[0], typed[len(best[0].words) :]
    if best:
        raise NoPhrase(f'% Ambiguous command: "{line.strip()}"')
    if begun:
        raise NoPhrase("% Incomplete command.")
    raise NoPhrase("% Invalid input detected at '^' marker.", _column(line, deepest))


def next_words(line: str, phrases: Iterable[Phrase]) -> list[str]:
    """Return the words that may come next where `?` was typed after a line, sorted."""
    folded = line.lower().split()
    begun = folded.pop() if folded and not line.endswith(" ") else ""
    found = set[str]()
    for phrase in phrases:
        words = phrase.words
        if len(words) > len(folded) and _matched(folded, words) == len(folded):
            found |= {words[len(folded)]} if words[len(folded)].startswith(begun) else set()
        elif len(words) <= len(folded) and phrase.takes_more and _matched(folded, words) == len(words):
            found.add("WORD")
    return sorted(found)


def _matched(typed: Sequence[str], words: Sequence[str]) -> int:
    """Return how many words of a phrase were typed or abbreviated."""
    matched = 0
    for word, begun in zip(words, typed, strict=False):
        if not word.startswith(begun):
            break
        matched += 1
    return matched


def _column(line: str, word: int) -> int:
    """Return the offset of a word in a line."""
    at = 0
    for one in line.split()[: word + 1]:
        at = line.index(one, at)
        if word == 0:
            break
        word -= 1
        at += len(one)
    return at
