"""The variants of an internationalized domain that are registered, too (RFC 9083 5.3)."""

from typing import Any

from homeport.world.names import readable_name
from homeport.world.registry import Domain, Registry
from homeport.world.registry.idn.tables import ACE, unicode_label


def variants_of(registry: Registry, domain: Domain) -> dict[str, Any]:
    """Return the member `variants` of a domain; empty if none of its variants is registered."""
    if not domain.name.startswith(ACE) and not registry.idn.concerns_plain_names:
        return {}
    zone = registry.zone_of(domain.name)
    if zone is None:
        return {}
    names = [one for one in registry.idn.candidates(domain.name, zone) if one in registry.domains]
    if not names:
        return {}
    table = domain.extras.idn_table
    if not table and (found := registry.idn.table_of(zone, unicode_label(domain.name))) is not None:
        table = found.name
    return {
        "variants": [
            {
                "relation": ["registered", "conjoined"],
                **({"idnTable": table} if table else {}),
                "variantNames": [{"ldhName": one, "unicodeName": readable_name(one)} for one in names],
            }
        ]
    }
