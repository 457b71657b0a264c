"""Personas: the ways in which registries differ, by behaviour. They set options of EPP, and policy of every TLD."""

from homeport.protocol.service import Persona

LOCAL = "urn:example:registry-1.0"
"""The namespace of a registry's own extension, which no schema is known of."""

PERSONAS = (
    Persona(
        "thin-gateway",
        "a thin gTLD behind a gateway: no contacts, a product in every command, days of expiry, Whois data in info",
        {
            "services": ["-contact", "balance", "lowbalance-poll"],
            "extensions": ["-launch", "-fee-1.0", "namestoreExt", "sync", "whoisInf"],
            "products": "required",
        },
        {"data_model": "minimum", "whois": "thin"},
    ),
    Persona(
        "contact-handles",
        "a ccTLD: registrant and contacts by handles that it assigns, an extension of its own, transfers at once",
        {
            "extensions": ["-launch", "-fee-1.0", LOCAL],
            "contact_ids": "server",
            "answers": {
                f"{kind}:info": f"<r:infData xmlns:r='{LOCAL}'><r:object>{{object}}</r:object></r:infData>"
                for kind in ("domain", "contact")
            },
        },
        {"data_model": "maximum", "transfer_deadline": "0s", "transfer_years": 0, "min_nameservers": 2},
    ),
    Persona(
        "fee-drafts",
        "prices by the drafts that came before RFC 8748",
        {"extensions": ["-fee-1.0", "fee-0.7", "fee-0.8", "fee-0.9", "fee-0.11"]},
    ),
    Persona(
        "host-attributes",
        "name servers are attributes of domains; there are no hosts",
        {"services": ["-host"]},
        {"hosts": "attributes"},
    ),
    Persona(
        "numbered-contacts",
        "contacts get identifiers from the registry in place of those that clients ask for",
        {"contact_ids": "server"},
    ),
    Persona(
        "reviewed",
        "every create, update, renewal and deletion waits an hour for its review: 1001, and a message with the outcome",
        {},
        {"review_creates": True, "review_changes": ["update", "renew", "delete"], "review": "1h"},
    ),
    Persona(
        "two-name-servers",
        "domains have at least two name servers",
        {},
        {"min_nameservers": 2},
    ),
    Persona(
        "registry-transfers",
        "transfers are decided by the registry after five days, not by the sponsor, and add no year",
        {},
        {"transfer_answer": "registry", "transfer_years": 0, "transfer_deadline": "5d"},
    ),
    Persona(
        "lenient",
        "takes any namespace in a login, and ignores what it does not know",
        {"unknown_uri": "take"},
    ),
)
