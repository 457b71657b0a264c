"""Print a version's section of the changelog: the notes of its release.

python deploy/release_notes.py VERSION [CHANGELOG]
"""

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
HEADING = re.compile(r"^## \[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?[ \t]*$", re.MULTILINE)
LINKS = re.compile(r"^\[[^\]]+\]: \S+$", re.MULTILINE)
"""The link definitions of the headings, at the end of the file; they belong to no section."""


def release_notes(changelog: str, version: str) -> str:
    """Return a version's section of the changelog.

    Raises: ValueError with a message for the releaser, if it is missing or has no date.
    """
    headings = list(HEADING.finditer(changelog))
    for number, heading in enumerate(headings):
        if heading[1] != version:
            continue
        if heading[2] is None:
            raise ValueError(f"[{version}] has no date: write ## [{version}] - YYYY-MM-DD")
        end = headings[number + 1].start() if number + 1 < len(headings) else len(changelog)
        notes = LINKS.sub("", changelog[heading.end() : end]).strip()
        if not notes:
            raise ValueError(f"[{version}] is empty: say what has changed")
        return f"{notes}\n"
    known = ", ".join(heading[1] for heading in headings) or "no version"
    raise ValueError(f"there is no [{version}], but {known}: rename [Unreleased] to [{version}] - YYYY-MM-DD")


def main() -> int:
    """Print the notes, or the problem with the changelog."""
    match sys.argv[1:]:
        case [version]:
            file = CHANGELOG
        case [version, path]:
            file = Path(path)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    try:
        print(release_notes(file.read_text(encoding="utf-8"), version), end="")
    except (OSError, ValueError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
