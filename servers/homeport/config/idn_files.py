"""Reads the IDN tables that [[registry.idn_table]] names, and checks the tables that TLDs name."""

from pathlib import Path

import msgspec

from homeport.config.values import Builder
from homeport.world.registry.contents import RegistryContents
from homeport.world.registry.idn.policy import BUILT_IN, MAX_LGR_BYTES, IdnTableText
from homeport.world.registry.idn.tables import parsed


def read_idn_tables(builder: Builder, contents: RegistryContents) -> RegistryContents:
    """Return the contents of a registry with the texts of its tables; what is wrong is recorded as an error."""
    tables = []
    for number, one in enumerate(contents.idn_tables):
        try:
            tables.append(msgspec.structs.replace(one, lgr=_text(one)))
        except (OSError, ValueError) as error:
            key = "file" if one.file else "lgr"
            problem = f"{one.file}: {error.strerror}" if isinstance(error, OSError) else str(error)
            builder.error(("registry", "idn_table", number, key), f"registry.idn_table[{number}].{key}: {problem}")
    known = {*BUILT_IN, *(one.name for one in contents.idn_tables)}
    for number, zone in enumerate(contents.zones):
        for name in zone.idn.tables:
            if name not in known:
                problem = f"there is no IDN table {name!r}; known are {', '.join(sorted(known))}"
                builder.error(("registry", "tld", number, "idn"), f"registry.tld[{number}].idn.tables: {problem}")
    return msgspec.structs.replace(contents, idn_tables=tables) if tables else contents


def _text(one: IdnTableText) -> str:
    """Return the ruleset of a table. Raises: OSError, ValueError."""
    text = one.lgr
    if one.file:
        if one.lgr:
            raise ValueError("a table has a file or `lgr`: leave one out")
        file = Path(one.file)
        if file.stat().st_size > MAX_LGR_BYTES:
            raise ValueError(f"{one.file} has more than {MAX_LGR_BYTES >> 20} MiB")
        text = file.read_text(encoding="utf-8")
    parsed(one.name, text)
    return text
