"""New session tickets on a connection whose handshake was long ago (RFC 8446 4.6.1).

OpenSSL's clients use a ticket of TLS 1.3 once. A client that must resume a session for each of its data connections so
needs a new ticket after each; it finds them on the control connection, because a client that uploads does not read from
the data connection. OpenSSL has a function for this, SSL_new_session_ticket, which pyOpenSSL does not bind. But OpenSSL
also sends tickets after it has authenticated the client (RFC 8446 4.6.2), and a client that allows that (curl does)
answers the request without a certificate if it has none. Its certificate is not used for anything here.
"""

from OpenSSL import SSL
from OpenSSL._util import lib as openssl


def request_tickets(engine: SSL.Connection) -> bool:
    """Write the message after whose answer OpenSSL sends tickets; False if the client does not allow it.

    It is not allowed before TLS 1.3, without the extension `post_handshake_auth`, or while an answer is awaited.
    """
    if engine.get_protocol_version() < SSL.TLS1_3_VERSION:
        return False
    if engine.get_verify_mode() == SSL.VERIFY_NONE:
        engine.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    if openssl.SSL_verify_client_post_handshake(engine._ssl) != 1:  # noqa: SLF001 - no public way; checked by a test
        openssl.ERR_clear_error()
        return False
    engine.do_handshake()
    return True
