"""How Sphinx makes a site of these pages (`make site`). Its source is the repository, so links lead where they say.

The navigation is that of index.md: each of its sections, and the pages that it links to.
"""

import re
from typing import Any

from homeport import __version__

project = "Homeport"
version = release = __version__
author = "the Homeport developers"
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md", "docs/**.md"]
exclude_patterns = ["docs/smtp.md", "docs/ftp.md"]  # they say where those pages have gone
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"Homeport {version}"
html_copy_source = False
html_show_sphinx = False
html_extra_path = ["start"]

LINK = re.compile(r"\]\(([\w./-]+)\.md(?:#[\w-]+)?\)")


def add_navigation(_app: Any, docname: str, source: list[str]) -> None:
    """Give the index, and the list of services, what Sphinx calls a toctree, out of their links."""
    if docname == root_doc:
        _, *sections = re.split(r"^## ", source[0], flags=re.MULTILINE)
        parts = [section.partition("\n") for section in sections]
        source[0] += "".join(toctree(LINK.findall(text), title) for title, _, text in parts if LINK.search(text))
    elif docname == "docs/services":
        source[0] += toctree([name for name in LINK.findall(source[0]) if name.startswith("services/")])


def toctree(pages: list[str], caption: str = "") -> str:
    """The directive, which shows nothing on the page itself."""
    titled = [f":caption: {caption}"] if caption else []
    lines = ["\n```{toctree}", ":hidden:", *titled, "", *dict.fromkeys(pages), "```\n"]
    return "\n".join(lines)


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", add_navigation)
