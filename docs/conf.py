"""Sphinx configuration of the documentation site (`make site`).

The source folder is the repository's root, so that links between docs/ and the pages beside it (CONTRIBUTING.md,
ARCHITECTURE.md) work on the site as they do on a forge. README.md stays out: it says what docs/index.md says.

The navigation is read off docs/index.md: each of its sections, with its links in order. An entry has the text of its
link, not the title of its page, because pages that belong to different sections may have the same title (Time is a
service and a page about clocks).
"""

import re
from typing import Any

from homeport import __version__

project = "Homeport"
version = release = __version__
author = "the Homeport developers"
extensions = ["myst_parser", "sphinx_copybutton"]
root_doc = "docs/index"
include_patterns = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**.md"]
exclude_patterns = ["docs/smtp.md", "docs/ftp.md"]  # they only lead to where those pages are now
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"Homeport {version}"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["start"]
# The copy button takes the commands of a session, without prompts and without what they print.
copybutton_prompt_text = "$ "
copybutton_line_continuation_character = "\\"

LINK = re.compile(r"\[([^\]]+)\]\(([\w./-]+)\.md(?:#[\w-]+)?\)")


def add_navigation(_app: Any, docname: str, source: list[str]) -> None:
    """Append hidden toctrees to the index and to the list of services, made from their links."""
    if docname == root_doc:
        _, *sections = re.split(r"^## ", source[0], flags=re.MULTILINE)
        parts = [section.partition("\n") for section in sections]
        source[0] += "".join(toctree(entries(text), title) for title, _, text in parts if entries(text))
    elif docname == "docs/services":
        source[0] += toctree([one for one in LINK.findall(source[0]) if one[1].startswith("services/")])


def entries(section: str) -> list[tuple[str, str]]:
    """Return (text, page) of the links at the beginning of list items; links in running text are not navigation."""
    lines = [line for line in section.splitlines() if line.startswith("- ")]
    return [(found[1], found[2]) for line in lines if (found := LINK.match(line, len("- ")))]


def toctree(links: list[tuple[str, str]], caption: str = "") -> str:
    """Return a toctree directive that adds to the navigation and shows nothing on the page itself."""
    titled = [f":caption: {caption}"] if caption else []
    rows = [f"{text} <{page}>" for text, page in links]
    return "\n".join(["\n```{toctree}", ":hidden:", *titled, "", *dict.fromkeys(rows), "```\n"])


def setup(app: Any) -> None:
    """Connect the hooks; Sphinx calls this."""
    app.connect("source-read", add_navigation)
