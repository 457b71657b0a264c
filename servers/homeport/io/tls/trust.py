"""Clients that do not trust the server's certificate: how they are known, and what they are advised to do.

Certain is an alert about the certificate (RFC 8446 6.2), in the handshake or behind it. Many clients send none: they
verify once the handshake is over, or after they have read the certificate, and then leave. They are suspected by

- an end of the connection, of whatever kind, between the server's certificate and the end of the handshake;
- a reset after the handshake, before one octet of application data has come;
- an end without close_notify after the handshake, if neither side has sent application data (STARTTLS, AUTH TLS).

A client that ends by close_notify is not suspected, nor one that may have read what the server said, nor one that only
connects without TLS. While a planned fault is at work, the client is right to leave, and nothing is said.
"""

import logging
from typing import TYPE_CHECKING

from OpenSSL import SSL

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
"""Alerts by which a client refuses a certificate, by the end of OpenSSL's reason."""
NAMELESS = {"bad_certificate", "certificate_unknown"}
"""Alerts that some clients also send because of the name that they looked for."""


def refusing_alert(error: SSL.Error) -> str:
    """Return the name of the alert by which the client refused the certificate; empty if it was something else."""
    reasons = [entry[2] for entry in error.args[0]] if error.args and isinstance(error.args[0], list) else []
    return next((name for reason in reasons for part, name in ALERTS.items() if reason.endswith(part)), "")


def advise(listener: "StreamListener", connection: Connection, finding: str, shown: str) -> None:
    """Raise a finding about trust with what to do about it, and log the advice once per farm.

    shown: the alert, or how the client left.
    """
    certificates = listener.certificates
    advice = advice_for(shown, certificates, listener.service.plain_listener)
    listener.find(finding, connection, shown.encode(), advice)
    if certificates.advise_once():
        does = "refused" if finding == "certificate-refused" else "seems not to trust"
        log.warning("%s: a client %s the server's certificate: %s", listener.bound.wanted.name, does, advice)


def advice_for(alert: str, certificates: "Certificates", plain: str) -> str:
    """Return what to do for a client that refuses the certificate. plain: a listener without TLS, or empty."""
    own = certificates.options.certificate
    if alert == "certificate_expired":
        advice = "compare the client's clock with real time, which certificates follow whatever the world's clock says"
    elif alert == "unsupported_certificate":
        advice = "configure a certificate of a kind that the client knows with [tls] certificate"
    elif own:
        advice = f"have the client trust the authority that issued {own}"
    else:
        advice = f"have the client trust {certificates.ca_file}, which `homeport ca` prints (docs/tls.md: how)"
    if alert in NAMELESS:
        advice += ", and have it call the server by a name that the certificate has ([tls] names)"
    return f"{advice}, or use {plain} without TLS" if plain else advice
