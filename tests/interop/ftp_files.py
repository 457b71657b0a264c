"""Files that clients of FTP move in the tests, chosen to break what can be broken."""

from pathlib import Path

BINARY = bytes(range(256)) * 4096 + b"\r\n\n\r\xff"
"""A megabyte and some bytes, every byte value among them."""
TEXT = b"first\nsecond\n\nlast\n"
NAMES = ["a.txt", "with blanks.txt", "#hash%20.txt", "überfahrt.txt", "[x].txt", "-dash.txt", 'quo"te.txt', "empty"]


def make_tree(folder: Path) -> None:
    """Files and folders of all kinds."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(NAMES):
        (folder / name).write_bytes(b"" if name == "empty" else name.encode() * (number + 1))
    (folder / "large.bin").write_bytes(BINARY)
    deep = folder / "sub dir" / "deeper"
    deep.mkdir(parents=True)
    (deep / "leaf.txt").write_bytes(TEXT)
    (folder / "nothing in it").mkdir()


def contents(folder: Path) -> dict[str, bytes | None]:
    """Return the content of a folder, by pathname; None: a folder."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }
