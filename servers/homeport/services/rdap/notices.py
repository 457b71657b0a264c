"""Conformance and notices of every answer, as ICANN's profile for gTLDs of February 2024 has them.

"RP" is its response profile, "TIG" its technical implementation guide.
"""

from typing import Any

Shown = dict[str, Any]

MEDIA_TYPE = "application/rdap+json"
LEVEL = "rdap_level_0"
PROFILE = ("icann_rdap_technical_implementation_guide_1", "icann_rdap_response_profile_1")  # TIG 1.3, RP 1.2
REDACTED = "redacted"
"""Extension of RFC 9537."""
CONFORMANCE = [LEVEL, *PROFILE]
EXTENSIONS = [*CONFORMANCE, REDACTED]
"""Everything that a server uses, which its help lists (RFC 9083 4.1)."""

EPP_CODES = "https://icann.org/epp"
COMPLAINTS = "https://icann.org/wicf"


def about() -> Shown:
    """Return the notice that says what this server is."""
    return {"title": "About", "description": ["A test registry simulated by Homeport; its data are invented."]}


def terms(url: str, href: str) -> Shown:
    """Return the notice of the terms of service (TIG 3.3). url: of the query. href: where the terms are."""
    words = ["Data of a test registry: use them as you like."]
    return {"title": "Terms of Service", "description": words, "links": [_link(url, "terms-of-service", href)]}


def of_domains(url: str) -> list[Shown]:
    """Return the notices that only domains have (RP 2.6.3, RP 2.10). url: of the query."""
    statuses = f"For more information on domain status codes, please visit {EPP_CODES}"
    complaints = f"URL of the ICANN RDDS Inaccuracy Complaint Form: {COMPLAINTS}"
    return [
        {"title": "Status Codes", "description": [statuses], "links": [_link(url, "glossary", EPP_CODES)]},
        {
            "title": "RDDS Inaccuracy Complaint Form",
            "description": [complaints],
            "links": [_link(url, "help", COMPLAINTS)],
        },
    ]


def truncated(limit: int) -> Shown:
    """Return the notice of a search with more results than are shown (RFC 9083 9)."""
    words = [f"Only the first {limit} results are shown; narrow the search."]
    kind = "result set truncated due to excessive load"
    return {"title": "Search Results Limited", "type": kind, "description": words}


def _link(url: str, relation: str, href: str) -> Shown:
    return {"value": url, "rel": relation, "href": href, "type": "text/html"}
