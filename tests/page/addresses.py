"""The addresses of the page's views, at least one for each view of its table (`views.js`)."""

from typing import Any

ADDRESSES = {
    "overview": ["/overview"],
    "live": ["/live", "/live?q=type:finding"],
    "connections": ["/connections"],
    "connection": ["/connections/c1", "/connections/c1?as=hex"],
    "compare": ["/compare/c1/c2"],
    "rule": ["/findings/smtp.bare-lf"],
    "findings": ["/findings", "/findings?by=client", "/findings?by=order"],
    "mail": ["/mail", "/mail/m1/html", "/mail/m1/text", "/mail/m1/headers", "/mail/m1/parts", "/mail/m1/source",
             "/mail/m1/talk"],
    "logs": ["/logs"],
    "files": ["/files", "/files/home/alice/", "/files/pub/"],
    "registry": ["/registry/domains", "/registry/domains/redemption.test", "/registry/hosts", "/registry/contacts",
                 "/registry/registrars", "/registry/registrars/harbour/messages"],
    "names": ["/names", "/names/shop.example"],
    "people": ["/people", "/people/alice", "/people/present"],
    "directory": ["/directory"],
    "faults": ["/faults", "/faults/new", "/faults/f1"],
    "clock": ["/clock"],
    "worlds": ["/worlds"],
}  # fmt: skip
"""Addresses by view. c1, m1 and f1 are there after `Traffic.everything`."""
VIEWS_MODULE = "() => import(document.querySelector('script[type=module]').src.replace(/[^/]*$/, 'views.js'))"


def views_of(page: Any) -> list[str]:
    """Return the names of the views in the table of the page that is open."""
    return list(page.evaluate(f"async () => (await ({VIEWS_MODULE})()).views.map(one => one.name)"))
