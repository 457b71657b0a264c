"""The registry: domains, hosts, contacts and registrars, as RFC 5731 to 5733 and RFC 3915 know them.

| to find | look in |
|---|---|
| what objects are | `objects.py` |
| the policy of each TLD | `zones.py` |
| lookups, indexes, transactions | `registry.py`, `indexes.py`, `changes.py` |
| what time does | `acts.py` |
| create, renew, delete, restore; transfers; what waits for review; what the registry does itself | `lifecycle.py`, `transfers.py`, `reviews.py`, `interventions.py` |
| registrars that robots play; names that ask for something | `robots.py`, `magic.py` |
| poll messages | `messages.py` |
| what a registry begins with; snapshots | `contents.py` |
| what is kept on disk | `store.py` |

It knows no protocol.
"""  # noqa: E501 - a table

from homeport.world.registry.changes import Changes
from homeport.world.registry.contents import RegistryContents
from homeport.world.registry.lookup import RegistryLookup
from homeport.world.registry.messages import Message, Messages
from homeport.world.registry.objects import (
    TIMES,
    Contact,
    DelegationSigner,
    Disclose,
    Domain,
    DomainContact,
    Grace,
    Host,
    HostAttribute,
    Key,
    PendingAction,
    PostalInfo,
    Registrar,
    RegistryObject,
    Robot,
    Sponsored,
    Stored,
    Transfer,
    Transferable,
    name_of,
    names_of,
)
from homeport.world.registry.registry import Registry
from homeport.world.registry.zones import ZONES, Periods, Zone

__all__ = [
    "TIMES",
    "ZONES",
    "Changes",
    "Contact",
    "DelegationSigner",
    "Disclose",
    "Domain",
    "DomainContact",
    "Grace",
    "Host",
    "HostAttribute",
    "Key",
    "Message",
    "Messages",
    "PendingAction",
    "Periods",
    "PostalInfo",
    "Registrar",
    "Registry",
    "RegistryContents",
    "RegistryLookup",
    "RegistryObject",
    "Robot",
    "Sponsored",
    "Stored",
    "Transfer",
    "Transferable",
    "Zone",
    "name_of",
    "names_of",
]
