"""TLS: the certificate authority, handshakes, and connections under TLS."""
