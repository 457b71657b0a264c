"""Detection of clients that do not trust the server's certificate, and advice for them.

An alert about the certificate (RFC 8446 6.2) is proof, during the handshake or after it. Many clients send none: they
verify the certificate after the handshake, and close. Signs of that are

- any end of the connection between the server's certificate and the end of the handshake;
- a reset after the handshake, before any application data from the client;
- an end without close_notify after the handshake, without application data from either side (STARTTLS, AUTH TLS).

A close_notify is no such sign, nor is an end after the client may have read output of the server, nor one before any
ClientHello. While a planned fault acts, the client is right to leave, and nothing is reported.
"""

import logging
from typing import TYPE_CHECKING

from OpenSSL import SSL

from homeport.io.tls.errors import reasons_of
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener
    from homeport.io.tls.certificates import Certificates

log = logging.getLogger("homeport")

ALERTS = {
    "alert unknown ca": "unknown_ca",
    "alert bad certificate": "bad_certificate",
    "alert unsupported certificate": "unsupported_certificate",
    "alert certificate revoked": "certificate_revoked",
    "alert certificate expired": "certificate_expired",
    "alert certificate unknown": "certificate_unknown",
}
"""Alerts by which a client refuses a certificate, by the suffix of OpenSSL's reason."""
NAMELESS = {"bad_certificate", "certificate_unknown"}
"""Alerts that some clients also send for a mismatched name."""


def refusing_alert(error: SSL.Error) -> str:
    """Return the name of the alert by which the client refused the certificate; empty for other errors."""
    return next((name for reason in reasons_of(error) for part, name in ALERTS.items() if reason.endswith(part)), "")


def advise(listener: "StreamListener", connection: Connection, finding: str, shown: str) -> None:
    """Report a finding about trust with advice, and log the advice once per farm.

    shown: the alert, or the way the connection ended.
    """
    certificates = listener.certificates
    advice = advice_for(shown, certificates, listener.service.plain_listener)
    listener.report(finding, connection, shown.encode(), advice)
    if certificates.advise_once():
        does = "refused" if finding == "certificate-refused" else "seems not to trust"
        log.warning("%s: a client %s the server's certificate: %s", listener.bound.wanted.name, does, advice)


def advice_for(alert: str, certificates: "Certificates", plain: str) -> str:
    """Return the advice for a client that refuses the certificate. plain: a listener without TLS, or empty."""
    own = certificates.options.certificate
    if alert == "certificate_expired":
        advice = "compare the client's clock with real time: certificates do not follow the world's clock"
    elif alert == "unsupported_certificate":
        advice = "configure a certificate of a type that the client supports with [tls] certificate"
    elif own:
        advice = f"have the client trust the authority that issued {own}"
    else:
        advice = f"have the client trust {certificates.ca_file}, which `homeport ca` prints (docs/tls.md: how)"
    if alert in NAMELESS:
        advice += ", and have it call the server by a name that the certificate has ([tls] names)"
    return f"{advice}, or use {plain} without TLS" if plain else advice
