"""The root DSE of a domain controller, and the reference that names the domain."""

from typing import TYPE_CHECKING

from homeport.services.ldap.personas.active_directory.attributes import time_of, usn
from homeport.services.ldap.personas.active_directory.domain import Domain
from homeport.services.ldap.personas.behaviour import Rows, Special
from homeport.world.directory.directory import BASE

if TYPE_CHECKING:
    from homeport.services.ldap.dialogue import LdapDialogue
    from homeport.services.ldap.messages import SearchRequest

CAPABILITIES = (
    "1.2.840.113556.1.4.800",  # Active Directory
    "1.2.840.113556.1.4.1670",  # of Windows Server 2003
    "1.2.840.113556.1.4.1791",  # signing and sealing
    "1.2.840.113556.1.4.1935",  # of Windows Server 2008
    "1.2.840.113556.1.4.2080",  # of Windows Server 2008 R2
    "1.2.840.113556.1.4.2237",  # of Windows Server 2012
)
POLICIES = (
    *("MaxPoolThreads", "MaxPercentDirSyncRequests", "MaxDatagramRecv", "MaxReceiveBuffer", "InitRecvTimeout"),
    *("MaxConnections", "MaxConnIdleTime", "MaxPageSize", "MaxBatchReturnMessages", "MaxQueryDuration"),
    *("MaxDirSyncDuration", "MaxTempTableSize", "MaxResultSetSize", "MinResultSets", "MaxResultSetsPerConn"),
    *("MaxNotificationPerConn", "MaxValRange"),
)
FUNCTIONAL_LEVEL = "7"
"""The level of Windows Server 2016."""
FIRST_SITE = "CN=Default-First-Site-Name,CN=Sites"


def root_dse(dialogue: "LdapDialogue", rows: Rows) -> Rows:
    """Return the attributes of the root DSE."""
    domain = Domain(dialogue)
    now = domain.world.clock.now()
    server = f"CN={domain.host},CN=Servers,{FIRST_SITE},{domain.configuration}"
    contexts = (domain.configuration, domain.schema_context, f"DC=DomainDnsZones,{domain.suffix}")
    kept = {name: values for name, values in rows.items() if not name.startswith("vendor")}
    return kept | {
        "namingContexts": [*rows["namingContexts"], *contexts, f"DC=ForestDnsZones,{domain.suffix}"],
        "defaultNamingContext": [domain.suffix],
        "rootDomainNamingContext": [domain.suffix],
        "configurationNamingContext": [domain.configuration],
        "schemaNamingContext": [domain.schema_context],
        "subschemaSubentry": [f"CN=Aggregate,{domain.schema_context}"],
        "dnsHostName": [domain.host_name],
        "serverName": [server],
        "dsServiceName": [f"CN=NTDS Settings,{server}"],
        "ldapServiceName": [f"{domain.name}:{domain.host.lower()}$@{domain.name.upper()}"],
        "currentTime": [time_of(now).decode()],
        "highestCommittedUSN": [str(usn(now))],
        "isSynchronized": ["TRUE"],
        "isGlobalCatalogReady": ["TRUE"],
        "domainFunctionality": [FUNCTIONAL_LEVEL],
        "forestFunctionality": [FUNCTIONAL_LEVEL],
        "domainControllerFunctionality": [FUNCTIONAL_LEVEL],
        "supportedCapabilities": [*CAPABILITIES],
        "supportedLDAPPolicies": [*POLICIES],
    }


def special(dialogue: "LdapDialogue", request: "SearchRequest") -> Special | None:
    """Return the reference of the domain below `CN=Partitions`, by which clients learn its NetBIOS name."""
    domain = Domain(dialogue)
    partitions = f"CN=Partitions,{domain.configuration}"
    name = f"CN={domain.netbios},{partitions}"
    base = request.base.replace(", ", ",").lower()
    if base != name.lower() and (base != partitions.lower() or request.scope == BASE):
        return None
    rows = {
        "objectClass": ["top", "crossRef"],
        "cn": [domain.netbios],
        "nCName": [domain.suffix],
        "dnsRoot": [domain.name],
        "nETBIOSName": [domain.netbios],
        "distinguishedName": [name],
    }
    return name, [(kind, tuple(value.encode() for value in values)) for kind, values in rows.items()]
