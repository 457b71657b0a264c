"""The driver: the only place of sockets, Twisted, OpenSSL and real time."""
