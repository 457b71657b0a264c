"""The registry: domains, hosts, contacts and registrars, as RFC 5731 to 5733 and RFC 3915 know them.

| to find | look in |
|---|---|
| objects | `objects.py` |
| policy of each TLD | `zones.py` |
| look-ups, indexes, transactions | `registry.py`, `indexes.py`, `changes.py` |
| due events: schedule; actions | `due_events.py`, `object_events.py` |
| create, renew, delete, restore; transfers; reviews; the registry's own actions | `lifecycle.py`, `transfers.py`, `reviews.py`, `interventions.py` |
| the future of a domain, without moving the clock; its life in words | `projection.py`, `moments.py` |
| simulated registrars; trigger names | `robots.py`, `trigger_names.py` |
| poll messages; what the registry did by itself, as they say it | `messages.py`; `registry_acts.py` |
| launches: policy; phases and what the clock does to applications; the trademark authority | `launch_policy.py`; `launch.py`, `applications.py`; `marks/` |
| maintenances | `maintenances.py` |
| initial contents; snapshots | `contents.py` |
| interface of the persistent store | `store.py` |

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
