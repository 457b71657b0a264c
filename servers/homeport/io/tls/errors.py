"""Messages for OpenSSL's errors, which say what to change in the client; the size of a record."""

from OpenSSL import SSL

RECORD = 16 << 10
"""Maximum plaintext of a record in bytes (RFC 8446 5.1)."""

WORDS = {
    # The client did not send TLS.
    "http request": "the client spoke HTTP in the clear to a TLS port: write https:// in its URL",
    "https proxy request": "the client took this TLS port for an HTTP proxy",
    "wrong version number": "the client did not speak TLS: it sent plain text, or an obsolete version of SSL",
    # Alerts from the client (RFC 8446 6.2).
    "alert unknown ca": "the client does not trust the farm's authority (alert unknown_ca): give it the certificate "
    "that `homeport ca` prints",
    "alert certificate unknown": "the client refused the server's certificate (alert certificate_unknown): give it the "
    "certificate that `homeport ca` prints, and connect by a name in [tls] names",
    "alert bad certificate": "the client refused the server's certificate (alert bad_certificate): it may look for a "
    "name that is not in [tls] names, or not trust what `homeport ca` prints",
    "alert certificate expired": "the client says that the certificate has expired (alert certificate_expired): "
    "compare its clock with real time",
    "alert certificate revoked": "the client says that the certificate is revoked (alert certificate_revoked)",
    "alert unsupported certificate": "the client does not support this type of certificate (alert "
    "unsupported_certificate): it has an elliptic-curve key; configure another with [tls] certificate",
    "alert protocol version": "the client refused the server's version of TLS (alert protocol_version)",
    "alert insufficient security": "the client wants stronger ciphers than were agreed (alert insufficient_security)",
    "alert handshake failure": "the client accepted none of the server's parameters (alert handshake_failure)",
    "alert user canceled": "the client cancelled the handshake (alert user_canceled)",
    "alert internal error": "the client has an internal error (alert internal_error)",
    # Errors of the client.
    "unsupported protocol": "the client offered no TLS version that is enabled: see [tls] minimum",
    "version too low": "the client offered no TLS version that is enabled: see [tls] minimum",
    "no shared cipher": "client and server have no cipher in common",
    "no suitable key share": "client and server have no key exchange group in common",
    "no suitable groups": "client and server have no key exchange group in common",
    "no suitable signature algorithm": "the client supports no signature algorithm of the server's certificate",
    "no shared signature algorithms": "the client supports no signature algorithm of the server's certificate",
    "peer did not return a certificate": "the client sent no certificate, and this service requires one: "
    "`homeport ca --client NAME` issues one",
    "certificate verify failed": "the client's certificate is not trusted: `homeport ca --client NAME` "
    "issues one, and [tls] client_ca names further authorities",
    "bad signature": "the client does not hold the key of its certificate",
    "no renegotiation": "the client requested renegotiation, which is disabled",
    "decryption failed or bad record mac": "a record could not be decrypted: the client, or something between, "
    "has damaged it",
}
"""Messages by a substring of OpenSSL's reason; the first match is used."""


OLD_VERSION = ("unsupported protocol", "version too low")
"""Substrings of OpenSSL's reasons for a client that offers only versions that are disabled."""


def is_close_notify(engine: SSL.Connection, error: SSL.Error) -> bool:
    """Return True if an error of OpenSSL is no failure: the peer has ended its side by a close_notify.

    Java ends TLS 1.3 by the alert user_canceled and a close_notify right after it; OpenSSL then reports a failed read,
    with an empty error queue. A fatal alert sets the same flag, but leaves its reason in the queue.
    """
    return not reasons_of(error) and bool(engine.get_shutdown() & SSL.RECEIVED_SHUTDOWN)


def is_old_version(error: SSL.Error) -> bool:
    """Return True if the client offered only versions of TLS that are disabled."""
    return any(part in reason for reason in reasons_of(error) for part in OLD_VERSION)


def reasons_of(error: SSL.Error) -> list[str]:
    """Return the reasons in OpenSSL's error queue."""
    return [entry[2] for entry in error.args[0]] if error.args and isinstance(error.args[0], list) else []


def in_words(error: SSL.Error) -> str:
    """Return a message for an error of OpenSSL, with advice."""
    reasons = reasons_of(error)
    for reason in reasons:
        for part, words in WORDS.items():
            if part in reason:
                return words
    return f"OpenSSL says: {', '.join(reasons)}" if reasons else "OpenSSL gives no reason"
