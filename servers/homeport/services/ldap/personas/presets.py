"""The personas: bundles of options."""

from homeport.protocol.service import Persona

PERSONAS = (
    Persona("strict", "the RFCs, and nothing else", {}),
    Persona(
        "active-directory-like",
        "a domain controller: logins as user@domain and DOMAIN\\user, SIDs and GUIDs, pages of 1,000 entries, ranges "
        "of 1,500 values, sub-codes of invalidCredentials, no anonymous search",
        {
            "behaviour": "active-directory",
            "max_entries": 1000,
            "max_values": 1500,
            "anonymous_search": False,
            "unauthenticated": True,
        },
    ),
    Persona(
        "openldap-like",
        "slapd: its root DSE, texts and operational attributes, and at most 500 entries of a search",
        {"behaviour": "openldap", "max_entries": 500},
    ),
    Persona(
        "389ds-like",
        "389 Directory Server: nsUniqueId, nsAccountLock, memberOf with the user attributes, at most 2,000 entries",
        {"behaviour": "389ds", "max_entries": 2000, "netscape_controls": True},
    ),
)
