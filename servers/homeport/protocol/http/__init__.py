"""The server's side of HTTP without sockets, for services over HTTPS: HTTP/1.1 by h11, HTTP/2 by h2."""
