"""Files of a new world: few, small, the same everywhere, one of each kind that clients get wrong."""

from collections.abc import Iterable, Iterator

from homeport.world.files import Path
from homeport.world.people import Person

MODIFIED = 583_804_800.0
"""Modification time of all of them: 1988-07-02T00:00:00Z, as Unix time."""

README = """\
Welcome to the harbour of Homeport.

pub/       for everybody to read
incoming/  for everybody to leave something
home/      one berth for each of us

Nothing here is precious: POST /api/v1/worlds/default/reset brings the morning back.
"""

TIDES = """\
Tides at the mole of Port Meridian\r
\r
high   04:12   3.1 m\r
low    10:25   0.4 m\r
high   16:38   3.3 m\r
low    22:51   0.5 m\r
"""

CHANTY = """\
Haul on the line, my hearties, haul,
The octets come in order all;
And if the cable parts by night,
We REST, and pull it in by light.
"""

CHART = bytes(range(256)) * 16
"""Every byte value, so that a transfer in the wrong type shows at once."""

PUBLIC: dict[str, bytes] = {
    "chanty.txt": CHANTY.encode(),
    "chart.bin": CHART,
    "empty": b"",
    "log of the day.txt": b"A name with spaces, for clients that cut them off.\n",
    "tides.txt": TIDES.encode(),
    "überfahrt.txt": "Eine Überfahrt dauert so lange, wie der Wind es will.\n".encode(),
}


def seed_files(people: Iterable[Person]) -> Iterator[tuple[Path, bytes | None]]:
    """Yield path and content of each file, directories (content None) before their contents."""
    yield ("README.txt",), README.encode()
    yield ("pub",), None
    for name, content in PUBLIC.items():
        yield ("pub", name), content
    yield ("pub", "old"), None
    yield ("pub", "old", "ledger-1987.txt"), b"Three ships, one whale, no complaints.\n"
    yield ("incoming",), None
    yield ("home",), None
    for person in people:
        yield ("home", person.login), None
        first = person.name.split()[0] if person.name.split() else person.login
        yield (
            ("home", person.login, "note.txt"),
            f"{first}'s berth. Moored under the name of {person.login}.\n".encode(),
        )
