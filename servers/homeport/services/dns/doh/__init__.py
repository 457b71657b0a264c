"""DNS over HTTPS (RFC 8484), over HTTP/1.1 by h11 and HTTP/2 by h2: both parse bytes and know no sockets."""
