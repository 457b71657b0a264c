"""OpenSSL's errors in words that help whoever wrote the client; the size of a record."""

from OpenSSL import SSL

RECORD = 16 << 10
"""Octets of plain text in a record (RFC 8446 5.1)."""

WORDS = {
    # What the client sent was no TLS.
    "http request": "the client spoke HTTP in the clear to a TLS port: write https:// in its URL",
    "https proxy request": "the client took this TLS port for an HTTP proxy",
    "wrong version number": "the client did not speak TLS: it sent plain text, or a version of SSL that nobody uses",
    # What the client thinks of us: alerts of RFC 8446 6.2.
    "alert unknown ca": "the client does not trust our authority (alert unknown_ca): give it the certificate that "
    "`homeport ca` prints",
    "alert certificate unknown": "the client refused our certificate (alert certificate_unknown): give it the "
    "certificate that `homeport ca` prints, and reach us by a name in [tls] names",
    "alert bad certificate": "the client refused our certificate (alert bad_certificate): it may look for a name "
    "that is not in [tls] names, or not trust what `homeport ca` prints",
    "alert certificate expired": "the client says that our certificate has expired (alert certificate_expired): "
    "compare its clock with real time",
    "alert certificate revoked": "the client says that our certificate is revoked (alert certificate_revoked)",
    "alert unsupported certificate": "the client knows no certificates of our kind (alert unsupported_certificate): "
    "ours has an elliptic-curve key; configure one of your own with [tls] certificate",
    "alert protocol version": "the client refused our version of TLS (alert protocol_version)",
    "alert insufficient security": "the client wants stronger ciphers than were agreed (alert insufficient_security)",
    "alert handshake failure": "the client could agree on nothing that we offered (alert handshake_failure)",
    "alert user canceled": "the client broke the handshake off (alert user_canceled)",
    "alert internal error": "the client has a fault of its own (alert internal_error)",
    # What we think of the client.
    "unsupported protocol": "the client offered no version of TLS that we speak: see [tls] minimum",
    "version too low": "the client offered no version of TLS that we speak: see [tls] minimum",
    "no shared cipher": "the client and we have no cipher in common",
    "no suitable key share": "the client and we have no group for the key exchange in common",
    "no suitable groups": "the client and we have no group for the key exchange in common",
    "no suitable signature algorithm": "the client knows no signature that our certificate allows",
    "no shared signature algorithms": "the client knows no signature that our certificate allows",
    "peer did not return a certificate": "the client sent no certificate, and this service wants one: "
    "`homeport ca --client NAME` issues one",
    "certificate verify failed": "the client's certificate is not one that we trust: `homeport ca --client NAME` "
    "issues one, and [tls] client_ca names further authorities",
    "bad signature": "the client does not hold the key of its certificate",
    "no renegotiation": "the client wanted to renegotiate, which is not done here",
    "decryption failed or bad record mac": "the client's octets were not what its keys say: it, or something between, "
    "damages them",
}
"""By a part of OpenSSL's reason; the first that fits says it."""


def in_words(error: SSL.Error) -> str:
    """What an error of OpenSSL means, and what to do."""
    reasons = [entry[2] for entry in error.args[0]] if error.args and isinstance(error.args[0], list) else []
    for reason in reasons:
        for part, words in WORDS.items():
            if part in reason:
                return words
    return f"OpenSSL says: {', '.join(reasons)}" if reasons else "OpenSSL gives no reason"
