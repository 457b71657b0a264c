"""Reads the zone files that [[dns.zone]] names."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from homeport.config.sections import ZoneTable
from homeport.config.values import Builder
from homeport.world.zones.contents import ZoneContents

MAX_FILE_BYTES = 16 << 20


def read_zones(builder: Builder, tables: Sequence[ZoneTable]) -> list[ZoneContents]:
    """Return the configured zones with the texts of their files; what is wrong with a file is recorded as an error."""
    zones = []
    for number, one in enumerate(tables):
        try:
            content = _content(one)
        except (OSError, ValueError) as error:
            problem = f"{one.file}: {error.strerror}" if isinstance(error, OSError) else str(error)
            builder.error(("dns", "zone", number, "file"), f"dns.zone[{number}].file: {problem}")
            continue
        zones.append(ZoneContents(**msgspec.structs.asdict(one), content=content))
    return zones


def _content(table: ZoneTable) -> str:
    """Return the text of a table's file; empty if it names none. Raises: OSError, ValueError."""
    if not table.file:
        return ""
    if table.records:
        raise ValueError("a zone has a file or `records`: leave one out")
    file = Path(table.file)
    if file.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"{table.file} has more than {MAX_FILE_BYTES >> 20} MiB: split the zone")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{table.file} is not UTF-8 at byte {error.start}") from None
